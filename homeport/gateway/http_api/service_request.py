"""Service integrations of HTTP APIs: the request to an AWS service, and the reply made of its response.

SQS is called in its query protocol, for its XML is what clients of an HTTP API get (recorded); the others in JSON.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from homeport.gateway.backend_request import ServiceRequest
from homeport.gateway.context import CallContext, Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.gateway.http_api.parameter_mapping import MappingValues
from homeport.gateway.http_api.reply import finished_headers
from homeport.http_client import HttpResponse
from homeport.http_headers import header_value
from homeport.project.integrations.http_api import HttpApiService
from homeport.project.integrations.service_actions import SERVICE_ACTIONS

Parameters = Mapping[str, str]

_PASSED_HEADERS = ("Content-Type", "x-amzn-RequestId")


def service_parameters(integration: HttpApiService, exchange: Exchange) -> Parameters:
    """Return the parameters of the action for a request.

    Raises GatewayError: API_CONFIGURATION_ERROR for one that only AWS knows, BAD_REQUEST for one whose mapping has no
    value, also where the action does not need it (recorded for Kinesis-PutRecord).
    """
    values, found = MappingValues(exchange), {}
    for name in integration.written:
        expression = integration.parameters.get(name)
        if expression is None:
            reason = f"only AWS knows the value of {name}"
            raise GatewayError(GatewayResponseType.API_CONFIGURATION_ERROR, reason)
        text = values.text(expression)
        if not text:
            reason = f"{name} has no value in this request: {expression.text!r}"
            raise GatewayError(GatewayResponseType.BAD_REQUEST, reason)
        found[name] = text
    return found


def service_request(subtype: str, parameters: Parameters, region: str) -> ServiceRequest:
    """Return the request of an action. ``region`` is the API's, for an action without a ``Region`` of its own."""
    own = {name: text for name, text in parameters.items() if name != "Region"}
    place = parameters.get("Region") or region
    action = SERVICE_ACTIONS[subtype]
    match action.service:
        case "sqs":
            return _query_request(action.name, own, place)
        case "appconfig":
            return _configuration_request(own, place)
    target, version, to_input = _JSON_SERVICES[action.service]
    headers = (("Content-Type", f"application/x-amz-json-{version}"), ("X-Amz-Target", f"{target}.{action.name}"))
    body = json.dumps(to_input(own), ensure_ascii=False).encode("utf-8", "replace")
    return ServiceRequest(action.service, place, "POST", "/", headers, body)


def service_reply(response: HttpResponse, context: CallContext) -> Reply:
    """Return the reply made of a service's response.

    Raises GatewayError (INTEGRATION_FAILURE) for a failed action: the client gets no reason (recorded for
    Kinesis-PutRecord).
    """
    if response.status >= 400:
        reason = f"the service answered {response.status}: {response.body[:500].decode('utf-8', 'replace')}"
        raise GatewayError(GatewayResponseType.INTEGRATION_FAILURE, reason)
    found = ((name, header_value(response.headers, name)) for name in _PASSED_HEADERS)
    lines = [(name, value) for name, value in found if value is not None]
    return Reply(response.status, finished_headers(lines, context), response.body)


# JSON: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html


def _put_events(parameters: Parameters) -> dict[str, Any]:
    entry: dict[str, Any] = dict(parameters)
    if "Time" in entry:
        entry["Time"] = _epoch_seconds(entry["Time"])
    if "Resources" in entry:
        entry["Resources"] = _texts(entry["Resources"])
    return {"Entries": [entry]}


def _put_record(parameters: Parameters) -> dict[str, Any]:
    # Data is base64 already: the mapped value reaches the stream as it is (recorded).
    return dict(parameters)


def _state_machine(parameters: Parameters) -> dict[str, Any]:
    return {name[0].lower() + name[1:]: text for name, text in parameters.items()}


_JSON_SERVICES: Mapping[str, tuple[str, str, Callable[[Parameters], dict[str, Any]]]] = {
    "events": ("AWSEvents", "1.1", _put_events),
    "kinesis": ("Kinesis_20131202", "1.1", _put_record),
    "states": ("AWSStepFunctions", "1.0", _state_machine),
}
"""The target, the version of JSON and the input of the services, by IAM's names."""


def _epoch_seconds(text: str) -> Any:
    """Return a time as a number, the form of AWS's JSON; a text that is no time is left to the service."""
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return float(text)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (time if time.tzinfo is not None else time.replace(tzinfo=UTC)).timestamp()


def _texts(text: str) -> list[str]:
    """Return a list of texts that is written as JSON, or with commas."""
    found = _json_or_none(text)
    return [str(each) for each in found] if isinstance(found, list) else [part.strip() for part in text.split(",")]


def _json_or_none(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


# SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html

_LISTS_OF_NAMES = {
    "AttributeName": "AttributeName",
    "AttributeNames": "AttributeName",
    "MessageAttributeNames": "MessageAttributeName",
}
_ATTRIBUTES = {"MessageAttributes": "MessageAttribute", "MessageSystemAttributes": "MessageSystemAttribute"}


def _query_request(action: str, parameters: Parameters, region: str) -> ServiceRequest:
    fields = [("Action", action), ("Version", "2012-11-05"), *_fields(parameters)]
    headers = (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"), ("Accept", "application/xml"))
    path = urlsplit(parameters["QueueUrl"]).path or "/"
    return ServiceRequest("sqs", region, "POST", path, headers, urlencode(fields).encode())


def _fields(parameters: Parameters) -> Iterator[tuple[str, str]]:
    for name, text in parameters.items():
        if name in _LISTS_OF_NAMES:
            for number, each in enumerate(_texts(text), 1):
                yield f"{_LISTS_OF_NAMES[name]}.{number}", each
        elif name in _ATTRIBUTES:
            yield from _attribute_fields(_ATTRIBUTES[name], _json_or_none(text))
        else:
            yield name, text


def _attribute_fields(prefix: str, attributes: Any) -> Iterator[tuple[str, str]]:
    for number, (name, value) in enumerate(attributes.items() if isinstance(attributes, dict) else (), 1):
        yield f"{prefix}.{number}.Name", name
        for part, text in value.items() if isinstance(value, dict) else ():
            yield f"{prefix}.{number}.Value.{part}", str(text)


# AppConfig: https://docs.aws.amazon.com/appconfig/2019-10-09/APIReference/API_GetConfiguration.html


def _configuration_request(parameters: Parameters, region: str) -> ServiceRequest:
    application, environment, configuration = (
        quote(parameters[name], safe="") for name in ("Application", "Environment", "Configuration")
    )
    query = {"client_id": parameters["ClientId"]}
    if "ClientConfigurationVersion" in parameters:
        query["client_configuration_version"] = parameters["ClientConfigurationVersion"]
    path = f"/applications/{application}/environments/{environment}/configurations/{configuration}"
    return ServiceRequest("appconfig", region, "GET", f"{path}?{urlencode(query)}")
