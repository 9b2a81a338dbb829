"""Members: what PUT adds below a resource is in an array of it, beside the others, until DELETE removes it.

``PUT /tickets/{ticketId}/assignees/{user}`` and ``assignees`` of the ticket are such a pair. What of it holds for two
requests at once is tested as well where the stack lets a request wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.child_resources import parent_of, path_below
from homeport.contract.checks.client import Answer
from homeport.contract.checks.concurrency.schedules import count_calls, count_writes, first_writes, overlap
from homeport.contract.checks.resource_client import ResourceClient, exchanges_of
from homeport.contract.checks.session import Made, Session
from homeport.contract.checks.whole_numbers import is_count
from homeport.contract.rest.members import infer_members
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation


@dataclass(frozen=True, slots=True)
class _Membership:
    """The members of one owner: ``add`` is PUT, ``path`` leads below the owner."""

    session: Session
    resource: Resource
    owner: Resource
    made: Made
    path: Mapping[str, Any]

    @property
    def add(self) -> Operation:
        assert self.resource.replace is not None
        return self.resource.replace

    def new_id(self) -> Any:
        return self.session.values.new_id(self.resource)

    def send(self, operation: Operation, member: Any) -> Answer:
        path = {**self.path, self.resource.id_parameter: member}
        return self.session.client.send(operation, path, headers=self.session.headers(operation))

    def read(self) -> Answer:
        answer = self.session.read(self.owner, self.made.path)
        assert answer is not None
        return answer


def _membership(session: Session, resource: Resource) -> _Membership | None:
    """Return the members of a new owner, None where a resource is no member of another one."""
    put = resource.replace
    if put is None or put.body is not None or resource.read is not None or not resource.id_parameter:
        return None
    owner = parent_of(resource, session.model)
    if owner is None or owner.read is None or resource.keyed_by or (made := session.make(owner)) is None:
        return None
    path = path_below(made, resource)
    return _Membership(session, resource, owner, made, path) if path else None


def _arrays_with(answer: Answer, member: Any) -> dict[str, list[Any]]:
    """Return the arrays of a representation that have a member, by their names."""
    shown = answer.json if answer.ok and isinstance(answer.json, Mapping) else {}
    arrays = {name: value for name, value in shown.items() if isinstance(value, list)}
    return {name: value for name, value in arrays.items() if member in value}


def _added_and_removed(session: Session, resource: Resource) -> Iterator[Breach]:
    one = _membership(session, resource)
    if one is None:
        return
    first, second = one.new_id(), one.new_id()
    answers = [one.send(one.add, first)]
    name = next(iter(_arrays_with(one.read(), first)), "")
    if not answers[0].ok or not name:
        return  # nothing of the owner shows its members
    answers += [one.send(one.add, second), one.send(one.add, first), one.read()]
    shown = _arrays_with(answers[-1], first).get(name, []), _arrays_with(answers[-1], second).get(name, [])
    exchanges = [*exchanges_of(one.made), *(answer.exchange for answer in answers)]
    if all(answer.ok for answer in answers) and not all(shown):
        missing = second if shown[0] else first
        yield Breach(one.add, f"{first} and {second} were added, and {name} lacks {missing}", exchanges, f"/{name}")
    elif all(answer.ok for answer in answers) and shown[0].count(first) > 1:
        happened = f"{first} was added twice, and {name} has it {shown[0].count(first)} times"
        yield Breach(one.add, happened, exchanges, f"/{name}")
    if all(answer.ok for answer in answers) and all(shown):
        yield from _listed_by_member(one, name, first, answers[0])
    if resource.delete is None:
        return
    removed = one.send(resource.delete, first)
    after = one.read()
    exchanges += [removed.exchange, after.exchange]
    if removed.ok and first in _arrays_with(after, first).get(name, []):
        yield Breach(resource.delete, f"{first} was removed, and {name} still has it", exchanges, f"/{name}")
    elif removed.ok and after.ok and all(shown) and second not in _arrays_with(after, second).get(name, []):
        yield Breach(resource.delete, f"{first} was removed, and {name} lacks {second}", exchanges, f"/{name}")


def _listed_by_member(one: _Membership, name: str, member: Any, added: Answer) -> Iterator[Breach]:
    """Ask the owner's lists for a member, and for a part of its name."""
    client, known = ResourceClient.of(one.session, one.owner), one.owner.fields.get(name)
    if known is None:
        return
    fields = {name: replace(known, written=frozenset((one.add.id,)))}
    for listing in one.owner.listings:
        query = [parameter for parameter in listing.operation.parameters if parameter.place == "query"]
        for asked in infer_members(query, fields, one.session.model.document, {}) if not listing.required else ():
            for value, is_wanted in ((member, True), (str(member)[:-1], False)):
                if not one.session.values.is_valid(value, asked.schema):
                    continue
                found, answer = client.find_in_list(listing, [one.made.id], **{asked.parameter: value})
                if answer is not None and answer.ok and bool(found) is not is_wanted:
                    happened = f"{name} has {member}, and the list of {asked.parameter}={value} "
                    happened += f"lacks {one.made.id}" if is_wanted else f"has {one.made.id}"
                    exchanges = [*exchanges_of(one.made, added), answer.exchange]
                    yield Breach(listing.operation, happened, exchanges, f"?{asked.parameter}")


def _both_are_there(session: Session, resource: Resource) -> Iterator[Breach]:
    one = _membership(session, resource)
    if one is None:
        return
    answer, calls = count_calls(session.access, partial(one.send, one.add, one.new_id()))
    if not answer.ok or not calls:
        return
    first, second = one.new_id(), one.new_id()
    sends = [partial(one.send, one.add, member) for member in (first, second)]
    found = overlap(session.access, sends[0], sends[1], len(calls))
    read = one.read()
    names = {**_arrays_with(read, first), **_arrays_with(read, second)}
    if found is None or not (found.first.ok and found.second.ok) or not names:
        return
    (name, shown), *_ = names.items()
    lost = [member for member in (first, second) if member not in shown]
    if lost:
        happened = f"PUT of {first} waited before {found.call} while {second} was added: {name} lacks {lost[0]}"
        exchanges = [*exchanges_of(one.made, found.second, found.first, read)]
        yield Breach(one.add, happened, exchanges, f"/{name}")


def _with_member(session: Session, resource: Resource, operation: Operation, member: Any) -> _Membership | None:
    """Return the members of a new owner; for a DELETE, the one that it removes is among them."""
    one = _membership(session, resource)
    if one is not None and operation is resource.delete and not one.send(one.add, member).ok:
        return None
    return one


def _numbers(answer: Answer) -> dict[str, int]:
    """Return the small whole numbers of a representation."""
    return {name: one for name, one in answer.properties.items() if is_count(one)}


def _counted_once(session: Session, resource: Resource) -> Iterator[Breach]:
    """Yield a breach where a number of the owner counts a member twice that was added, or removed, twice at once."""
    for operation in (resource.replace, resource.delete):
        member = session.values.new_id(resource)
        one = None if operation is None else _with_member(session, resource, operation, member)
        if operation is None or one is None:
            continue
        before, (_, calls) = _numbers(one.read()), count_calls(session.access, partial(one.send, operation, member))
        once = _numbers(one.read())
        again, twice = one.send(operation, member), _numbers(one.read())
        moved = {name: once[name] - before[name] for name in before.keys() & once.keys() if once[name] != before[name]}
        if not moved or once != twice or again.status >= 500:
            continue
        writes = count_writes(calls)
        for number in first_writes(calls):
            if (one := _with_member(session, resource, operation, member)) is None:
                return
            before, send = _numbers(one.read()), partial(one.send, operation, member)
            found = overlap(session.access, send, send, number, writes_only=True)
            read = one.read()
            wrong = [name for name, step in moved.items() if _numbers(read).get(name, 0) - before.get(name, 0) != step]
            if found is not None and wrong and (found.first.ok or found.second.ok):
                name = wrong[0]
                happened = (
                    f"twice in turn, {name} is {before[name] + moved[name]} afterwards; while the first waited before "
                    f"its write {number} of {writes} ({found.call}), the other one was performed, and {name} went from "
                    f"{before[name]} to {_numbers(read).get(name)}"
                )
                yield Breach(operation, happened, exchanges_of(one.made, found.second, found.first, read), f"/{name}")
                return


CHECKS = (
    Check(
        name="members-are-added-and-removed",
        kind="methods",
        promise="What PUT adds below a resource is in its array once, until DELETE removes it, and lists select by it",
        origin="RFC 9110, sections 9.3.4 and 9.3.5",
        run=_added_and_removed,
    ),
    Check(
        name="member-at-once-counts-once",
        kind="concurrency",
        promise="A member that is added or removed twice at once counts once, as it does when it is done twice in turn",
        origin="RFC 9110, section 9.2.2: PUT and DELETE are idempotent",
        run=_counted_once,
        needs=frozenset(("stack",)),
    ),
    Check(
        name="members-at-once-are-both-there",
        kind="concurrency",
        promise="Of two members that are added at once below a resource, none is lost",
        origin="RFC 9110, section 9.3.4; DynamoDB, ADD and list_append in update expressions",
        run=_both_are_there,
        needs=frozenset(("stack",)),
    ),
)
