"""Collections: a batch read answers for each of its ids: once, in the documented order, and names those it lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.collections.population import Population, population_of
from homeport.contract.checks.session import Made, Session
from homeport.contract.rest.places import parameters_of
from homeport.contract.rest.resource import BatchRead, Resource
from homeport.contract.rest.shapes import value_at
from homeport.contract.rest.written_orders import words_of

# "in the order of their ids", "in request order"; "in no order" promises none.
_ORDER = re.compile(r"\border(?:ed)?\b", re.IGNORECASE)
_NO_ORDER = re.compile(r"\b(?:no|any|not|un(?:specified|defined))\b[^.]*\border(?:ed)?\b|\bunordered\b", re.IGNORECASE)


def _send_batch(session: Session, resource: Resource, batch: BatchRead, ids: Sequence[Any], path: Any = None) -> Answer:
    if batch.parameter:
        query = {**session.query(batch.operation), **batch.query(ids)}
        return session.client.send(batch.operation, path, query=query)
    body = session.values.body(batch.operation, resource)
    return session.client.send(batch.operation, path, body=_put_at(body, batch.ids, list(ids)))


def _put_at(body: Any, keys: Sequence[str], value: Any) -> Any:
    if not keys:
        return value
    inner = body if isinstance(body, dict) else {}
    return {**inner, keys[0]: _put_at(inner.get(keys[0]), keys[1:], value)}


def _batches(session: Session, resource: Resource) -> Iterator[tuple[BatchRead, Population]]:
    if resource.batch_reads:
        population = population_of(session, resource)
        for batch in resource.batch_reads:
            names = parameters_of(batch.operation.path)
            above = (
                {name: one for name, one in population.made[0].path.items() if name in names} if population.made else {}
            )
            own = population.below(above)
            if len(own.made) >= 3:
                yield batch, own


def _ids_of(resource: Resource, answer: Answer, batch: BatchRead) -> list[str] | None:
    items = value_at(answer.json, batch.items)
    if not isinstance(items, list):
        return None
    # Some services have null in the place of an id that they lack.
    return [str(one.get(resource.id_property)) for one in items if isinstance(one, dict)]


def _answers_each(session: Session, resource: Resource) -> Iterator[Breach]:
    for batch, population in _batches(session, resource):
        most = batch.maximum or len(population.made)
        picked = session.random.sample(population.made, min(4, len(population.made), max(most - 2, 1)))
        unknown = [session.values.new_id(resource) for _ in range(2)][:most]
        ids = [picked[0].id, unknown[0], *(one.id for one in picked[1:]), *unknown[1:]][:most]
        answer = _send_batch(session, resource, batch, ids, _parents(resource, picked[0]))
        if answer.status == 404 and "404" in batch.operation.responses:
            ids = [one.id for one in picked]
            answer = _send_batch(session, resource, batch, ids, _parents(resource, picked[0]))
        yield from _complete(session, resource, batch, answer, ids, picked)
        yield from _equal_to_reads(session, resource, batch, answer, picked)
        yield from _all_unknown(session, resource, batch, unknown, picked[0])


def _parents(resource: Resource, made: Made) -> dict[str, Any]:
    return {name: value for name, value in made.path.items() if name in resource.parents}


def _complete(
    session: Session, resource: Resource, batch: BatchRead, answer: Answer, ids: Sequence[Any], picked: Sequence[Made]
) -> Iterator[Breach]:
    exchanges = [*(one.answer.exchange for one in picked), answer.exchange]
    found = _ids_of(resource, answer, batch) if answer.ok else None
    if found is None:
        if answer.status >= 500 or answer.ok or answer.status in (400, 404, 422):
            happened = f"a batch of {len(ids)} valid ids was answered with {answer.status}"
            yield Breach(batch.operation, happened, exchanges)
        return
    known = [str(one.id) for one in picked]
    wanted = [str(one) for one in ids if str(one) in known]
    if lost := [one for one in wanted if one not in found]:
        yield Breach(batch.operation, f"{lost[0]!r} is there, and the answer lacks it", exchanges, "/items")
    elif sorted(found) != sorted(wanted):
        happened = f"the answer has {len(found)} resources for {len(wanted)} ids that there are: {', '.join(found)}"
        yield Breach(batch.operation, happened, exchanges, "/items")
    elif found != wanted and _promises_order(session, batch):
        happened = f"asked for {', '.join(wanted)}, answered in the order {', '.join(found)}"
        yield Breach(batch.operation, happened, exchanges, "/order")
    yield from _names_missing(batch, answer, [str(one) for one in ids if str(one) not in known])


def _names_missing(batch: BatchRead, answer: Answer, wanted: Sequence[str]) -> Iterator[Breach]:
    if not batch.missing:
        return
    value = value_at(answer.json, batch.missing)
    missing = [str(one) for one in value] if isinstance(value, list) else []
    if sorted(missing) != sorted(wanted):
        happened = (
            f"unknown are {', '.join(wanted) or 'none'}, and {batch.missing[-1]} has {', '.join(missing) or 'none'}"
        )
        yield Breach(batch.operation, happened, [answer.exchange], f"/{batch.missing[-1]}")


def _promises_order(session: Session, batch: BatchRead) -> bool:
    words = words_of(session.model.document, batch.operation)
    return bool(_ORDER.search(words)) and not _NO_ORDER.search(words)


def _equal_to_reads(
    session: Session, resource: Resource, batch: BatchRead, answer: Answer, picked: Sequence[Made]
) -> Iterator[Breach]:
    items = value_at(answer.json, batch.items)
    if resource.read is None or not answer.ok or not isinstance(items, list):
        return
    for made in picked[:2]:
        read = session.client.send(resource.read, made.path)
        mine = [one for one in items if isinstance(one, dict) and str(one.get(resource.id_property)) == str(made.id)]
        if read.status != 200 or not isinstance(read.json, dict) or not mine:
            continue
        for name in sorted(set(read.json) & set(mine[0])):
            if read.json[name] != mine[0][name]:
                happened = f"{name} of {made.id!r} is {mine[0][name]!r} in the batch, and read as {read.json[name]!r}"
                yield Breach(batch.operation, happened, [answer.exchange, read.exchange], f"/{name}")


def _all_unknown(
    session: Session, resource: Resource, batch: BatchRead, unknown: Sequence[Any], made: Made
) -> Iterator[Breach]:
    answer = _send_batch(session, resource, batch, unknown, _parents(resource, made))
    found = _ids_of(resource, answer, batch)
    if answer.status >= 500 or (answer.ok and found):
        happened = f"a batch of ids that nothing has was answered with {answer.status} and {len(found or ())} resources"
        yield Breach(batch.operation, happened, [answer.exchange], "/items")
    elif answer.ok:
        yield from _names_missing(batch, answer, [str(one) for one in unknown])


def _repeats_and_limits(session: Session, resource: Resource) -> Iterator[Breach]:
    for batch, population in _batches(session, resource):
        first, second = population.made[:2]
        path = _parents(resource, first)
        answer = _send_batch(session, resource, batch, [first.id, second.id, first.id], path)
        found = _ids_of(resource, answer, batch) if answer.ok else None
        if answer.status >= 500:
            happened = f"a batch that has an id twice was answered with {answer.status}"
            yield Breach(batch.operation, happened, [answer.exchange], "/duplicates")
        elif found is not None:
            ids = [str(first.id), str(second.id)]
            if sorted(found) not in (sorted(ids), sorted([*ids, str(first.id)])):
                happened = f"a batch of {ids[0]}, {ids[1]}, {ids[0]} was answered with {', '.join(found)}"
                yield Breach(batch.operation, happened, [answer.exchange], "/duplicates")
        yield from _largest(session, resource, batch, population)


def _largest(session: Session, resource: Resource, batch: BatchRead, population: Population) -> Iterator[Breach]:
    most = batch.maximum
    if most is None or most > 1000:
        return
    here = [one.id for one in population.made][:most]
    path = _parents(resource, population.made[0])
    unknown = [session.values.new_id(resource) for _ in range(most + 1 - len(here))]
    ids = [*unknown[:-1], *here]
    full = _send_batch(session, resource, batch, ids, path)
    found = _ids_of(resource, full, batch) if full.ok else None
    if full.status in (400, 404, 422) or (full.status >= 500 and len(ids) == most):
        happened = f"a batch of {most} ids, as many as are allowed, was answered with {full.status}"
        yield Breach(batch.operation, happened, [full.exchange], "/maximum")
    elif found is not None and sorted(found) != sorted(map(str, here)):
        happened = f"a batch of {most} ids, of which the last {len(here)} are those of resources ({here[0]!r} …), "
        happened += f"was answered with {len(found)} resources"
        yield Breach(batch.operation, happened, [full.exchange], "/maximum")
    elif found is not None:
        yield from _names_missing(batch, full, [str(one) for one in unknown[:-1]])
    over = _send_batch(session, resource, batch, [*ids, unknown[-1]], path)
    if over.status >= 500 or over.ok:
        happened = f"a batch of {most + 1} ids, one more than are allowed, was answered with {over.status}"
        yield Breach(batch.operation, happened, [over.exchange], "/maximum")


CHECKS = (
    Check(
        name="batch-answers-for-each-id",
        kind="collections",
        promise="A batch read has each resource that it was asked for as a read shows it, and names the ids it lacks",
        origin="the document: the batch read's answer",
        run=_answers_each,
    ),
    Check(
        name="batch-keeps-count",
        kind="collections",
        promise="A batch read takes as many ids as the document allows and no more, and an id twice does no harm",
        origin="the document: maxItems of the ids",
        run=_repeats_and_limits,
    ),
)
