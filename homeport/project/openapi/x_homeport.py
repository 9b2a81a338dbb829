"""``x-homeport``: the settings that the kit adds to an operation or an authorizer, the access to tables among them.

``x_homeport_keys.py`` has the keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from homeport.project.cloudformation.tables.table_rules import TABLE_TYPE
from homeport.project.keys.rates import throttle_of
from homeport.project.keys.section import Section
from homeport.project.languages import language_of
from homeport.project.model import Resources, Table, Throttle
from homeport.project.names import did_you_mean, nearest
from homeport.project.openapi.x_homeport_keys import (
    DOCUMENT,
    FUNCTION,
    FUNCTION_NAMES,
    NAMED_FUNCTION,
    ON_INDEX,
    ON_TABLE,
    OPERATION,
    PATH,
    action_name,
)
from homeport.project.source.cursor import Cursor

_STATEMENT_PARTS = "name what the statements do: PartiQLSelect, PartiQLInsert, PartiQLUpdate, PartiQLDelete"
_MADE_OF_OTHERS = {
    "TransactWriteItems": "name its parts: PutItem, UpdateItem, DeleteItem, ConditionCheckItem",
    "TransactGetItems": "name its part: GetItem",
    **dict.fromkeys(("BatchExecuteStatement", "ExecuteStatement", "ExecuteTransaction"), _STATEMENT_PARTS),
}

# Python's functions of service/ share one bundle, whose packages are those of one platform.
_OF_CODE = ("architecture", "runtime")


def check_access(cursor: Cursor, resources: Resources) -> None:
    """Report tables, indexes and actions that do not exist."""
    for target, actions in cursor.items():
        name, _, index = target.partition("/")
        table = resources.tables.get(name)
        if table is None:
            _report_unknown_table(actions, name, resources)
        elif "/" in target:
            _check_index(actions, table, index)
        known = ON_INDEX if "/" in target else ON_TABLE
        for action in actions.entries():
            if isinstance(action.value, str) and action_name(action.value) not in known:
                action.error(*unknown_action(action.value, target))


def _report_unknown_table(actions: Cursor, name: str, resources: Resources) -> None:
    """Report access to what is no table, unless deploy/resources.yaml itself is why there is none of that name."""
    if "Resources" not in resources.document and nearest("Resources", resources.document):
        # Its misspelt key is reported there.
        return
    declared = resources.document.get("Resources")
    entry = declared.get(name) if isinstance(declared, Mapping) else None
    if entry is None:
        hint = did_you_mean(name, resources.tables) if resources.tables else f"add it there as an {TABLE_TYPE}"
        actions.error(f"access to {name!r}, which deploy/resources.yaml does not create", hint)
    elif isinstance(entry, Mapping) and (kind := entry.get("Type")) != TABLE_TYPE:
        near = f"did you mean {TABLE_TYPE}? " if nearest(str(kind), [TABLE_TYPE]) else ""
        hint = f"{near}access is for DynamoDB, policies for other services"
        actions.error(f"access to {name!r}, which is no table in deploy/resources.yaml, but {kind}", hint)


def _check_index(cursor: Cursor, table: Table, index: str) -> None:
    if index not in table.indexes:
        cursor.error(f"{table.logical_id} has no index {index!r}", did_you_mean(index, table.indexes))


def unknown_action(name: str, target: str) -> tuple[str, str]:
    """Return the message and the hint for an action that ``access`` can't have on a table or index."""
    action, known = action_name(name), ON_INDEX if "/" in target else ON_TABLE
    if action in _MADE_OF_OTHERS:
        return f"{action} is no action of IAM", _MADE_OF_OTHERS[action]
    if "*" in action:
        return f"{action!r} is a pattern", "name each action: the contract run proves that every one is used"
    if action in ON_TABLE:
        return f"{action} works on tables, not on indexes such as {target}", f"use {', '.join(sorted(known))}"
    near = nearest(action, known)
    return f"{action!r} is no action on DynamoDB items", f"did you mean {near}?" if near else "check its spelling"


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
    return _read(cursor, OPERATION if operation else FUNCTION)


def _read(cursor: Cursor, section: Section) -> XHomeport:
    given = section.read(cursor)
    if given is None:
        return XHomeport(cursor)
    runtime = given.get("runtime")
    for key in _OF_CODE if not cursor.has("code") else ():
        if cursor.has(key) and not (key == "runtime" and language_of(runtime or "") == "node"):
            cursor.at(key).error(f"{key} is for a function with code of its own", "add code, or set it for the stage")
    return XHomeport(
        cursor=cursor,
        handler=cursor.at("handler") if given.get("handler") else None,
        group=given.get("function"),
        memory=given.get("memory"),
        timeout=given.get("timeout"),
        reserved_concurrency=given.get("reservedConcurrency"),
        access=given.get("access", {}),
        policies=given.get("policies", ()),
        throttle=throttle_of(given.get("throttle")),
        code=cursor.at("code") if given.get("code") else None,
        layers=tuple(each for each in cursor.at("layers").entries() if isinstance(each.value, str)),
        runtime=runtime,
        architecture=given.get("architecture"),
        environment=given.get("environment"),
    )


def read_root_functions(cursor: Cursor) -> dict[str, XHomeport]:
    """Read the functions that serve no route, ``x-homeport: {functions: {NAME: …}}`` at the top of the document."""
    if not cursor.is_map():
        return {}
    DOCUMENT.check_names(cursor)
    # A function whose settings are all the stage's is written as its name alone.
    named = (
        at if at.value is not None else at._replace(value={})
        for _, at in cursor.map("functions").items()
        if FUNCTION_NAMES.takes(at)
    )
    return {at.name: _read(at, NAMED_FUNCTION) for at in named}


def check_path_settings(cursor: Cursor) -> None:
    """Report what is wrong with the ``x-homeport`` of a path, which corrects the resource of its operations."""
    PATH.read(cursor)
