"""``homeport test`` from its start to its result.

Start at ``command.py``. A run has four parts: schemathesis (``fuzz``), the checks of REST (``rest``), the document
itself (``document``), and the project's own cases (``cases``).
"""
