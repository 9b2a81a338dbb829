"""Readers of existing APIs for ``homeport adopt``: OpenAPI documents, exports of API Gateway, SAM templates.

``adoption.py`` holds what an adoption finds. ``template.py`` reads a template as an OpenAPI document, ``document.py``
makes the kit's openapi.yaml of it, and ``security.py`` has the authorization of both. An adopted API is never more open
than the original: a part of its protection without a counterpart is rejected.
"""
