"""Projects made and extended: ``homeport init``, ``homeport add`` and ``homeport adopt``."""
