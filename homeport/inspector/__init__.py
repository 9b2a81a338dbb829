"""The inspector: a web site beside the API for its developers, served by a process of its own.

``process.py`` has the Flask application, with one blueprint per page: requests, send, tables, faults, and the API's
documentation. ``site_context.py`` has all that pages need, and keeps other sites out; read it first.
"""
