"""Parts that the custom (non-proxy) integrations of REST APIs share: the way from the method's request to its response.

``mapper.py`` is the whole way, pure but for the templates that it keeps; read it first. The values that mappings
name are in ``values.py``, conversions of bodies in ``content.py``, headers in ``headers.py``, URIs in ``uri.py``.
https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
"""
