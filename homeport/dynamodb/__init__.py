"""DynamoDB on this machine: the embedded engine, and the project's tables in any DynamoDB.

``engine`` starts the engine's process, whose code is ``embedded/``. ``prepare`` makes the project's tables with
``tables`` and fills them with ``seed``; ``table_requests`` plans that, purely. ``snapshot`` saves and loads items,
``client`` has the clients, and the items of one table as the inspector shows them. Read ``prepare`` first.
"""
