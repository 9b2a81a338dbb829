"""From a template to its stack: parameters have values, conditions are decided, functions are worked out.

``stack.py`` is the entry. ``parameters.py``, ``samconfig.py`` and ``imports.py`` have the values from outside,
``intrinsics.py`` the functions, ``references.py`` and ``resource_forms.py`` what they give of a resource.
"""
