"""``x-homeport``: the settings that the kit adds to an operation or an authorizer, the access to tables among them.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from homeport.permissions.conditions import OPERATORS, read_operator
from homeport.project.features import check_keys, words
from homeport.project.lambda_settings import ARCHITECTURES, read_runtime, read_variables
from homeport.project.languages import language_of
from homeport.project.model import Resources, Table, Throttle
from homeport.project.names import did_you_mean, nearest
from homeport.project.openapi.resource_corrections import check_resource
from homeport.project.source.cursor import Cursor

_ON_INDEX = frozenset(words("actions on an index"))
_ON_TABLE = frozenset(words("actions on a table"))
_STATEMENT_PARTS = "name what the statements do: PartiQLSelect, PartiQLInsert, PartiQLUpdate, PartiQLDelete"
_MADE_OF_OTHERS = {
    "TransactWriteItems": "name its parts: PutItem, UpdateItem, DeleteItem, ConditionCheckItem",
    "TransactGetItems": "name its part: GetItem",
    **dict.fromkeys(("BatchExecuteStatement", "ExecuteStatement", "ExecuteTransaction"), _STATEMENT_PARTS),
}

MEMORY = (128, 10_240)
"""MB. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""

TIMEOUT = (1, 900)
"""Seconds. https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html"""

MOST_REQUESTS = 2**31 - 1
"""The largest rate and burst."""

_FUNCTION = (
    "access",
    "architecture",
    "code",
    "environment",
    "function",
    "handler",
    "layers",
    "memory",
    "policies",
    "reservedConcurrency",
    "runtime",
    "timeout",
)
_OPERATION = (*_FUNCTION, "resource", "throttle")
# Python's functions of service/ share one bundle, whose packages are those of one platform.
_OF_CODE = ("architecture", "layers", "runtime")
_STATEMENT = frozenset(("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"))
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_FUNCTION_NAME = r"[A-Za-z][A-Za-z0-9_-]{0,63}"
_NAME_HINT = "use up to 64 letters, digits, - and _, a letter first"


def read_access(cursor: Cursor) -> dict[str, tuple[str, ...]]:
    """Read the DynamoDB actions by table (``ItemsTable``) or index (``ItemsTable/byStatus``), as written."""
    if not cursor.is_map("a map from tables to actions"):
        return {}
    return {target: tuple(_action(name) for name in cursor.texts(target)) for target in cursor.value}


def check_access(cursor: Cursor, resources: Resources) -> None:
    """Report tables, indexes and actions that do not exist."""
    for target, actions in cursor.items():
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


def _check_index(cursor: Cursor, table: Table, index: str) -> None:
    if index not in table.indexes:
        cursor.error(f"{table.logical_id} has no index {index!r}", did_you_mean(index, table.indexes))


def _unknown(cursor: Cursor, target: str, known: frozenset[str]) -> None:
    action = _action(cursor.value)
    if action in _MADE_OF_OTHERS:
        cursor.error(f"{action} is no action of IAM", _MADE_OF_OTHERS[action])
    elif "*" in action:
        cursor.error(f"{action!r} is a pattern", "name each action: the contract run proves that every one is used")
    elif action in _ON_TABLE:
        cursor.error(f"{action} works on tables, not on indexes such as {target}", f"use {', '.join(sorted(known))}")
    else:
        near = nearest(action, known)
        cursor.error(
            f"{action!r} is no action on DynamoDB items", f"did you mean {near}?" if near else "check its spelling"
        )


class XHomeport(NamedTuple):
    """The settings. ``handler`` and ``code`` are the cursors of their texts, ``group`` is the function that several
    operations share. ``environment`` has the variables as they are written, functions of CloudFormation among them.
    """

    cursor: Cursor
    handler: Cursor | None = None
    group: str | None = None
    memory: int | None = None
    timeout: int | None = None
    reserved_concurrency: int | None = None
    access: Mapping[str, tuple[str, ...]] | None = None
    policies: tuple[Mapping[str, Any], ...] = ()
    throttle: Throttle | None = None
    code: Cursor | None = None
    layers: tuple[Cursor, ...] = ()
    runtime: str | None = None
    architecture: str | None = None
    environment: Mapping[str, Any] | None = None


def read_x_homeport(cursor: Cursor, *, operation: bool) -> XHomeport:
    """Read an ``x-homeport``; report invalid settings and leave them out."""
    if not cursor.is_map():
        return XHomeport(cursor)
    check_keys(cursor, _OPERATION if operation else _FUNCTION, "x-homeport")
    if operation and cursor.has("resource"):
        check_resource(cursor.at("resource"), operation=True)
    runtime = read_runtime(cursor, "runtime")
    for key in _OF_CODE if not cursor.has("code") else ():
        if cursor.has(key) and not (key == "runtime" and language_of(runtime or "") == "node"):
            cursor.at(key).error(f"{key} is for a function with code of its own", "add code, or set it for the stage")
    return XHomeport(
        cursor=cursor,
        handler=cursor.at("handler") if cursor.text("handler") else None,
        group=_group(cursor),
        memory=cursor.integer("memory", *MEMORY, "MB"),
        timeout=cursor.integer("timeout", *TIMEOUT, "seconds"),
        reserved_concurrency=cursor.integer("reservedConcurrency", 0, 1_000_000),
        access=read_access(cursor.at("access")),
        policies=tuple(entry.value for entry in cursor.list("policies") if _is_statement(entry)),
        throttle=read_throttle(cursor.at("throttle")) if operation else None,
        code=cursor.at("code") if cursor.text("code") else None,
        layers=tuple(each for each in cursor.list("layers") if each.is_a(str, "text")),
        runtime=runtime,
        architecture=cursor.choice("architecture", ARCHITECTURES, "") or None,
        environment=read_variables(cursor, "environment") if cursor.has("environment") else None,
    )


def read_root_functions(cursor: Cursor) -> dict[str, XHomeport]:
    """Read the functions that serve no route, ``x-homeport: {functions: {NAME: …}}`` at the top of the document."""
    if not cursor.is_map():
        return {}
    cursor.only(("functions",), "x-homeport of the document")
    found = {}
    for name, at in cursor.map("functions").items():
        if not re.fullmatch(_FUNCTION_NAME, name):
            at.error(f"the function name {name!r} is not one of Lambda's", _NAME_HINT)
            continue
        # A function whose settings are all the stage's is written as its name alone.
        at = at if at.value is not None else at._replace(value={})
        if at.has("function"):
            at.at("function").error(f"{name!r} is the name of the function already", "remove it")
        found[name] = read_x_homeport(at, operation=False)
    return found


def check_path_settings(cursor: Cursor) -> None:
    """Report what is wrong with the ``x-homeport`` of a path, which corrects the resource of its operations."""
    if cursor.is_map():
        cursor.only(("resource",), "x-homeport of a path")
        if cursor.has("resource"):
            check_resource(cursor.at("resource"), operation=False)


def read_throttle(cursor: Cursor, extra: tuple[str, ...] = (), *, partial: bool = False) -> Throttle | None:
    """Read a ``{rate, burst}``: requests a second and the bucket's size.

    ``extra`` names further keys that may stand beside them; ``partial`` allows one of the two alone, which is None.
    """
    if not cursor.is_map("a map with rate and burst"):
        return None
    cursor.only(("rate", "burst", *extra), "throttle")
    rate, burst = read_rate(cursor.at("rate")), cursor.integer("burst", 0, MOST_REQUESTS, "requests")
    missing = [key for key in ("rate", "burst") if not cursor.has(key)]
    if missing and not partial:
        cursor.error(
            f"throttle needs {missing[0]!r}", "give both rate (requests a second) and burst (requests at once)"
        )
    return Throttle(rate, burst) if rate is not None and burst is not None else None


def read_rate(cursor: Cursor) -> float | None:
    """Read a number of requests a second, None if absent or out of range."""
    if cursor.value is None or not cursor.is_a((int, float), "a number"):
        return None
    if 0 <= cursor.value <= MOST_REQUESTS:
        return float(cursor.value)
    cursor.error(f"'rate' must be from 0 to {MOST_REQUESTS} requests a second, not {cursor.value}")
    return None


def _group(cursor: Cursor) -> str | None:
    name = cursor.text("function")
    if not name:
        return None
    if not re.fullmatch(_FUNCTION_NAME, name):
        cursor.at("function").error(
            f"the function name {name!r} is not one of Lambda's",
            _NAME_HINT,
        )
        return None
    return name


def _is_statement(cursor: Cursor) -> bool:
    if not cursor.is_a(dict, "an IAM statement, a map"):
        return False
    cursor.only(_STATEMENT, "an IAM statement")
    complete = True
    for either in (("Effect",), ("Action", "NotAction"), ("Resource", "NotResource")):
        if not any(cursor.has(key) for key in either):
            cursor.error(f"an IAM statement needs {' or '.join(either)}", "write it as in an IAM policy")
            complete = False
    if cursor.has("Effect"):
        cursor.choice("Effect", ("Allow", "Deny"), "Allow")
    found = [_has_actions(cursor.at(key)) for key in ("Action", "NotAction") if cursor.has(key)]
    found += [_has_resources(cursor.at(key)) for key in ("Resource", "NotResource") if cursor.has(key)]
    return all([complete, _has_condition(cursor), *found])


def _has_actions(cursor: Cursor) -> bool:
    entries = cursor.value if isinstance(cursor.value, list) else [cursor.value]
    wrong = [entry for entry in entries if not isinstance(entry, str) or not _ACTION.fullmatch(entry)]
    if wrong:
        cursor.error(f"{wrong[0]!r} is no action of IAM", "write it out, as dynamodb:GetItem")
    return not wrong


def _has_resources(cursor: Cursor) -> bool:
    entries = cursor.value if isinstance(cursor.value, list) else [cursor.value]
    wrong = [e for e in entries if not isinstance(e, dict) and not (isinstance(e, str) and re.match(r"arn:|\*\Z", e))]
    if wrong:
        cursor.error(f"the resource {wrong[0]!r} is neither an ARN nor *", "write it as {Fn::GetAtt: [TABLE, Arn]}")
    return not wrong


def _has_condition(cursor: Cursor) -> bool:
    """Return whether the condition, if there is one, is whole: a statement must not lose a part of it."""
    if not cursor.has("Condition"):
        return True
    condition = cursor.at("Condition")
    whole = condition.is_map("a map from operators to keys")
    for operator, keys in condition.items() if whole else ():
        if not read_operator(operator).is_known:
            hint = did_you_mean(operator, OPERATORS)
            keys.error(f"there is no condition operator {operator!r}", hint)
            whole = False
        elif not keys.is_map("a map from condition keys to values"):
            whole = False
    return whole
