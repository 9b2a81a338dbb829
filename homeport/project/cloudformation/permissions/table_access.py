"""Tables that the functions of a template may use, read from their roles' policies as ``access`` says it elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from homeport.permissions.patterns import is_like_arn
from homeport.project.cloudformation.permissions.policies import table_arn
from homeport.project.features import words
from homeport.project.model import LOCAL_ACCOUNT, Api, Function, Resources


def with_table_access(api: Api, resources: Resources, region: str) -> Api:
    """Return the API with the ``access`` of each function, for people to read: conditions and denies are left out."""
    arns = dict(_arns(resources, region))
    functions = {
        name: function if function.role_source is None else replace(function, access=_access(function, arns))
        for name, function in api.functions.items()
    }
    return replace(api, functions=functions)


def _arns(resources: Resources, region: str) -> Iterator[tuple[str, str]]:
    for logical_id, table in resources.tables.items():
        arn = table_arn(table, region, LOCAL_ACCOUNT)
        yield logical_id, arn
        yield from ((f"{logical_id}/{index}", f"{arn}/index/{index}") for index in table.indexes)


def _access(function: Function, arns: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    of_index = set(words("actions on an index"))
    found: dict[str, tuple[str, ...]] = {}
    for target, arn in arns.items():
        actions = {action: None for statement in function.policies for action in _allowed_actions(statement, arn)}
        if "/" in target:
            actions = {action: None for action in actions if action in of_index or "*" in action}
        if actions:
            found[target] = tuple(actions)
    return found


def _allowed_actions(statement: Mapping[str, Any], arn: str) -> Iterator[str]:
    """Yield the actions (``GetItem``, ``Batch*``, ``*``) that a statement allows on an ARN."""
    named = statement.get("Resource", statement.get("NotResource", ()))
    matches = any(pattern is not None and is_like_arn(arn, pattern) for pattern in named)
    if statement["Effect"] != "Allow" or matches is ("NotResource" in statement):
        return
    if "NotAction" in statement:
        yield "*"
    for action in statement.get("Action", ()):
        service, _, name = str(action).partition(":")
        if action == "*" or service.lower() == "dynamodb":
            yield name or "*"
