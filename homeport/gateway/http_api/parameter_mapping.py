"""Parameter mapping of HTTP APIs: the request that an integration gets, and the reply that the client gets.

Values are read from the request as the client sent it and from the response as the backend sent it, whatever other
mappings do to them.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import quote

from homeport.gateway.context import Exchange, Match
from homeport.gateway.context_variables import ContextVariables
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.http.uri import parse_query, percent_decode, percent_encode_rest, split_target
from homeport.gateway.http_api.reply import finished_headers
from homeport.gateway.proxy_event import scalar_text
from homeport.http_headers import Header, drop_headers, has_header, header_values
from homeport.project.integrations.parameter_mapping import (
    Action,
    MappingVariable,
    ParameterExpression,
    ParameterMapping,
)

# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html: of a larger body, the
# rest is not read.
_LONGEST_BODY = 100 * 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_STEP = re.compile(r"\.?(?P<name>[\w-]+)|\[(?P<index>[0-9]+)\]|\[(?P<all>\*)\]|\[['\"](?P<quoted>[^'\"]*)['\"]\]")
# RFC 3986 3.3, and the sign of what is encoded already.
_PATH_CHARACTERS = "/%:@!$&'()*+,;=-._~"
_ORDER: Mapping[Action, int] = {"remove": 0, "overwrite": 1, "append": 2}


@dataclass(frozen=True)
class MappingValues:
    """The values of a call: ``exchange`` is the request and its context, ``reply`` the response, None before it."""

    exchange: Exchange
    reply: Reply | None = None

    def text(self, expression: ParameterExpression, *, encoded: bool = False) -> str | None:
        """Return an expression as text: JSON for an object or a list; None for one variable that has no value.

        ``encoded``: the path and its variables stay percent-encoded.
        """
        only = expression.variable
        if only is not None:
            value = self._value(only, encoded)
            return None if value is None else scalar_text(value)
        return "".join(part if isinstance(part, str) else self._part(part, encoded) for part in expression.parts)

    def _part(self, variable: MappingVariable, encoded: bool) -> str:
        value = self._value(variable, encoded)
        return "" if value is None else scalar_text(value)

    def _value(self, variable: MappingVariable, encoded: bool) -> Any:
        match variable.source:
            case "context":
                return self._context.value(variable.name)
            case "stageVariables":
                return self.exchange.context.deployment.stage_variables.get(variable.name)
            case "header":
                return self._header(variable)
            case "querystring":
                query = parse_query(split_target(self.exchange.request.target)[1])
                return _join_values(value for name, value in query if name == variable.name)
            case "path":
                return self._path(variable.name, encoded)
            case "body":
                return self._body(variable)

    def _header(self, variable: MappingVariable) -> str | None:
        if variable.side == "request":
            return _join_values(header_values(self.exchange.request.headers, variable.name))
        return _join_values(header_values(self.reply.headers, variable.name)) if self.reply is not None else None

    def _path(self, name: str, encoded: bool) -> str | None:
        match = self.exchange.require_match()
        path = match.path_parameters.get(name) if name else match.path
        if path is None:
            return None
        return percent_encode_rest(path) if encoded else percent_decode(path)

    def _body(self, variable: MappingVariable) -> Any:
        if not variable.name:
            return self._body_bytes(variable).decode("utf-8", "replace") or None
        document = self._request_document if variable.side == "request" else self._response_document
        return _find(document, variable.name)

    def _body_bytes(self, variable: MappingVariable) -> bytes:
        if variable.side == "request":
            return self.exchange.request.body
        return self.reply.body if self.reply is not None else b""

    @cached_property
    def _context(self) -> ContextVariables:
        return ContextVariables(self.exchange)

    @cached_property
    def _request_document(self) -> Any:
        return _read_json(self.exchange.request.body)

    @cached_property
    def _response_document(self) -> Any:
        return _read_json(self.reply.body) if self.reply is not None else None


def _join_values(values: Iterable[str]) -> str | None:
    found = list(values)
    return ",".join(found) if found else None


def _read_json(body: bytes) -> Any:
    """Return a body as JSON, whatever its content type says (seen on AWS); None for one that is no JSON."""
    try:
        return json.loads(body[:_LONGEST_BODY])
    except (ValueError, RecursionError):
        return None


def _find(document: Any, path: str) -> Any:
    """Return the value at a path such as ``pets[0].name``, None if there is none."""
    found = [document]
    for step in _STEP.finditer(path):
        found = [value for each in found for value in _children(each, step)]
    if "[*]" in path:
        return found or None
    return found[0] if found else None


def _children(value: Any, step: re.Match[str]) -> list[Any]:
    if step["all"] is not None:
        return list(value.values() if isinstance(value, dict) else value) if isinstance(value, dict | list) else []
    if step["index"] is not None:
        index = int(step["index"])
        return [value[index]] if isinstance(value, list) and index < len(value) else []
    name = step["name"] if step["name"] is not None else step["quoted"]
    return [value[name]] if isinstance(value, dict) and name in value else []


def map_request(mappings: Sequence[ParameterMapping], exchange: Exchange) -> tuple[Request, Match]:
    """Return the request that the integration gets, and its route with the path that the mappings give it.

    The path of the route has no stage; after a mapping of the path, the path with the stage is the same.
    """
    request, match = exchange.request, exchange.require_match()
    if not mappings:
        return request, match
    values = MappingValues(exchange)
    path, query = split_target(request.target)
    headers, pairs = list(request.headers), query.split("&") if query else []
    for mapping in _in_order(mappings):
        if mapping.place == "header":
            headers = _mapped_headers(headers, mapping, values)
        elif mapping.place == "querystring":
            pairs = _mapped_query(pairs, mapping, values)
        else:
            path = _path(values.text(mapping.value, encoded=True) or "")
            match = replace(match, path=path, full_path=path)
    target = f"{path}?{'&'.join(pairs)}" if pairs else path
    return replace(request, target=target, headers=tuple(headers)), match


def map_reply(responses: Mapping[str, Sequence[ParameterMapping]], exchange: Exchange, reply: Reply) -> Reply:
    """Return the reply that the client gets, by the mappings for the status of the integration's reply."""
    mappings = responses.get(str(reply.status), ())
    if not mappings:
        return reply
    values, status = MappingValues(exchange, reply), reply.status
    headers = list(drop_headers(reply.headers, ("apigw-requestid",)))
    for mapping in _in_order(mappings):
        if mapping.place == "header":
            headers = _mapped_headers(headers, mapping, values)
        else:
            written = values.text(mapping.value) or ""
            status = int(written) if re.fullmatch(r"[2-5][0-9][0-9]", written) else status
    body = b"" if status in (204, 304) else reply.body
    return Reply(status, finished_headers(headers, exchange.context), body)


def _in_order(mappings: Sequence[ParameterMapping]) -> list[ParameterMapping]:
    # Mappings are a map, without an order of their own: what is removed or overwritten can be appended to.
    return sorted(mappings, key=lambda mapping: _ORDER[mapping.action])


def _mapped_headers(headers: list[Header], mapping: ParameterMapping, values: MappingValues) -> list[Header]:
    name = mapping.name
    value = None if mapping.action == "remove" else values.text(mapping.value)
    if mapping.action != "append":
        # What is overwritten never passes, not even where there is nothing to write in its place.
        headers = list(drop_headers(headers, (name.lower(),)))
    if value is None:
        return headers
    line = _CONTROL.sub(" ", value).strip().encode("utf-8", "replace").decode("latin-1")
    if not has_header(headers, name):
        return [*headers, (name, line)]
    *_, last = (index for index, (key, _) in enumerate(headers) if key.lower() == name.lower())
    return [(key, f"{old},{line}" if index == last else old) for index, (key, old) in enumerate(headers)]


def _mapped_query(pairs: list[str], mapping: ParameterMapping, values: MappingValues) -> list[str]:
    value = None if mapping.action == "remove" else values.text(mapping.value)
    if mapping.action != "append":
        pairs = [pair for pair in pairs if not any(name == mapping.name for name, _ in parse_query(pair))]
    return pairs if value is None else [*pairs, f"{quote(mapping.name, safe='')}={quote(value, safe='')}"]


def _path(text: str) -> str:
    path = quote(text, safe=_PATH_CHARACTERS)
    return path if path.startswith("/") else f"/{path}"
