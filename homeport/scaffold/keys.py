"""Where the key of an item comes from in an operation that has just been written: path, query, or nowhere yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from homeport.errors import HomeportError
from homeport.scaffold.operation import Wanted
from homeport.spec.resources import Resources, Table

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
