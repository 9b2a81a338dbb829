"""``$input``: the body and the parameters of a request, or the body of a backend's reply.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html#input-variable-reference
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from homeport.gateway.mapping.errors import BodyNotReadable, UnreadableJson
from homeport.gateway.mapping.json_path import json_path
from homeport.gateway.mapping.json_reader import read_json
from homeport.gateway.mapping.json_values import to_json
from homeport.vtl import TemplateObject
from homeport.vtl.limits import Meter

_UNREAD = object()


class Input(TemplateObject):
    """``$input``. The body is read as JSON once, and only if the template asks for a part of it."""

    def __init__(self, body: str, parameters: Mapping[str, Mapping[str, str]]) -> None:
        self._body = body or "{}"
        self._parameters = parameters
        self._document: object = _UNREAD

    def get(self, name: str) -> object:
        """Return the body as it came; an empty one reads ``{}``."""
        return self._body if name == "body" else None

    def call(self, name: str, arguments: Sequence[object], meter: Meter) -> object:
        """Return the result of ``path``, ``json`` or ``params``. Raises BodyNotReadable and TemplateError."""
        match name, *arguments:
            case "path", str(path):
                return json_path(self._read(), path, meter)
            case "json", str(path):
                found = json_path(self._read(), path, meter)
                return '""' if found is None else to_json(found, meter)
            case ("params",):
                return {place: dict(values) for place, values in self._parameters.items()}
            case "params", str(parameter):
                return self._find_parameter(parameter)
            case ("getBody",):
                return self._body
            case _:
                return None

    def _find_parameter(self, name: str) -> str | None:
        """Return a parameter of the path, the query string or the headers, in this order."""
        return next((values[name] for values in self._parameters.values() if name in values), None)

    def _read(self) -> object:
        if self._document is _UNREAD:
            try:
                self._document = read_json(self._body)
            except UnreadableJson as error:
                raise BodyNotReadable(str(error)) from error
        return self._document
