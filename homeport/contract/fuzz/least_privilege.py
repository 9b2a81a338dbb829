"""Least privilege, proven: what functions asked of DynamoDB, compared with the ``access`` that the spec declares.

What they asked of other services, and were denied, is a finding, too.

The requests are read from the exchange log of the stack under test (``homeport dev --record DIR``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.gateway.observers.exchange_log import EXCHANGES, RIGHTS
from homeport.project.cloudformation.permissions.missing_rights import access_target, missing_right, missing_statement
from homeport.project.model import Function, Table
from homeport.rotating_log import rotated_file


def read_exchanges(folder: Path, request_ids: frozenset[str]) -> dict[str, dict[str, Any]]:
    """Return the logged exchanges with these request ids, by them."""
    return {one["requestId"]: one for one in every_exchange(folder) if one["requestId"] in request_ids}


def every_exchange(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the logged exchanges, in their order."""
    yield from map(json.loads, _lines(folder / EXCHANGES))


def read_permission_lines(folder: Path) -> list[str]:
    """Return the lines about what functions asked of AWS, each permission once."""
    return list(_lines(folder / RIGHTS))


def _lines(file: Path) -> Iterator[str]:
    for part in (rotated_file(file), file):
        if part.exists():
            with part.open() as lines:
                # The last line of a running stack may still be incomplete.
                yield from (line for line in lines if line.endswith("\n"))


@dataclass(frozen=True, slots=True, order=True)
class TablePermission:
    """A function's use of an action (``GetItem``) on a table (``ItemsTable``) or index (``ItemsTable/byStatus``).

    ``target`` is an ARN where the project has no such table. An action of another service has its prefix
    (``sqs:SendMessage``), and ``target`` is the ARN of its resource.
    """

    function: str
    action: str
    target: str


@dataclass(frozen=True, slots=True)
class PrivilegeFindings:
    """``denied`` permissions were asked for and are not declared; ``unused`` ones are declared and were not used."""

    denied: tuple[TablePermission, ...] = ()
    unused: tuple[TablePermission, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.denied or self.unused)


def compare_permissions(
    functions: Mapping[str, Function], asked: Iterable[tuple[TablePermission, bool]]
) -> PrivilegeFindings:
    """Compare the permissions asked for, each with whether it was allowed, with the declared ones."""
    wanted = tuple(asked)
    declared = {
        TablePermission(name, action, target)
        for name, function in functions.items()
        for target, actions in function.access.items()
        for action in actions
    }
    denied = {permission for permission, allowed in wanted if not allowed}
    used = {permission for permission, _ in wanted}
    return PrivilegeFindings(tuple(sorted(denied)), tuple(sorted(declared - used)))


def parse_permissions(lines: Iterable[str], tables: Iterable[Table]) -> tuple[tuple[TablePermission, bool], ...]:
    """Return the logged permissions, each with whether it was allowed."""
    known = tuple(tables)
    found = []
    for line in lines:
        logged = json.loads(line)
        service, _, action = logged["action"].partition(":")
        is_dynamodb = service == "dynamodb"
        target = access_target(logged["resource"], known) if is_dynamodb else logged["resource"]
        asked = TablePermission(logged["function"], action if is_dynamodb else logged["action"], target)
        found.append((asked, bool(logged["allowed"])))
    return tuple(found)


def hints(findings: PrivilegeFindings, functions: Mapping[str, Function]) -> list[str]:
    """Return a line for each finding: the place in the spec, the problem, and the hint."""
    lines = []
    for one in findings.denied:
        advise = missing_statement if ":" in one.action else missing_right
        lines.append(
            f"{_place(functions, one)}: {one.function} asked for {one.action} on {one.target} and was denied: "
            f"{advise(functions.get(one.function), one.action, one.target)}, or let the handler do without it"
        )
    for one in findings.unused:
        lines.append(
            f"{_place(functions, one)}: {one.function} may {one.action} on {one.target}, but never did: "
            f"take {one.action} out of x-homeport.access.{one.target}, or test what needs it"
        )
    return lines


def _place(functions: Mapping[str, Function], permission: TablePermission) -> str:
    source = functions[permission.function].source if permission.function in functions else None
    return f"{source.file}:{source.line}" if source else "openapi.yaml"
