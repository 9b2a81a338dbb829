"""``x-amazon-apigateway-integration`` of REST APIs: types ``aws``, ``http``, ``http_proxy`` and ``mock``.

What API Gateway refuses at import is reported in its own words, where it has some.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from homeport.project.integrations import FailingIntegration, Integration
from homeport.project.mapping_expressions import MappingExpression, request_expression, response_expression
from homeport.project.model import Parameter
from homeport.project.openapi.cache_key import read_cache_key
from homeport.project.openapi.http_integrations import is_function
from homeport.project.rest_integrations import (
    ContentHandling,
    CustomMapping,
    HttpCustom,
    HttpProxy,
    IntegrationResponse,
    LambdaCustom,
    MappedMock,
    PassthroughBehavior,
    RequestParameter,
    ServiceIntegration,
    Templates,
)
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
_PLACES: Mapping[str, str] = {
    **{"path": "path", "header": "header", "multivalueheader": "header"},
    **{"querystring": "query", "multivaluequerystring": "query"},
}
_REQUEST_KEY = re.compile(r"integration\.request\.(path|querystring|header)\.(.+)")
_RESPONSE_KEY = re.compile(r"method\.response\.header\.(.+)")
_PASSTHROUGH = ("when_no_match", "when_no_templates", "never")
_CONVERSIONS = ("CONVERT_TO_TEXT", "CONVERT_TO_BINARY")


@dataclass(frozen=True, slots=True)
class RestMethod:
    """The parameters and responses that a method declares, to which its integration may refer.

    ``all_binary`` says that the API takes every body as binary (``*/*``).
    """

    parameters: tuple[Parameter, ...]
    responses: Mapping[str, Mapping[str, Any]]
    all_binary: bool = False

    @property
    def statuses(self) -> frozenset[int]:
        """The statuses of the method's responses."""
        return frozenset(int(status) for status in self.responses if status.isascii() and status.isdecimal())

    def declares(self, expression: MappingExpression) -> bool:
        """Return whether the parameter that an expression names is one of the method's; others need no declaration."""
        place = _PLACES.get(expression.source)
        return place is None or any((it.place, it.name) == (place, expression.name) for it in self.parameters)

    def declares_header(self, status: int, name: str) -> bool:
        """Return whether the method's response with a status has a header."""
        headers = self.responses.get(str(status), {}).get("headers")
        return isinstance(headers, dict) and any(written.lower() == name.lower() for written in headers)


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
    reader = _IntegrationReader(integration, method, timeout)
    if streams(integration) and kind != "http_proxy":
        integration.at("responseTransferMode").error(
            "only http_proxy and aws_proxy integrations stream their responses", "remove it"
        )
    if kind == "mock":
        return MappedMock(reader.mapping())
    http_method = reader.http_method()
    if kind in ("http", "http_proxy"):
        uri = reader.http_uri()
        if uri is None or http_method is None:
            return None
        written = integration.at("uri").value if uri == "" else None
        if kind == "http":
            return HttpCustom(uri, http_method, reader.mapping(), written)
        key = read_cache_key(integration, method.declares)
        return HttpProxy(uri, http_method, tuple(reader.parameters()), timeout, streams(integration), key, written)
    found = reader.service()
    if found is None or http_method is None:
        return None
    if not invokes_function(integration):
        service, uri = found
        written = integration.at("uri").value if uri == "" else None
        return ServiceIntegration(
            service, uri, http_method, integration.at("credentials").value, reader.mapping(), written
        )
    function = read_function()
    if function is None or isinstance(function, FailingIntegration):
        return function
    return LambdaCustom(function, reader.mapping())


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


def mock_fault(integration: Integration, method: RestMethod) -> str:
    """Return why every call of a mock fails, here and on AWS; ``""`` where calls can succeed."""
    if not isinstance(integration, MappedMock):
        return ""
    if method.all_binary and integration.mapping.content_handling != "CONVERT_TO_TEXT":
        # https://github.com/aws/chalice/issues/1310
        return "with */* as a binary media type a mock without contentHandling CONVERT_TO_TEXT fails, on AWS too"
    return "" if integration.mapping.templates else "a mock without a request template has no status"


class _IntegrationReader:
    """Reads the parts of one integration, and reports what API Gateway refuses in them."""

    def __init__(self, integration: Cursor, method: RestMethod, timeout: float | None) -> None:
        self._integration = integration
        self._method = method
        self._timeout = timeout

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

    def mapping(self) -> CustomMapping:
        """Return the mappings from the method's request to its response."""
        at = self._integration
        return CustomMapping(
            parameters=tuple(self.parameters()),
            templates=_templates(at.map("requestTemplates")),
            passthrough=_passthrough(at),
            content_handling=_content_handling(at),
            responses=tuple(self._responses()),
            statuses=self._method.statuses,
            timeout=self._timeout,
            cache_key=read_cache_key(at, self._method.declares),
        )

    def parameters(self) -> Iterator[RequestParameter]:
        """Yield the mapped parameters of the request to the backend."""
        for key, entry in self._integration.map("requestParameters").items():
            target = _REQUEST_KEY.fullmatch(key)
            value = request_expression(entry.value) if isinstance(entry.value, str) else None
            if target is None:
                _refuse(entry, key, "name it integration.request.header.NAME, .querystring.NAME or .path.NAME")
            elif value is None:
                hint = "write method.request.header.NAME, context.NAME, stageVariables.NAME, or a text in single quotes"
                _refuse(entry, entry.value, hint)
            elif not self._method.declares(value):
                _refuse(entry, value.text, "declare it under parameters of the operation")
            else:
                place = cast(Literal["path", "querystring", "header"], target[1])
                yield RequestParameter(place, target[2], value)

    def _responses(self) -> Iterator[IntegrationResponse]:
        """Yield the integration responses in the order of their statuses, as API Gateway keeps them."""
        found = [self._response(pattern, entry) for pattern, entry in self._integration.map("responses").items()]
        return iter(sorted((one for one in found if one is not None), key=lambda one: one.status))

    def _response(self, pattern: str, entry: Cursor) -> IntegrationResponse | None:
        if not entry.is_map("an integration response, a map") or not _is_pattern(pattern, entry):
            return None
        written = entry.at("statusCode")
        text = str(written.value)
        if not re.fullmatch(r"[1-5]\d\d", text):
            place = written if written.value is not None else entry
            place.error("an integration response needs a statusCode of three digits", 'write for example "200"')
            return None
        status = int(text)
        if status not in self._method.statuses:
            message = f"the method declares no response {status}: each call that gets it is answered with 500"
            written.warning(message, f"add {status} to the responses of the operation")
        return IntegrationResponse(
            pattern="" if pattern == "default" else pattern,
            status=status,
            headers=tuple(self._headers(status, entry)),
            templates=_templates(entry.map("responseTemplates")),
            content_handling=_content_handling(entry),
        )

    def _headers(self, status: int, response: Cursor) -> Iterator[tuple[str, MappingExpression]]:
        for key, entry in response.map("responseParameters").items():
            target = _RESPONSE_KEY.fullmatch(key)
            value = response_expression(entry.value) if isinstance(entry.value, str) else None
            if target is None:
                _refuse(entry, key, "name it method.response.header.NAME")
            elif value is None:
                _refuse(entry, entry.value, "write integration.response.header.NAME, or a text in single quotes")
            elif status in self._method.statuses and not self._method.declares_header(status, target[1]):
                _refuse(entry, key, f"declare the header under responses, {status}, headers of the operation")
            else:
                yield target[1], value


def _refuse(at: Cursor, expression: object, hint: str) -> None:
    """Report a mapping as API Gateway does (https://repost.aws/knowledge-center/api-gateway-invalid-mapping-expression)."""
    problem = f"[Invalid mapping expression parameter specified: {expression}]"
    at.error(f"Invalid mapping expression specified: Validation Result: warnings : [], errors : {problem}", hint)


def _is_pattern(pattern: str, entry: Cursor) -> bool:
    # Imported here: most projects have no patterns.
    from homeport.vtl import TemplateError
    from homeport.vtl.java_regex import JavaPattern

    try:
        JavaPattern(pattern)
    except TemplateError as error:
        entry.error(f"the pattern {error}")
        return False
    return True


def _templates(cursor: Cursor) -> Templates:
    # Null is how API Gateway exports a template that is empty: there is none.
    texts = ((media, at) for media, at in cursor.items() if at.value is not None and at.is_a(str, "text"))
    return tuple((media, at.value) for media, at in texts)


def _passthrough(at: Cursor) -> PassthroughBehavior:
    written = at.text("passthroughBehavior", "when_no_match").lower()
    if written not in _PASSTHROUGH:
        at.at("passthroughBehavior").error(f"there is no passthroughBehavior {written!r}", " or ".join(_PASSTHROUGH))
        return "when_no_match"
    return cast(PassthroughBehavior, written)


def _content_handling(at: Cursor) -> ContentHandling | None:
    written = at.text("contentHandling").upper()
    if written and written not in _CONVERSIONS:
        at.at("contentHandling").error(f"there is no contentHandling {written!r}", " or ".join(_CONVERSIONS))
    return cast(ContentHandling, written) if written in _CONVERSIONS else None


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
