"""``app`` is the one function behind all routes."""
