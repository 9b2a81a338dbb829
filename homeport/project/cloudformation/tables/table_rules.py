"""Rules of CloudFormation and DynamoDB for a table: ``is_accepted`` reports what breaks one.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from homeport.project.names import nearest
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.structure import check_structure

_NAME = r"[a-zA-Z0-9_.-]{3,255}"
_MOST_GLOBAL = 20
_MOST_LOCAL = 5
_KEYS_PER_KIND_OF_GLOBAL = 4

EMULATED = (
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "StreamSpecification",
    "TableName",
    "TimeToLiveSpecification",
)
"""The properties that a local table is made from; the others have a meaning on AWS only."""

_FLAGS = frozenset(("DeletionProtectionEnabled", "Enabled", "PointInTimeRecoveryEnabled", "SSEEnabled"))
_COUNTS = frozenset(
    ("MaxReadRequestUnits", "MaxWriteRequestUnits", "ReadCapacityUnits", "RecoveryPeriodInDays", "WriteCapacityUnits")
)
TABLE_TYPE = "AWS::DynamoDB::Table"


def check_table(table: Cursor) -> None:
    """Report the faults for which DynamoDB would reject a table of the right structure."""
    defined = [str(cursor.value["AttributeName"]) for cursor in table.list("AttributeDefinitions")]
    _check_keys(table, 1)
    hash_key = next((name for name, kind in _keys(table) if kind == "HASH"), None)
    global_indexes, local_indexes = table.list("GlobalSecondaryIndexes"), table.list("LocalSecondaryIndexes")
    for index in global_indexes:
        _check_keys(index, _KEYS_PER_KIND_OF_GLOBAL)
    for index in local_indexes:
        _check_keys(index, 1)
        _check_local(index, hash_key)
    _check_counts(table, len(global_indexes), len(local_indexes))
    _check_index_names([*global_indexes, *local_indexes])
    _check_attributes(table, [table, *global_indexes, *local_indexes], defined)
    _check_billing(table, global_indexes)


def _keys(cursor: Cursor) -> Iterator[tuple[str, str]]:
    for element in cursor.list("KeySchema"):
        yield element.value["AttributeName"], element.value["KeyType"]


def _check_keys(cursor: Cursor, most: int) -> None:
    kinds = [kind for _, kind in _keys(cursor)]
    at = cursor.at("KeySchema")
    if kinds != sorted(kinds):
        at.error("the HASH key comes before the RANGE key", "swap them")
    if "HASH" not in kinds:
        at.error("a key schema needs a HASH key", "mark the partition key as HASH")
    for kind in ("HASH", "RANGE"):
        if kinds.count(kind) > most:
            at.error(f"{kinds.count(kind)} {kind} keys are more than {most}", "keep fewer")


def _check_local(index: Cursor, hash_key: str | None) -> None:
    keys = list(_keys(index))
    if ("RANGE" not in [kind for _, kind in keys]) or keys[0][0] != hash_key:
        index.at("KeySchema").error(
            f"a local index has the table's HASH key ({hash_key}) and a RANGE key of its own",
            "for another HASH key use GlobalSecondaryIndexes",
        )


def _check_counts(table: Cursor, global_: int, local: int) -> None:
    for key, count, most in (
        ("GlobalSecondaryIndexes", global_, _MOST_GLOBAL),
        ("LocalSecondaryIndexes", local, _MOST_LOCAL),
    ):
        if count > most:
            table.at(key).error(f"{count} {key} are more than DynamoDB's {most}", "keep fewer")


def _check_index_names(indexes: Iterable[Cursor]) -> None:
    seen: set[str] = set()
    for index in indexes:
        name = index.value["IndexName"]
        if not re.fullmatch(_NAME, name):
            index.at("IndexName").error(f"{name!r} is no index name", "use 3 to 255 letters, digits, _, . and -")
        if name in seen:
            index.at("IndexName").error(f"the index {name!r} is there twice", "rename one of them")
        seen.add(name)


def _check_attributes(table: Cursor, keyed: Iterable[Cursor], defined: list[str]) -> None:
    used: set[str] = set()
    for cursor in keyed:
        for element in cursor.list("KeySchema"):
            name = element.value["AttributeName"]
            used.add(name)
            if name not in defined:
                near = nearest(name, defined)
                hint = f"did you mean {near}?" if near is not None else "define it there"
                element.at("AttributeName").error(f"the key {name!r} is not in AttributeDefinitions", hint)
    for definition in table.list("AttributeDefinitions"):
        name = definition.value["AttributeName"]
        if name not in used:
            definition.error(
                f"the attribute {name!r} is defined but no key uses it", "remove it: DynamoDB wants key attributes only"
            )
        if defined.count(name) > 1:
            definition.error(f"the attribute {name!r} is defined twice", "remove one of them")


def _check_billing(table: Cursor, global_indexes: Iterable[Cursor]) -> None:
    on_demand = table.value.get("BillingMode") == "PAY_PER_REQUEST"
    for cursor in (table, *global_indexes):
        if on_demand and cursor.has("ProvisionedThroughput"):
            cursor.at("ProvisionedThroughput").error(
                "a PAY_PER_REQUEST table has no ProvisionedThroughput", "remove it"
            )
        elif not on_demand and not cursor.has("ProvisionedThroughput"):
            cursor.error(
                "a PROVISIONED table needs ProvisionedThroughput", "set BillingMode: PAY_PER_REQUEST, or add it"
            )
    expiry = table.map("TimeToLiveSpecification")
    if expiry.value.get("Enabled") and not expiry.has("AttributeName"):
        expiry.error("TimeToLiveSpecification needs an AttributeName", "name the attribute with the expiry time")


def _check_name(table: Cursor) -> None:
    if table.has("TableName") and not re.fullmatch(_NAME, table.text("TableName")):
        table.at("TableName").error(
            f"{table.value['TableName']!r} is no table name", "use 3 to 255 letters, digits, _, . and -"
        )


def coerce_scalar(key: str, value: Any) -> Any:
    """Return the value with the type that DynamoDB takes: CloudFormation accepts ``"true"`` and ``"5"`` as well."""
    if key in _FLAGS and value in ("true", "false"):
        return value == "true"
    if key in _COUNTS and isinstance(value, str) and value.isdecimal() and len(value) < 12:
        return int(value)
    return value


def coerce(key: str, value: Any) -> Any:
    """Return a property with the types that DynamoDB takes, in place."""
    if isinstance(value, dict):
        value.update({name: coerce(name, inner) for name, inner in value.items()})
    elif isinstance(value, list):
        value[:] = [coerce("", inner) for inner in value]
    return coerce_scalar(key, value)


def is_accepted(properties: Cursor) -> bool:
    """Return whether DynamoDB would accept the table, and report why not."""
    own = properties._replace(diagnostics=Diagnostics())
    check_structure(own, "a table's properties")
    if not own.diagnostics.all():
        check_table(own)
        _check_name(own)
    properties.diagnostics.add(*own.diagnostics.all())
    return not own.diagnostics.all()
