"""deploy/resources.yaml: the resources of a stage, its DynamoDB tables worked out and checked.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from homeport.project.cloudformation.stack.function_values import as_text
from homeport.project.cloudformation.stack.intrinsics import NO_VALUE, Evaluator, UnresolvedValueError
from homeport.project.cloudformation.tables.table_rules import EMULATED, TABLE_TYPE, coerce, is_accepted
from homeport.project.model import LOCAL_ACCOUNT, Resources, Stage, Table
from homeport.project.names import did_you_mean
from homeport.project.source.cursor import Cursor
from homeport.project.source.document import Document
from homeport.project.source.source_map import SourceLines
from homeport.project.source.structure import check_structure

_LOGICAL_ID = r"[A-Za-z0-9]{1,255}"


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
            table = _table(logical_id, cursor, stage, Evaluator(names, conditions, mappings))
            if table is not None:
                tables[logical_id] = table
    return Resources(tables, root.value, by_kit, names)


def check_existing_tables(cursor: Cursor, resources: Resources) -> None:
    """Report tables of a stage (``tables``) whose definition is missing: local tables and checks need it."""
    for logical_id, entry in cursor.items() if isinstance(cursor.value, dict) else ():
        if logical_id not in resources.tables:
            hint = (
                did_you_mean(logical_id, resources.tables) if resources.tables else f"add it there as an {TABLE_TYPE}"
            )
            entry.error(f"there is no table {logical_id!r} in deploy/resources.yaml", hint)


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


def _table(logical_id: str, cursor: Cursor, stage: Stage, evaluator: Evaluator) -> Table | None:
    try:
        if cursor.has("Condition") and not evaluator.condition(cursor.at("Condition")):
            return None
    except UnresolvedValueError as error:
        error.cursor.error(error.message, error.hint)
        return None
    properties = cursor.map("Properties")
    worked_out = _evaluate(properties, evaluator)
    if worked_out is None:
        return None
    # CloudFormation's own name ends in a suffix of its choice; local tables go without.
    own_name = worked_out.get("TableName", f"{stage.stack_name}-{logical_id}")
    existing = stage.tables.get(logical_id)
    name = existing.name or own_name if existing is not None else own_name
    return Table(logical_id, name, worked_out, cursor.source)


def _evaluate(properties: Cursor, evaluator: Evaluator) -> dict[str, Any] | None:
    """Return the properties with every function worked out, or None if they make no table."""
    values: dict[str, Any] = {}
    for name, child in properties.items():
        try:
            value = evaluator.value(child)
        except UnresolvedValueError as error:
            if name in EMULATED:
                error.cursor.error(error.message, error.hint)
            continue
        if value is not NO_VALUE:
            values[name] = coerce(name, value)
    evaluator.source_map[id(values)] = SourceLines(properties.line, {name: properties.at(name).line for name in values})
    document = Document(properties.document.file, values, evaluator.source_map)
    return values if is_accepted(Cursor(document, (), values, properties.diagnostics)) else None
