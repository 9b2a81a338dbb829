"""``x-homeport.access``: the DynamoDB actions of a function, held against what IAM and the tables have.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
"""

from __future__ import annotations

from homeport.spec.names import did_you_mean, nearest
from homeport.spec.resources import Resources, Table
from homeport.spec.view import View

_ON_INDEX = frozenset(("PartiQLSelect", "Query", "Scan"))
_ON_TABLE = _ON_INDEX | {
    "BatchGetItem",
    "BatchWriteItem",
    "ConditionCheckItem",
    "DeleteItem",
    "DescribeContinuousBackups",
    "DescribeTable",
    "DescribeTimeToLive",
    "GetItem",
    "ListTagsOfResource",
    "PartiQLDelete",
    "PartiQLInsert",
    "PartiQLUpdate",
    "PutItem",
    "UpdateItem",
    "UpdateTable",
    "UpdateTimeToLive",
}
_MADE_OF_OTHERS = {
    "TransactWriteItems": "name its parts: PutItem, UpdateItem, DeleteItem, ConditionCheckItem",
    "TransactGetItems": "name its part: GetItem",
    "ExecuteStatement": "name what the statement does: PartiQLSelect, PartiQLInsert, PartiQLUpdate, PartiQLDelete",
    "BatchExecuteStatement": "name what the statements do: PartiQLSelect, PartiQLInsert, PartiQLUpdate, PartiQLDelete",
    "ExecuteTransaction": "name what the statements do: PartiQLSelect, PartiQLInsert, PartiQLUpdate, PartiQLDelete",
}


def read_access(view: View) -> dict[str, tuple[str, ...]]:
    """The actions by table (``ItemsTable``) or index (``ItemsTable/byStatus``), as written."""
    if view.value is None or not view.is_a(dict, "a map from tables to actions"):
        return {}
    return {target: tuple(_action(name) for name in view.texts(target)) for target in view.value}


def check_access(view: View, resources: Resources) -> None:
    """Report tables, indexes and actions that do not exist."""
    for target, actions in view.items():
        name, _, index = target.partition("/")
        table = resources.tables.get(name)
        if table is None:
            actions.error(
                f"access to {name!r}, which deploy/resources.yaml does not create", _nearest_table(name, resources)
            )
        elif "/" in target:
            _check_index(actions, table, index)
        known = _ON_INDEX if "/" in target else _ON_TABLE
        for action in actions.entries():
            if isinstance(action.value, str) and _action(action.value) not in known:
                _unknown(action, target, known)


def _action(name: str) -> str:
    return name.removeprefix("dynamodb:")


def _nearest_table(name: str, resources: Resources) -> str:
    return did_you_mean(name, resources.tables) if resources.tables else "add it there as an AWS::DynamoDB::Table"


def _check_index(view: View, table: Table, index: str) -> None:
    if index not in table.indexes:
        view.error(f"{table.logical_id} has no index {index!r}", did_you_mean(index, table.indexes))


def _unknown(view: View, target: str, known: frozenset[str]) -> None:
    action = _action(view.value)
    if action in _MADE_OF_OTHERS:
        view.error(f"{action} is no action of IAM", _MADE_OF_OTHERS[action])
    elif "*" in action:
        view.error(f"{action!r} is a pattern", "name each action: the contract run proves that every one is used")
    elif action in _ON_TABLE:
        view.error(f"{action} works on tables, not on indexes such as {target}", f"use {', '.join(sorted(known))}")
    else:
        near = nearest(action, known)
        view.error(
            f"{action!r} is no action on DynamoDB items", f"did you mean {near}?" if near else "check its spelling"
        )
