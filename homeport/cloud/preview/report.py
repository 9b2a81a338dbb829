"""A stack's preview as lines for people and as JSON for programs. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from homeport.cloud.preview.costs import Basis, Cost
from homeport.cloud.preview.stack_preview import PlannedFunction, PlannedTable, StackPreview
from homeport.project.check.limits import MOST_RESOURCES
from homeport.terminal import Palette

_MOST_NAMES = 3
_FLAVORS = {"http": "HTTP API", "rest": "REST API"}
_COSTS: tuple[tuple[Basis, str], ...] = (
    ("time", "costs money as long as it is there, used or not"),
    ("use", "costs money by use"),
    ("unknown", "may cost money: see https://calculator.aws"),
)


def preview_lines(preview: StackPreview, palette: Palette) -> Iterator[str]:
    """Yield the lines of a plan: what the stack would hold, what must be there before, and what costs money."""
    where = f"stage {preview.stage}: the stack {preview.stack} in {preview.region}"
    yield palette.paint("cyan", f"{where}, planned from the project's files alone")
    for title, lines in _sections(preview):
        if lines:
            yield ""
            yield palette.paint("cyan", title)
            yield from (f"  {line}" for line in lines)
    yield from _cost_lines(preview.costs, palette)
    yield ""
    yield (
        f"{len(preview.resources)} of {MOST_RESOURCES} resources, and outside of the stack the bucket "
        f"homeport-ACCOUNT-{preview.region} with its code"
    )


def _sections(preview: StackPreview) -> Iterator[tuple[str, list[str]]]:
    yield (
        f"{_FLAVORS[preview.flavor]}, {_count(len(preview.routes), 'route')}",
        _columns([(each.method, each.path, f"→ {each.target}", each.auth) for each in preview.routes]),
    )
    yield (
        f"{_count(len(preview.functions), 'function')}, each with a role that may write its own log",
        [line for each in preview.functions for line in _function_lines(each)],
    )
    yield f"{_count(len(preview.tables), 'table')}", [_table_line(each) for each in preview.tables]
    yield (
        f"{_count(len(preview.roles), 'further role')}",
        [
            f"{role.logical_id} of {', '.join(role.assumed_by)}: {'; '.join(role.rights) or 'no rights'}"
            for role in preview.roles
        ],
    )
    kept = [(each.name, f"kept {_days(each.days)}") for each in preview.logs]
    yield f"{_count(len(preview.logs), 'log')}", _columns(kept)
    alarms = [(each.logical_id, each.description) for each in preview.alarms]
    yield f"{_count(len(preview.alarms), 'alarm')}", _columns(alarms)
    others = [(each.kind, each.logical_id, f"if {each.condition}" if each.condition else "") for each in preview.others]
    yield "other resources", _columns(sorted(others))
    yield "must be there before a deployment", list(preview.required)


def _function_lines(function: PlannedFunction) -> Iterator[str]:
    memory, timeout = (("?" if value is None else value) for value in (function.memory, function.timeout))
    yield f"{function.name}  {function.runtime} on {function.architecture}, {memory} MB, {timeout} s"
    if function.role is None:
        yield "  rights: those of a role outside of this stack"
    else:
        yield from (f"  {right}" for right in function.role.rights)


def _table_line(table: PlannedTable) -> str:
    indexes = f", indexes {', '.join(table.indexes)}" if table.indexes else ""
    paid = "on demand" if table.on_demand else "provisioned capacity"
    end = "stays when the stack is removed" if table.kept else "goes, with its items, when the stack is removed"
    return f"{table.logical_id}  key {', '.join(table.key)}{indexes}; {paid}; {end}"


def _cost_lines(costs: Sequence[Cost], palette: Palette) -> Iterator[str]:
    for basis, title in _COSTS:
        names: dict[tuple[str, str], list[str]] = defaultdict(list)
        for cost in costs:
            if cost.basis == basis:
                names[cost.kind, cost.charged].append(cost.logical_id)
        if names:
            yield ""
            yield palette.paint("yellow" if basis == "time" else "cyan", title)
            rows = [(kind, charged, _some_of(ids)) for (kind, charged), ids in sorted(names.items())]
            yield from (f"  {line}" for line in _columns(rows))


def _some_of(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown} and {len(names) - _MOST_NAMES} more"


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    if not rows:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _days(days: int | None) -> str:
    return "for ever" if days is None else _count(days, "day")


def preview_fields(preview: StackPreview) -> dict[str, Any]:
    """Return a plan as JSON has it."""
    return {
        **{name: getattr(preview, name) for name in ("stage", "stack", "region", "flavor")},
        "routes": [asdict(each) for each in preview.routes],
        "functions": [
            {
                "logicalId": each.logical_id,
                **{name: getattr(each, name) for name in ("name", "runtime", "architecture", "memory", "timeout")},
                "role": each.role and each.role.logical_id,
                "rights": None if each.role is None else list(each.role.rights),
            }
            for each in preview.functions
        ],
        "tables": [
            {
                "logicalId": each.logical_id,
                "key": list(each.key),
                "indexes": list(each.indexes),
                "onDemand": each.on_demand,
                "kept": each.kept,
            }
            for each in preview.tables
        ],
        "roles": [
            {"logicalId": each.logical_id, "assumedBy": list(each.assumed_by), "rights": list(each.rights)}
            for each in preview.roles
        ],
        "logs": [{"name": each.name, "days": each.days} for each in preview.logs],
        "alarms": [{"logicalId": each.logical_id, "description": each.description} for each in preview.alarms],
        "resources": [
            {"logicalId": each.logical_id, "type": each.kind, "condition": each.condition or None}
            for each in preview.resources
        ],
        "costs": [
            {"logicalId": each.logical_id, "type": each.kind, "basis": each.basis, "charged": each.charged}
            for each in preview.costs
        ],
        "required": list(preview.required),
    }
