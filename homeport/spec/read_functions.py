"""The Lambda functions behind the operations: one each, or one for several that name the same ``function``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from homeport.spec.handlers import Handler
from homeport.spec.model import Function
from homeport.spec.names import kebab_case, snake_case
from homeport.spec.read_ours import Ours
from homeport.spec.view import View

GENERATED = "service._functions"
"""The package of the dispatchers that ``homeport.spec.functions`` writes."""


class Served(NamedTuple):
    """An operation and the handler that serves it; ``view`` is where it stands."""

    id: str
    view: View
    ours: Ours
    handler: Handler

    @property
    def function(self) -> str:
        """The name of its function."""
        return self.ours.group or kebab_case(self.id)


def build_functions(operations: Iterable[Served]) -> dict[str, Function]:
    """The functions by name, in the order of their first operations."""
    groups: dict[str, list[Served]] = {}
    for served in operations:
        groups.setdefault(served.function, []).append(served)
    _check_names(groups)
    return {name: _function(name, members) for name, members in groups.items()}


def _check_names(groups: Mapping[str, Sequence[Served]]) -> None:
    first_by_module: dict[str, str] = {}
    for name, members in groups.items():
        alone = [served for served in members if served.ours.group is None]
        for served in alone if len(members) > 1 else ():
            served.view.error(
                f"the function of {served.id} has the name of the group {name!r}", "give the group another name"
            )
        other = first_by_module.setdefault(snake_case(name), name)
        if other != name:
            members[0].view.error(f"the functions {name!r} and {other!r} are too alike", "give one another name")


def _function(name: str, members: Sequence[Served]) -> Function:
    handlers = {served.handler.setting for served in members}
    generated = len(handlers) > 1
    return Function(
        name=name,
        handler=f"{GENERATED}.{snake_case(name)}.handler" if generated else handlers.pop(),
        source=members[0].view.source,
        operations=tuple(served.id for served in members),
        memory=_agreed(members, "memory"),
        timeout=_agreed(members, "timeout"),
        reserved_concurrency=_agreed(members, "reservedConcurrency"),
        access=joined_access(served.ours for served in members),
        policies=_joined_policies(members),
        generated=generated,
    )


def _agreed(members: Sequence[Served], key: str) -> int | None:
    """A setting of a group: what its operations say, which must be the same."""
    first: Served | None = None
    for served in members:
        value = _setting(served.ours, key)
        if value is None:
            continue
        if first is None:
            first = served
        elif value != _setting(first.ours, key):
            served.ours.view.at(key).error(
                f"{key!r} is {value} here and {_setting(first.ours, key)} for {first.id} in the same function",
                "say it once",
            )
    return _setting(first.ours, key) if first is not None else None


def _setting(ours: Ours, key: str) -> int | None:
    return {"memory": ours.memory, "timeout": ours.timeout, "reservedConcurrency": ours.reserved_concurrency}[key]


def joined_access(parts: Iterable[Ours]) -> dict[str, tuple[str, ...]]:
    """Everything that any of the parts may do, each action once."""
    joined: dict[str, dict[str, None]] = {}
    for ours in parts:
        for target, actions in (ours.access or {}).items():
            joined.setdefault(target, {}).update(dict.fromkeys(actions))
    return {target: tuple(actions) for target, actions in joined.items()}


def _joined_policies(members: Sequence[Served]) -> tuple[Mapping[str, Any], ...]:
    joined: list[Mapping[str, Any]] = []
    for served in members:
        joined.extend(policy for policy in served.ours.policies if policy not in joined)
    return tuple(joined)
