"""The IAM statements of functions, their values worked out for a stage.

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
# The services whose resources here are those of the account in a policy.
_ACCOUNT = re.compile(
    r"(arn:aws:(?:cloudwatch|cognito-idp|dynamodb|events|kinesis|kms|lambda|secretsmanager|ses|sns|sqs|ssm|states)"
    r":[^:]*:)[0-9]{12}(?=:)"
)
_SECRET_SUFFIX = 7


def role_statements(
    policies: Iterable[Mapping[str, Any]], stage: Stage, resources: Resources, account: str
) -> tuple[dict[str, Any], ...]:
    """Return statements with lists as values: ``Action``, ``Resource``, and those of each key of ``Condition``.

    None stands for a value that only AWS knows. The account in the ARNs of resources becomes ``account``.
    """
    names = known_names(stage, resources, account)
    return tuple({**statement, **dict(_worked_out(statement, names, account))} for statement in policies)


def arns_by_name(resources: Resources) -> dict[str, str]:
    """Return the ARNs that names stand for in requests: those of secrets, and of the keys of aliases."""
    found: dict[str, str] = {}
    for each in resources.others.values():
        if each.type == "AWS::SecretsManager::Secret" and ":secret:" in each.physical_id:
            found[each.physical_id.partition(":secret:")[2][:-_SECRET_SUFFIX]] = each.physical_id
        elif each.type == "AWS::KMS::Alias":
            key = str(each.properties.get("TargetKeyId", ""))
            arns = {other.physical_id: other.attributes.get("Arn", "") for other in resources.others.values()}
            found[str(each.properties.get("AliasName", ""))] = key if key.startswith("arn:") else arns.get(key, "")
    return {name: arn for name, arn in found.items() if arn}


def unknown_parts(statement: Mapping[str, Any]) -> Iterator[str]:
    """Yield in words the parts of a statement that can't be evaluated here."""
    known = {key.lower() for key in CONDITION_KEYS}

    def is_known(key: str) -> bool:
        # The keys of other services are those of each request.
        return key.lower() in known or not key.lower().startswith(("aws:", "dynamodb:"))

    resources = [*statement.get("Resource", ()), *statement.get("NotResource", ())]
    if None in resources:
        yield "a Resource that only AWS knows"
    for key in dict.fromkeys(key for resource in resources for key in variables_of(resource or "")):
        if not is_known(key):
            yield f"the variable {key} of a Resource"
    for keys in statement.get("Condition", {}).values():
        for key, values in keys.items():
            if not is_known(key) or None in values:
                yield f"the condition on {key}"


def table_arn(table: Table, region: str, account: str) -> str:
    """Return the ARN of a table."""
    return f"arn:aws:dynamodb:{region}:{account}:table/{table.name}"


def known_names(stage: Stage, resources: Resources, account: str) -> dict[str, Any]:
    """Return the values of parameters and pseudo parameters, and of ``Ref`` and ``Fn::GetAtt`` of tables."""
    return {**resources.names, **dict(_other_names(resources)), **dict(_table_names(stage, resources, account))}


def _other_names(resources: Resources) -> Iterator[tuple[str, str]]:
    for logical_id, each in resources.others.items():
        yield logical_id, each.physical_id
        yield from ((f"{logical_id}.{name}", value) for name, value in each.attributes.items())


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
