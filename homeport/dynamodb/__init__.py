"""DynamoDB on this machine: the embedded engine, and the project's tables in any DynamoDB.

``engine.py`` starts the engine's process, whose code is ``embedded/``. ``tables.py`` makes the project's tables and
fills them by ``seed.py``; ``table_requests.py`` plans that, purely. ``snapshot.py`` saves and loads items, and
``local_table.py`` has the items of one table as the inspector shows them. ``client.py`` makes clients of boto3,
``local_client.py`` one that starts sooner. Read ``tables.py`` first.
"""
