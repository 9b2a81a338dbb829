"""The rights of a stack's functions: ``roles.py`` reads roles and policies, ``policies.py`` works out statements."""
