"""Counts: a number of resources follows each write that makes, changes or removes one of them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice, product
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.equality import Equality, show_value
from homeport.contract.checks.made_resource import path_after
from homeport.contract.checks.resource_client import GONE, ResourceClient, exchanges_of, items_at
from homeport.contract.checks.session import Made, Session
from homeport.contract.checks.state_field import enum_values
from homeport.contract.rest.counts import Choice, Count, find_counts
from homeport.contract.rest.formulas import number
from homeport.contract.rest.infer import owner_of
from homeport.contract.rest.names import plain
from homeport.contract.rest.places import parameters_of
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.shapes import is_restoring, value_at
from homeport.project.model import Operation

_MADE = 3
_MOST_STATES = 6
_MOST_ACTIONS = 4
# Functions of a stream or a queue may count a little later.
_TIMEOUT = 5.0
_SHORT_TIMEOUT = 0.8
_PAUSE = 0.25


def _counts_follow_members(session: Session, resource: Resource) -> Iterator[Breach]:
    for count in find_counts(session.model):
        if count.members != resource.name or (session.client.guard is not None and not count.below):
            continue  # others may write at another machine
        for breach in _Counted(session, count, resource).run():
            # Others may have written meanwhile, but not twice.
            if session.stack is not None or any(True for _ in _Counted(session, count, resource).run()):
                yield breach


@dataclass(frozen=True, slots=True)
class _State:
    """A number, and the members that the run made, at a moment."""

    number: Decimal
    members: tuple[Mapping[str, Any], ...]
    answer: Answer


@dataclass
class _Counted:
    """The members that a run made, and the number that counts them."""

    session: Session
    count: Count
    resource: Resource
    made: list[Made] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    value: Any = None

    @property
    def client(self) -> ResourceClient:
        """The operations on the members."""
        return ResourceClient.of(self.session, self.resource)

    def run(self) -> Iterator[Breach]:
        """Compare the number with the members after each write; by one of its meanings it follows them all."""
        first = self._make()
        before = self._look() if first is not None else None
        if first is None or before is None:
            return
        start, open_choices = before, list(self.count.choices)
        for answer in self._writes(first):
            now, left = self._follow(start, open_choices)
            if now is None:
                self.session.note_untested(f"after {answer.operation.label}, {self.count.name} can't be compared")
                return
            if not left:
                exchanges = [one for made in self.made for one in exchanges_of(made)][:1]
                exchanges += [before.answer.exchange, answer.exchange, now.answer.exchange]
                yield Breach(answer.operation, self._describe(before, now, answer), exchanges, f"/{self.count.name}")
                return
            before, open_choices = now, left

    def _follow(self, start: _State, choices: list[Choice]) -> tuple[_State | None, list[Choice]]:
        """Return the state now, and the meanings by which the number has changed as the members did since the start."""
        ends = time.monotonic() + (_TIMEOUT if self.session.project.triggers.every else _SHORT_TIMEOUT)
        while True:
            now = self._look()
            left = [one for one in choices if now is not None and self._has_followed(start, now, one)]
            if now is None or left or time.monotonic() > ends:
                return now, left
            time.sleep(_PAUSE)

    def _has_followed(self, start: _State, now: _State, choice: Choice) -> bool:
        old, new = (self.count.total(choice, one.members, self.value) for one in (start, now))
        return old is not None and new is not None and now.number - start.number == new - old

    def _describe(self, before: _State, now: _State, answer: Answer) -> str:
        totals = [
            tuple(self.count.total(choice, one.members, self.value) for one in (before, now))
            for choice in self.count.choices
        ]
        old, new = next(((a, b) for a, b in totals if a is not None and b is not None), (Decimal(0), Decimal(0)))
        of_value = f" of {show_value(self.value)}" if self.count.key else ""
        words = " ".join(self.count.text.split()).rstrip(".")
        said = f' ("{words}")' if words else ""
        happened = f"{self.count.name}{of_value}{said} was {before.number} before {answer.operation.label} and is "
        what = f"by the {self.count.members} themselves it changed by {new - old:+f}"
        return f"{happened}{now.number} after it was answered with {answer.status}; {what}"

    # Writes

    def _writes(self, first: Made) -> Iterator[Answer]:
        """Yield the answers of writes that make members, change what is counted, and remove them again."""
        for _ in range(_MADE - 1):
            made = self._make()
            if made is not None and any(one.operation == made.answer.operation for one in made.before):
                return  # another member was made for it
            if made is not None:
                yield made.answer
        yield from islice(self._changes(first), _MOST_STATES)
        # Each on another member: what one of them leads to is there when that one is deleted.
        for place, action in enumerate(_actions(self.resource, restores=False)):
            yield self._perform(self.resource, self.made[place % len(self.made)], action)
        yield from self._relate(self.made[-1])
        for made in reversed(self.made):
            deleted = self.client.delete(made.path, self._tag(made))
            if deleted is None:
                continue
            if deleted.ok:
                self.gone.add(str(made.id))
            yield deleted
            for action in _actions(self.resource, restores=True):
                yield self._perform(self.resource, made, action)

    def _make(self) -> Made | None:
        """Make a member, below the same resource as those before."""
        changes: dict[str, Any] = {}
        if self.count.key:
            value = self.value or f"n{self.session.random.getrandbits(32):x}"
            is_array = self._is_array(self.count.array)
            changes[self.count.array] = [value] if is_array else value
        made = self.session.make(self.resource, **changes)
        if made is None or made.id is None:
            return None
        if self.made and any(made.path.get(one) != self.made[0].path.get(one) for one in self.resource.parents):
            return None
        self.made.append(made)
        if self.count.key and self.value is None:
            shown = (self._show(made) or {}).get(self.count.array)
            self.value = shown[0] if isinstance(shown, list) and shown else shown
        return made

    def _is_array(self, name: str) -> bool:
        parts = self.client.equality.parts(self.resource.fields[name].schema)
        return any(part.get("type") == "array" or "items" in part for part in parts)

    def _changes(self, made: Made) -> Iterator[Answer]:
        """Yield the answers of PATCH or PUT with each value of the properties that decide what is counted."""
        client, resource = self.client, self.resource
        write = resource.change or resource.replace
        if write is None:
            return
        choices = {}
        for name in dict.fromkeys([one.field for one in self.count.conditions]):
            schema = client.sent_schema(write, name)
            values: list[Any] = [True, False] if _is_boolean(client.equality, schema) else [*_enum(client, name)]
            choices[name] = [one for one in values if schema is not None and self.session.values.is_valid(one, schema)]
        if self.count.weight and (schema := client.sent_schema(write, self.count.weight)) is not None:
            choices[self.count.weight] = client.plain_values(schema, self.count.weight)[:2]
        known = {name: values for name, values in choices.items() if values}
        for chosen in product(*known.values()) if known else ():
            changes = dict(zip(known, chosen, strict=True))
            whole = changes if write is resource.change else client.body(write, made.path, **changes)
            yield client.write(write, made.path, whole, self._tag(made))

    def _perform(self, resource: Resource, made: Made, action: Operation) -> Answer:
        answer = ResourceClient.of(self.session, resource).perform(action, made.path, self._tag(made))
        if resource is self.resource and answer.ok and is_restoring(action):
            self.gone.discard(str(made.id))
        return answer

    def _relate(self, made: Made) -> Iterator[Answer]:
        """Yield the answers of writes of other resources that have the id of a member, such as the loan of a copy."""
        model = self.session.model
        for other in model.resources:
            names = [
                name
                for name, one in other.fields.items()
                if other.create is not None
                and other.create.id in one.written
                and owner_of(name, model.resources) is self.resource
            ]
            if other is self.resource or not names:
                continue
            above = {plain(name): value for name, value in made.path.items()}
            changes = {name: above[plain(name)] for name in other.fields if plain(name) in above}
            related = self._send_related(other, {**changes, **dict.fromkeys(names, made.id)})
            if related is not None:
                yield related.answer
                for action in _actions(other, restores=False):
                    yield self._perform(other, related, action)

    def _send_related(self, other: Resource, changes: Mapping[str, Any]) -> Made | None:
        """Send the create of another resource, and nothing before it: what it needs else would be counted as well."""
        session, create = self.session, other.create
        body = session.values.body(create, other) if create is not None else None
        if create is None or not isinstance(body, dict) or other.parents:
            return None
        answer = session.client.send(
            create, query=session.query(create), headers=session.headers(create), body={**body, **changes}
        )
        path = path_after(other, create, {}, body, answer) if answer.ok else None
        return None if path is None else Made(path, body, answer)

    def _tag(self, made: Made) -> str:
        read = self.client.read(made.path)
        return read.header("ETag") if read is not None and read.ok else ""

    # What is there

    def _look(self) -> _State | None:
        """Return the number and the members as they are; None where one of them can't be seen."""
        answer, found = self._number()
        members = [self._show(made) for made in self.made]
        if found is None or any(one is None for one in members):
            return None
        return _State(found, tuple(one for one in members if one), answer)

    def _number(self) -> tuple[Answer, Decimal | None]:
        count, session = self.count, self.session
        if count.listing is not None:
            return self._number_in_list(count.listing)
        names = parameters_of(count.operation.path)
        path = dict(zip(names, self.made[0].path.values(), strict=False))
        query, headers = session.query(count.operation), session.headers(count.operation)
        answer = session.client.send(count.operation, path, query=query, headers=headers)
        shown = answer.json
        if isinstance(shown, Mapping) and count.name not in shown:
            shown = value_at(shown, count.keys)
        return answer, number(value_at(shown, (count.name,))) if answer.ok else None

    def _number_in_list(self, listing: Any) -> tuple[Answer, Decimal | None]:
        """Return the number that a list has for the value, 0 where it has none."""
        last = None
        for last in ResourceClient.of(self.session, self.resource).pages(listing):
            for one in items_at(last.json, listing.items):
                if isinstance(one, Mapping) and one.get(self.count.key) == self.value:
                    return last, number(one.get(self.count.name))
        assert last is not None
        return last, Decimal(0) if last.ok else None

    def _show(self, made: Made) -> Mapping[str, Any] | None:
        """Return a member as it is, empty where it is gone, None where nothing shows it."""
        if str(made.id) in self.gone:
            read = self.client.read(made.path)
            # Some services keep what was deleted, and may count it.
            return None if read is not None and read.status not in GONE else {}
        read = self.client.read(made.path)
        if read is not None:
            return read.properties or None if read.ok else {} if read.status in GONE else None
        if self.count.conditions or self.count.weight:
            return self._in_list(made)
        return made.answer.properties or {self.resource.id_property: made.id}

    def _in_list(self, made: Made) -> Mapping[str, Any] | None:
        for listing in self.resource.listings:
            if not listing.required:
                found, _ = self.client.find_in_list(listing, [made.id], **made.path)
                return found.get(str(made.id))
        return None


def _actions(resource: Resource, *, restores: bool) -> list[Operation]:
    """Return a few actions, those that bring a deleted resource back or the others."""
    actions = [one for one in resource.actions if one.method == "POST" and is_restoring(one) is restores]
    return actions[:_MOST_ACTIONS]


def _is_boolean(equality: Equality, schema: Any) -> bool:
    return schema is not None and any(part.get("type") == "boolean" for part in equality.parts(schema))


def _enum(client: ResourceClient, name: str) -> tuple[str, ...]:
    field_ = client.resource.fields.get(name)
    return () if field_ is None else enum_values(client.equality, field_)


CHECKS = (
    Check(
        name="counts-follow-members",
        kind="collections",
        promise="A number of resources changes by one with each that is made or removed, and with none else",
        origin="the name or the description of the number",
        run=_counts_follow_members,
    ),
)
