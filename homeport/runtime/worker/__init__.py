"""What runs outside of the kit: the worker parent, and the workers that it forks.

These files use the standard library alone and import one another relatively, because the parent's interpreter may be
another one than the kit's and cannot import ``homeport``. ``start.py`` loads this folder as a package of its own.
"""
