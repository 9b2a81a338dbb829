"""Checks of the promises that HTTP and REST make of every API: a file for each kind.

Start at ``check.py``; ``session.py`` is what a check gets, ``runner.py`` runs them.
"""
