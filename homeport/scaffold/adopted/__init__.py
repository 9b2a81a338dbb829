"""What becomes of an API that exists already: ``homeport adopt``."""
