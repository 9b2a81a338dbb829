"""The Lambda functions behind the operations.

Each operation has a function of its own, or shares one with the operations that name the same ``x-homeport.function``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from homeport.project.model import Function, FunctionCode
from homeport.project.names import kebab_case, snake_case
from homeport.project.openapi.x_homeport import XHomeport
from homeport.project.source.cursor import Cursor

GENERATED = "service._functions"
"""The package of the dispatchers that ``homeport.project.validators.generate`` writes."""


class OperationSource(NamedTuple):
    """An operation as its function is made of it: its handler, its ``x-homeport``, and its cursor in the document.

    ``handler`` is Lambda's Handler setting, ``function`` the name of its function, ``code`` None for a handler of
    ``service`` in Python, and ``runtime`` ``""`` where the stage's holds. ``shared`` says that the function has a name
    of its own, by which several operations may have it.
    """

    id: str
    cursor: Cursor
    x_homeport: XHomeport
    handler: str
    function: str
    code: FunctionCode | None = None
    runtime: str = ""
    shared: bool = False


class FunctionNames:
    """The names of operations' functions: a group's, or made from the operation's id.

    Operations with the same handler of the same code share a function, which the first of them names.
    """

    def __init__(self) -> None:
        self._by_code: dict[tuple[Path, str], str] = {}

    def name(self, id: str, group: str | None, handler: str, code: FunctionCode | None) -> str:
        """Return the name of an operation's function; ``group`` is that of one that several operations may share."""
        own = group or kebab_case(id)
        if code is None:
            return own
        shared = self._by_code.setdefault((code.root, handler), own)
        return group or shared


def build_functions(operations: Iterable[OperationSource]) -> dict[str, Function]:
    """Return the functions by name, in the order of their first operations."""
    groups: dict[str, list[OperationSource]] = {}
    for served in operations:
        groups.setdefault(served.function, []).append(served)
    _check_names(groups)
    return {name: _function(name, members) for name, members in groups.items()}


def _check_names(groups: Mapping[str, Sequence[OperationSource]]) -> None:
    first_by_module: dict[str, str] = {}
    for name, members in groups.items():
        alone = [served for served in members if not served.shared and served.code is None]
        for served in alone if len(members) > 1 else ():
            served.cursor.error(
                f"the function of {served.id} has the name of the group {name!r}", "give the group another name"
            )
        first = members[0]
        for served in members[1:]:
            if (served.code or first.code) and (served.handler, served.code) != (first.handler, first.code):
                _report_other_code(name, served, first)
        other = first_by_module.setdefault(snake_case(name), name)
        if other != name:
            members[0].cursor.error(f"the functions {name!r} and {other!r} are too alike", "give one another name")


def _report_other_code(name: str, served: OperationSource, first: OperationSource) -> None:
    """Report that operations of one function name several handlers, or the same one with other layers.

    Only for functions in Python, without code of their own, does the kit write an entry point that hands out events.
    """
    if served.handler == first.handler:
        served.cursor.error(
            f"the function {name!r} has the code and the layers of {first.id}, and others here",
            "say the same, or give x-homeport another function",
        )
        return
    served.cursor.error(
        f"the function {name!r} has one handler, {first.handler} of {first.id}, and {served.id} has {served.handler}",
        f"write x-homeport: {{handler: {first.handler}}} here, a handler that looks at the route of its event, "
        "or give x-homeport another function",
    )


def _function(name: str, members: Sequence[OperationSource]) -> Function:
    handlers = {served.handler for served in members}
    generated = len(handlers) > 1 and members[0].code is None
    return Function(
        name=name,
        handler=f"{GENERATED}.{snake_case(name)}.handler" if generated else members[0].handler,
        source=members[0].cursor.source,
        operations=tuple(served.id for served in members),
        memory=_common_setting(members, "memory"),
        timeout=_common_setting(members, "timeout"),
        reserved_concurrency=_common_setting(members, "reservedConcurrency"),
        access=_joined_access(served.x_homeport for served in members),
        policies=_joined_policies(members),
        generated=generated,
        code=members[0].code,
        runtime=_common_setting(members, "runtime") or members[0].runtime,
        architecture=_common_setting(members, "architecture") or "",
        written_environment=_common_setting(members, "environment") or {},
    )


def _common_setting(members: Sequence[OperationSource], key: str) -> Any:
    """Return a setting of a group, which must be the same for all operations that have it."""
    first: OperationSource | None = None
    common: Any = None
    for served in members:
        value = getattr(served.x_homeport, snake_case(key))
        if value is None:
            continue
        if first is None:
            first = served
            common = value
        elif value != common:
            served.x_homeport.cursor.at(key).error(
                f"{key!r} is {value} here and {common} for {first.id} in the same function", "say it once"
            )
    return common


def _joined_access(parts: Iterable[XHomeport]) -> dict[str, tuple[str, ...]]:
    """Return the access of all parts together, each action once."""
    joined: dict[str, dict[str, None]] = {}
    for x_homeport in parts:
        for target, actions in (x_homeport.access or {}).items():
            joined.setdefault(target, {}).update(dict.fromkeys(actions))
    return {target: tuple(actions) for target, actions in joined.items()}


def _joined_policies(members: Sequence[OperationSource]) -> tuple[Mapping[str, Any], ...]:
    joined: list[Mapping[str, Any]] = []
    for served in members:
        joined.extend(policy for policy in served.x_homeport.policies if policy not in joined)
    return tuple(joined)
