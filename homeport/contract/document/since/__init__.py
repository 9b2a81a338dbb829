"""A document compared with its former self: the changes that break clients (``homeport test --since REV``).

``comparison.py`` compares two documents, with ``operations.py`` and ``schema_changes.py``; ``revision.py`` gets the
former one from git.
"""
