"""Environments: the same requests get the same answers on new execution environments as on used ones.

Lambda keeps an environment for later requests and starts others beside it. So what a module keeps may be old, of
another request, or of another user: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any

from homeport.contract.checks.check import Breach, Check, Need
from homeport.contract.checks.client import Answer, Client
from homeport.contract.checks.faults.judgements import is_gateways
from homeport.contract.checks.probes import Prober, ProbeTarget, items_of, short
from homeport.contract.checks.session import Made, Session
from homeport.contract.rest.resource import Listing, Resource
from homeport.project.model import Operation

_STACK: frozenset[Need] = frozenset(("stack",))
_REUSE = "AWS Lambda, Understanding the execution environment lifecycle: an environment serves many requests"
# More than the second to which times may be cut.
_PAUSE = 1.1
_TIME_NAME = re.compile(r"(?i)(at|on|time|date|stamp|created|updated|modified|changed)$")
_CHANGE_NAME = re.compile(r"(?i)updat|modif|chang")
_ROUND_TIME = re.compile(r"T\d\d:00(:00)?(\.0+)?(Z|[+-]|$)")


def _time_passes(session: Session, resource: Resource) -> Iterator[Breach]:
    """Make and change resources before and after a second, on environments that have started before."""
    first = session.make(resource)
    if first is None:
        return
    names = [name for name in _properties(first.answer) if _is_time(resource, name)]
    writes = [one for one in (resource.change, resource.replace) if one is not None]
    if not names:
        return
    prober = Prober(session)
    probes = [prober.prepare(ProbeTarget(resource, one)) for one in writes]
    before = [(probe, probe.send(session.client)) for probe in probes if probe is not None]
    time.sleep(_PAUSE)
    second = session.make(resource)
    create = resource.create or resource.replace
    if second is not None and create is not None:
        yield from _same_times(create, names, first.answer, second.answer)
    for probe, answer in before:
        later = prober.prepare(probe.target)
        if later is None or not answer.ok:
            continue
        again = replace(probe, body=later.body).send(session.client)
        changing = [name for name in names if _CHANGE_NAME.search(name)]
        yield from _same_times(probe.target.operation, changing, answer, again)


def _is_time(resource: Resource, name: str) -> bool:
    field = resource.fields.get(name)
    is_time = field is not None and field.server_set and field.schema.get("format") == "date-time"
    return is_time and _TIME_NAME.search(name) is not None


def _same_times(operation: Operation, names: Sequence[str], first: Answer, second: Answer) -> Iterator[Breach]:
    old, new = _properties(first), _properties(second)
    for name in names if first.ok and second.ok else ():
        before, after = str(old.get(name)), str(new.get(name))
        passed = _seconds_between(before, after)
        if passed is not None and passed < _PAUSE / 2 and not _ROUND_TIME.search(after):
            happened = f"{name} was {before} and then {after}, though {_PAUSE} seconds passed between the requests"
            yield Breach(operation, happened, (first.exchange, second.exchange), f"/{name}")


def _seconds_between(first: str, second: str) -> float | None:
    try:
        return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds()
    except (TypeError, ValueError):
        return None


def _ids_are_new(session: Session, resource: Resource) -> Iterator[Breach]:
    """Make resources without an id of their own, on two new environments and then on the second one again."""
    create = resource.create
    field = resource.fields.get(resource.id_property)
    if create is None or field is None or create.id in field.required:
        return
    answers = _made_without_ids(session, resource, create)
    if resource.parents and any(answer.status == 409 for answer in answers[1:]):
        # Their parent may hold no more of them: making another one finds one that does.
        session.make(resource)
        answers = _made_without_ids(session, resource, create)
    if not answers:
        return
    if not answers[0].ok:
        session.note_untested(f"no {resource.name} can be made without an id")
        return
    known = [_properties(answers[0]).get(resource.id_property)]
    for answer in answers[1:]:
        identity = _properties(answer).get(resource.id_property)
        taken = answer.status == 409
        if taken or (identity is not None and identity in known):
            happened = (
                f"a second environment was answered with 409 after {known[0]}" if taken else f"{identity} came twice"
            )
            yield Breach(create, happened, (answers[0].exchange, answer.exchange), f"/{resource.id_property}")
            return
        known.append(identity)


def _made_without_ids(session: Session, resource: Resource, create: Operation) -> list[Answer]:
    """Return the answers of three creates below one parent: each of the first two on a new environment."""
    prober, answers = Prober(session), list[Answer]()
    for is_new in (True, True, False):
        probe = prober.prepare(ProbeTarget(resource, create))
        if probe is None:
            return []
        if isinstance(probe.body, dict):
            probe = replace(probe, body={k: v for k, v in probe.body.items() if k != resource.id_property})
        if is_new:
            session.access.new_environments()
        answers.append(probe.send(session.client))
    return answers


def _cold_as_warm(session: Session, resource: Resource) -> Iterator[Breach]:
    """Send each request twice, first to an environment that starts for it."""
    prober = Prober(session)
    targets = [ProbeTarget(resource, one) for one in resource.operations]
    pairs = [(target, prober.prepare(target), prober.prepare(target)) for target in targets]
    session.access.new_environments()
    for target, first, second in pairs:
        if first is None or second is None:
            continue
        cold, warm = first.send(session.client), second.send(session.client)
        exchanges = (cold.exchange, warm.exchange)
        if cold.status in (503, 504) and is_gateways(cold):
            # The machine was too busy for the start.
            continue
        if cold.ok != warm.ok:
            happened = f"a new environment answered {cold.status}, the same one then {warm.status}"
            yield Breach(target.operation, happened, exchanges, "status")
        elif target.operation == resource.read and cold.json != warm.json:
            happened = f"a new environment answered {short(cold.json)}, the same one then {short(warm.json)}"
            yield Breach(target.operation, happened, exchanges, "content")


def _requests_are_apart(session: Session, resource: Resource) -> Iterator[Breach]:
    yield from _creates_are_apart(session, resource)
    yield from _changes_are_apart(session, resource)
    for listing in resource.listings:
        if not listing.required:
            yield from _lists_are_apart(session, resource, listing)
    yield from _errors_are_apart(session, resource)


def _creates_are_apart(session: Session, resource: Resource) -> Iterator[Breach]:
    """Compare a create that leaves everything out after one that has everything with one on a new environment."""
    create = resource.create
    if create is None:
        return
    prober = Prober(session)
    rich = prober.prepare(ProbeTarget(resource, create, keyed=bool(resource.idempotency_header)))
    plain = prober.prepare(ProbeTarget(resource, create))
    if rich is None or plain is None or not isinstance(plain.body, dict) or not isinstance(rich.body, dict):
        return
    own = resource.id_property
    fields = [one for one in resource.fields.values() if create.id in one.written and one.name != own]
    needed = [one.name for one in fields if create.id in one.required]
    if len(needed) == len(fields):
        return
    least = {name: plain.body[name] for name in needed if name in plain.body}
    others = {one.name: prober.differing(one.schema, one.default) for one in fields if one.name not in needed}
    everything = {**rich.body, **{name: value for name, value in others.items() if value is not None}}
    takes_id = own in plain.body

    def send_least() -> Answer:
        body = {**least, own: session.values.new_id(resource)} if takes_id else least
        return replace(plain, body=body).send(session.client)

    session.access.new_environments()
    fresh = send_least()
    filled = [replace(rich, body=everything).send(session.client)]
    if not filled[0].ok and (less := prober.prepare(ProbeTarget(resource, create))) is not None:
        filled.append(less.send(session.client))
    used = send_least()
    if not fresh.ok or not used.ok:
        return
    old, new = _properties(fresh), _properties(used)
    for name in sorted({*old, *new} - {own}):
        field = resource.fields.get(name)
        if field is None or create.id not in field.written:
            continue
        if old.get(name) != new.get(name):
            happened = (
                f"{name} was left out and became {short(new.get(name))} after a request that had it, "
                f"on a new environment {short(old.get(name))}"
            )
            yield Breach(create, happened, (*(one.exchange for one in filled), used.exchange), f"/{name}")


def _changes_are_apart(session: Session, resource: Resource) -> Iterator[Breach]:
    """Change one property of a resource and then another one of another resource."""
    change = resource.change
    if change is None:
        return
    prober = Prober(session)
    probes = [prober.prepare(ProbeTarget(resource, change)) for _ in range(2)]
    first, second = probes
    if first is None or second is None or not isinstance(first.body, dict) or not isinstance(second.body, dict):
        return
    made = _properties(second.made.answer) if second.made is not None else {}
    names = [name for name, value in first.body.items() if name in made and made[name] != value]
    if len(names) < 2:
        return
    one, other = names[:2]
    before = replace(first, body={one: first.body[one]}).send(session.client)
    after = replace(second, body={other: second.body[other]}).send(session.client)
    shown = _properties(after)
    if (
        before.ok
        and after.ok
        and one in shown
        and shown[one] != made[one]
        and shown[one] == _properties(before).get(one)
    ):
        happened = f"a change of {other} alone set {one} to {short(shown[one])}, which another request had"
        exchanges = (*_exchanges_of(second.made), before.exchange, after.exchange)
        yield Breach(change, happened, exchanges, f"/{one}")


def _lists_are_apart(session: Session, resource: Resource, listing: Listing) -> Iterator[Breach]:
    """List on a new environment, and on another one that was asked with every optional parameter before."""
    made = Prober(session).existing(resource)
    shown = _properties(made.answer) if made is not None else {}
    session.access.new_environments()
    first = _list(session.client, listing, {})
    queries: list[Mapping[str, Any]] = [{listing.limit.parameter: listing.limit.minimum or 1}] if listing.limit else []
    queries += [{one.parameter: shown[one.field]} for one in listing.filters if shown.get(one.field) is not None]
    session.access.new_environments()
    between = [_list(session.client, listing, query) for query in queries]
    between.append(_list(session.client, listing, {}))
    last = _list(session.client, listing, {})
    old, new = (_ids(one, resource, listing) for one in (first, last))
    if first.ok and (not last.ok or old != new):
        happened = f"a new environment listed {len(old)}, another one after other requests {len(new)}: {short(new)}"
        exchanges = (first.exchange, *(one.exchange for one in between), last.exchange)
        yield Breach(listing.operation, happened, exchanges, "items")
    if session.other is not None:
        yield from _users_are_apart(session, resource, listing, session.other)


def _users_are_apart(session: Session, resource: Resource, listing: Listing, other: Client) -> Iterator[Breach]:
    session.access.new_environments()
    alone = _list(other, listing, {})
    session.access.new_environments()
    before, after = _list(session.client, listing, {}), _list(other, listing, {})
    old, new = (_ids(one, resource, listing) for one in (alone, after))
    if alone.status != after.status or old != new:
        happened = (
            f"a user's list had {len(old)} on a new environment ({alone.status}), and {len(new)} ({after.status}) "
            "after a request of another user"
        )
        yield Breach(listing.operation, happened, (before.exchange, after.exchange), "user")


def _errors_are_apart(session: Session, resource: Resource) -> Iterator[Breach]:
    """Send the same invalid request three times: its answers have the same form."""
    create = resource.create
    if create is None or session.values.body_schema(create) is None:
        return
    session.access.new_environments()
    bodies: tuple[dict[str, Any], ...] = ({}, {"a": 1, "b": [2]})
    for body in bodies:
        answers = [session.client.send(create, body=body) for _ in range(3)]
        first, last = answers[0], answers[-1]
        if first.status < 400 or first.status >= 500:
            continue
        if first.status != last.status or _form(first.json) != _form(last.json):
            happened = (
                f"the same invalid request was answered with {short(first.json)} at first, then {short(last.json)}"
            )
            yield Breach(create, happened, tuple(one.exchange for one in answers), "errors")
            return


def _environments_agree(session: Session, resource: Resource) -> Iterator[Breach]:
    """Have two environments read a resource, then write it, and read it on each."""
    read = resource.read
    if read is None:
        return
    writes = [one for one in (resource.change, resource.replace, resource.delete) if one is not None]
    for write in writes:
        probe = Prober(session).prepare(ProbeTarget(resource, write))
        if probe is None or probe.made is None:
            return
        path = probe.made.path
        if write.function == read.function:
            # The one that writes forgets what it kept: only those that have read before may be asked afterwards.
            session.access.new_environments()
        with session.access.faults("*=latency:250ms"), ThreadPoolExecutor(2) as pool:
            warm = list(pool.map(lambda _, path=path: session.client.send(read, path), range(2)))
        if not all(one.ok for one in warm) or _is_cacheable(warm[0]):
            return
        written = probe.send(session.client)
        reads = [session.client.send(read, path), session.client.send(read, path), _read_beside(session, read, path)]
        for answer in reads if written.ok else ():
            if _is_stale(resource, write, written, answer):
                text = f"{short(written.json)}, then a read with {answer.status} {short(answer.json)}"
                happened = (
                    f"{write.method} was answered with {written.status} {text}, as an environment had read it before"
                )
                exchanges = (*_exchanges_of(probe.made), warm[0].exchange, written.exchange, answer.exchange)
                yield Breach(read, happened, exchanges, write.method)
                break


def _is_cacheable(answer: Answer) -> bool:
    return re.search(r"max-age=[1-9]", answer.header("cache-control")) is not None


def _is_stale(resource: Resource, write: Operation, written: Answer, answer: Answer) -> bool:
    if write == resource.delete:
        return answer.ok
    new, now = _properties(written), _properties(answer)
    return not answer.ok or any(now[name] != value for name, value in new.items() if name in now)


def _read_beside(session: Session, read: Operation, path: Mapping[str, Any]) -> Answer:
    """Return a read that is made while another one keeps the environment busy that was used last."""
    *_, name = path
    unknown = {**path, name: f"{path[name]}0"}
    with session.access.faults("*=latency:400ms"):
        other = threading.Thread(target=session.client.send, args=(read, unknown))
        other.start()
        time.sleep(0.1)
        answer = session.client.send(read, path)
        other.join()
    return answer


def _list(client: Client, listing: Listing, query: Mapping[str, Any]) -> Answer:
    return client.send(listing.operation, query=query)


def _ids(answer: Answer, resource: Resource, listing: Listing) -> list[Any]:
    found = items_of(answer, listing.items)
    return [one.get(resource.id_property, one) if isinstance(one, dict) else one for one in found]


def _properties(answer: Answer) -> Mapping[str, Any]:
    return answer.json if isinstance(answer.json, dict) else {}


def _exchanges_of(made: Made | None) -> tuple[Any, ...]:
    return () if made is None else (*(one.exchange for one in made.before), made.answer.exchange)


def _form(value: Any) -> Any:
    """Return a value without its texts: they may have ids of requests and times."""
    if isinstance(value, dict):
        return {name: _form(one) for name, one in value.items()}
    return [_form(one) for one in value] if isinstance(value, list) else type(value).__name__


CHECKS = (
    Check(
        "time-passes",
        "under-faults",
        "A time that the service sets is that of the request, not that of the environment's start",
        _REUSE,
        _time_passes,
        _STACK,
    ),
    Check(
        "new-environment-new-ids",
        "under-faults",
        "Ids that the service makes are unique in all environments",
        f"{_REUSE}; RFC 9562, section 6.8: a generator's state is per instance",
        _ids_are_new,
        _STACK,
    ),
    Check(
        "cold-as-warm",
        "under-faults",
        "The first request of an environment is answered like later ones",
        _REUSE,
        _cold_as_warm,
        _STACK,
        every_operation=True,
    ),
    Check(
        "requests-are-apart",
        "under-faults",
        "Nothing of a request is in the answer to a later one",
        f"{_REUSE}; RFC 9110, section 3.3: HTTP is stateless",
        _requests_are_apart,
        _STACK,
    ),
    Check(
        "environments-agree",
        "under-faults",
        "A write is seen by every environment that read the resource before",
        f"{_REUSE}; RFC 9110, section 9.3.1",
        _environments_agree,
        _STACK,
    ),
)
