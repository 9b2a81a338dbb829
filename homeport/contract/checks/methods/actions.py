"""Actions: the states from which the document lets one go, and a restore that takes a deletion back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from homeport.contract.checks.changes import changed_body, send_write
from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import NO_BODY, Answer
from homeport.contract.checks.equality import MISSING, show_value
from homeport.contract.checks.expectation import Expectation
from homeport.contract.checks.methods.states import NOTHING_MORE
from homeport.contract.checks.prerequisite_steps import make_ready, take_step
from homeport.contract.checks.resource_client import ResourceClient, conflict_text, description_of, exchanges_of
from homeport.contract.checks.session import Made, Session
from homeport.contract.checks.state_field import StateField, state_of
from homeport.contract.checks.storage.stored_items import expiry_attribute, find_item
from homeport.contract.rest.dates import has_dates
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.shapes import is_restoring
from homeport.contract.rest.steps import StateStep, steps_of
from homeport.project.model import Operation

# "The loan has been returned before", "it is closed already".
_DONE_BEFORE = re.compile(r"\b(\w+d) (?:before|already)\b|\balready (?:been )?(\w+d)\b", re.IGNORECASE)
_STEM = 4
_MOST_FIRST = 3
_AS_BEFORE = re.compile(
    r"[^.;]*\b(it had|as before|as it was|were before|was before|(is|are) kept|keeps)\b[^.;]*", re.I
)
# "409 if it has been returned before", "else 409 if it is paid already".
_ONCE = re.compile(
    r"\b409\b[^.;]*\b(before|already|again|twice)\b|\b(already|twice)\b[^.;]*\b409\b|\b(only once|once only)\b",
    re.IGNORECASE,
)


def _document_says_when(session: Session, resource: Resource) -> Iterator[Breach]:
    """Perform an action after each other one, and expect 409 where the document has it for that state."""
    client, document = ResourceClient.of(session, resource), session.model.document
    actions = [one for one in resource.actions if one.method == "POST"]
    state = state_of(resource, client.equality)
    for action in actions:
        if "409" not in action.responses:
            continue
        words = description_of(action, document)
        origins = state.find_origins(words) if state is not None else frozenset()
        rejecting = _find_rejecting(state, origins, action, f"{words}\n{conflict_text(session, action)}")
        is_once = _ONCE.search(words) or _is_done_once(session, resource, action, words)
        # Words about a final state leave open whether the action that led there is accepted once more.
        is_strict = state is None or bool(origins)
        befores = [*([None] if origins else []), *steps_of(resource, session.model, action)] if rejecting else []
        tried = (_breach_after(client, action, before, state, rejecting, is_strict) for before in befores)
        breach = next(filter(None, tried), None)
        if breach is None and is_once:
            breach = _breach_after(client, action, StateStep(action), None, frozenset(), True)
        if breach is not None:
            yield breach


def _find_rejecting(state: StateField | None, origins: frozenset[str], action: Operation, words: str) -> frozenset[str]:
    """Return the states in which the document refuses an action: all but its origins, or those that are final."""
    if state is None:
        return frozenset()
    return frozenset(state.values) - origins if origins else state.find_final(words, action.id)


def _breach_after(
    client: ResourceClient,
    action: Operation,
    before: StateStep | None,
    states: StateField | None,
    rejecting: frozenset[str],
    is_strict: bool,
) -> Breach | None:
    """Return a breach where an action is performed in a state in which the document refuses it.

    ``before`` leads to the state, None: a new resource is in it. Unless ``is_strict``, an action that leaves the state
    as it was is none.
    """
    session, resource = client.session, client.resource
    made = client.make() if before is None else make_ready(session, resource, before.operation)
    first = made.answer if made is not None else None
    if made is not None and before is not None:
        first = take_step(session, resource, before, made)
    if made is None or first is None or not first.ok:
        return None
    shown = client.show(made.path, first)
    state = shown.json.get(states.name) if states is not None and isinstance(shown.json, Mapping) else None
    if states is not None and (not isinstance(state, str) or state not in rejecting):
        return None
    answer = client.perform(action, made.path, made.answer.header("ETag"))
    if not answer.ok:
        return None
    if states is not None and not is_strict and _is_still(client, states, state, made, answer):
        return None
    after = f"{states.name} was {show_value(state)}" if states is not None else "it had been performed before"
    happened = f"{after}, for which the document has 409, and the answer was {answer.status}"
    return Breach(action, happened, exchanges_of(made, first, shown, answer), subject="409")


def _is_still(client: ResourceClient, states: StateField, state: Any, made: Made, answer: Answer) -> bool:
    """Return whether an action that was accepted left the state as it was, as the same action again may."""
    shown = client.show(made.path, answer)
    return isinstance(shown.json, Mapping) and shown.json.get(states.name) == state


def _is_done_once(session: Session, resource: Resource, action: Operation, words: str) -> bool:
    """Return whether the words of a 409 are that the action was performed: "the loan has been returned before".

    An action at another time may be another one.
    """
    conflict = conflict_text(session, action)
    verbs = [one.lower() for found in _DONE_BEFORE.finditer(conflict) for one in found.groups() if one]
    stems = [re.sub(r"(.)\1$", r"\1", re.sub(r"e?d$", "", one)) for one in verbs]
    is_action = any(len(one) >= _STEM and one in action.id.lower() for one in stems)
    return is_action and not NOTHING_MORE.search(words) and not has_dates(session.body(action, resource))


def _writes_go_from_documented_states(session: Session, resource: Resource) -> Iterator[Breach]:
    """Send PUT, PATCH and DELETE after each action that leads to a state in which the document rules them out."""
    client = ResourceClient.of(session, resource)
    state = state_of(resource, client.equality)
    for write in (resource.replace, resource.change, resource.delete):
        if write is None or state is None or "409" not in write.responses:
            continue
        words = f"{description_of(write, session.model.document)}\n{conflict_text(session, write)}"
        allowed = state.find_changeable(words)
        for step in steps_of(resource, session.model) if allowed else ():
            if breach := _breach_of_write(client, write, step, state, allowed):
                yield breach
                break


def _breach_of_write(
    client: ResourceClient, write: Operation, step: StateStep, states: StateField, allowed: frozenset[str]
) -> Breach | None:
    session, resource = client.session, client.resource
    made = make_ready(session, resource, step.operation)
    first = None if made is None else take_step(session, resource, step, made)
    if made is None or first is None or not first.ok:
        return None
    shown = client.show(made.path, first)
    state = shown.properties.get(states.name)
    if not isinstance(state, str) or state in allowed or state not in states.values:
        return None
    body = NO_BODY if write is resource.delete else changed_body(session, resource, write, shown.json, made.path)
    answer = send_write(session, resource, write, made.path, body)
    if not answer.ok:
        return None
    happened = f"{states.name} was {show_value(state)}, for which the document has 409, and the answer was "
    return Breach(write, happened + str(answer.status), exchanges_of(made, first, shown, answer), subject="409")


def _restored_is_as_before(session: Session, resource: Resource) -> Iterator[Breach]:
    client = ResourceClient.of(session, resource)
    for action in resource.actions:
        if action.method != "POST" or not is_restoring(action) or resource.delete is None:
            continue
        others = [one for one in resource.actions if one.method == "POST" and not is_restoring(one)]
        for first in (None, *others[:_MOST_FIRST]):
            breaches = list(_restore(client, action, first))
            yield from breaches
            if breaches or client.session.untested_reasons:
                break


def _restore(client: ResourceClient, action: Operation, first: Operation | None) -> Iterator[Breach]:
    """Delete a resource and restore it, after another action where there is one: a state may be lost as well."""
    session, resource = client.session, client.resource
    made = client.make_full() if first is None else make_ready(session, resource, first)
    reached = None if made is None or first is None else client.perform(first, made.path, made.answer.header("ETag"))
    before = None if made is None else client.read(made.path)
    if made is None or before is None or (reached is not None and not reached.ok):
        return
    stored = _expiries(session, made)
    deleted = client.delete(made.path, before.header("ETag"))
    answer = client.perform(action, made.path, made.answer.header("ETag"))
    after = client.read(made.path)
    if deleted is None or not deleted.ok or not answer.ok or after is None:
        if first is None:
            session.note_untested(f"{action.id} after DELETE was answered with {answer.status}")
        return
    exchanges = exchanges_of(made, reached, before, deleted, answer, after)
    said = _said_to_be_back(client, description_of(action, session.model.document))
    for happened, subject in (*_lost(client, before, after, said), *_still_expires(stored, _expiries(session, made))):
        yield Breach(action, happened, exchanges, subject=subject)


def _said_to_be_back(client: ResourceClient, words: str) -> list[str]:
    """Return the properties that a description says are as before: "it has the status and the tags that it had"."""
    said = " ".join(found[0] for found in _AS_BEFORE.finditer(words))
    return [name for name in client.resource.fields if re.search(rf"\b{re.escape(name)}\b", said)]


def _lost(client: ResourceClient, before: Answer, after: Answer, said: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what a restored resource has no longer."""
    if not after.ok:
        yield f"the restored resource is read with {after.status}", "read"
        return
    old = before.properties
    new = after.properties
    lasting = Expectation(client.resource, client.equality).lasting(old)
    for name, value in {**lasting, **{name: old[name] for name in said if name in old}}.items():
        if not client.equality.equal(value, new.get(name, MISSING)):
            yield (
                f"{name} was {show_value(value)} before DELETE, and is {show_value(new.get(name, MISSING))}",
                f"/{name}",
            )


def _expiries(session: Session, made: Made) -> dict[str, Any]:
    """Return the expiries of a resource's items, by the tables that have some."""
    found: dict[str, Any] = {}
    for table in session.project.resources.tables if session.stack is not None else ():
        properties = session.access.describe(table)
        name = expiry_attribute(properties)
        item = find_item(session.access.items(table), properties, made.id) if name else None
        if item is not None:
            found[table] = item.get(name)
    return found


def _still_expires(before: Mapping[str, Any], after: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    return [
        (f"its item in {table} had no expiry before DELETE, and after the restore it has {after[table]}", "expiry")
        for table, expiry in before.items()
        if expiry is None and after.get(table) is not None
    ]


CHECKS = (
    Check(
        name="actions-go-from-documented-states",
        kind="methods",
        promise="An action is refused with 409 in a state in which its document refuses it",
        origin="the description of the operation's response 409",
        run=_document_says_when,
    ),
    Check(
        name="writes-go-from-documented-states",
        kind="methods",
        promise="PUT, PATCH and DELETE are refused with 409 in a state in which their document rules them out",
        origin="the description of the operation, and its response 409",
        run=_writes_go_from_documented_states,
    ),
    Check(
        name="restored-is-as-before",
        kind="methods",
        promise="A resource that is restored after DELETE is what it was, and does not expire any more",
        origin="the document: the action restores what DELETE removed",
        run=_restored_is_as_before,
    ),
)
