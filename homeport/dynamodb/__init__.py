"""DynamoDB on this machine: the embedded engine, and the project's tables in any DynamoDB.

``engine`` starts the engine's process, whose code is ``embedded/``. ``tables`` makes the project's tables and fills
them with ``seed``; ``table_requests`` plans that, purely. ``snapshot`` saves and loads items, ``client`` has the
clients, and the items of one table as the inspector shows them. Read ``tables`` first.
"""
