"""Fuzzing: the part of ``homeport test`` that sends requests of schemathesis, and what their answers break.

Read ``schemathesis_run.py`` first. It starts schemathesis as a process, which loads ``hooks.py``: its requests get
``credentials.py``'s tokens, and at a URL that is not local they touch only resources that the run created
(``remote_data.py``). ``schemathesis.toml`` chooses the checks that each response has to pass, ``hooks.py`` adds one.
``results.py`` reads schemathesis' events, and ``least_privilege.py`` compares the requests that functions sent to
DynamoDB with those that the document allows.
"""
