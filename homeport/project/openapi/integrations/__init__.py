"""``x-amazon-apigateway-integration`` of an operation, read as a value of ``homeport.project.integrations``.

``read_integration.py`` reads one, and has what ``homeport check`` says of it; read it first. What REST APIs alone have
is in ``rest_api.py``, with ``custom_mapping.py`` and ``cache_key.py``; what HTTP APIs alone have is in ``http_api.py``.
"""
