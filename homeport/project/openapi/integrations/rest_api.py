"""``x-amazon-apigateway-integration`` of REST APIs: types ``aws``, ``http``, ``http_proxy`` and ``mock``.

What API Gateway refuses at import is reported in its own words, where it has some.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from homeport.project.integrations import FailingIntegration, Integration
from homeport.project.integrations.rest_api import HttpCustom, HttpProxy, LambdaCustom, MappedMock, ServiceIntegration
from homeport.project.openapi.integrations.cache_key import read_cache_key
from homeport.project.openapi.integrations.custom_mapping import MappingReader, RestMethod
from homeport.project.openapi.integrations.http_api import is_function
from homeport.project.source.cursor import Cursor

REST_KINDS = ("aws", "http", "http_proxy", "mock")
"""The types of integrations that this module reads."""

INVALID_ARN = "Invalid ARN specified in the request"
NO_PATH_OR_ACTION = "AWS ARN for integration must contain path or action"

ONLY_LAMBDA = (
    "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations."
)
NO_METHOD = "Enumeration value for HttpMethod must be non-empty"

_LAMBDA = re.compile(r"arn:[^:]+:apigateway:[^:]*:lambda:path/[^/]+/functions/.+")
_SERVICE = re.compile(r"arn:[^:]+:apigateway:[^:]*:(?:[^:.]+\.)?(?P<service>[^:.]+):(?:path|action)/.*", re.DOTALL)
_VARIABLE = re.compile(r"\$\{stageVariables\.[A-Za-z0-9_]+\}|\{[^{}/]+\}")
_SUB_VARIABLE = re.compile(r"\$\{[^!}][^}]*\}")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY")


def kind_of(integration: Cursor) -> str:
    """Return the type of an integration in lower case."""
    written = integration.at("type").value
    return written.lower() if isinstance(written, str) else ""


def invokes_function(integration: Cursor) -> bool:
    """Return whether an integration of type ``aws`` invokes a Lambda function, by its URI."""
    return _LAMBDA.match(_uri_text(integration.at("uri").value)) is not None


def streams(integration: Cursor) -> bool:
    """Return whether the response is passed on as it comes (``responseTransferMode: STREAM``)."""
    return integration.text("responseTransferMode", "BUFFERED").upper() == "STREAM"


def is_rest_backend(integration: Cursor) -> bool:
    """Return whether an integration of a REST API has another backend than a Lambda function."""
    kind = kind_of(integration)
    return kind in REST_KINDS and not (kind == "aws" and invokes_function(integration))


def read_rest_integration(
    integration: Cursor,
    method: RestMethod,
    read_function: Callable[[], str | FailingIntegration | None],
    timeout: float | None,
) -> Integration | None:
    """Return an integration of one of ``REST_KINDS``; None after an error. ``read_function`` as in ``integrations``."""
    kind = kind_of(integration)
    mappings, address = MappingReader(integration, method, timeout), _AddressReader(integration)
    if streams(integration) and kind != "http_proxy":
        integration.at("responseTransferMode").error(
            "only http_proxy and aws_proxy integrations stream their responses", "remove it"
        )
    if kind == "mock":
        return MappedMock(mappings.read())
    http_method = address.http_method()
    if kind in ("http", "http_proxy"):
        uri = address.http_uri()
        if uri is None or http_method is None:
            return None
        written = integration.at("uri").value if uri == "" else None
        if kind == "http":
            return HttpCustom(uri, http_method, mappings.read(), written)
        key = read_cache_key(integration, method.declares)
        return HttpProxy(uri, http_method, tuple(mappings.parameters()), timeout, streams(integration), key, written)
    found = address.service()
    if found is None or http_method is None:
        return None
    if not invokes_function(integration):
        service, uri = found
        written = integration.at("uri").value if uri == "" else None
        return ServiceIntegration(
            service, uri, http_method, integration.at("credentials").value, mappings.read(), written
        )
    function = read_function()
    if function is None or isinstance(function, FailingIntegration):
        return function
    return LambdaCustom(function, mappings.read())


def proxy_fault(integration: Cursor) -> tuple[Cursor, str] | None:
    """Return why API Gateway takes no Lambda proxy integration with this URI, and the place; None where it does."""
    at = integration.at("uri")
    if not isinstance(at.value, str) or kind_of(integration) != "aws_proxy":
        return None
    found = _SERVICE.fullmatch(at.value)
    if found is None:
        return at, NO_PATH_OR_ACTION if at.value.startswith("arn:") else INVALID_ARN
    if found["service"] not in ("lambda", "firehose"):
        return at, ONLY_LAMBDA
    return None if integration.has("httpMethod") else (integration, NO_METHOD)


def unknown_part(integration: Integration | None) -> str:
    """Return what of an integration only AWS knows, in words, ``""`` where all of it is known."""
    if isinstance(integration, HttpCustom | HttpProxy | ServiceIntegration) and not integration.uri:
        return "only AWS knows the URI of its integration"
    if isinstance(integration, HttpCustom | ServiceIntegration | LambdaCustom | MappedMock):
        unknown = integration.mapping.unknown_templates
        return f"only AWS knows its mapping template for {unknown[0]}" if unknown else ""
    return ""


def mock_fault(integration: Integration, method: RestMethod) -> str:
    """Return why every call of a mock fails, here and on AWS; ``""`` where calls can succeed."""
    if not isinstance(integration, MappedMock):
        return ""
    if method.all_binary and integration.mapping.content_handling != "CONVERT_TO_TEXT":
        # https://github.com/aws/chalice/issues/1310
        return "with */* as a binary media type a mock without contentHandling CONVERT_TO_TEXT fails, on AWS too"
    return "" if integration.mapping.templates else "a mock without a request template has no status"


class _AddressReader:
    """Reads where one integration leads to, and reports what API Gateway refuses in it."""

    def __init__(self, integration: Cursor) -> None:
        self._integration = integration

    def http_method(self) -> str | None:
        """Return the method of the request to the backend."""
        written = self._integration.text("httpMethod").upper()
        if written in _METHODS:
            return written
        if not written:
            self._integration.error(NO_METHOD, "name the backend's method in httpMethod")
        else:
            self._integration.at("httpMethod").error(f"there is no method {written}", "write GET, POST or another one")
        return None

    def http_uri(self) -> str | None:
        """Return the URL of an HTTP backend, with its variables, ``""`` for one that is to be worked out."""
        at = self._integration.at("uri")
        text = at.value if isinstance(at.value, str) else ""
        if _is_http_url(_VARIABLE.sub("x", text)):
            return text
        if is_function(at.value) and _may_be_http_url(at.value):
            return ""
        place = at if at.value is not None else self._integration
        place.error("Invalid HTTP endpoint specified for URI", "write the backend's URL, as https://example.com/{id}")
        return None

    def service(self) -> tuple[str, str] | None:
        """Return the name of an AWS service and the whole URI, ``""`` for one that is to be worked out."""
        at = self._integration.at("uri")
        text = _uri_text(at.value)
        found = _SERVICE.fullmatch(text)
        if found is not None:
            return found["service"], text if text == at.value else ""
        place = at if at.value is not None else self._integration
        hint = "write arn:aws:apigateway:REGION:SERVICE:path/… or :action/…"
        place.error(NO_PATH_OR_ACTION if text.startswith("arn:") else INVALID_ARN, hint)
        return None


def _is_http_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _may_be_http_url(written: Mapping[str, Any]) -> bool:
    """Return whether a function of CloudFormation may give a URL of HTTP, as far as its text says."""
    text = _uri_text(written)
    return "Fn::Sub" not in written or text.startswith("x") or _is_http_url(_VARIABLE.sub("x", text))


def _uri_text(value: object) -> str:
    """Return the text of a URI; one that is written as ``Fn::Sub`` has ``x`` in place of its variables."""
    if isinstance(value, dict):
        written = value.get("Fn::Sub")
        text = written[0] if isinstance(written, list) and written else written
        return _SUB_VARIABLE.sub("x", text) if isinstance(text, str) else ""
    return value if isinstance(value, str) else ""
