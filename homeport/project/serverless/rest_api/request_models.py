"""The models that requests of a REST API are compared with, and the validator.

https://www.serverless.com/framework/docs/providers/aws/events/apigateway#request-schema-validators
"""

from __future__ import annotations

import json
from typing import Any

from homeport.project.names import did_you_mean
from homeport.project.serverless.logical_names import model_name, plain_name
from homeport.project.serverless.rest_api.http_event import HttpEvent
from homeport.project.serverless.service import Content, ServerlessService, ServiceTemplate, optional, text_of
from homeport.project.source.builder import Placed
from homeport.project.source.cursor import Cursor


class RestModels:
    """Makes the models and the validator that methods need."""

    def __init__(self, service: ServerlessService, api: Any, template: ServiceTemplate) -> None:
        self._service = service
        self._api = api
        self._template = template

    def method(self, event: HttpEvent, has_required: bool) -> Content:
        """Return the properties of a method that say how its requests are validated."""
        request = event.settings.at("request")
        schemas = request.at("schemas") if request.has("schemas") else request.at("schema")
        made = {media_type: {"Ref": self._model(event, media_type, at)} for media_type, at in schemas.items()}
        if not made and not has_required:
            return {}
        models = {"RequestModels": Placed(made, schemas)} if made else {}
        return {"RequestValidatorId": {"Ref": self._validator(event)}, **models}

    def _validator(self, event: HttpEvent) -> str:
        logical_id = f"ApiGateway{plain_name(self._service.name)}RequestValidator"
        name = f"{self._service.prefix} | Validate request body and querystring parameters"
        if logical_id not in self._template.resources:
            properties = {
                "RestApiId": self._api,
                "ValidateRequestBody": True,
                "ValidateRequestParameters": True,
                "Name": name,
            }
            self._template.add(logical_id, "AWS::ApiGateway::RequestValidator", properties, event.at)
        return logical_id

    def _model(self, event: HttpEvent, media_type: str, at: Cursor) -> str:
        """Return the logical id of a model: one of the provider's by its name, or the event's own."""
        shared = self._service.provider.at("apiGateway").at("request").at("schemas")
        name = at.value if isinstance(at.value, str) else ""
        if name and isinstance(shared.value, dict) and name in shared.value:
            return self._add(f"ApiGateway{model_name(name)}Model", "application/json", shared.at(name))
        if name and not name.lstrip().startswith("{"):
            known = shared.value if isinstance(shared.value, dict) else {}
            at.error(f"there is no schema {name!r} in provider.apiGateway.request.schemas", did_you_mean(name, known))
        place = f"{plain_name(event.path)}{event.method.capitalize()}{plain_name(event.function.key)}"
        return self._add(f"ApiGatewayMethod{place}{model_name(media_type)}Model", media_type, at)

    def _add(self, logical_id: str, media_type: str, at: Cursor) -> str:
        schema = at.at("schema") if at.has("schema") and "type" not in at.value else at
        properties: Content = {
            "RestApiId": self._api,
            "ContentType": media_type,
            "Schema": _schema(schema),
            "Name": optional(at.at("name")) if schema is not at else None,
        }
        return self._template.add(logical_id, "AWS::ApiGateway::Model", properties, at)


def _schema(at: Cursor) -> Any:
    text = text_of(at)
    if not text:
        return at
    try:
        return Placed(json.loads(text), at)
    except ValueError:
        at.error("the schema is no JSON", "write it as a map, or name a file: ${file(schema.json)}")
        return Placed({}, at)
