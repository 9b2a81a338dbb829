"""The IAM statements of functions that concern DynamoDB, their values worked out for a stage.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from homeport.permissions.patterns import variables_of
from homeport.project.cloudformation.stack.function_values import as_text
from homeport.project.cloudformation.stack.intrinsics import NO_VALUE, Evaluator, UnresolvedValueError
from homeport.project.model import Resources, Stage, Table
from homeport.project.source.cursor import Cursor
from homeport.project.source.document import Document

CONDITION_KEYS = frozenset(
    {f"aws:{name}" for name in ("CurrentTime", "EpochTime", "MultiFactorAuthPresent", "PrincipalAccount")}
    | {f"aws:{name}" for name in ("PrincipalArn", "PrincipalType", "RequestedRegion", "ResourceAccount")}
    | {f"aws:{name}" for name in ("SecureTransport", "ViaAWSService", "username")}
    | {f"dynamodb:{name}" for name in ("Attributes", "EnclosingOperation", "FullTableScan", "LeadingKeys")}
    | {f"dynamodb:{name}" for name in ("ReturnConsumedCapacity", "ReturnValues", "Select")}
)
"""The condition keys whose values are known here: ``homeport/permissions/role.py`` gives them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

_LISTS = ("Action", "NotAction", "Resource", "NotResource")
_ACCOUNT = re.compile(r"(arn:aws:dynamodb:[^:]*:)[0-9]{12}(?=:)")


def dynamodb_statements(
    policies: Iterable[Mapping[str, Any]], stage: Stage, resources: Resources, account: str
) -> tuple[dict[str, Any], ...]:
    """Return the statements with lists as values: ``Action``, ``Resource``, and those of each key of ``Condition``.

    None stands for a value that only AWS knows. The account in the ARNs of tables becomes ``account``.
    """
    names = known_names(stage, resources, account)
    worked_out = ({**statement, **dict(_worked_out(statement, names, account))} for statement in policies)
    return tuple(statement for statement in worked_out if _is_of_dynamodb(statement))


def unknown_parts(statement: Mapping[str, Any]) -> Iterator[str]:
    """Yield in words the parts of a statement that can't be evaluated here."""
    known = {key.lower() for key in CONDITION_KEYS}
    resources = [*statement.get("Resource", ()), *statement.get("NotResource", ())]
    if None in resources:
        yield "a Resource that only AWS knows"
    for key in dict.fromkeys(key for resource in resources for key in variables_of(resource or "")):
        if key.lower() not in known:
            yield f"the variable {key} of a Resource"
    for keys in statement.get("Condition", {}).values():
        for key, values in keys.items():
            if key.lower() not in known or None in values:
                yield f"the condition on {key}"


def table_arn(table: Table, region: str, account: str) -> str:
    """Return the ARN of a table."""
    return f"arn:aws:dynamodb:{region}:{account}:table/{table.name}"


def known_names(stage: Stage, resources: Resources, account: str) -> dict[str, Any]:
    """Return the values of parameters and pseudo parameters, and of ``Ref`` and ``Fn::GetAtt`` of tables."""
    return {**resources.names, **dict(_table_names(stage, resources, account))}


def _table_names(stage: Stage, resources: Resources, account: str) -> Iterator[tuple[str, str]]:
    for logical_id, table in resources.tables.items():
        arn = table_arn(table, stage.region, account)
        yield logical_id, table.name
        yield f"{logical_id}.Arn", arn
        yield f"{logical_id}.StreamArn", f"{arn}/stream/*"


def _worked_out(statement: Mapping[str, Any], names: Mapping[str, Any], account: str) -> Iterator[tuple[str, Any]]:
    for key in _LISTS:
        if key in statement:
            yield key, list(_texts(statement[key], names, account))
    conditions = statement.get("Condition")
    if isinstance(conditions, Mapping):
        yield (
            "Condition",
            {
                operator: {key: list(_texts(value, names, account)) for key, value in keys.items()}
                for operator, keys in conditions.items()
                if isinstance(keys, Mapping)
            },
        )


def _texts(value: Any, names: Mapping[str, Any], account: str) -> Iterator[str | None]:
    for written in value if isinstance(value, list) else [value]:
        found = evaluate(written, names)
        for each in found if isinstance(found, list) else [found]:
            yield None if each is None else _ACCOUNT.sub(rf"\g<1>{account}", as_text(each))


def evaluate(value: Any, names: Mapping[str, Any]) -> Any:
    """Return a value with its functions worked out, None if only AWS knows it."""
    empty = Cursor.root(Document("", {}, {}))
    try:
        found = Evaluator(names, empty, empty).value(Cursor.root(Document("", _with_references(value), {})))
    except UnresolvedValueError:
        return None
    return None if found is NO_VALUE or isinstance(found, dict) else found


def _with_references(value: Any) -> Any:
    """Write ``Fn::GetAtt`` as a ``Ref``, which the evaluator looks up by its name (``Table.Arn``)."""
    match value:
        case {"Fn::GetAtt": [str(resource), str(attribute)]}:
            return {"Ref": f"{resource}.{attribute}"}
        case {"Fn::GetAtt": str(name)}:
            return {"Ref": name}
        case dict():
            return {key: _with_references(each) for key, each in value.items()}
        case list():
            return [_with_references(each) for each in value]
    return value


def _is_of_dynamodb(statement: Mapping[str, Any]) -> bool:
    actions = statement.get("Action", [] if "NotAction" not in statement else ["*"])
    return any(action is None or action == "*" or action.lower().startswith("dynamodb:") for action in actions)
