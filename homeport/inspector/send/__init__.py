"""The page ``/send``: requests to the local API, written by hand, made from its document, or recorded before.

``page.py`` has the page, ``operations.py`` what it offers of the document, ``credentials.py`` what a request gets so
that the API's authorizers let it in, ``sender.py`` the way to the API, and ``curl_command.py`` the same request as a
command.
"""
