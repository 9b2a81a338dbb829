"""Places of an OpenAPI document: its operations, what carries schemas and examples, and the schemas. Pure.

References are followed, so each value is listed once, where it is written, with the first operation that has it.
https://spec.openapis.org/oas/v3.0.3#openapi-object
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from homeport.project.model import ANY_METHOD
from homeport.project.schema.json_schema import Direction
from homeport.project.source.document import Document
from homeport.recordings.drift import SpecPath, resolve_path

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", ANY_METHOD)
_DEEPEST = 60

__all__ = ["METHODS", "Carrier", "DocumentMap", "OperationPlace", "ResponsePlace", "SchemaPlace", "SpecPath", "as_map"]


@dataclass(frozen=True, slots=True)
class Carrier:
    """A parameter, a header or a media type: what has a schema, and may have examples beside it.

    ``path`` is where it stands, ``schema`` where its schema stands, with references followed; None without a schema.
    ``label`` names it in a message. ``media_type`` is ``""`` for parameters and headers.
    """

    kind: Literal["parameter", "header", "content"]
    path: SpecPath
    value: Mapping[str, Any]
    schema: SpecPath | None
    direction: Direction
    label: str
    operation: str
    name: str = ""
    place: str = ""
    media_type: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class ResponsePlace:
    """A response that an operation documents; ``status`` is its key (``200``, ``4XX``, ``default``)."""

    status: str
    path: SpecPath
    value: Mapping[str, Any]
    headers: tuple[Carrier, ...]
    content: tuple[Carrier, ...]


@dataclass(frozen=True, slots=True)
class OperationPlace:
    """An operation as the document has it. ``label`` is its method and path template, ``GET /items/{itemId}``.

    ``template`` is the path template. ``body`` holds the media types of the request body, ``body_path`` is where that
    stands, None without one.
    """

    label: str
    method: str
    template: str
    path: SpecPath
    value: Mapping[str, Any]
    parameters: tuple[Carrier, ...]
    body: tuple[Carrier, ...]
    body_path: SpecPath | None
    body_required: bool
    responses: tuple[ResponsePlace, ...]

    @property
    def id(self) -> str:
        """The operationId, ``""`` without one."""
        return str(self.value.get("operationId") or "")


@dataclass(frozen=True, slots=True)
class SchemaPlace:
    """A schema, nested ones included, with the directions that it is used in; none for an unused component.

    ``is_part`` says that it stands in an ``allOf``, ``anyOf`` or ``oneOf``, so that others complete it.
    """

    path: SpecPath
    value: Mapping[str, Any]
    directions: frozenset[Direction]
    is_part: bool
    operation: str


@dataclass(frozen=True)
class DocumentMap:
    """A document with its places."""

    document: Document
    operations: tuple[OperationPlace, ...]
    carriers: tuple[Carrier, ...]
    schemas: tuple[SchemaPlace, ...]

    @property
    def root(self) -> Mapping[str, Any]:
        """The document's value."""
        return as_map(self.document.value)

    def get(self, path: SpecPath) -> Any:
        """Return the value at ``path``, None if there is none."""
        found = self.document.find(path)
        return found[0] if found else None

    def resolve(self, path: SpecPath) -> tuple[SpecPath, Mapping[str, Any]]:
        """Return the place and the value that a path leads to with references followed, ``{}`` for no map."""
        target = resolve_path(self.document, path)
        return target, as_map(self.get(target))

    def line(self, path: SpecPath) -> str:
        """Return the place of a value, as ``openapi.yaml:133``."""
        source = self.document.source(path)
        return f"{source.file}:{source.line}"


def as_map(value: Any) -> Mapping[str, Any]:
    """Return a map, ``{}`` in place of anything else."""
    return value if isinstance(value, Mapping) else {}


def map_document(document: Document) -> DocumentMap:
    """Return an OpenAPI 3.0 document with its places."""
    reader = _Reader(document)
    operations = tuple(reader.operations())
    reader.components()
    return DocumentMap(document, operations, tuple(reader.carriers.values()), tuple(reader.schemas()))


@dataclass
class _SeenSchema:
    value: Mapping[str, Any]
    operation: str
    is_part: bool
    directions: set[Direction] = field(default_factory=set)


class _Reader:
    """Walks a document once and collects what it passes."""

    def __init__(self, document: Document) -> None:
        self.carriers: dict[SpecPath, Carrier] = {}
        self._map = DocumentMap(document, (), (), ())
        self._schemas: dict[SpecPath, _SeenSchema] = {}

    def operations(self) -> Iterator[OperationPlace]:
        for template, _ in as_map(self._map.root.get("paths")).items():
            base, item = self._map.resolve(("paths", str(template)))
            for method in METHODS:
                value = as_map(item.get(method))
                if value:
                    yield self._operation(str(template), method, base, value)

    def _operation(self, template: str, method: str, base: SpecPath, value: Mapping[str, Any]) -> OperationPlace:
        path = (*base, method)
        verb = "ANY" if method == ANY_METHOD else method.upper()
        label = f"{verb} {template}"
        parameters: dict[tuple[str, str], Carrier] = {}
        for owner in (base, path):
            for carrier in self._parameters((*owner, "parameters"), label):
                parameters[carrier.place, carrier.name] = carrier
        body_path, body = self._map.resolve((*path, "requestBody"))
        content = tuple(self._content(body_path, body, "request", label, f"the request body of {label}"))
        return OperationPlace(
            label,
            verb,
            template,
            path,
            value,
            tuple(parameters.values()),
            content,
            body_path if body else None,
            body.get("required") is True,
            tuple(self._responses(path, value, label)),
        )

    def _parameters(self, path: SpecPath, label: str) -> Iterator[Carrier]:
        listed = self._map.get(path)
        for index in range(len(listed) if isinstance(listed, list) else 0):
            where, value = self._map.resolve((*path, str(index)))
            if value.get("name") and value.get("in") != "body":
                yield self._parameter(where, value, label)

    def _parameter(self, path: SpecPath, value: Mapping[str, Any], operation: str) -> Carrier:
        place, name = str(value.get("in")), str(value.get("name"))
        label = f"the {place} parameter {name!r}{f' of {operation}' if operation else ''}"
        schema = (*path, "schema")
        for media_type in as_map(value.get("content")):
            schema = (*path, "content", str(media_type), "schema")
        required = value.get("required") is True
        return self._carry(
            Carrier("parameter", path, value, schema, "request", label, operation, name, place, required=required)
        )

    def _responses(self, path: SpecPath, value: Mapping[str, Any], label: str) -> Iterator[ResponsePlace]:
        for key in as_map(value.get("responses")):
            status = str(key)
            where, response = self._map.resolve((*path, "responses", status))
            text = f"the answer {status} of {label}"
            headers = tuple(self._headers(where, response, label, text))
            content = tuple(self._content(where, response, "response", label, text))
            yield ResponsePlace(status, where, response, headers, content)

    def _headers(self, path: SpecPath, owner: Mapping[str, Any], operation: str, text: str) -> Iterator[Carrier]:
        for name in as_map(owner.get("headers")):
            where, value = self._map.resolve((*path, "headers", str(name)))
            label, required = f"the header {name} of {text}", value.get("required") is True
            schema = (*where, "schema")
            yield self._carry(
                Carrier("header", where, value, schema, "response", label, operation, str(name), required=required)
            )

    def _content(
        self, path: SpecPath, owner: Mapping[str, Any], direction: Direction, operation: str, text: str
    ) -> Iterator[Carrier]:
        for media_type in as_map(owner.get("content")):
            where, value = self._map.resolve((*path, "content", str(media_type)))
            schema = (*where, "schema")
            carrier = Carrier(
                "content", where, value, schema, direction, text, operation, media_type=str(media_type).lower()
            )
            yield self._carry(carrier)

    def _carry(self, carrier: Carrier) -> Carrier:
        found, schema = self._map.resolve(carrier.schema or ())
        complete = replace(carrier, schema=found if schema else None)
        self.carriers.setdefault(carrier.path, complete)
        if complete.schema is not None:
            self._add_schema(complete.schema, carrier.operation, carrier.direction)
        return complete

    def components(self) -> None:
        """Collect the components that no operation has."""
        components = as_map(self._map.root.get("components"))
        for name in as_map(components.get("parameters")):
            where, value = self._map.resolve(("components", "parameters", str(name)))
            if value.get("name") and where not in self.carriers:
                self._parameter(where, value, "")
        directions: tuple[tuple[str, Direction], ...] = (("requestBodies", "request"), ("responses", "response"))
        for kind, direction in directions:
            for name in as_map(components.get(kind)):
                where, value = self._map.resolve(("components", kind, str(name)))
                text = f"the component {name}"
                tuple(self._content(where, value, direction, "", text))
                tuple(self._headers(where, value, "", text))
        tuple(self._headers(("components",), components, "", "the components"))
        for name in as_map(components.get("schemas")):
            self._add_unused(("components", "schemas", str(name)))

    def schemas(self) -> Iterator[SchemaPlace]:
        """Yield the schemas that were passed."""
        for path, seen in self._schemas.items():
            yield SchemaPlace(path, seen.value, frozenset(seen.directions), seen.is_part, seen.operation)

    def _add_schema(self, path: SpecPath, operation: str, direction: Direction) -> None:
        waiting = [(path, False)]
        while waiting:
            where, is_part = waiting.pop()
            where, value = self._map.resolve(where)
            if not value or "$ref" in value or len(where) > _DEEPEST:
                continue
            seen = self._schemas.setdefault(where, _SeenSchema(value, operation, is_part))
            seen.is_part = seen.is_part or is_part
            if direction not in seen.directions:
                seen.directions.add(direction)
                waiting.extend(schema_children(where, value))

    def _add_unused(self, path: SpecPath) -> None:
        waiting = [(path, False)]
        while waiting:
            where, is_part = waiting.pop()
            where, value = self._map.resolve(where)
            if value and "$ref" not in value and where not in self._schemas and len(where) <= _DEEPEST:
                self._schemas[where] = _SeenSchema(value, "", is_part)
                waiting.extend(schema_children(where, value))


def schema_children(path: SpecPath, schema: Mapping[str, Any]) -> Iterator[tuple[SpecPath, bool]]:
    """Yield the paths of the schemas in a schema, and whether each is a part of it; ``not`` is left out.

    A value that fits the schema under ``not`` is rejected, so nothing that is said there is promised of a value.
    """
    for name in as_map(schema.get("properties")):
        yield (*path, "properties", str(name)), False
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), Mapping):
            yield (*path, key), False
    for key in ("allOf", "anyOf", "oneOf"):
        parts = schema.get(key)
        for index in range(len(parts) if isinstance(parts, list) else 0):
            yield (*path, key, str(index)), True
