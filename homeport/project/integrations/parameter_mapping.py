"""Parameter mapping of HTTP APIs: its values, and the reader of its keys and expressions.

A mapping is a key, which says what becomes of which parameter (``append:header.X-Id``), and an expression, which says
where the value comes from (``$context.requestId``, ``/v2/${request.path.petId}``).
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Side = Literal["request", "response"]
Action = Literal["append", "overwrite", "remove"]
Place = Literal["header", "querystring", "path", "statuscode"]
ValueSource = Literal["header", "querystring", "body", "path", "context", "stageVariables"]


@dataclass(frozen=True, slots=True)
class MappingVariable:
    """A variable of an expression: ``$request.header.X-Id`` is ``request``, ``header`` and ``X-Id``.

    ``side`` is the message that it is read from, None for ``$context`` and ``$stageVariables``. ``name`` is ``""`` for
    the whole body and the whole path. That of a body is a JSON path without its beginning: ``pets[0].name``.
    """

    side: Side | None
    source: ValueSource
    name: str = ""


@dataclass(frozen=True, slots=True)
class ParameterExpression:
    """An expression: ``parts`` are its texts and variables in order. ``text`` is the expression as it is written."""

    text: str
    parts: tuple[str | MappingVariable, ...]

    @property
    def variable(self) -> MappingVariable | None:
        """The variable of an expression that is nothing else."""
        only = self.parts[0] if len(self.parts) == 1 else None
        return only if isinstance(only, MappingVariable) else None

    @property
    def constant(self) -> str | None:
        """The text of an expression without variables."""
        texts = [part for part in self.parts if isinstance(part, str)]
        return "".join(texts) if len(texts) == len(self.parts) else None


@dataclass(frozen=True, slots=True)
class ParameterMapping:
    """A mapping. ``name`` is that of a header or of a query parameter, ``""`` for the path and the status code."""

    action: Action
    place: Place
    name: str
    value: ParameterExpression

    @property
    def key(self) -> str:
        """The key as it is written: ``append:header.X-Id``, ``overwrite:path``."""
        return f"{self.action}:{self.place}.{self.name}" if self.name else f"{self.action}:{self.place}"


class MappingError(ValueError):
    """A key or an expression that API Gateway refuses. ``hint`` says what to write."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


_NOTHING = ParameterExpression("''", ())
"""The value of what is removed, as API Gateway asks for it."""

_RESERVED = frozenset(
    (
        *("authorization", "connection", "content-encoding", "content-length", "content-location", "forwarded"),
        *("keep-alive", "origin", "proxy-authenticate", "proxy-authorization", "te", "trailers", "transfer-encoding"),
        *("upgrade", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "via"),
    )
)
_RESERVED_BEGINNINGS = ("access-control-", "apigw-", "x-amz-", "x-amzn-")

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_STATUSES = range(200, 600)
_KEYS: Mapping[Side, str] = {
    "request": "append, overwrite or remove, then :header.NAME or :querystring.NAME; or overwrite:path",
    "response": "append, overwrite or remove, then :header.NAME; or overwrite:statuscode",
}
_ACTIONS: Mapping[str, Action] = {"append": "append", "overwrite": "overwrite", "remove": "remove"}
_WHOLE: Mapping[Side, Place] = {"request": "path", "response": "statuscode"}


def parse_mapping(key: str, text: str, side: Side) -> ParameterMapping:
    """Return the mapping of a key and an expression. Raises MappingError for what API Gateway refuses."""
    written, _, rest = key.partition(":")
    place, _, name = rest.partition(".")
    action = _ACTIONS.get(written)
    if action is None:
        raise _unknown_destination(key, side)
    if rest == _WHOLE[side] and action == "overwrite":
        return _whole_mapping(_WHOLE[side], text, side)
    if place != "header" and not (place == "querystring" and side == "request"):
        raise _unknown_destination(key, side)
    if not name or (place == "header" and not _HEADER_NAME.fullmatch(name)):
        raise _unknown_destination(key, side)
    if place == "header" and is_reserved(name):
        raise MappingError(f"the header {name} is reserved and can't be mapped", "use a header of your own")
    value = _NOTHING if action == "remove" else parse_expression(text, side)
    return ParameterMapping(action, "header" if place == "header" else "querystring", name, value)


def _unknown_destination(key: str, side: Side) -> MappingError:
    # Seen on AWS: https://github.com/hashicorp/terraform-provider-aws/pull/17997
    problem = f"[Invalid {side.title()} Actioned Parameter destination specified: {key}]"
    return MappingError(
        f"Invalid mapping expression specified: Validation Result: warnings : [], errors : {problem}",
        f"write {_KEYS[side]}",
    )


def is_reserved(header: str) -> bool:
    """Return whether a header can't be mapped, whatever its case."""
    return header.lower() in _RESERVED or header.lower().startswith(_RESERVED_BEGINNINGS)


def is_mappable_status(text: str) -> bool:
    """Return whether responses with this status can be mapped."""
    return text.isdecimal() and int(text) in _STATUSES


def _whole_mapping(place: Place, text: str, side: Side) -> ParameterMapping:
    value = parse_expression(text, side)
    constant = value.constant
    if place == "statuscode" and constant is not None and not is_mappable_status(constant):
        raise MappingError(f"{constant!r} is no status code of a response", "write one from 200 to 599")
    return ParameterMapping("overwrite", place, "", value)


_NAME = r"[\w-]+"
_STEPS = rf"(?:\.{_NAME}|\[(?:[0-9]+|\*|'[^']*'|\"[^\"]*\")\])*"
_ROOTS = "request|response|context|stageVariables"
_VARIABLE = re.compile(rf"\$(?:(?P<bare>(?:{_ROOTS})(?![\w-]){_STEPS})|\{{(?P<braced>(?:{_ROOTS})(?![\w-])[^}}]*)\}})")
_SOURCES: Mapping[Side, Mapping[str, ValueSource]] = {
    "request": {"header": "header", "querystring": "querystring", "body": "body", "path": "path"},
    "response": {"header": "header", "body": "body"},
}
"""The parts of each message that a mapping of it can read."""

_OTHER_SOURCES: Mapping[Side, Mapping[str, ValueSource]] = {"request": {}, "response": {"header": "header"}}
"""The parts of the other message that a mapping can read."""


def parse_expression(text: str, side: Side) -> ParameterExpression:
    """Return the expression that a text is. Raises MappingError for what API Gateway refuses.

    In mappings of requests, ``$response`` has no value; in those of responses, ``$request`` has its headers alone.
    """
    parts: list[str | MappingVariable] = []
    end = 0
    for found in _VARIABLE.finditer(text):
        if found.start() > end:
            parts.append(text[end : found.start()])
        name = found["bare"] if found["bare"] is not None else found["braced"]
        if found["bare"] is not None and ".body" in name and text.startswith(("..", "[?("), found.end()):
            # What follows belongs to the path, which API Gateway does not know.
            name += text[found.end() :]
        parts.append(_parse_variable(name, side))
        end = found.end()
    if end < len(text):
        parts.append(text[end:])
    return ParameterExpression(text, tuple(parts))


def _parse_variable(text: str, side: Side) -> MappingVariable:
    root, _, rest = text.partition(".")
    match root:
        case "context" if rest:
            return MappingVariable(None, "context", rest)
        case "stageVariables" if re.fullmatch(r"\w+", rest):
            return MappingVariable(None, "stageVariables", rest)
        case "request" | "response":
            return _message_variable(text, "request" if root == "request" else "response", rest, side)
    raise MappingError(f"${text} has no name", f"write ${root}.NAME")


_MESSAGE = re.compile(r"(header|querystring|body|path)(.*)", re.DOTALL)


def _message_variable(text: str, root: Side, rest: str, side: Side) -> MappingVariable:
    found = _MESSAGE.fullmatch(rest)
    known = _SOURCES[root] if root == side else _OTHER_SOURCES[side]
    source = known.get(found[1]) if found is not None else None
    if found is None or source is None:
        instead = ", ".join(f"${name}" for name in (*(f"{side}.{each}" for each in _SOURCES[side]), "context.NAME"))
        raise MappingError(f"${text} has no value in a mapping of {side}s", f"known: {instead}")
    name: str = found[2]
    if source == "body":
        return MappingVariable(root, source, _body_path(text, name))
    if name.startswith(".") and len(name) > 1:
        return MappingVariable(root, source, name[1:])
    if name or source != "path":
        raise MappingError(f"${text} has no name", f"write ${root}.{source}.NAME")
    return MappingVariable(root, source)


def _body_path(text: str, path: str) -> str:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
    if ".." in path or "?(" in path:
        raise MappingError(f"${text}: .. and filters are not for HTTP APIs", "name each step of the path")
    if path and not re.fullmatch(_STEPS, path):
        raise MappingError(f"${text} is no path into a JSON body", "write it as $request.body.pets[0].name")
    return path.removeprefix(".")
