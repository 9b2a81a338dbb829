"""What a function's role allows on DynamoDB: the spec's ``access`` by ARN, as its deployed policy has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from homeport.spec.model import Function
from homeport.spec.stage import Stage

ANY = "*"


def dynamodb_rights(function: Function, stage: Stage, account_id: str) -> dict[str, tuple[str, ...]]:
    """The actions (``PutItem``) by the ARN of a table or index; under ``*`` those of the function's own policies.

    A statement in ``policies`` may name its resources in CloudFormation's words, which only a deployment resolves: its
    DynamoDB actions count as allowed on any.
    """
    prefix = f"arn:aws:dynamodb:{stage.region}:{account_id}:table/"
    rights = {prefix + _resource(target, stage): actions for target, actions in function.access.items()}
    granted = tuple(action for statement in function.policies for action in _dynamodb_actions(statement))
    return {**rights, ANY: granted} if granted else rights


def _resource(target: str, stage: Stage) -> str:
    table, _, index = target.partition("/")
    name = stage.table_name(table)
    return f"{name}/index/{index}" if index else name


def _dynamodb_actions(statement: Mapping[str, Any]) -> Iterator[str]:
    if statement.get("Effect") != "Allow":
        return
    if "NotAction" in statement:
        yield ANY
    actions = statement.get("Action", ())
    for action in [actions] if isinstance(actions, str) else actions:
        service, _, name = str(action).partition(":")
        if action == ANY or service.lower() == "dynamodb":
            yield name or ANY
