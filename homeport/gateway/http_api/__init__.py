"""HTTP APIs: their events, replies, gateway responses and CORS.

Each module but ``event_v1.py`` has a sibling of the same name in ``rest_api/``. ``event.py`` builds events in payload
format 2.0, ``event_v1.py`` in format 1.0; read ``event.py`` and ``reply.py`` first.
"""
