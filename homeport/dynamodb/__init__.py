"""DynamoDB on this machine: the embedded engine, and the project's tables in any DynamoDB.

``engine.py`` starts the engine's process, whose code is ``embedded/``. ``table_setup.py`` is the process that makes the
project's tables (``tables.py``; ``table_requests.py`` plans that, purely) and fills them (``seed.py``). ``snapshot.py``
saves and loads items, and ``local_table.py`` has the items of one table as the inspector shows them. ``client.py``
makes clients of boto3, ``local_client.py`` one that starts sooner. Read ``table_setup.py`` first.
"""
