"""The run of the checks on an API: what they found, and what they could not test."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from homeport.contract.checks.check import Breach, Check, Need
from homeport.contract.checks.client import Client, NotSent
from homeport.contract.checks.registry import CHECKS
from homeport.contract.checks.session import Session
from homeport.contract.finding import Finding
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.rest.resource import ApiModel, Resource
from homeport.contract.rest.values import Values
from homeport.contract.stack.access import StackAccess
from homeport.project.model import Operation
from homeport.project.project import Project


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """``off`` maps the name of a check that is switched off to the reason. ``kinds`` limits a run, empty: all.

    ``rounds`` is how often the checks run, each time with other random values; ``seconds`` ends a run early, None: no
    limit. ``shard`` is the number of this part of a run, counted from 1, and the number of parts.
    """

    seed: int
    off: Mapping[str, str] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset()
    rounds: int = 1
    seconds: float | None = None
    shard: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A check that ran on a resource. ``untested`` says why it could not, each reason once."""

    check: Check
    resource: str
    breaches: int
    requests: int
    seconds: float
    untested: tuple[str, ...] = ()


@dataclass
class CheckResults:
    """The results of a run. ``exchanges`` are all requests with their operations' labels, in order."""

    findings: list[Finding] = field(default_factory=list)
    runs: list[CheckRun] = field(default_factory=list)
    exchanges: list[tuple[str, HttpExchange]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def run_checks(
    project: Project,
    model: ApiModel,
    clients: Sequence[Client],
    options: CheckOptions,
    stack: StackAccess | None = None,
    checks: Iterable[Check] = CHECKS,
    on_run: Callable[[CheckRun], None] | None = None,
) -> CheckResults:
    """Run the checks on every resource of a model. ``clients`` are the users of the run, one at least.

    ``on_run`` is called after each check. Raises Unreachable where the API does not answer.
    """
    return _Runner(project, model, clients, options, stack, on_run).run(tuple(checks))


class _Runner:
    def __init__(
        self,
        project: Project,
        model: ApiModel,
        clients: Sequence[Client],
        options: CheckOptions,
        stack: StackAccess | None,
        on_run: Callable[[CheckRun], None] | None,
    ) -> None:
        self._project, self._model, self._clients = project, model, clients
        self._options, self._stack, self._on_run = options, stack, on_run
        self._results = CheckResults()
        self._known: set[tuple[str, str, str]] = set()
        self._shared: dict[str, Any] = {}
        self._has: set[Need] = set()
        if stack is not None:
            self._has |= {"stack", "tables", "log"}
        if len(clients) > 1:
            self._has.add("two-users")
        for client in clients:
            client.sent = self._keep

    def run(self, checks: Sequence[Check]) -> CheckResults:
        options, results = self._options, self._results
        ends = None if options.seconds is None else time.monotonic() + options.seconds
        pairs = [(check, resource) for check in checks if self._is_on(check) for resource in self._resources(check)]
        for number in range(options.rounds):
            for check, resource in _shard(pairs, options.shard):
                name = f"{check.name} on {resource.name or 'other operations'}"
                if missing := check.needs - self._has:
                    results.left_out.append(f"{name}: needs {', '.join(sorted(missing))}")
                elif ends is not None and time.monotonic() > ends:
                    results.left_out.append(f"{name}: the time was over")
                else:
                    self._run_check(check, resource, number)
        return results

    def _resources(self, check: Check) -> Iterator[Resource]:
        yield from self._model.resources
        if check.every_operation and self._model.others:
            yield Resource("", actions=self._model.others)

    def _is_on(self, check: Check) -> bool:
        kinds = self._options.kinds
        return check.name not in self._options.off and (not kinds or check.kind in kinds)

    def _run_check(self, check: Check, resource: Resource, number: int) -> None:
        generator = random.Random(f"{self._options.seed}/{number}/{check.name}/{resource.name}")
        values = Values(self._model.document, generator)
        other = self._clients[1] if len(self._clients) > 1 else None
        session = Session(
            self._project, self._model, self._clients[0], generator, values, other, self._stack, number, self._shared
        )
        before, started = len(self._results.exchanges), time.monotonic()
        found = list(_breaches(check, session, resource))
        for breach in found:
            finding = _finding(check, breach)
            if finding.identity not in self._known:
                self._known.add(finding.identity)
                self._results.findings.append(finding)
        requests = len(self._results.exchanges) - before
        reasons = tuple(dict.fromkeys(session.untested_reasons))
        run = CheckRun(check, resource.name, len(found), requests, time.monotonic() - started, reasons)
        self._results.runs.append(run)
        if self._on_run is not None:
            self._on_run(run)

    def _keep(self, operation: Operation, exchange: HttpExchange) -> None:
        self._results.exchanges.append((label_of(operation), exchange))


def label_of(operation: Operation) -> str:
    """Return an operation's label, ``PUT /items/{itemId}``."""
    return f"{operation.method} {operation.path}"


def _breaches(check: Check, session: Session, resource: Resource) -> Iterator[Breach]:
    try:
        yield from check.run(session, resource)
    except NotSent as refused:
        session.note_untested(f"not sent, for it may change what others made: {refused}")


def _shard(pairs: list[tuple[Check, Resource]], shard: tuple[int, int]) -> list[tuple[Check, Resource]]:
    part, parts = shard
    return pairs[part - 1 :: parts]


def _finding(check: Check, breach: Breach) -> Finding:
    return Finding(
        check=check.name,
        kind=check.kind,
        operation=label_of(breach.operation),
        promise=check.promise,
        origin=check.origin,
        happened=breach.happened,
        exchanges=tuple(breach.exchanges),
        source=breach.source or breach.operation.source,
        subject=breach.subject,
        severity=breach.severity,
    )
