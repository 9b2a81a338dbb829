"""deploy/resources.yaml: the resources of a stage, its DynamoDB tables worked out and checked.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from homeport.project.cloudformation.intrinsics import NO_VALUE, Evaluator, UnresolvedValueError, as_text
from homeport.project.model import LOCAL_ACCOUNT, Resources, Stage, Table
from homeport.project.names import nearest
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document
from homeport.project.source.source_map import SourceLines
from homeport.project.source.structure import check_structure

_INDEX_NAME = r"[a-zA-Z0-9_.-]{3,255}"
_MOST_GLOBAL = 20
_MOST_LOCAL = 5
_KEYS_PER_KIND_OF_GLOBAL = 4

_EMULATED = (
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "StreamSpecification",
    "TimeToLiveSpecification",
)
"""The properties that a local table is made from; the others have a meaning on AWS only."""

_FLAGS = frozenset(("DeletionProtectionEnabled", "Enabled", "PointInTimeRecoveryEnabled", "SSEEnabled"))
_COUNTS = frozenset(
    ("MaxReadRequestUnits", "MaxWriteRequestUnits", "ReadCapacityUnits", "RecoveryPeriodInDays", "WriteCapacityUnits")
)
TABLE_TYPE = "AWS::DynamoDB::Table"
_LOGICAL_ID = r"[A-Za-z0-9]{1,255}"


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
        if not re.fullmatch(_INDEX_NAME, name):
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


def coerce_scalar(key: str, value: Any) -> Any:
    """Return the value with the type that DynamoDB takes: CloudFormation accepts ``"true"`` and ``"5"`` as well."""
    if key in _FLAGS and value in ("true", "false"):
        return value == "true"
    if key in _COUNTS and isinstance(value, str) and value.isdecimal() and len(value) < 12:
        return int(value)
    return value


def read_resources(root: Cursor, stage: Stage) -> Resources:
    """Read the resources of a fragment; report invalid ones and leave them out."""
    if not root.is_map("a CloudFormation fragment, a map"):
        return Resources(names=_pseudo_parameters(stage))
    check_structure(root, "a resources file")
    parameters = root.map("Parameters")
    by_kit = {name: value for name, value in _set_by_kit(stage).items() if parameters.has(name)}
    names = {**_pseudo_parameters(stage), **_parameter_values(parameters, by_kit)}
    conditions, mappings = root.map("Conditions"), root.map("Mappings")
    tables = {}
    for logical_id, cursor in root.map("Resources").items():
        if not cursor.is_a(dict, "a resource, a map"):
            continue
        _check_resource(logical_id, cursor)
        if cursor.value.get("Type") == TABLE_TYPE:
            table = _table(logical_id, cursor, Evaluator(names, conditions, mappings))
            if table is not None:
                tables[logical_id] = table
    return Resources(tables, root.value, by_kit, names)


def _set_by_kit(stage: Stage) -> dict[str, str]:
    return {"Stage": stage.key, "DeletionProtection": as_text(stage.deletion_protection)}


def _pseudo_parameters(stage: Stage) -> dict[str, Any]:
    return {
        "AWS::AccountId": LOCAL_ACCOUNT,
        "AWS::Partition": "aws",
        "AWS::Region": stage.region,
        "AWS::StackId": f"arn:aws:cloudformation:{stage.region}:{LOCAL_ACCOUNT}:stack/{stage.stack_name}/{stage.key}",
        "AWS::StackName": stage.stack_name,
        "AWS::URLSuffix": "amazonaws.com",
    }


def _parameter_values(parameters: Cursor, by_kit: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, cursor in parameters.items():
        if not cursor.is_a(dict, "a parameter, a map"):
            continue
        kind, default = cursor.text("Type", "String"), cursor.value.get("Default")
        value = by_kit.get(name, None if isinstance(default, dict | list) else default)
        if value is None:
            cursor.error(
                f"the parameter {name!r} has no Default", "give it one: the kit sets Stage and DeletionProtection only"
            )
            continue
        allowed = cursor.value.get("AllowedValues")
        if isinstance(allowed, list) and as_text(value) not in [as_text(word) for word in allowed]:
            cursor.at("AllowedValues").error(f"{as_text(value)!r}, the value of {name!r}, is not allowed", "add it")
        if kind in ("String", "Number"):
            values[name] = as_text(value)
        elif kind in ("CommaDelimitedList", "List<Number>"):
            values[name] = [part.strip() for part in as_text(value).split(",")]
    return values


def _check_resource(logical_id: str, cursor: Cursor) -> None:
    if not re.fullmatch(_LOGICAL_ID, logical_id):
        cursor.error(f"{logical_id!r} is no logical id", "use letters and digits only")
    check_structure(cursor, "a resource")
    if not cursor.text("Type"):
        cursor.error(f"the resource {logical_id} has no Type", f"write Type: {TABLE_TYPE}")


def _table(logical_id: str, cursor: Cursor, evaluator: Evaluator) -> Table | None:
    try:
        if cursor.has("Condition") and not evaluator.condition(cursor.at("Condition")):
            return None
    except UnresolvedValueError as error:
        error.cursor.error(error.message, error.hint)
        return None
    properties = cursor.map("Properties")
    if properties.has("TableName"):
        properties.at("TableName").error(
            f"the table {logical_id} has a TableName: two stages would collide, a replacement would be blocked",
            "remove it: the kit names tables after stack and logical id",
        )
    worked_out = _evaluate(properties, evaluator)
    return Table(logical_id, worked_out, cursor.source) if worked_out is not None else None


def _evaluate(properties: Cursor, evaluator: Evaluator) -> dict[str, Any] | None:
    """Return the properties with every function worked out, or None if they make no table."""
    values: dict[str, Any] = {}
    for name, child in properties.items():
        try:
            value = evaluator.value(child)
        except UnresolvedValueError as error:
            if name in _EMULATED:
                error.cursor.error(error.message, error.hint)
            continue
        if value is not NO_VALUE and name != "TableName":
            values[name] = _coerce(name, value)
    evaluator.source_map[id(values)] = SourceLines(properties.line, {name: properties.at(name).line for name in values})
    document = Document(properties.document.file, values, evaluator.source_map)
    return values if _is_accepted(Cursor(document, (), values, properties.diagnostics)) else None


def _coerce(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        value.update({name: _coerce(name, inner) for name, inner in value.items()})
    elif isinstance(value, list):
        value[:] = [_coerce("", inner) for inner in value]
    return coerce_scalar(key, value)


def _is_accepted(properties: Cursor) -> bool:
    """Return whether DynamoDB would accept the table, and report why not."""
    own = properties._replace(diagnostics=Diagnostics())
    check_structure(own, "a table's properties")
    if not own.diagnostics.all():
        check_table(own)
    properties.diagnostics.add(*own.diagnostics.all())
    return not own.diagnostics.all()
