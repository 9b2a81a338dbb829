"""Concurrency: two requests at once leave a resource as if one had been performed after the other.

A check first performs the two one after the other, in both orders, on resources of their own. Then it has the first one
wait before each of its database calls while the second one is performed, and compares.

https://dl.acm.org/doi/10.1145/78969.78972
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Any

from homeport.contract.checks.changes import send_write
from homeport.contract.checks.check import Breach, Check, Need
from homeport.contract.checks.client import Answer
from homeport.contract.checks.concurrency.schedules import count_calls, overlap
from homeport.contract.checks.concurrency.write_pairs import Write, WritePair, creations_of, existing_pairs
from homeport.contract.checks.probes import short
from homeport.contract.checks.session import Made, Session
from homeport.contract.checks.whole_numbers import EPOCH
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.rest.infer import owner_of
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

_NEEDS: frozenset[Need] = frozenset(("stack",))
CONTENTION = frozenset((409, 412, 423, 425, 429, 503))
"""Statuses with which a request may give way to another one."""

_TAKEN = frozenset((409, 422))


@dataclass(frozen=True, slots=True)
class _Ground:
    """A resource on which a pair is tried, with its ETag and version; ``answers`` are those that made it.

    ``start`` is its representation before the pair. ``own`` has the texts that the writes of this trial alone send.
    """

    path: Mapping[str, Any]
    start: Mapping[str, Any] = field(default_factory=dict)
    tag: str = ""
    version: Any = None
    answers: tuple[Answer, ...] = ()
    own: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The result of two writes: their answers in the order of the pair, and the read after them.

    ``between`` is the read after the one that was performed first, None where they overlapped.
    """

    answers: tuple[Answer, Answer]
    final: Answer
    place: _Ground
    between: Answer | None = None
    call: str = ""


class _Race:
    """The trial of pairs of writes on the resources of a session."""

    def __init__(self, session: Session, resource: Resource) -> None:
        self.session, self.resource = session, resource
        self._first: Made | None = None

    def make(self) -> Made | None:
        """Make a resource for a trial, alike in each: of another stock, a second order may be refused, or may not."""
        if self._first is None:
            self._first = self.session.make_rich(self.resource)
            return self._first
        return self.session.make_alike(self.resource, self._first)

    def prepare(self, pair: WritePair) -> _Ground | None:
        """Return a place in the state in which a pair begins, None where there can be none."""
        made = self.make()
        if made is None:
            return None
        if not pair.is_there:
            return _Ground({**made.path, self.resource.id_parameter: self.session.values.new_id(self.resource)})
        answers = [*made.before, made.answer]
        for write in pair.before:
            answers.append(self.send(write, _Ground(made.path)))
            if not answers[-1].ok:
                return None
        tag = made.answer.header("ETag")
        if (pair.first.conditional or pair.second.conditional) and (pair.before or not tag):
            tag = self.read(_Ground(made.path)).header("ETag")
        shown = self.read(_Ground(made.path)).json if self.checks_version(pair) else None
        version = shown.get(self.resource.version) if isinstance(shown, dict) else None
        return _Ground(made.path, made.answer.properties, tag, version, tuple(answers), self._own_texts(pair))

    def _own_texts(self, pair: WritePair) -> dict[str, str]:
        """Return the texts that change with each trial, with words that stand for them."""
        found: dict[str, str] = {}
        for words, write in (("that of the second", pair.second), ("that of the first", pair.first)):
            if isinstance(write.body, dict):
                renewed = self.session.with_own_texts(write.operation, self.resource, write.body)
                texts = [one for name, one in write.body.items() if renewed.get(name) != one]
                found |= {one: words for one in texts if isinstance(one, str)}
        return found

    def checks_version(self, pair: WritePair) -> bool:
        """Return whether a write of a pair sends the version that was read, as a precondition."""
        return any(self.resource.checks_version(one.operation) for one in (pair.first, pair.second))

    def send(self, write: Write, place: _Ground) -> Answer:
        """Send a write."""
        body, resource = write.body, self.resource
        if write.operation == resource.create:
            body = {**body, resource.id_property: place.path[resource.id_parameter]}
            return self.session.client.send(write.operation, _parents(resource, place.path), body=body)
        if isinstance(body, dict) and resource.id_property in body:
            body = {**body, resource.id_property: place.path[resource.id_parameter]}
        if write.conditional and isinstance(body, dict) and resource.checks_version(write.operation):
            body = {**body, resource.version: place.version}
        headers = [("If-Match", place.tag)] if write.conditional and _takes_if_match(resource, write.operation) else []
        headers += [("If-None-Match", "*")] if write.only_new else []
        return send_write(self.session, resource, write.operation, place.path, body, headers, version=place.version)

    def read(self, place: _Ground) -> Answer:
        """Return the read of a resource."""
        answer = self.session.read(self.resource, place.path)
        assert answer is not None
        return answer

    def renew(self, pair: WritePair) -> WritePair:
        """Return a pair for one more trial: what its bodies refer to is not what an earlier trial's resource has."""
        first = self._renew_write(pair.first)
        return replace(pair, first=first, second=first if pair.second == pair.first else self._renew_write(pair.second))

    def _renew_write(self, write: Write) -> Write:
        if not isinstance(write.body, dict):
            return write
        body = self.session.with_known_references(self.resource, write.body)
        return replace(write, body=self.session.with_own_texts(write.operation, self.resource, body))

    def serial(self, pair: WritePair, *, turned: bool) -> _Outcome | None:
        """Perform a pair one after the other; ``turned``: the second write first."""
        pair = self.renew(pair)
        place = self.prepare(pair)
        if place is None:
            return None
        earlier, later = (pair.second, pair.first) if turned else (pair.first, pair.second)
        one, between, two = self.send(earlier, place), self.read(place), self.send(later, place)
        answers = (two, one) if turned else (one, two)
        return _Outcome(answers, self.read(place), place, between)

    def calls(self, pair: WritePair) -> int:
        """Return the number of database calls of a pair's first write, 0 where it is refused when it is alone."""
        known: dict[tuple[str, bool, bool], int] = self.session.shared.setdefault("calls of writes", {})
        key = (pair.first.operation.id, pair.first.conditional or pair.first.only_new, pair.is_there)
        if key not in known or pair.before:
            pair = self.renew(pair)
            place = self.prepare(pair)
            if place is None:
                return 0
            answer, actions = count_calls(self.session.access, partial(self.send, pair.first, place))
            known[key] = len(actions) if answer.ok else 0
            if not answer.ok:
                self.session.note_untested(f"{pair.first.operation.id} was answered with {answer.status}")
        return known[key]

    def overlapping(self, pair: WritePair, number: int) -> _Outcome | None:
        """Perform a pair, the second write while the first waits before its call of this number."""
        pair = self.renew(pair)
        place = self.prepare(pair)
        if place is None:
            return None
        first, second = (partial(self.send, write, place) for write in (pair.first, pair.second))
        found = overlap(self.session.access, first, second, number)
        if found is None:
            return None
        return _Outcome((found.first, found.second), self.read(place), place, call=found.call)

    def shape(self, answer: Answer, place: _Ground) -> Any:
        """Return what an answer says of a resource apart from what no two resources share: ids, times, tags.

        A text or number that each trial's resource may have been made with another value of is left out as long as it
        has that, inside of objects too: the nights of a stay are as many as its days.
        """
        if not answer.ok:
            return answer.status
        stable = _stable(answer.json, self.resource, self.session)
        if not isinstance(stable, dict):
            return stable
        fields, start = self.resource.fields, place.start
        # An action may answer with more than the resource.
        chosen = {name for name in stable if name in fields and "enum" in fields[name].schema}
        gone = [name for name in _stable(start, self.resource, self.session) if name not in stable]
        changed = {name: one for name, one in stable.items() if name in chosen or not _is_kept(one, start.get(name))}
        changed = {name: place.own.get(one, one) if isinstance(one, str) else one for name, one in changed.items()}
        return {name: _hide_kept(one, start.get(name)) for name, one in changed.items()} | dict.fromkeys(gone, "(none)")


def _serializable(session: Session, resource: Resource) -> Iterator[Breach]:
    if resource.read is None:
        return
    race = _Race(session, resource)
    made = race.make()
    for pairs in existing_pairs(session, resource, made) if made is not None else ():
        yield from _first_breach(race, pairs)


def _conditional_writes(session: Session, resource: Resource) -> Iterator[Breach]:
    if resource.read is None or not any(_is_conditional(resource, one) for one in resource.operations):
        return
    race = _Race(session, resource)
    made = race.make()
    for pairs in existing_pairs(session, resource, made) if made is not None else ():
        taking = [
            WritePair(replace(pair.first, conditional=True), replace(pair.second, conditional=True), pair.before)
            for pair in pairs
            if all(_is_conditional(resource, one.operation) for one in (pair.first, pair.second))
        ]
        yield from _first_breach(race, taking)


def _two_creators(session: Session, resource: Resource) -> Iterator[Breach]:
    if resource.read is None:
        return
    race, creations = _Race(session, resource), creations_of(session, resource)
    for first in creations:
        yield from _first_breach(race, [WritePair(first, second, is_there=False) for second in creations])


def _first_breach(race: _Race, pairs: Sequence[WritePair]) -> Iterator[Breach]:
    """Yield the first breach of pairs with the same first write. The last call's wait tells the most."""
    for position, pair in enumerate(pairs):
        calls = race.calls(pair)
        # A write that waits before its first call is performed after the other one: one pair shows that.
        for number in range(calls, 0 if position == 0 else 1, -1):
            outcome = race.overlapping(pair, number)
            if outcome is None or not (happened := _fault(race, pair, outcome)):
                continue
            # What an earlier trial left may have been in the way, such as the hour that it booked.
            again = race.overlapping(pair, number)
            if again is not None and _fault(race, pair, again):
                yield _breach(pair, outcome, happened, calls, number)
                return


def _fault(race: _Race, pair: WritePair, outcome: _Outcome) -> str:
    """Return how an outcome differs from those of both orders, ``""`` where it agrees with one."""
    if all(answer.status in CONTENTION for answer in outcome.answers):
        return ""
    # DELETE is idempotent: two that both succeed leave what one leaves (RFC 9110, section 9.2.2).
    if all(one.operation.method == "DELETE" for one in (pair.first, pair.second)) and not outcome.final.ok:
        return ""
    orders: list[_Outcome] = []
    for turned in (True, False):
        order = race.serial(pair, turned=turned)
        if order is None or _agrees(race, outcome, order) or _gives_way(race, outcome, order, turned=turned):
            return ""
        if _is_hindered(outcome, order, turned=turned):
            return ""
        orders.append(order)
    final, *others = _unlike([race.shape(one.final, one.place) for one in (outcome, *orders)])
    shown = [f"{short(other)} ({_statuses(order)})" for other, order in zip(others, orders, strict=True)]
    return (
        f"the answers were {_statuses(outcome)}, and afterwards it was {short(final)}; one after the other they lead "
        f"to {' or '.join(dict.fromkeys(shown))}"
    )


def _unlike(shapes: Sequence[Any]) -> list[Any]:
    """Return representations without the properties that are alike in all of them, if any is not."""
    if not all(isinstance(one, dict) for one in shapes):
        return list(shapes)
    names = dict.fromkeys(name for one in shapes for name in one)
    unlike = [name for name in names if any(one.get(name) != shapes[0].get(name) for one in shapes)]
    return [{name: one[name] for name in unlike if name in one} for one in shapes] if unlike else list(shapes)


def _is_hindered(outcome: _Outcome, order: _Outcome, *, turned: bool) -> bool:
    """Return whether the write that an order performs first was rejected there, and not in the outcome.

    What an earlier trial left was in its way: such an order tells nothing of what two writes lead to.
    """
    number = 1 if turned else 0
    return outcome.answers[number].ok and order.answers[number].status in _TAKEN


def _gives_way(race: _Race, outcome: _Outcome, order: _Outcome, *, turned: bool) -> bool:
    """Return whether the write that an order performs first was performed alone, and the other one gave way."""
    winner, loser = reversed(outcome.answers) if turned else outcome.answers
    if order.between is None or not winner.ok or loser.status not in CONTENTION:
        return False
    return bool(race.shape(outcome.final, outcome.place) == race.shape(order.between, order.place))


def _agrees(race: _Race, outcome: _Outcome, order: _Outcome) -> bool:
    statuses = [answer.status for answer in outcome.answers] == [answer.status for answer in order.answers]
    finals = race.shape(outcome.final, outcome.place) == race.shape(order.final, order.place)
    return statuses and finals and _answers_agree(race, outcome, order)


def _answers_agree(race: _Race, outcome: _Outcome, order: _Outcome) -> bool:
    pairs = zip(outcome.answers, order.answers, strict=True)
    return all(
        not mine.ok or race.shape(mine, outcome.place) == race.shape(theirs, order.place) for mine, theirs in pairs
    )


def _breach(pair: WritePair, outcome: _Outcome, happened: str, calls: int, number: int) -> Breach:
    when = (
        f"before its only call ({outcome.call})" if calls == 1 else f"before call {number} of {calls} ({outcome.call})"
    )
    sentence = f"{pair.first.label} waited {when} while {pair.second.label} was performed: {happened}"
    made: list[HttpExchange] = [answer.exchange for answer in outcome.place.answers]
    exchanges = (*made, outcome.answers[1].exchange, outcome.answers[0].exchange, outcome.final.exchange)
    return Breach(pair.first.operation, sentence, exchanges, "")


def _takes_if_match(resource: Resource, operation: Operation) -> bool:
    return "if-match" in resource.conditional.get(operation.id, frozenset())


def _is_conditional(resource: Resource, operation: Operation) -> bool:
    """Return whether a write can be meant for one version: by If-Match, or by the version in its body."""
    return _takes_if_match(resource, operation) or resource.checks_version(operation)


def _stable(value: Any, resource: Resource, session: Session) -> Any:
    """Return the properties of a representation that depend on the writes alone."""
    if not isinstance(value, dict):
        return value
    found = {}
    for name, one in value.items():
        known = resource.fields.get(name)
        owner = owner_of(name, session.model.resources)
        if name == resource.id_property or (owner is not None and owner.name != resource.name):
            continue  # each resource of a trial may have been made for another one of its own
        if known is not None and known.written:
            found[name] = one
        elif (kept := _countable(one, bool(known and "enum" in known.schema))) is not None:
            found[name] = kept
    return found


def _is_kept(value: Any, start: Any) -> bool:
    """Return whether a value is the one from the start; a choice of two says something as it is."""
    return value == start and not isinstance(value, bool)


def _hide_kept(value: Any, start: Any) -> Any:
    """Return a value without what it has had from the start: members of an object, ``…`` for entries of a list."""
    if isinstance(value, dict) and isinstance(start, dict):
        return {
            name: _hide_kept(one, start.get(name)) for name, one in value.items() if not _is_kept(one, start.get(name))
        }
    if isinstance(value, list) and isinstance(start, list) and len(value) == len(start):
        return [
            "…" if _is_kept(one, other) else _hide_kept(one, other) for one, other in zip(value, start, strict=True)
        ]
    return value


def _countable(value: Any, is_enum: bool) -> Any:
    """Return what of a server-set value is no id and no time: numbers, booleans, states."""
    if isinstance(value, bool) or (isinstance(value, str) and is_enum):
        return value
    if isinstance(value, int | Decimal):
        return value if -EPOCH < value < EPOCH else None
    if isinstance(value, list):
        return [_countable(one, False) for one in value]
    if isinstance(value, dict):
        return {name: _countable(one, False) for name, one in value.items()}
    return None


def _statuses(outcome: _Outcome) -> str:
    return " and ".join(str(answer.status) for answer in outcome.answers)


def _parents(resource: Resource, path: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in path.items() if name in resource.parents}


CHECKS = (
    Check(
        name="writes-at-once-are-serial",
        kind="concurrency",
        promise="Two writes at once leave a resource as if one had been performed after the other",
        origin="RFC 5789, section 2: a change is atomic; RFC 9110, section 13.1.1: lost updates",
        run=_serializable,
        needs=_NEEDS,
    ),
    Check(
        name="one-winner-of-an-etag",
        kind="concurrency",
        promise="Of two writes at once with the same If-Match, or the same version in their bodies, one is performed",
        origin="RFC 9110, section 13.1.1",
        run=_conditional_writes,
        needs=_NEEDS,
    ),
    Check(
        name="one-creator-of-an-id",
        kind="concurrency",
        promise="Of two requests at once that create a resource under one id, one creates it",
        origin="RFC 9110, sections 9.3.3 and 15.5.10; what the document says of each creation",
        run=_two_creators,
        needs=_NEEDS,
    ),
)
