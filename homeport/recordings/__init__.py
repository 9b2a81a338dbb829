"""Recordings: every exchange that went through the local API, redacted and stored for the inspector and for tests.

``recording.py`` has the values; read it first. ``recorder.py`` is a process of its own beside the gateway: it gets
frames, builds a recording of each (``build_recording.py``), compares the response with the spec (``drift.py``) and
stores it. ``store.py`` writes and reads the SQLite file.
"""
