"""The embedded DynamoDB, in a process of its own: ministack's DynamoDB behind a write journal.

``server`` (HTTP) → ``database`` (decides and orders) → ``data_directory`` (files) and ``service`` (ministack).
Modules here import the standard library, ministack, hypercorn and each other, nothing of the kit. Read ``database``
first.
"""
