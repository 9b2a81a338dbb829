"""HTTP/1.1 on sockets: waitress, with the raw request kept and everything ambiguous rejected.

Read ``message.py`` first (``Request`` and ``Reply``), then ``server.py``. ``parser.py`` and ``connection.py`` change
waitress's parser and channel. ``uri.py`` takes request targets apart.
"""
