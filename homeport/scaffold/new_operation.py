"""A new operation: its id, route and access, and the keys by which its function uses each table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from homeport.errors import HomeportError
from homeport.project.model import Resources, Table
from homeport.project.names import did_you_mean, snake_case
from homeport.project.openapi.extensions import METHODS
from homeport.project.openapi.x_homeport import unknown_action
from homeport.project.openapi.x_homeport_keys import ON_TABLE

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_PATH = re.compile(r"/|(/([A-Za-z0-9._~:@!$&'()*+,;=-]+|\{[A-Za-z0-9._-]+\+?\}))+")
_VARIABLE = re.compile(r"\{([^{}+]+)\+?\}")
Access = Mapping[str, tuple[str, ...]]
Place = Literal["path", "query", "new"]
_KEYLESS = frozenset(("DescribeTable", "Scan"))
WRITES_ITEMS = frozenset(("BatchWriteItem", "PutItem"))
WRITES_KEYS = WRITES_ITEMS | {"UpdateItem"}


@dataclass(frozen=True, slots=True)
class NewOperation:
    """An operation to add. ``method`` is upper case; ``access`` maps a table or ``Table/index`` to actions."""

    id: str
    method: str
    path: str
    access: Access = field(default_factory=dict)
    function: str | None = None

    @property
    def module(self) -> str:
        """The name of the handler's module: ``create_note`` for ``createNote``."""
        return snake_case(self.id)

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of the path in their order."""
        return tuple(_VARIABLE.findall(self.path))

    @property
    def has_body(self) -> bool:
        """Requests of this method have a body."""
        return self.method in ("POST", "PUT", "PATCH")

    @property
    def status(self) -> int:
        """The status of success."""
        return {"POST": 201, "DELETE": 204, "HEAD": 204}.get(self.method, 200)


def parse_operation(name: str, method: str, path: str, access: Access, function: str | None) -> NewOperation:
    """Parse the arguments of ``homeport add``. Raises HomeportError for an operation that is not possible."""
    if not _ID.fullmatch(name):
        raise HomeportError(f"{name!r} can't be an operationId", "letters and digits, a letter first: createNote")
    if method.lower() not in METHODS:
        known = [known.upper() for known in METHODS]
        raise HomeportError(f"{method!r} is no method of API Gateway", did_you_mean(method, known))
    if not _PATH.fullmatch(path):
        raise HomeportError(f"{path!r} can't be a path", "write it as /notes or /notes/{noteId}")
    new = NewOperation(name, method, path, access, function)
    twice = {found for found in new.variables if new.variables.count(found) > 1}
    if twice:
        raise HomeportError(f"{path} has the variable {min(twice)!r} twice", "give each a name of its own")
    return new


def parse_access(texts: Sequence[str]) -> Access:
    """Parse ``NotesTable:PutItem,GetItem`` to ``{"NotesTable": ("PutItem", "GetItem")}``. Raises HomeportError."""
    access: dict[str, tuple[str, ...]] = {}
    for text in texts:
        use, colon, actions = text.partition(":")
        names = tuple(name.strip() for name in actions.split(",") if name.strip())
        if not colon or not use.strip() or not names:
            raise HomeportError(f"--access {text!r} is not TABLE:ACTION,…", "write it as NotesTable:PutItem,GetItem")
        for name in names:
            if name not in ON_TABLE:
                raise HomeportError(*unknown_action(name, use.strip()))
        known = access.get(use.strip(), ())
        access[use.strip()] = (*known, *(name for name in dict.fromkeys(names) if name not in known))
    return access


@dataclass(frozen=True, slots=True)
class Key:
    """An attribute of a key. ``kind`` is DynamoDB's type (S, N), ``name`` and ``place`` are those of the parameter."""

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
class TableUse:
    """A table or index that the operation may use, and the key of its calls."""

    table: Table
    index: str
    actions: tuple[str, ...]
    key: tuple[Key, ...]


def table_uses(new: NewOperation, resources: Resources) -> tuple[TableUse, ...]:
    """Return the tables and indexes in ``access``. Raises HomeportError for a key that no parameter can hold."""
    return tuple(_table_uses(new, resources))


def _table_uses(new: NewOperation, resources: Resources) -> Iterator[TableUse]:
    found = _existing_keys(new, resources)
    for use, actions in new.access.items():
        logical_id, _, index = use.partition("/")
        table = resources.tables.get(logical_id)
        # The check of the changed document reports an unknown table or index.
        if table is not None and (not index or index in table.indexes):
            keyless = set(actions) <= _KEYLESS
            yield TableUse(table, index, actions, () if keyless else _key(new, table, index, found))


def _existing_keys(new: NewOperation, resources: Resources) -> frozenset[str]:
    """Return the keys of tables into which nothing is put: their items are there already, so a client names them."""
    read = {use for use, actions in new.access.items() if not WRITES_KEYS & set(actions)}
    tables = [resources.tables[use.partition("/")[0]] for use in read if use.partition("/")[0] in resources.tables]
    return frozenset(entry["AttributeName"] for table in tables for entry in table.properties["KeySchema"])


def _key(new: NewOperation, table: Table, index: str, existing: frozenset[str]) -> tuple[Key, ...]:
    kinds = {entry["AttributeName"]: entry["AttributeType"] for entry in table.properties["AttributeDefinitions"]}
    indexes = [*table.properties.get("GlobalSecondaryIndexes", ()), *table.properties.get("LocalSecondaryIndexes", ())]
    schema = next((found for found in indexes if found["IndexName"] == index), table.properties)["KeySchema"]
    # A query of an index or of a partition needs the first attribute of the key only.
    names = [entry["AttributeName"] for entry in sorted(schema, key=lambda entry: str(entry["KeyType"]))]
    free = [variable for variable in new.variables if variable not in names]
    only = free[-1] if len(names) == 1 and free and not index else ""
    return tuple(_source(new, name, kinds[name], only, existing) for name in (names[:1] if index else names))


def _source(new: NewOperation, attribute: str, kind: str, only: str, existing: frozenset[str]) -> Key:
    if kind == "B":
        raise HomeportError(f"the key {attribute} is binary, which no URL holds", "write this operation by hand")
    if attribute in new.variables:
        return Key(attribute, kind, "path", attribute)
    if new.method == "POST" and attribute not in existing:
        return Key(attribute, kind, "new", attribute)
    return Key(attribute, kind, "path", only) if only else Key(attribute, kind, "query", attribute)
