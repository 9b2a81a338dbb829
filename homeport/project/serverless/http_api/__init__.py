"""The HTTP API of a service: its ``httpApi`` events as resources of API Gateway.

``http_api_resources.py`` makes the API and its routes, ``http_authorizers.py`` what protects them.
https://www.serverless.com/framework/docs/providers/aws/events/http-api
"""
