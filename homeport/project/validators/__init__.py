"""Generated code of a project: ``service/_validators.py``, and dispatchers of functions with several operations.

``generate.py`` writes the files; read it first. The text of ``embedded.py`` becomes part of each ``_validators.py``, so
that a function imports nothing beyond the standard library. ``pattern.py`` translates patterns and formats.
"""
