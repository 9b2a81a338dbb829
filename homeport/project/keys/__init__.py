"""Tables of keys: what may stand in deploy/stages.yaml, in ``x-homeport`` and in some of API Gateway's extensions.

A table is a ``Section``. Its readers take the values from it, unknown keys are found by it, and the JSON Schemas of
``homeport/schemas`` and the pages of docs/reference are written from it. ``section.py`` has Section and SectionKey,
``values.py`` the types of values.
"""
