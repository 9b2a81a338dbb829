"""Checks of a request, in DynamoDB's words, before or beside the engine.

``request`` has the expressions of a request, bound once. ``keys`` reads a table's keys and indexes. ``reads`` checks
Query and Scan, ``paths`` the document paths of any request, ``legacy`` the parameters from before expressions. All of
it is pure: a message comes back, or None. ``replacements`` puts the checks into the engine, with ``read_``, ``write_``
and ``expression_replacements``. Read ``request`` first.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/CommonErrors.html
"""
