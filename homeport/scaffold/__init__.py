"""New projects and their operations: ``homeport init``, ``add``, ``remove`` and ``adopt``.

``init.py``, ``add.py``, ``remove.py`` and ``adopt.py`` are the commands; read ``init.py`` first. ``files.py`` writes
all files of a change or none, and keeps the helper modules of a project current. A handler's text comes from
``handler_text.py``, its entry in openapi.yaml from ``operation_entry.py``. ``adopted/`` reads OpenAPI exports and SAM
templates.
"""
