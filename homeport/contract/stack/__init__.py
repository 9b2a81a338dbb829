"""A local stack under test: what a contract run can do with it beside sending requests.

Start at ``access.py``.
"""
