"""Values that the service sets: times near now, versions that count writes, and a creation that stays."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.equality import read_instant, show_value
from homeport.contract.checks.expectation import Expectation
from homeport.contract.checks.resource_client import ResourceClient, exchanges_of
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

_LARGEST_SKEW = 300
"""Seconds by which the clocks of a service and of its gateway may differ."""
_MILLISECONDS_FROM = 10**11
_COUNTS_ONE = 1000
"""A version that grows by as much is no count of writes, but a time."""


def _times_are_plausible(session: Session, resource: Resource) -> Iterator[Breach]:
    client = ResourceClient.of(session, resource)
    expectation = Expectation(resource, client.equality)
    names = [*expectation.created, *expectation.updated]
    if not names or (made := client.make()) is None:
        return
    now = _time_of(made.answer)
    shown = client.show(made.path, made.answer)
    for name in names:
        value = shown.json.get(name) if isinstance(shown.json, Mapping) else None
        at = read_time(value)
        if at is not None and abs(at - now) > _LARGEST_SKEW:
            happened = f"{name} of a new resource is {show_value(value)}, {abs(at - now):.0f} seconds from now"
            yield Breach(made.answer.operation, happened, exchanges_of(made, shown), subject=f"/{name}")


def _times_follow_writes(session: Session, resource: Resource) -> Iterator[Breach]:
    client = ResourceClient.of(session, resource)
    expectation = Expectation(resource, client.equality)
    created, updated = expectation.created, expectation.updated
    if not (created or updated) or not resource.writes or (made := client.make_full()) is None:
        return
    before = client.show(made.path, made.answer)
    for name in updated:
        one, other = (_property(before, key) for key in (created[0] if created else "", name))
        if read_time(one) is not None and read_time(other) is not None and _precise(other) < _precise(one):
            happened = f"{name} {show_value(other)} is before {created[0]} {show_value(one)}"
            yield Breach(made.answer.operation, happened, exchanges_of(made, before), subject=f"/{name}")
    pause = max((_pause_after(value) for name in updated if read_time(value := _property(before, name))), default=0.0)
    breaches = []
    for write, answer, after in _writes(client, made.path, before, pause):
        exchanges = exchanges_of(made, before, answer, after)
        for name in created:
            old, new = _property(before, name), _property(after, name)
            if old is not None and new is not None and not client.equality.equal(old, new):
                happened = f"{write.method} changed {name} from {show_value(old)} to {show_value(new)}"
                breaches.append(Breach(write, happened, exchanges, subject=f"/{name}"))
        for name in updated:
            breaches += _compare_times(write, name, _property(before, name), _property(after, name), exchanges)
        before = after
    yield from _join(breaches)


def _compare_times(write: Operation, name: str, old: Any, new: Any, exchanges: Any) -> Iterator[Breach]:
    """Yield a time of the last write that a write left as it was, set back, or wrote in another format."""
    if read_time(old) is None or read_time(new) is None:
        if read_time(old) is not None and isinstance(new, str):
            happened = f"{write.method} made {name} {show_value(new)}, it was {show_value(old)}"
            yield Breach(write, happened, exchanges, subject=f"/{name}")
        return
    if _precise(new) < _precise(old):
        happened = f"{write.method} set {name} back from {show_value(old)} to {show_value(new)}"
    elif _precise(new) == _precise(old):
        happened = f"{name} is {show_value(old)} before and after {write.method}, which changed the resource"
    elif _shape(new) != _shape(old):
        happened = f"{name} was {show_value(old)}, {write.method} made it {show_value(new)}: another format"
    else:
        return
    yield Breach(write, happened, exchanges, subject=f"/{name}")


def _version_counts_writes(session: Session, resource: Resource) -> Iterator[Breach]:
    client, name = ResourceClient.of(session, resource), resource.version
    if not name or not resource.writes or (made := client.make_full()) is None:
        return
    before, breaches = client.show(made.path, made.answer), []
    for write, answer, after in _writes(client, made.path, before):
        old, new = _property(before, name), _property(after, name)
        if isinstance(old, int) and isinstance(new, int) and new != old + 1 and new - old < _COUNTS_ONE:
            happened = f"{name} was {old} before {write.method} and {new} after it"
            breaches.append(Breach(write, happened, exchanges_of(made, before, answer, after), subject=f"/{name}"))
        before = after
    yield from _join(breaches)


def _join(breaches: list[Breach]) -> Iterator[Breach]:
    """Yield the first breach of each property; it names the other methods with which it happens too."""
    first: dict[str, Breach] = {}
    for breach in breaches:
        first.setdefault(breach.subject, breach)
    for subject, breach in first.items():
        methods = [one.operation.method for one in breaches if one.subject == subject]
        others = dict.fromkeys(one for one in methods if one != breach.operation.method)
        happened = breach.happened + (f"; so with {' and '.join(others)}" if others else "")
        yield replace(breach, happened=happened)


def _writes(
    client: ResourceClient, path: Mapping[str, Any], before: Answer, pause: float = 0.0
) -> Iterator[tuple[Operation, Answer, Answer]]:
    """Yield PUT and PATCH that changed something, with their answers and the reads after them."""
    resource, last = client.resource, before
    for number, write in enumerate((resource.replace, resource.change, resource.change), 1):
        body = None if write is None else client.full(write, number, path)
        if write is None or body is None:
            continue
        time.sleep(pause)
        answer = client.write(write, path, body, last.header("ETag"))
        if not answer.ok or answer.status == 201:
            continue
        after = client.show(path, answer)
        if not isinstance(after.json, Mapping) or not isinstance(last.json, Mapping):
            return
        expectation = Expectation(resource, client.equality)
        if any(not client.equality.equal(last.json.get(one), after.json.get(one)) for one in expectation.lasting(body)):
            yield write, answer, after
        last = after


def read_time(value: Any) -> float | None:
    """Return seconds since the epoch of an RFC 3339 text or a number of seconds or milliseconds, None for another."""
    instant = read_instant(value)
    if instant is not None:
        return float(instant.seconds)
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and value > 10**9:
        return float(value / 1000 if value > _MILLISECONDS_FROM else value)
    return None


def _precise(value: Any) -> tuple[Any, str]:
    return read_instant(value) or (value, "")


def _pause_after(value: Any) -> float:
    """Return the seconds after which a time of the same precision is another one."""
    if isinstance(value, int):
        return 0.002 if value > _MILLISECONDS_FROM else 1.05
    found = re.search(r"\.(\d+)", str(value))
    return 1.05 if found is None or len(found[1]) < 3 else 0.002


def _shape(value: Any) -> str:
    return re.sub(r"\d", "9", re.sub(r"\.\d+", "", value)) if isinstance(value, str) else type(value).__name__


def _property(answer: Answer, name: str) -> Any:
    return answer.json.get(name) if isinstance(answer.json, Mapping) else None


def _time_of(answer: Answer) -> float:
    """Return the time at which a service says that it answered, this machine's where it says none."""
    try:
        return parsedate_to_datetime(answer.header("Date")).timestamp()
    except (TypeError, ValueError):
        return time.time()


_STATE = "RFC 9110, section 9.3.1: an answer shows the resource as it is"

CHECKS = (
    Check(
        name="times-are-plausible",
        kind="round-trip",
        promise="The times of a new resource are those of its creation",
        origin=_STATE,
        run=_times_are_plausible,
    ),
    Check(
        name="times-follow-writes",
        kind="round-trip",
        promise="A write leaves the time of creation alone and moves that of the last change on",
        origin=_STATE,
        run=_times_follow_writes,
    ),
    Check(
        name="version-counts-writes",
        kind="round-trip",
        promise="The version is one more after each write",
        origin="the property that the document has as a version",
        run=_version_counts_writes,
    ),
)
