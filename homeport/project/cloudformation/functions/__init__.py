"""The Lambda functions of a stack: settings, variables, code folders and layers. ``functions.py`` is the entry."""
