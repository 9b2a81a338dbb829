"""The REST API of a service: its ``http`` events as resources of API Gateway.

``http_event.py`` reads an event, ``rest_api_resources.py`` makes the API of them; read these first.
https://www.serverless.com/framework/docs/providers/aws/events/apigateway
"""
