"""Contract tests: fuzz an API, replay what was recorded, save a recorded request as a test, and fixtures for pytest.

``run/command.py`` is ``homeport test`` from its start to its report; read it first. ``document/`` checks the document
itself, ``rest/`` makes resources of its operations, ``checks/`` asks the API what REST promises of them, and ``fuzz/``
sends what the schemas allow and forbid. ``report/`` shows what was found.

``http_exchange.py`` holds the value that everything here works on: a request with its response. ``replay.py`` sends
requests again, and ``compare.py`` says in what the responses differ. ``remote_data.py`` keeps others' data unharmed.
``fixtures/`` is the pytest plugin, and ``stack/`` is the local stack that a run or a test starts.
"""

# A fixed seed: a failure that CI shows is the failure that a developer sees.
SEED = 20250101

REMOTE_NOTE = (
    "At the URL of another machine, a run changes only resources that it created itself, and removes them at its end. "
    "Requests that might change others' data are not sent, or go to ids that do not exist."
)
