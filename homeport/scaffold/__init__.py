"""New projects and new operations: ``homeport init``, ``homeport add`` and ``homeport adopt``.

``init.py``, ``add.py`` and ``adopt.py`` are the commands; ``files.py`` writes everything or nothing. A handler's text
comes from ``handler_text.py``, its entry in openapi.yaml from ``operation_entry.py``.
``service_helpers.py`` keeps the helper modules of a project current. ``adopted/`` reads
OpenAPI exports and SAM templates.
"""
