"""Drift of the contract itself: an OpenAPI document against itself, its project, a run's answers and its former self.

Read ``places.py`` first: it finds what the other modules look at. ``finding_at.py`` has the form of what they find, and
``checks.py`` runs those that need no request. All of it is pure but ``since/revision.py``, which asks git.
"""
