"""API Gateway: takes HTTP requests in and answers as an HTTP API or a REST API would.

Read ``pipeline.py`` first: it is the map. A request comes in through ``http/`` and ``app.py``, takes the steps of
``steps/`` and ``integrations/``, and is logged by ``observers/``. What the two flavors do differently is in
``http_api/`` and ``rest_api/``, in files of the same names. ``process.py`` is the entry point of the process.
"""
