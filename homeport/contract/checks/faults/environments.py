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
from homeport.contract.checks.client import Answer
from homeport.contract.checks.faults.judgements import is_gateways
from homeport.contract.checks.probes import Prober, ProbeTarget, rejects_body, short
from homeport.contract.checks.resource_client import exchanges_of
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

STACK: frozenset[Need] = frozenset(("stack",))
REUSE = "AWS Lambda, Understanding the execution environment lifecycle: an environment serves many requests"
# More than the second to which times may be cut.
_PAUSE = 1.1
_RETRIES = 2
_REPEATS = 3
_TIME_NAME = re.compile(r"(?i)(at|on|time|date|stamp|created|updated|modified|changed)$")
_CHANGE_NAME = re.compile(r"(?i)updat|modif|chang")
_ROUND_TIME = re.compile(r"T\d\d:00(:00)?(\.0+)?(Z|[+-]|$)")


def _time_passes(session: Session, resource: Resource) -> Iterator[Breach]:
    """Make and change resources before and after a second, on environments that have started before."""
    first = session.make(resource)
    if first is None:
        return
    names = [name for name in first.answer.properties if _is_time(resource, name)]
    writes = [one for one in (resource.change, resource.replace) if one is not None]
    if not names:
        return
    prober = Prober(session)
    probes = [prober.prepare(ProbeTarget(resource, one)) for one in writes]
    before = [(probe, probe.send(session.client)) for probe in probes if probe is not None]
    time.sleep(_PAUSE)
    second = session.make(resource)
    create = resource.whole_write
    if second is not None and create is not None:
        # One that is there once is made again by a change, and so is a parent that the answer shows.
        is_another = second.path != first.path and _shows_another(resource, first.answer, second.answer)
        own = names if is_another else [name for name in names if _CHANGE_NAME.search(name)]
        yield from _same_times(create, own, first.answer, second.answer)
    for probe, answer in before:
        later = prober.prepare(probe.target)
        if later is None or not answer.ok:
            continue
        again = replace(probe, body=later.body).send(session.client)
        changing = [name for name in names if _CHANGE_NAME.search(name)]
        yield from _same_times(probe.target.operation, changing, answer, again)


def _shows_another(resource: Resource, first: Answer, second: Answer) -> bool:
    """Return whether two creates were answered with two resources: an answer without an id may show their parent."""
    return first.properties.get(resource.id_property) != second.properties.get(resource.id_property)


def _is_time(resource: Resource, name: str) -> bool:
    field = resource.fields.get(name)
    is_time = field is not None and field.server_set and field.schema.get("format") == "date-time"
    return is_time and _TIME_NAME.search(name) is not None


def _same_times(operation: Operation, names: Sequence[str], first: Answer, second: Answer) -> Iterator[Breach]:
    old, new = first.properties, second.properties
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
    answers = _of_two_environments(session, resource, create)
    if not answers:
        return
    if not answers[0].ok:
        session.note_untested(f"no {resource.name} can be made without an id")
        return
    known = [answers[0].properties.get(resource.id_property)]
    for answer in answers[1:]:
        identity = answer.properties.get(resource.id_property)
        taken = answer.status == 409
        if taken and not _passes_later(session, answer):
            return  # its values are what is taken
        if taken or (identity is not None and identity in known):
            happened = (
                f"a second environment was answered with 409 after {known[0]}" if taken else f"{identity} came twice"
            )
            yield Breach(create, happened, (answers[0].exchange, answer.exchange), f"/{resource.id_property}")
            return
        known.append(identity)


def _of_two_environments(session: Session, resource: Resource, create: Operation) -> list[Answer]:
    """Return the answers of three creates, tried again where what they want is taken."""
    answers = _made_without_ids(session, resource, create)
    for _ in range(_RETRIES):
        if all(answer.status != 409 for answer in answers[1:]):
            break
        # Their day may be taken, or their parent hold no more of them: making another one finds one that does.
        if resource.parents:
            session.make(resource)
        again = _made_without_ids(session, resource, create)
        if not again or not again[0].ok:
            break
        answers = again
    return answers


def _passes_later(session: Session, rejection: Answer) -> bool:
    """Return whether a create that was refused with 409 is performed when its environment gets it again.

    The id is another one then, the values are the same.
    """
    return any(session.client.repeat(rejection).ok for _ in range(_REPEATS))


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
        rejected, status = (first, cold.status) if warm.ok else (second, warm.status)
        if cold.ok != warm.ok and not rejects_body(session, rejected, status):
            happened = f"a new environment answered {cold.status}, the same one then {warm.status}"
            yield Breach(target.operation, happened, exchanges, "status")
        elif target.operation == resource.read and cold.json != warm.json:
            session.access.new_environments()
            if first.send(session.client).json == warm.json:
                # Something else changed it meanwhile, such as a function that a queue invokes.
                continue
            happened = f"a new environment answered {short(cold.json)}, the same one then {short(warm.json)}"
            yield Breach(target.operation, happened, exchanges, "content")


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
                exchanges = exchanges_of(probe.made, warm[0], written, answer)
                yield Breach(read, happened, exchanges, write.method)
                break


def _is_cacheable(answer: Answer) -> bool:
    return re.search(r"max-age=[1-9]", answer.header("cache-control")) is not None


def _is_stale(resource: Resource, write: Operation, written: Answer, answer: Answer) -> bool:
    if write == resource.delete:
        return answer.ok
    new, now = written.properties, answer.properties
    return not answer.ok or any(now[name] != value for name, value in new.items() if name in now)


def _read_beside(session: Session, read: Operation, path: Mapping[str, Any]) -> Answer:
    """Return a read that is made while another one keeps the environment busy that was used last."""
    unknown = dict(path)
    for name in list(path)[-1:]:
        unknown[name] = f"{path[name]}0"
    with session.access.faults("*=latency:400ms"):
        other = threading.Thread(target=session.client.send, args=(read, unknown))
        other.start()
        time.sleep(0.1)
        answer = session.client.send(read, path)
        other.join()
    return answer


CHECKS = (
    Check(
        "time-passes",
        "under-faults",
        "A time that the service sets is that of the request, not that of the environment's start",
        REUSE,
        _time_passes,
        STACK,
    ),
    Check(
        "new-environment-new-ids",
        "under-faults",
        "Ids that the service makes are unique in all environments",
        f"{REUSE}; RFC 9562, section 6.8: a generator's state is per instance",
        _ids_are_new,
        STACK,
    ),
    Check(
        "cold-as-warm",
        "under-faults",
        "The first request of an environment is answered like later ones",
        REUSE,
        _cold_as_warm,
        STACK,
        every_operation=True,
    ),
    Check(
        "environments-agree",
        "under-faults",
        "A write is seen by every environment that read the resource before",
        f"{REUSE}; RFC 9110, section 9.3.1",
        _environments_agree,
        STACK,
    ),
)
