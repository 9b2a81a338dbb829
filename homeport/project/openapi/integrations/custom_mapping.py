"""Mappings of an integration of a REST API: from the method's request to the backend, and back to its response.

https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from homeport.project.integrations.mapping_expressions import MappingExpression, request_expression, response_expression
from homeport.project.integrations.rest_api import (
    ContentHandling,
    CustomMapping,
    IntegrationResponse,
    PassthroughBehavior,
    RequestParameter,
    Templates,
)
from homeport.project.model import Parameter
from homeport.project.openapi.integrations.cache_key import read_cache_key
from homeport.project.openapi.integrations.http_api import is_function
from homeport.project.source.cursor import Cursor

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


class MappingReader:
    """Reads the mappings of one integration, and reports what API Gateway refuses in them."""

    def __init__(self, integration: Cursor, method: RestMethod, timeout: float | None) -> None:
        self._integration = integration
        self._method = method
        self._timeout = timeout

    def read(self) -> CustomMapping:
        """Return the mappings from the method's request to its response."""
        at = self._integration
        written = {media: each.value for media, each in at.map("requestTemplates").items() if is_function(each.value)}
        return CustomMapping(
            parameters=tuple(self.parameters()),
            templates=_templates(at.map("requestTemplates"), written),
            passthrough=_passthrough(at),
            content_handling=_content_handling(at),
            responses=tuple(self._responses()),
            statuses=self._method.statuses,
            timeout=self._timeout,
            cache_key=read_cache_key(at, self._method.declares),
            written_templates=written,
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


def _templates(cursor: Cursor, written: Container[str] = ()) -> Templates:
    """Return the templates of a map; of those that are ``written`` otherwise the text is to be worked out."""
    # Null is how API Gateway exports a template that is empty: there is none.
    given = ((media, at) for media, at in cursor.items() if at.value is not None)
    found = ((media, "" if media in written else at.value) for media, at in given if media in written or _is_text(at))
    return tuple(found)


def _is_text(at: Cursor) -> bool:
    return at.is_a(str, "text")


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
