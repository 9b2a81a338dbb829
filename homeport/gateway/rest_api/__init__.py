"""REST APIs: their events, replies, gateway responses and CORS, and the models that validate request bodies.

Each module but ``request_models.py`` (JSON Schema as API Gateway reads it) has a sibling of the same name in
``http_api/``; read ``event.py`` and ``reply.py`` first.
"""
