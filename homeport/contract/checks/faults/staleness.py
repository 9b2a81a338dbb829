"""Staleness: what an API answers right after a write holds, also where DynamoDB's eventually consistent reads lag.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homeport.contract.checks.check import Breach, Check, Need
from homeport.contract.checks.client import Answer
from homeport.contract.checks.probes import Probe, Prober, ProbeTarget, items_of, short
from homeport.contract.checks.session import Session
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

_NEEDS: frozenset[Need] = frozenset(("stack", "log"))
# A document that says so leaves a read open.
_MAY_LAG = re.compile(r"(?i)eventual|stale|a moment ago|may (still )?be (missing|old|outdated)|may lag|delay")


@dataclass(frozen=True, slots=True)
class _Step:
    """A step of a sequence. ``problem`` says what was wrong, ``""``: nothing. ``part`` tells steps apart."""

    operation: Operation
    part: str
    problem: str
    exchanges: Sequence[HttpExchange]


def _read_your_writes(session: Session, resource: Resource) -> Iterator[Breach]:
    """Perform writes and reads once as usual and once with lagging reads, and compare."""
    if (resource.read is None and not resource.listings) or (resource.create is None and resource.replace is None):
        return
    usual = {step.part for step in _sequence(session, resource) if step.problem}
    with session.access.eventual():
        steps = list(_sequence(session, resource))
    for step in steps:
        if step.problem and step.part not in usual:
            yield Breach(step.operation, step.problem, step.exchanges, step.part)
            return


def _sequence(session: Session, resource: Resource) -> Iterator[_Step]:
    """Yield what became of each write, and of the read after it."""
    prober = Prober(session)
    made = prober.existing(resource)
    if made is None:
        return
    exchanges = [*(one.exchange for one in made.before), made.answer.exchange]
    yield from _look(session, resource, made.path, made.answer, "create", exchanges)
    for name, operation in (("change", resource.change), ("replace", resource.replace)):
        probe = prober.prepare(ProbeTarget(resource, operation)) if operation is not None else None
        if probe is None or probe.made is None or operation is None:
            continue
        before = [one.exchange for one in (*probe.made.before, probe.made.answer)]
        answer = probe.send(session.client)
        before.append(answer.exchange)
        text = f"right after its creation, the write was answered with {answer.status} {short(answer.json)}"
        yield _Step(operation, f"{name} status", "" if answer.ok else text, before)
        if answer.ok:
            yield from _look(session, resource, probe.made.path, answer, name, before)
            yield from _write_again(session, resource, probe, answer, name, before)
    if resource.delete is not None:
        probe = prober.prepare(ProbeTarget(resource, resource.delete))
        if probe is not None and probe.made is not None:
            answer = probe.send(session.client)
            before = [probe.made.answer.exchange, answer.exchange]
            text = f"right after its creation, DELETE was answered with {answer.status}"
            yield _Step(resource.delete, "delete status", "" if answer.ok else text, before)
            read = session.read(resource, probe.made.path)
            if answer.ok and read is not None and not _may_lag(session, read):
                text = f"after DELETE, the read was answered with {read.status} {short(read.json)}"
                yield _Step(read.operation, "delete read", text if read.ok else "", [*before, read.exchange])


def _write_again(
    session: Session, resource: Resource, probe: Probe, first: Answer, name: str, before: list[HttpExchange]
) -> Iterator[_Step]:
    """Change one property and then another: the second change keeps the first one."""
    sent = probe.body if isinstance(probe.body, dict) else {}
    shown = first.properties
    kept = [key for key, value in sent.items() if key in shown and shown[key] == value]
    if name != "change" or len(kept) < 2 or probe.made is None:
        return
    last = kept[-1]
    old = probe.made.representation.get(last) if isinstance(probe.made.representation, dict) else None
    if old is None:
        return
    answer = session.client.send(
        probe.target.operation, probe.path, headers=dict(_without_match(probe)), body={last: old}
    )
    now = answer.json if answer.ok and isinstance(answer.json, dict) else {}
    lost = [key for key in kept[:-1] if key in now and now[key] != shown[key]]
    text = f"a change of {last} right after one of {', '.join(lost)} took that back: {short(now)}" if lost else ""
    yield _Step(probe.target.operation, "second change", text, [*before, answer.exchange])


def _without_match(probe: Probe) -> Mapping[str, str]:
    return {name: value for name, value in probe.headers.items() if name.lower() != "if-match"}


def _look(
    session: Session,
    resource: Resource,
    path: Mapping[str, Any],
    written: Answer,
    name: str,
    before: list[HttpExchange],
) -> Iterator[_Step]:
    """Yield what a read, and a read of several, shows of what was just written."""
    read = session.read(resource, path)
    if read is not None and not _may_lag(session, read):
        new = written.properties
        now = read.properties
        old = _old_properties(new, now)
        text = ""
        if not read.ok:
            text = f"after {written.status}, the read was answered with {read.status}"
        elif old:
            text = f"after {written.status} with {old[0]} {short(new[old[0]])}, the read had {short(now[old[0]])}"
        yield _Step(read.operation, f"{name} read", text, [*before, read.exchange])
    yield from _look_into_list(session, resource, path, written, name, before)
    identity = list(path.values())[-1] if path else None
    for batch in resource.batch_reads:
        if not batch.ids or not path:
            continue
        body: Any = [identity]
        for key in reversed(batch.ids):
            body = {key: body}
        answer = session.client.send(batch.operation, body=body)
        if answer.ok and not _may_lag(session, answer):
            found = [one for one in items_of(answer, batch.items) if isinstance(one, dict)]
            there = any(one.get(resource.id_property) == identity for one in found)
            text = "" if there else f"after {written.status}, the read of several did not have {short(identity)}"
            yield _Step(batch.operation, f"{name} batch", text, [*before, answer.exchange])


def _look_into_list(
    session: Session,
    resource: Resource,
    path: Mapping[str, Any],
    written: Answer,
    name: str,
    before: list[HttpExchange],
) -> Iterator[_Step]:
    """Yield what a whole list shows of what was just written, where it is the only read of the resource."""
    for listing in resource.listings if resource.read is None else ():
        names = [one.name for one in listing.operation.parameters if one.place == "path"]
        if not path or listing.eventual or listing.required or listing.next_page is not None:
            continue
        if not set(names) <= set(path):
            continue
        operation, own = listing.operation, {one: path[one] for one in names}
        query, headers = session.query(operation), session.headers(operation)
        answer = session.client.send(operation, own, query=query, headers=headers)
        identity = str(list(path.values())[-1])
        found = [one for one in items_of(answer, listing.items) if isinstance(one, dict)]
        entry = next((one for one in found if str(one.get(resource.id_property)) == identity), None)
        new = written.properties
        old = _old_properties(new, entry or {})
        if not answer.ok or _may_lag(session, answer):
            continue
        text = ""
        if entry is None:
            text = f"after {written.status}, the list did not have {short(identity)}"
        elif old:
            text = f"after {written.status} with {old[0]} {short(new[old[0]])}, the list had {short(entry[old[0]])}"
        yield _Step(operation, f"{name} list", text, [*before, answer.exchange])


def _old_properties(new: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return the properties that are shown with other values than were written."""
    return [key for key, value in new.items() if key in now and now[key] != value]


def _may_lag(session: Session, answer: Answer) -> bool:
    """Return whether an answer may be old: the document says so, or it comes from an index, which always lags."""
    value: Any = session.project.api.document
    for key in answer.operation.document_path:
        value = value.get(key, {}) if isinstance(value, Mapping) else {}
    texts = [str(value.get(key, "")) for key in ("summary", "description")] if isinstance(value, Mapping) else []
    if any(_MAY_LAG.search(text) for text in texts):
        return True
    logged = session.access.find_log(answer.request_id)
    return logged is not None and any("/" in call.target for call in logged.calls)


CHECKS = (
    Check(
        "read-your-writes",
        "under-faults",
        "What was just written is read, and changed further, also where eventually consistent reads lag",
        "DynamoDB, Read consistency: ConsistentRead returns the latest write",
        _read_your_writes,
        _NEEDS,
    ),
)
