"""Expressions of HCL to values, as Terraform works them out.

``values.py`` has the values that Python does not have, ``evaluator.py`` the expressions, ``type_constraints.py`` the
types of variables, ``functions/`` Terraform's functions by their subjects.
"""
