"""What the stack under test kept of its calls (``homeport dev --record DIR``).

Least privilege, proven: what functions asked of DynamoDB against the ``access`` that the spec declares. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.gateway.observers.exchange_log import EXCHANGES, RIGHTS
from homeport.project.model import Function, Stage
from homeport.rotating_log import rotated_file


def read_exchanges(folder: Path, request_ids: frozenset[str]) -> dict[str, dict[str, Any]]:
    """The recorded calls by their request id; only those asked for."""
    found = {}
    for line in _lines(folder / EXCHANGES):
        exchange = json.loads(line)
        if exchange["requestId"] in request_ids:
            found[exchange["requestId"]] = exchange
    return found


def read_right_lines(folder: Path) -> list[str]:
    """The lines of RIGHTS."""
    return list(_lines(folder / RIGHTS))


def _lines(file: Path) -> Iterator[str]:
    for part in (rotated_file(file), file):
        if part.exists():
            with part.open() as lines:
                # The last line of a running stack may still be on its way.
                yield from (line for line in lines if line.endswith("\n"))


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """A function's use of an action (``GetItem``) on a table (``ItemsTable``) or index (``ItemsTable/byStatus``).

    ``target`` is an ARN where the project has no such table.
    """

    function: str
    action: str
    target: str


@dataclass(frozen=True, slots=True)
class Privileges:
    """``denied`` was asked for and not declared; ``unused`` is declared and nobody asked for it."""

    denied: tuple[Right, ...] = ()
    unused: tuple[Right, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.denied or self.unused)


def compare(functions: Mapping[str, Function], asked: Iterable[tuple[Right, bool]]) -> Privileges:
    """Hold what was asked for, with whether it was allowed, against what is declared."""
    wanted = tuple(asked)
    declared = {
        Right(name, action, target)
        for name, function in functions.items()
        for target, actions in function.access.items()
        for action in actions
    }
    denied = {right for right, allowed in wanted if not allowed}
    return Privileges(tuple(sorted(denied)), tuple(sorted(declared - {right for right, _ in wanted})))


def read_rights(lines: Iterable[str], tables: Iterable[str], stage: Stage) -> tuple[tuple[Right, bool], ...]:
    """The rights that a recorder kept, with whether each was allowed; ``tables`` are the project's logical ids."""
    logical = {stage.table_name(table): table for table in tables}
    found = []
    for line in lines:
        kept = json.loads(line)
        service, _, action = kept["action"].partition(":")
        if service == "dynamodb":
            target = _target(kept["resource"], logical)
            found.append((Right(kept["function"], action, target), bool(kept["allowed"])))
    return tuple(found)


def advice(privileges: Privileges, functions: Mapping[str, Function]) -> list[str]:
    """A line for each finding: what is wrong, where, and the hint."""
    lines = []
    for right in privileges.denied:
        lines.append(
            f"{_place(functions, right)}: {right.function} asked for {right.action} on {right.target} and was denied: "
            f"add {right.action} to x-homeport.access.{right.target}, or let the handler do without it"
        )
    for right in privileges.unused:
        lines.append(
            f"{_place(functions, right)}: {right.function} may {right.action} on {right.target}, but never did: "
            f"take {right.action} out of x-homeport.access.{right.target}, or test what needs it"
        )
    return lines


def _place(functions: Mapping[str, Function], right: Right) -> str:
    source = functions[right.function].source if right.function in functions else None
    return f"{source.file}:{source.line}" if source else "openapi.yaml"


def _target(arn: str, logical: Mapping[str, str]) -> str:
    name, _, index = arn.partition(":table/")[2].partition("/index/")
    if name not in logical:
        return arn
    return f"{logical[name]}/{index}" if index else logical[name]
