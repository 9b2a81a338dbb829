"""The run of the checks on an API: what they found, and what they could not test."""

from __future__ import annotations

import random
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeport.contract.checks.background_changes import find_background_changes
from homeport.contract.checks.check import Breach, Check, Need
from homeport.contract.checks.client import Client, NotSent
from homeport.contract.checks.registry import CHECKS
from homeport.contract.checks.session import Session
from homeport.contract.finding import Finding
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.rest.resource import ApiModel, Resource
from homeport.contract.rest.values import Values
from homeport.contract.stack.access import StackAccess
from homeport.errors import HomeportError
from homeport.project.model import Operation
from homeport.project.project import Project


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """``off`` maps the name of a check that is switched off to the reason. ``kinds`` limits a run, empty: all.

    ``rounds`` is how often the checks run, each time with other random values; ``seconds`` ends a run early, None: no
    limit. ``shard`` is the number of this part of a run, counted from 1, and the number of parts. The run ends after
    the check with a finding that ``ends_at`` is true of, and after the one that runs once ``is_stopped`` is true.
    """

    seed: int
    off: Mapping[str, str] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset()
    rounds: int = 1
    seconds: float | None = None
    shard: tuple[int, int] = (1, 1)
    ends_at: Callable[[Finding], bool] = lambda _: False
    is_stopped: Callable[[], bool] = lambda: False


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
    """The results of a run. ``exchanges`` are all requests with their operations' labels, in order.

    ``crashes`` names the checks that a fault of their own ended. ``cut_short`` says that some never began: the time was
    over, the run ended at its first finding, or it was interrupted.
    """

    findings: list[Finding] = field(default_factory=list)
    runs: list[CheckRun] = field(default_factory=list)
    exchanges: list[tuple[str, HttpExchange]] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    cut_short: bool = False


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
            client.envelopes = model.envelopes

    def run(self, checks: Sequence[Check]) -> CheckResults:
        options, results = self._options, self._results
        ends = None if options.seconds is None else time.monotonic() + options.seconds
        pairs = [(check, resource) for check in checks if self._is_on(check) for resource in self._resources(check)]
        ready = []
        for check, resource in _shard(pairs, options.shard):
            if "two-users" in check.needs and not self._knows_users():
                continue
            if missing := check.needs - self._has:
                results.left_out.append(f"{_name(check, resource)}: needs {', '.join(sorted(missing))}")
            else:
                ready.append((check, resource))
        if self._stack is not None and self._project.triggers.every:
            asked = {resource.name for _, resource in ready}
            known = {
                one.name: find_background_changes(self._session("background", one, 0), one)
                for one in self._model.resources
                if one.name in asked
            }
            ready = [(check, known.get(resource.name, resource)) for check, resource in ready]
        for number in range(options.rounds):
            for check, resource in ready:
                over = self._reason_to_end(ends)
                if not over:
                    self._run_check(check, resource, number)
                elif number == 0:
                    results.cut_short = True
                    results.left_out.append(f"{_name(check, resource)}: {over}")
            if self._reason_to_end(ends):
                break
            ready = self._worth_repeating(ready)
        return results

    def _knows_users(self) -> bool:
        """Return whether the API tells its users apart: where it asks nobody for credentials there are none."""
        return len(self._clients) > 1 or any(
            one.security or one.api_key_required or one.authorizer for one in self._project.api.operations
        )

    def _reason_to_end(self, ends: float | None) -> str:
        if self._options.is_stopped():
            return "the run was interrupted"
        if any(map(self._options.ends_at, self._results.findings)):
            return "the run ended at its first finding"
        return "the time was over" if ends is not None and time.monotonic() >= ends else ""

    def _worth_repeating(self, pairs: list[tuple[Check, Resource]]) -> list[tuple[Check, Resource]]:
        """Return the checks that another round may find something with, those of kinds that found the most first.

        A check that sends nothing, or whose subject is known to be at fault, would find nothing new.
        """
        found: Counter[str] = Counter()
        idle: set[tuple[str, str]] = set()
        broken: set[tuple[str, str]] = set()
        for run in self._results.runs:
            found[run.check.kind] += run.breaches
            found[run.resource] += run.breaches
            pair = (run.check.name, run.resource)
            (broken if run.breaches else idle if not run.requests else set()).add(pair)
        worth = [each for each in pairs if (each[0].name, each[1].name) not in idle | broken]
        return sorted(worth, key=lambda each: -(found[each[0].kind] + found[each[1].name]))

    def _resources(self, check: Check) -> Iterator[Resource]:
        yield from self._model.resources
        if check.every_operation and self._model.others:
            yield Resource("", actions=self._model.others)

    def _is_on(self, check: Check) -> bool:
        kinds = self._options.kinds
        return check.name not in self._options.off and (not kinds or check.kind in kinds)

    def _run_check(self, check: Check, resource: Resource, number: int) -> None:
        session = self._session(check.name, resource, number)
        before, started = len(self._results.exchanges), time.monotonic()
        found = list(self._breaches(check, session, resource))
        for breach in found:
            finding = _finding(check, breach)
            if finding.identity not in self._known and not self._is_known_otherwise(finding):
                self._known.add(finding.identity)
                self._results.findings.append(finding)
        requests = len(self._results.exchanges) - before
        reasons = tuple(dict.fromkeys(session.untested_reasons))
        run = CheckRun(check, resource.name, len(found), requests, time.monotonic() - started, reasons)
        self._results.runs.append(run)
        if self._on_run is not None:
            self._on_run(run)

    def _session(self, purpose: str, resource: Resource, number: int) -> Session:
        generator = random.Random(f"{self._options.seed}/{number}/{purpose}/{resource.name}")
        values = Values(self._model.document, generator, self._model.envelopes)
        other = self._clients[1] if len(self._clients) > 1 else None
        return Session(
            self._project, self._model, self._clients[0], generator, values, other, self._stack, number, self._shared
        )

    def _is_known_otherwise(self, finding: Finding) -> bool:
        """Return whether a sequence came upon what a check of one promise has found already."""
        if finding.kind != "sequences":
            return False
        place = finding.operation, finding.subject
        found = [(one.operation, one.subject) for one in self._results.findings]
        return place in found or (
            finding.subject.startswith("/") and finding.subject in [subject for _, subject in found]
        )

    def _breaches(self, check: Check, session: Session, resource: Resource) -> Iterator[Breach]:
        try:
            yield from check.run(session, resource)
        except NotSent as error:
            session.note_untested(f"not sent, for it may change what others made: {error}")
        except HomeportError:
            raise
        except Exception as error:
            # An answer that no check reckons with must not hide what the others find.
            session.note_untested(f"a fault of homeport's own ended it: {error!r} at {_place(error)}")
            self._results.crashes.append(f"{_name(check, resource)}: {error!r} at {_place(error)}")

    def _keep(self, operation: Operation, exchange: HttpExchange) -> None:
        self._results.exchanges.append((operation.label, exchange))


def _name(check: Check, resource: Resource) -> str:
    return f"{check.name} on {resource.name or 'other operations'}"


def _place(error: Exception) -> str:
    """Return the file and the line of the kit in which an error was raised."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"


def _shard(pairs: list[tuple[Check, Resource]], shard: tuple[int, int]) -> list[tuple[Check, Resource]]:
    part, parts = shard
    return pairs[part - 1 :: parts]


def _finding(check: Check, breach: Breach) -> Finding:
    return Finding(
        check=check.name,
        kind=check.kind,
        operation=breach.operation.label,
        promise=check.promise,
        origin=check.origin,
        happened=breach.happened,
        exchanges=tuple(breach.exchanges),
        source=breach.source or breach.operation.source,
        subject=breach.subject,
        severity=breach.severity,
    )
