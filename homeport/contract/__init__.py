"""Contract tests: fuzz an API, replay what was recorded, save a recorded request as a test, and fixtures for pytest.

``fuzz/command.py`` is ``homeport test`` from its start to its report; read it first. ``http_exchange.py`` holds the
value that everything here works on: a request with its response. ``replay.py`` sends requests again, and
``compare.py`` says in what the responses differ. ``remote_data.py`` keeps others' data unharmed. ``fixtures/`` is the
pytest plugin, and ``stack.py`` there starts a whole local stack for a test.
"""

# A fixed seed: a failure that CI shows is the failure that a developer sees.
SEED = 20250101

REMOTE_NOTE = (
    "At the URL of another machine, a run changes only resources that it created itself, and removes them at its end. "
    "Requests that might change others' data are not sent, or go to ids that do not exist."
)
