"""The operation that ``homeport add`` is asked for.

Where the key of an item comes from in an operation that has just been written: path, query, or nowhere yet.

The OpenAPI of a new operation: valid at once, and true of the handler that is written beside it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from homeport.errors import HomeportError
from homeport.project.model import Resources, Table
from homeport.project.names import did_you_mean, snake_case
from homeport.project.openapi.extensions import METHODS

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_PATH = re.compile(r"/|(/([A-Za-z0-9._~:@!$&'()*+,;=-]+|\{[A-Za-z0-9._-]+\+?\}))+")
_VARIABLE = re.compile(r"\{([^{}+]+)\+?\}")

Access = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """``method`` is upper case; ``access`` maps a table or an index (``NotesTable/byUser``) to actions."""

    id: str
    method: str
    path: str
    access: Access = field(default_factory=dict)
    function: str | None = None

    @property
    def module(self) -> str:
        """``createNote`` is served by ``service/handlers/create_note.py``."""
        return snake_case(self.id)

    @property
    def variables(self) -> tuple[str, ...]:
        """The path's variables in their order."""
        return tuple(_VARIABLE.findall(self.path))

    @property
    def has_body(self) -> bool:
        """Whether requests of this method have a body."""
        return self.method in ("POST", "PUT", "PATCH")

    @property
    def status(self) -> int:
        """What success is called."""
        return {"POST": 201, "DELETE": 204, "HEAD": 204}.get(self.method, 200)


def wanted_operation(name: str, method: str, path: str, access: Access, function: str | None) -> Wanted:
    """The operation by these words. Raises HomeportError for what can't be one."""
    if not _ID.fullmatch(name):
        raise HomeportError(f"{name!r} can't be an operationId", "letters and digits, a letter first: createNote")
    if method.lower() not in METHODS:
        known = [known.upper() for known in METHODS]
        raise HomeportError(f"{method!r} is no method of API Gateway", did_you_mean(method, known))
    if not _PATH.fullmatch(path):
        raise HomeportError(f"{path!r} can't be a path", "write it as /notes or /notes/{noteId}")
    wanted = Wanted(name, method, path, access, function)
    twice = {found for found in wanted.variables if wanted.variables.count(found) > 1}
    if twice:
        raise HomeportError(f"{path} has the variable {min(twice)!r} twice", "give each a name of its own")
    return wanted


def parse_access(texts: Sequence[str]) -> Access:
    """``NotesTable:PutItem,GetItem`` as ``{"NotesTable": ("PutItem", "GetItem")}``. Raises HomeportError."""
    access: dict[str, tuple[str, ...]] = {}
    for text in texts:
        target, colon, actions = text.partition(":")
        names = tuple(name.strip() for name in actions.split(",") if name.strip())
        if not colon or not target.strip() or not names:
            raise HomeportError(f"--access {text!r} is not TABLE:ACTION,…", "write it as NotesTable:PutItem,GetItem")
        known = access.get(target.strip(), ())
        access[target.strip()] = (*known, *(name for name in dict.fromkeys(names) if name not in known))
    return access


Place = Literal["path", "query", "new"]


@dataclass(frozen=True, slots=True)
class Key:
    """An attribute of a key: ``kind`` is DynamoDB's type (S, N), ``name`` the parameter's, ``place`` where it is."""

    attribute: str
    kind: str
    place: Place
    name: str

    @property
    def code(self) -> str:
        """The Python expression of its value in a handler."""
        if self.place == "new":
            return "str(uuid4())" if self.kind == "S" else "time.time_ns() // 1_000_000"
        return f'call.{self.place}["{self.name}"]'


@dataclass(frozen=True, slots=True)
class Target:
    """A table or index that the operation may use, and the key that it would ask it with."""

    table: Table
    index: str
    actions: tuple[str, ...]
    key: tuple[Key, ...]


def targets(wanted: Wanted, resources: Resources) -> tuple[Target, ...]:
    """What ``access`` names. Raises HomeportError for a key that no parameter can hold."""
    return tuple(_targets(wanted, resources))


def _targets(wanted: Wanted, resources: Resources) -> Iterator[Target]:
    for target, actions in wanted.access.items():
        logical_id, _, index = target.partition("/")
        table = resources.tables.get(logical_id)
        # An unknown table or index is told by the check of the changed document, with its line and nearest name.
        if table is not None and (not index or index in table.indexes):
            yield Target(table, index, actions, _key(wanted, table, index))


def _key(wanted: Wanted, table: Table, index: str) -> tuple[Key, ...]:
    kinds = {entry["AttributeName"]: entry["AttributeType"] for entry in table.properties["AttributeDefinitions"]}
    schema = _schema(table, index)
    # An index, and a partition of a table, are asked by the first attribute of their key.
    names = [entry["AttributeName"] for entry in sorted(schema, key=lambda entry: str(entry["KeyType"]))]
    free = [variable for variable in wanted.variables if variable not in names]
    only = free[-1] if len(names) == 1 and free and not index else ""
    return tuple(_source(wanted, name, kinds[name], only) for name in (names[:1] if index else names))


def _source(wanted: Wanted, attribute: str, kind: str, only: str) -> Key:
    if kind == "B":
        raise HomeportError(f"the key {attribute} is binary, which no URL holds", "write this operation by hand")
    if attribute in wanted.variables:
        return Key(attribute, kind, "path", attribute)
    if wanted.method == "POST":
        return Key(attribute, kind, "new", attribute)
    return Key(attribute, kind, "path", only) if only else Key(attribute, kind, "query", attribute)


def _schema(table: Table, index: str) -> list[dict[str, str]]:
    if not index:
        return list(table.properties["KeySchema"])
    kinds = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
    every = [entry for kind in kinds for entry in table.properties.get(kind, ())]
    return next(list(entry["KeySchema"]) for entry in every if entry["IndexName"] == index)


Json = dict[str, Any]

TEXT = {"type": "string", "minLength": 1, "maxLength": 100}
_ID_entry = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
_REST_OF_PATH = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64}){0,5}$"}
_NUMBER = {"type": "integer", "minimum": 0, "maximum": 1_000_000_000_000}
_REFUSALS = ("400", "403", "404", "413", "414", "429", "431", "500", "502", "503", "504")
_WITH_BODY = ("413",)
RANGES: Mapping[str, Json] = {
    "4XX": {"description": "The request is refused, by the function or by API Gateway."},
    "5XX": {"description": "The request was not answered: try again."},
}


def operation_entry(wanted: Wanted, used: Sequence[Target], document: Mapping[str, Any]) -> Json:
    """The operation as openapi.yaml has it. ``document`` is the whole of openapi.yaml as it is now."""
    title = sentence(wanted.id)
    entry: Json = {"operationId": wanted.id}
    if tags := _tags(wanted, document):
        entry["tags"] = tags
    entry["summary"] = title
    ours: Json = {"function": wanted.function} if wanted.function else {}
    if wanted.access:
        ours["access"] = {target: list(actions) for target, actions in wanted.access.items()}
    if ours:
        entry["x-homeport"] = ours
    if parameters := [*_parameters(wanted, used, document)]:
        entry["parameters"] = parameters
    if wanted.has_body:
        entry["requestBody"] = {"required": True, "content": {"application/json": {"schema": _body(wanted, used)}}}
    entry["responses"] = {str(wanted.status): _success(wanted, used), **_refusals(wanted, document)}
    return entry


def sentence(name: str) -> str:
    """``createNote`` is ``Create note``."""
    words = snake_case(name).replace("_", " ")
    return words[:1].upper() + words[1:]


def body_property(used: Sequence[Target]) -> str:
    """A property for the body's stub, whose type no key of a table settles otherwise."""
    attributes = {
        entry["AttributeName"] for target in used for entry in target.table.properties["AttributeDefinitions"]
    }
    return next(name for name in ("name", "text", "note", "bodyText") if name not in attributes)


def is_list(wanted: Wanted, used: Sequence[Target]) -> bool:
    """Whether the answer is several items: what a query or scan finds."""
    return wanted.method == "GET" and any({"Query", "Scan"} & set(target.actions) for target in used)


def _tags(wanted: Wanted, document: Mapping[str, Any]) -> list[str]:
    """Those of the first operation whose path starts alike."""
    start = wanted.path.split("/")[1]
    for path, _, operation in operations(document):
        if path.split("/")[1:2] == [start] and isinstance(operation.get("tags"), list):
            return list(operation["tags"])
    return []


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Path, method as written and operation of all that are maps."""
    paths = document.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        for method, operation in item.items() if isinstance(item, dict) else ():
            if method in METHODS and isinstance(operation, dict):
                yield path, method, operation


def _parameters(wanted: Wanted, used: Sequence[Target], document: Mapping[str, Any]) -> Iterator[Json]:
    keys = {(key.place, key.name): key for target in used for key in target.key}
    item = (document.get("paths") or {}).get(wanted.path) or {}
    declared = [_resolved(parameter, document).get("name") for parameter in item.get("parameters", ())]
    for name in wanted.variables:
        if name not in declared:
            greedy = f"{{{name}+}}" in wanted.path
            yield _shared(name, document) or _parameter(name, "path", keys.get(("path", name)), greedy)
    for (place, name), key in keys.items():
        if place == "query" and name not in declared:
            yield _parameter(name, "query", key, False)


def _parameter(name: str, place: str, key: Key | None, greedy: bool) -> Json:
    schema = _NUMBER if key is not None and key.kind == "N" else _REST_OF_PATH if greedy else _ID_entry
    words = snake_case(name).replace("_", " ")
    description = f"The {words.removesuffix(' id')}'s id." if words.endswith(" id") else f"The {words}."
    return {"name": name, "in": place, "required": True, "description": description, "schema": dict(schema)}


def _shared(name: str, document: Mapping[str, Any]) -> Json | None:
    """A reference to a path parameter of that name in components."""
    shared = (document.get("components") or {}).get("parameters") or {}
    for key, parameter in shared.items():
        if isinstance(parameter, dict) and (parameter.get("name"), parameter.get("in")) == (name, "path"):
            return {"$ref": f"#/components/parameters/{key}"}
    return None


def _resolved(parameter: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    name = str(parameter.get("$ref", "")).rpartition("/")[2]
    shared = (document.get("components") or {}).get("parameters") or {}
    found: Mapping[str, Any] = shared.get(name, parameter)
    return found


def _body(wanted: Wanted, used: Sequence[Target]) -> Json:
    name = body_property(used)
    schema: Json = {"type": "object", "additionalProperties": False}
    schema |= {"minProperties": 1} if wanted.method == "PATCH" else {"required": [name]}
    return {**schema, "properties": {name: dict(TEXT)}}


def _success(wanted: Wanted, used: Sequence[Target]) -> Json:
    description = "What came of it." if wanted.status != 204 else "It was done."
    if wanted.status == 204:
        return {"description": description}
    schema: Json = {"type": "object"}
    if is_list(wanted, used):
        schema |= {"required": ["items"], "properties": {"items": {"type": "array", "items": {"type": "object"}}}}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _refusals(wanted: Wanted, document: Mapping[str, Any]) -> Json:
    """What can go wrong, by the references that the other operations use, and in ranges for the rest."""
    usual: dict[str, Counter[str]] = {}
    for _, _, operation in operations(document):
        responses = operation.get("responses")
        for status, response in responses.items() if isinstance(responses, dict) else ():
            if isinstance(response, dict) and isinstance(response.get("$ref"), str):
                usual.setdefault(status, Counter())[response["$ref"]] += 1
    found = {status: {"$ref": usual[status].most_common(1)[0][0]} for status in _REFUSALS if status in usual}
    if not wanted.has_body:
        found = {status: response for status, response in found.items() if status not in _WITH_BODY}
    ranges = {"4XX": {"400", "404"} <= found.keys(), "5XX": {"500", "502", "503"} <= found.keys()}
    return {**found, **{status: dict(RANGES[status]) for status, told in ranges.items() if not told}}
