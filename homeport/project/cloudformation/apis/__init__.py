"""The APIs of a stack, each as an OpenAPI document with a stage (``api_source.py``).

``rest_api.py`` and ``http_api.py`` are the entries; the other files have one part of an API each. The document is then
read as any other (``project/openapi``).
"""
