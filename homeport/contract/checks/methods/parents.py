"""Parents: below a resource that is not there, nothing is listed and nothing made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.child_resources import parent_of, path_below
from homeport.contract.checks.client import NO_BODY
from homeport.contract.checks.equality import show_value
from homeport.contract.checks.prerequisite_steps import make_ready
from homeport.contract.checks.resource_client import ResourceClient, conflict_text, exchanges_of
from homeport.contract.checks.session import Made, Session
from homeport.contract.rest.counts import MemberCondition, find_condition
from homeport.contract.rest.names import singular
from homeport.contract.rest.resource import Resource


def _nothing_below_nothing(session: Session, resource: Resource) -> Iterator[Breach]:
    owner = parent_of(resource, session.model)
    if (
        owner is None
        or owner.single
        or owner.keyed_by
        or owner.create is None
        or owner.id_property in _created_fields(owner)
    ):
        return  # a client may have meant an id of its own
    operations = [one.operation for one in resource.listings if one.operation.method == "GET"]
    operations += [resource.create] if resource.create is not None else []
    operations = [one for one in operations if "404" in one.responses]
    if not operations or (there := session.make(owner)) is None:
        return
    known = path_below(there, resource)
    path = {**known, resource.parents[-1]: session.values.new_id(owner)} if known else {}
    for operation in operations if path else ():
        body = session.body(operation, resource)
        answer = session.client.send(
            operation,
            path,
            query=session.query(operation),
            headers=session.headers(operation),
            body=NO_BODY if body is None else body,
        )
        if answer.ok:
            id_ = path[resource.parents[-1]]
            happened = f"there is no {id_}, and {operation.method} below it was answered with {answer.status}"
            yield Breach(operation, happened, [answer.exchange], subject="404")


def _closed_take_nothing(session: Session, resource: Resource) -> Iterator[Breach]:
    """Make something below a parent that is in a state by which the 409 is explained: "the post is a draft"."""
    owner, create = parent_of(resource, session.model), resource.create
    if owner is None or create is None or owner.read is None or owner.single or "409" not in create.responses:
        return
    for condition in _states_in(conflict_text(session, create), owner, session):
        there = _make_in_state(session, owner, condition)
        if there is None:
            continue
        body, headers = session.body(create, resource), session.headers(create)
        sent = NO_BODY if body is None else body
        answer = session.client.send(
            create, path_below(there, resource), query=session.query(create), headers=headers, body=sent
        )
        if answer.ok:
            state = show_value(condition.value)
            noun = singular(owner.name.rpartition("/")[2])
            happened = f"the {condition.field} of its {noun} was {state}, for which the document has 409, and the "
            happened += f"answer was {answer.status}"
            yield Breach(create, happened, exchanges_of(there, answer), subject="409")


def _states_in(words: str, owner: Resource, session: Session) -> list[MemberCondition]:
    """Return the states of a parent that words name: a choice of its own, or what is true of it."""
    noun = singular(owner.name.rpartition("/")[2])
    found = re.findall(
        rf"\b{re.escape(noun)} (?:is|has been|was) (?:still |already )?(?:an? )?((?:not )?\w+)", words, re.I
    )
    read = [find_condition(one.lower().split(), owner, session.model.document) for one in found]
    return [one for one in read if one is not None]


def _make_in_state(session: Session, owner: Resource, condition: MemberCondition) -> Made | None:
    """Make a parent, and bring it into a state by the value itself or by an action; None where that fails."""
    client = ResourceClient.of(session, owner)
    actions = [one for one in owner.actions if one.method == "POST"]
    for write in (None, owner.change, *actions):
        made = session.make(owner) if write is None or write is owner.change else make_ready(session, owner, write)
        if made is None:
            return None
        if write is owner.change and write is not None:
            if client.sent_schema(write, condition.field) is None:
                continue
            client.write(write, made.path, {condition.field: condition.value}, made.answer.header("ETag"))
        elif write is not None:
            client.perform(write, made.path, made.answer.header("ETag"))
        read = client.read(made.path)
        if read is not None and read.ok and condition.holds(read.properties):
            return replace(made, answer=read, before=(*made.before, made.answer))
    return None


def _created_fields(owner: Resource) -> frozenset[str]:
    """Return the properties that the create of a resource takes."""
    created = owner.create.id if owner.create is not None else ""
    return frozenset(name for name, field in owner.fields.items() if created in field.written)


CHECKS = (
    Check(
        name="nothing-below-nothing",
        kind="methods",
        promise="Below a resource that is not there nothing is listed and nothing made, where the document has 404",
        origin="RFC 9110, section 15.5.5, and the operation's response 404",
        run=_nothing_below_nothing,
    ),
    Check(
        name="closed-parents-take-nothing",
        kind="methods",
        promise="Nothing is made below a resource in a state by which the document explains its 409",
        origin="the operation's response 409",
        run=_closed_take_nothing,
    ),
)
