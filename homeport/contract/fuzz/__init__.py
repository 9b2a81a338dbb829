"""``homeport test``: fuzz an API with schemathesis, and report what breaks its contract.

``command.py`` is the run from start to report; read it first. ``schemathesis_run.py`` starts schemathesis as a
process, which loads ``hooks.py``: its requests get ``credentials.py``'s tokens, and at a URL that is not local they
touch only resources that the run created (``../remote_data.py``). ``schemathesis.toml`` chooses the checks that each
response has to pass, ``hooks.py`` adds one. ``results.py`` reads schemathesis' events,
``least_privilege.py`` compares what functions asked of DynamoDB with what the spec allows, and ``report.py`` writes
it all down.
"""
