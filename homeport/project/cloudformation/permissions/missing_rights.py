"""Rights that a function was denied, as the owner would write them: in ``access``, for SAM, or in a role.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from homeport.project.model import Function, Table

_POLICY_TEMPLATES: Mapping[str, frozenset[str]] = {
    "DynamoDBReadPolicy": frozenset(["GetItem", "Scan", "Query", "BatchGetItem", "DescribeTable"]),
    "DynamoDBWritePolicy": frozenset(["PutItem", "UpdateItem", "BatchWriteItem"]),
    "DynamoDBCrudPolicy": frozenset(("DeleteItem", "ConditionCheckItem")),
    "DynamoDBReconfigurePolicy": frozenset(("UpdateTable",)),
}
"""The narrowest of SAM's policy templates for an action."""


def access_target(arn: str, tables: Iterable[Table]) -> str:
    """Return a table (``ItemsTable``) or index (``ItemsTable/byStatus``) by its ARN, or the ARN of another resource."""
    name, _, index = arn.partition(":table/")[2].partition("/index/")
    table = next((table.logical_id for table in tables if table.name == name), None)
    return arn if table is None else f"{table}/{index}" if index else table


def missing_right(function: Function | None, action: str, target: str) -> str:
    """Return the advice for an action (``PutItem``) that a function was denied on an ``access_target``."""
    if function is None or function.role_source is None:
        return f"add {action} to x-homeport.access.{target}"
    place = f"{function.role_source.file}:{function.role_source.line}"
    if function.boundary is not None or any(each["Effect"] == "Deny" for each in function.policies):
        return f"see the role at {place}: it has statements that deny, or a permissions boundary"
    policy = next((policy for policy, actions in _POLICY_TEMPLATES.items() if action in actions), None)
    if function.role_source == function.source and policy is not None:
        return f"add {policy}: {{TableName: {_table(target)}}} to Policies of {function.name} at {place}"
    statement = f"{{Effect: Allow, Action: dynamodb:{action}, Resource: {_resource(target)}}}"
    return f"add the statement {statement} to the role at {place}"


def missing_table(function: Function | None, variable: str, tables: Mapping[str, Table]) -> str:
    """Return what to do where a function lacks the variable with the name of a table, ``""`` for any other variable.

    A function gets the variables of the tables that it has ``access`` to; one of a template gets its own alone.
    """
    table = next((name for name, table in tables.items() if table.variable == variable), None)
    if function is None or function.role_source is not None or table is None:
        return ""
    if any(target.partition("/")[0] == table for target in function.access):
        return ""
    return (
        f"{variable} is not set, for {function.name} has no access to {table}: "
        f"add x-homeport: {{access: {{{table}: [GetItem]}}}} to its operation, with the actions that it needs"
    )


def missing_statement(function: Function | None, action: str, resource: str) -> str:
    """Return the advice for an action of another service (``sqs:SendMessage``) that a function was denied."""
    statement = f"{{Effect: Allow, Action: {action}, Resource: '{resource}'}}"
    if function is None or function.role_source is None:
        return f"add {statement} to x-homeport.policies"
    return f"add the statement {statement} to the role at {function.role_source.file}:{function.role_source.line}"


def _table(target: str) -> str:
    table = target.partition("/")[0]
    if ":" in target:
        return target.partition(":table/")[2].partition("/")[0]
    # A template can't refer to a resource of a nested stack.
    return f"name of {table}" if "." in table else f"!Ref {table}"


def _resource(target: str) -> str:
    table, _, index = target.partition("/")
    if ":" in target:
        return target
    if "." in table:
        return f"ARN of {target}"
    return f"!Sub '${{{table}.Arn}}/index/{index}'" if index else f"!GetAtt {table}.Arn"
