"""The document against the tables behind it: what an index projects, and the types of keys. Pure but for code files.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.Projections
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from homeport.contract.document.examples import is_json, schema_name
from homeport.contract.document.finding_at import KIND, finding_at
from homeport.contract.document.places import DocumentMap, OperationPlace, SpecPath, as_map
from homeport.contract.finding import Finding, Severity
from homeport.project.check.tables import expiry
from homeport.project.model import Operation, Source, Table
from homeport.project.project import Project

PROJECTION = "index-projects-what-the-list-shows"
KEY_TYPE = "key-type-fits-schema"
EXPIRY = "expiry-is-ttl"

_COMPLETING = frozenset(("BatchGetItem", "GetItem", "Query"))
"""The actions by which a function can read the rest of what an index shows."""

_PROJECTIONS = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.Projections"
_TTL = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html"
_TYPES = {"S": ("string",), "N": ("integer", "number"), "B": ("string",)}


def check_storage(document: DocumentMap, project: Project) -> Iterator[Finding]:
    """Yield a finding for each table that can't hold or show what the document promises."""
    places = {place.label: place for place in document.operations}
    for operation in project.api.operations:
        place = places.get(operation.label)
        function = project.api.functions.get(operation.function or "")
        if place is None or function is None:
            continue
        for target in function.access:
            name, _, index = target.partition("/")
            table = project.resources.tables.get(name)
            if table is None:
                continue
            yield from _key_types(document, place, table)
            if index and not _COMPLETING & set(function.access.get(name, ())):
                yield from _projection(document, place, operation, table, index)
    for problem in expiry(project):
        # Without any TTL the attribute may have another purpose; beside one it is a name misspelt.
        severity: Severity = "error" if problem.message.startswith("the TTL attribute") else "warning"
        yield Finding(
            EXPIRY,
            KIND,
            "",
            "What code writes as an expiry, DynamoDB deletes by",
            _TTL,
            f"{problem.message} ({problem.hint})",
            source=Source(problem.file, problem.line),
            subject=f"/{problem.hint}",
            severity=severity,
        )


def _projection(
    document: DocumentMap, place: OperationPlace, operation: Operation, table: Table, index: str
) -> Iterator[Finding]:
    """Yield required properties of a list that its only source, an index, does not project."""
    projected = projected_attributes(table, index)
    if operation.method != "GET" or projected is None:
        return
    for path, schema in _item_schemas(document, place):
        properties = as_map(schema.get("properties"))
        required = schema.get("required")
        # Where keys are no properties, the code makes one of the other: PK is "ITEM#1".
        if not isinstance(required, list) or not set(_key_names(table, index)) <= set(properties):
            continue
        missing = [name for name in map(str, required) if name not in projected]
        if missing:
            yield finding_at(
                document,
                (*path, "required"),
                PROJECTION,
                "An index that a list is read from projects what the list shows",
                f"{place.label} reads {table.logical_id}/{index}, and nothing by key, though the index lacks "
                f"{', '.join(missing)} that {schema_name(path)} requires ({table.source.file}:{table.source.line})",
                _PROJECTIONS,
                operation=place.label,
                subject=f"/{table.logical_id}/{index}",
            )


def projected_attributes(table: Table, index: str) -> set[str] | None:
    """Return the attributes that an index holds; None if it holds all, or there is no such index."""
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        for each in table.properties.get(kind) or ():
            projection = as_map(each.get("Projection"))
            if each.get("IndexName") == index and projection.get("ProjectionType") in ("KEYS_ONLY", "INCLUDE"):
                return {*_key_names(table, index), *map(str, projection.get("NonKeyAttributes") or ())}
    return None


def _key_names(table: Table, index: str = "") -> list[str]:
    """Return the names of a table's key attributes, and of those of an index."""
    kinds = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
    indexes = [each for kind in kinds for each in table.properties.get(kind) or () if each.get("IndexName") == index]
    schemas = [table.properties.get("KeySchema"), *(each.get("KeySchema") for each in indexes)]
    return [str(key["AttributeName"]) for schema in schemas for key in schema or () if "AttributeName" in as_map(key)]


def _item_schemas(document: DocumentMap, place: OperationPlace) -> Iterator[tuple[SpecPath, Mapping[str, Any]]]:
    """Yield the schemas of the items in an operation's lists."""
    for path, schema in _answer_schemas(document, place):
        lists = [path, *((*path, "properties", str(name)) for name in as_map(schema.get("properties")))]
        for each in lists:
            where, value = document.resolve(each)
            if value.get("type") == "array":
                item_path, item = document.resolve((*where, "items"))
                if item.get("properties"):
                    yield item_path, item


def _answer_schemas(document: DocumentMap, place: OperationPlace) -> Iterator[tuple[SpecPath, Mapping[str, Any]]]:
    for response in place.responses:
        for content in response.content if response.status.startswith("2") else ():
            if content.schema is not None and is_json(content.media_type):
                yield document.resolve(content.schema)


def _key_types(document: DocumentMap, place: OperationPlace, table: Table) -> Iterator[Finding]:
    """Yield properties whose type is not that of the key of the same name."""
    definitions = table.properties.get("AttributeDefinitions") or ()
    types = {str(each.get("AttributeName")): str(each.get("AttributeType")) for each in definitions}
    for path, schema in (*_answer_schemas(document, place), *_item_schemas(document, place)):
        for name in _key_names(table):
            where, value = document.resolve((*path, "properties", name))
            kind = value.get("type")
            if isinstance(kind, str) and name in as_map(schema.get("properties")) and kind not in _TYPES[types[name]]:
                yield finding_at(
                    document,
                    where,
                    KEY_TYPE,
                    "A key of a table holds the property of its name",
                    f"{schema_name(where)} is of type {kind}, and the key {name} of {table.logical_id} of type "
                    f"{types[name]} ({table.source.file}:{table.source.line})",
                    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html",
                    operation=place.label,
                    severity="warning",
                )
