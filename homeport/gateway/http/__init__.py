"""HTTP/1.1 on sockets, with the raw request kept and everything ambiguous rejected.

Read ``message.py`` first (``Request`` and ``Reply``), then ``server.py``. ``parser.py`` reads requests,
``connection.py`` answers those of one connection, ``wsgi.py`` hands them to the application. ``tls.py`` stands before
it where there is TLS. ``uri.py`` takes request targets apart.
"""
