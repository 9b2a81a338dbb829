"""Sequences: random operations on a few resources, held against what each answer before said of them.

A walk is made of steps on slots, each the place of one resource. Its expectations come from the answers of the walk
itself, so that a walk finds what depends on the past: a write that touches another resource, a property that returns, a
resource that a list loses after three writes. The steps that a breach does not need are taken out by running the walk
without them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.equality import MISSING, show_value
from homeport.contract.checks.expectation import Expectation
from homeport.contract.checks.resource_client import GONE, ResourceClient
from homeport.contract.checks.session import Made, Session
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

StepKind = Literal["make", "make again", "read", "replace", "change", "delete", "list", "batch"]

_SLOTS = 3
_STEPS = 24
_RERUNS = 16


@dataclass(frozen=True, slots=True)
class Step:
    """An operation on the resource in a slot; ``number`` selects the values that a write gets."""

    kind: StepKind
    slot: int
    number: int = 0


@dataclass
class _Slot:
    """The resource that a walk has in a slot. ``shown`` is None while there is none; ``writer`` wrote it last."""

    made: Made | None = None
    shown: dict[str, Any] | None = None
    writer: Operation | None = None


@dataclass
class SequenceRun:
    """A run of steps. ``breach`` is the first that was seen; its exchanges are those of all steps up to it."""

    client: ResourceClient
    slots: list[_Slot] = field(default_factory=lambda: [_Slot() for _ in range(_SLOTS)])
    exchanges: list[HttpExchange] = field(default_factory=list)
    breach: Breach | None = None
    length: int = 0

    def run(self, steps: Sequence[Step]) -> Breach | None:
        """Perform steps until one breaks a promise, or can't be judged; return the breach."""
        for step in steps:
            self.length += 1
            if not self._perform(step, self.slots[step.slot]) or self.breach is not None:
                break
        return self.breach

    def _perform(self, step: Step, slot: _Slot) -> bool:
        """Perform a step. Returns False where the rest of the walk has no firm ground."""
        match step.kind:
            case "make":
                return self._make(step, slot)
            case "list":
                return self._list()
            case "batch":
                return self._batch()
        if slot.made is None:
            return True
        match step.kind:
            case "read":
                return self._read(slot, slot.made)
            case "make again":
                return self._make_again(step, slot, slot.made)
            case "delete":
                return self._delete(slot, slot.made)
            case _:
                resource = self.client.resource
                return self._write(
                    step, slot, slot.made, resource.replace if step.kind == "replace" else resource.change
                )

    def _make(self, step: Step, slot: _Slot) -> bool:
        if slot.shown is not None:
            return True
        client, name = self.client, self.client.resource.id_property
        operation = client.resource.whole_write
        body = {} if operation is None else client.full(operation, step.number) or {}
        changes = {key: one for key, one in body.items() if key != name}
        field_of_id, create = client.resource.fields.get(name), client.resource.create
        if slot.made is not None and create is not None and field_of_id and create.id in field_of_id.written:
            changes[name] = slot.made.id
        made = client.make(**changes)
        if made is None:
            return False
        self.exchanges += [one.exchange for one in (*made.before, made.answer)]
        slot.made, slot.writer = made, made.answer.operation
        slot.shown = dict(made.representation) if isinstance(made.representation, Mapping) else None
        if slot.shown is None:
            return self._learn(slot, made)
        return True

    def _learn(self, slot: _Slot, made: Made) -> bool:
        """Read a resource whose write showed nothing of it."""
        read = self._note(self.client.read(made.path))
        slot.shown = dict(read.json) if read is not None and read.ok and isinstance(read.json, Mapping) else None
        return slot.shown is not None

    def _make_again(self, step: Step, slot: _Slot, made: Made) -> bool:
        create, name = self.client.resource.create, self.client.resource.id_property
        found = self.client.resource.fields.get(name)
        if create is None or found is None or create.id not in found.written or slot.shown is None:
            return True
        parents = {key: one for key, one in made.path.items() if key != self.client.resource.id_parameter}
        body = {**(self.client.full(create, step.number) or {}), name: made.id}
        answer = self._note(self.client.write(create, parents, body))
        return answer is not None and answer.status in (400, 409, 412, 422)

    def _read(self, slot: _Slot, made: Made) -> bool:
        read = self._note(self.client.read(made.path))
        if read is None:
            return True
        operation = slot.writer or read.operation
        if slot.shown is None:
            if read.status not in GONE:
                self._break(operation, f"{made.id} was deleted, and is read with {read.status}", "read")
        elif not read.ok:
            self._break(operation, f"{made.id} was written, and is read with {read.status}", "read")
        elif isinstance(read.json, Mapping):
            expectation = Expectation(self.client.resource, self.client.equality)
            # What the document has in the answer of the write alone is shown once: the secret of a webhook.
            both = {one: old for one, old in slot.shown.items() if one in read.json or expectation.documents(read, one)}
            self._compare(operation, both, read.json, f"the read of {made.id}")
        return True

    def _write(self, step: Step, slot: _Slot, made: Made, operation: Operation | None) -> bool:
        body = None if operation is None else self.client.full(operation, step.number, made.path)
        if operation is None or not isinstance(body, dict):
            return True
        if step.kind == "change":
            names = sorted(body)
            required = {one.name for one in self.client.resource.fields.values() if operation.id in one.required}
            body = {one: body[one] for number, one in enumerate(names) if one in required or (number + step.number) % 2}
        answer = self._note(self.client.write(operation, made.path, body))
        if answer is None or answer.status >= 500:
            return False
        if not answer.ok:
            return True
        if slot.shown is None:
            if step.kind == "replace" and self.client.resource.creates_by_put:
                slot.writer = operation
                slot.shown = dict(answer.json) if isinstance(answer.json, Mapping) else None
                return slot.shown is not None or self._learn(slot, made)
            self._break(
                operation, f"{made.id} was deleted, {operation.method} was answered with {answer.status}", "404"
            )
            return False
        before, slot.writer = slot.shown, operation
        slot.shown = dict(answer.json) if isinstance(answer.json, Mapping) else None
        if slot.shown is None and not self._learn(slot, made):
            return False
        self._compare_write(step, operation, before, slot.shown or {}, body)
        return True

    def _compare_write(
        self, step: Step, operation: Operation, before: dict[str, Any], after: dict[str, Any], body: dict[str, Any]
    ) -> None:
        """Look at the properties that a write must leave alone."""
        expectation = Expectation(self.client.resource, self.client.equality)
        alone = {*expectation.created, self.client.resource.id_property}
        for name, old in expectation.lasting(before).items():
            if name in body or (step.kind == "replace" and name not in alone):
                continue
            new = after.get(name, MISSING)
            if not self.client.equality.equal(old, new) and not (new is MISSING and old is None):
                named = f"{operation.method} of {', '.join(body) or 'nothing'}"
                self._break(
                    operation, f"{named} changed {name} from {show_value(old)} to {show_value(new)}", f"/{name}"
                )

    def _delete(self, slot: _Slot, made: Made) -> bool:
        deleted = self._note(self.client.delete(made.path))
        if deleted is None or deleted.status == 202 or deleted.status >= 500:
            return False
        if deleted.ok:
            slot.shown, slot.writer = None, deleted.operation
        return True

    def _list(self) -> bool:
        if self.client.session.stack is None:
            return True  # lists may lag behind the writes
        for listing in self.client.resource.listings:
            slots = [slot for slot in self.slots if slot.made is not None]
            if listing.required or listing.defaults or not slots:
                continue
            found, answer = self.client.find_in_list(listing, [slot.made.id for slot in slots if slot.made])
            self._note(answer)
            self._compare_items(listing.operation, slots, found, answer)
        return True

    def _batch(self) -> bool:
        for batch_read in self.client.resource.batch_reads:
            slots = [slot for slot in self.slots if slot.made is not None]
            if slots:
                found, answer = self.client.batch(batch_read, [slot.made.id for slot in slots if slot.made])
                self._note(answer)
                self._compare_items(batch_read.operation, slots, found, answer)
        return True

    def _compare_items(
        self, operation: Operation, slots: list[_Slot], found: Mapping[str, Any], answer: Answer | None
    ) -> None:
        if answer is None or not answer.ok:
            return
        for slot in slots:
            id_ = slot.made.id if slot.made else None
            item = found.get(str(id_))
            if slot.shown is None and item is not None:
                self._break(operation, f"{id_} was deleted, and is still there", "deleted")
            elif slot.shown is not None and item is None:
                self._break(operation, f"{id_} was made, and is not there", "missing")
            elif slot.shown is not None and isinstance(item, Mapping):
                shown = {name: value for name, value in slot.shown.items() if name in item}
                self._compare(operation, shown, item, f"{id_} here")

    def _compare(self, operation: Operation, expected: Mapping[str, Any], found: Mapping[str, Any], where: str) -> None:
        for name, old in Expectation(self.client.resource, self.client.equality).independent(expected).items():
            new = found.get(name, MISSING)
            if not self.client.equality.equal(old, new) and not (new is MISSING and old is None):
                happened = (
                    f"{name} was {show_value(old)} in the answer of the last write, {where} has {show_value(new)}"
                )
                self._break(operation, happened, f"/{name}")

    def _break(self, operation: Operation, happened: str, subject: str) -> None:
        if self.breach is None:
            self.breach = Breach(operation, happened, tuple(self.exchanges), subject=subject)

    def _note(self, answer: Answer | None) -> Answer | None:
        if answer is not None:
            self.exchanges.append(answer.exchange)
        return answer


def _random_walk(session: Session, resource: Resource) -> Iterator[Breach]:
    client = ResourceClient.of(session, resource)
    if resource.read is None or resource.single or resource.keyed_by:
        return
    walk, steps = SequenceRun(client), _steps(session, resource)
    breach = walk.run(steps)
    if breach is not None:
        yield _shorten(client, steps[: walk.length], breach)


def _steps(session: Session, resource: Resource) -> list[Step]:
    """Return random steps; each slot has a resource first."""
    kinds: list[StepKind] = ["read", "read", "make", "make again"]
    kinds += ["replace", "replace"] if resource.replace else []
    kinds += ["change", "change", "change"] if resource.change else []
    kinds += ["delete"] if resource.delete else []
    kinds += ["list"] if resource.listings else []
    kinds += ["batch"] if resource.batch_reads else []
    choose = session.random
    steps = [Step("make", slot, slot) for slot in range(_SLOTS)]
    for _ in range(_STEPS):
        steps.append(Step(choose.choice(kinds), choose.randrange(_SLOTS), choose.randrange(8)))
    return steps + [Step("read", slot) for slot in range(_SLOTS)]


def _shorten(client: ResourceClient, steps: list[Step], breach: Breach) -> Breach:
    """Return the breach with the shortest sequence that shows it, as far as a few more runs find it."""
    reruns, size = _RERUNS, max(len(steps) // 2, 1)
    best = breach
    while size >= 1 and reruns > 0:
        start = max(len(steps) - 1 - size, 0)
        while start >= 0 and reruns > 0:
            candidate = steps[:start] + steps[start + size :]
            reruns -= 1
            walk = SequenceRun(client)
            found = walk.run(candidate) if candidate else None
            if found is not None and (found.operation, found.subject) == (breach.operation, breach.subject):
                steps, best = candidate[: walk.length], found
                start = min(start, len(steps) - 1)
            if start == 0:
                break
            start = max(start - size, 0)
        size //= 2
    return best


CHECKS = (
    Check(
        name="sequence-holds",
        kind="sequences",
        promise="Whatever was done before, an answer shows the resource as the last write left it",
        origin="RFC 9110, sections 9.3.1, 9.3.4 and 9.3.5",
        run=_random_walk,
    ),
)
