"""The services of AWS in a process of their own: ministack's, behind a store that keeps what they hold.

``server`` (HTTP) → ``app`` (which service, and what is kept) → ministack, with ``functions`` and ``tables`` in place of
its own Lambda and DynamoDB, and ``state`` (SQLite). Modules here import the standard library, ministack, hypercorn and
each other, nothing of the kit. Read ``app`` first.
"""
