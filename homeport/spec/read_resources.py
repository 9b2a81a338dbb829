"""deploy/resources.yaml: its tables, worked out for a stage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from homeport.spec.document import Document
from homeport.spec.intrinsics import NO_VALUE, Evaluator, Unresolved, as_text
from homeport.spec.resources import Resources, Table
from homeport.spec.stage import Stage
from homeport.spec.table_rules import check_table
from homeport.spec.table_shape import LOCAL, TABLE, coerced
from homeport.spec.tree import Marks
from homeport.spec.view import Findings, View

TABLE_TYPE = "AWS::DynamoDB::Table"
_SECTIONS = (
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
)
_ATTRIBUTES = (
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
)
_LOGICAL_ID = r"[A-Za-z0-9]{1,255}"
_ACCOUNT = "000000000000"


def read_resources(root: View, stage: Stage) -> Resources:
    """The resources of a fragment; what is wrong in it is reported and left out."""
    if root.value is None or not root.is_a(dict, "a CloudFormation fragment, a map"):
        return Resources()
    root.only(_SECTIONS, "a resources file")
    parameters = root.map("Parameters")
    ours = {name: value for name, value in _set_by_kit(stage).items() if parameters.has(name)}
    names = {**_pseudo_parameters(stage), **_parameter_values(parameters, ours)}
    conditions, mappings = root.map("Conditions"), root.map("Mappings")
    tables = {}
    for logical_id, view in root.map("Resources").items():
        if not view.is_a(dict, "a resource, a map"):
            continue
        _check_resource(logical_id, view)
        if view.value.get("Type") == TABLE_TYPE:
            table = _table(logical_id, view, Evaluator(names, conditions, mappings))
            if table is not None:
                tables[logical_id] = table
    return Resources(tables, root.value, ours)


def _set_by_kit(stage: Stage) -> dict[str, str]:
    return {"Stage": stage.key, "DeletionProtection": as_text(stage.deletion_protection)}


def _pseudo_parameters(stage: Stage) -> dict[str, Any]:
    return {
        "AWS::AccountId": _ACCOUNT,
        "AWS::Partition": "aws",
        "AWS::Region": stage.region,
        "AWS::StackId": f"arn:aws:cloudformation:{stage.region}:{_ACCOUNT}:stack/{stage.stack_name}/{stage.key}",
        "AWS::StackName": stage.stack_name,
        "AWS::URLSuffix": "amazonaws.com",
    }


def _parameter_values(parameters: View, ours: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, view in parameters.items():
        if not view.is_a(dict, "a parameter, a map"):
            continue
        kind, default = view.text("Type", "String"), view.value.get("Default")
        value = ours.get(name, None if isinstance(default, dict | list) else default)
        if value is None:
            view.error(
                f"the parameter {name!r} has no Default", "give it one: the kit sets Stage and DeletionProtection only"
            )
            continue
        allowed = view.value.get("AllowedValues")
        if isinstance(allowed, list) and as_text(value) not in [as_text(word) for word in allowed]:
            view.at("AllowedValues").error(f"{as_text(value)!r}, the value of {name!r}, is not allowed", "add it")
        if kind in ("String", "Number"):
            values[name] = as_text(value)
        elif kind in ("CommaDelimitedList", "List<Number>"):
            values[name] = [part.strip() for part in as_text(value).split(",")]
    return values


def _check_resource(logical_id: str, view: View) -> None:
    if not re.fullmatch(_LOGICAL_ID, logical_id):
        view.error(f"{logical_id!r} is no logical id", "use letters and digits only")
    view.only(_ATTRIBUTES, "a resource")
    if not view.text("Type"):
        view.error(f"the resource {logical_id} has no Type", f"write Type: {TABLE_TYPE}")


def _table(logical_id: str, view: View, evaluator: Evaluator) -> Table | None:
    try:
        if view.has("Condition") and not evaluator.condition(view.at("Condition")):
            return None
    except Unresolved as error:
        error.view.error(error.message, error.cure)
        return None
    properties = view.map("Properties")
    if properties.has("TableName"):
        properties.at("TableName").error(
            f"the table {logical_id} has a TableName: two stages would collide, a replacement would be blocked",
            "remove it: the kit names tables after stack and logical id",
        )
    worked_out = _worked_out(properties, evaluator)
    return Table(logical_id, worked_out, view.source) if worked_out is not None else None


def _worked_out(properties: View, evaluator: Evaluator) -> dict[str, Any] | None:
    """The properties with every function worked out; None if they make no table."""
    values: dict[str, Any] = {}
    for name, child in properties.items():
        try:
            value = evaluator.value(child)
        except Unresolved as error:
            if name in LOCAL:
                error.view.error(error.message, error.cure)
            continue
        if value is not NO_VALUE and name != "TableName":
            values[name] = _coerced(name, value)
    evaluator.marks[id(values)] = Marks(properties.line, {name: properties.at(name).line for name in values})
    document = Document(properties.document.file, values, evaluator.marks)
    return values if _holds(View(document, (), values, properties.findings)) else None


def _coerced(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        value.update({name: _coerced(name, inner) for name, inner in value.items()})
    elif isinstance(value, list):
        value[:] = [_coerced("", inner) for inner in value]
    return coerced(key, value)


def _holds(properties: View) -> bool:
    """Whether the properties make a table that DynamoDB takes; the reasons why not are reported."""
    own = properties._replace(findings=Findings())
    TABLE(own)
    if not own.findings.all():
        check_table(own)
    properties.findings.add(*own.findings.all())
    return not own.findings.all()
