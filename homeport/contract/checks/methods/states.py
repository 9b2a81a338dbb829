"""States of a resource: what an action leaves alone, what it must not do twice, and what a state rules out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from homeport.contract.checks.changes import changed_body, send_write
from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.child_resources import parent_of, path_below
from homeport.contract.checks.client import NO_BODY, Answer
from homeport.contract.checks.equality import MISSING, show_value
from homeport.contract.checks.expectation import Expectation
from homeport.contract.checks.prerequisite_steps import make_ready, take_step
from homeport.contract.checks.resource_client import ResourceClient, conflict_text, description_of, exchanges_of
from homeport.contract.checks.session import Made, Session
from homeport.contract.checks.state_field import enum_values
from homeport.contract.rest.resource import Field, Resource
from homeport.contract.rest.steps import steps_of
from homeport.project.model import Operation

_MOST_STATES = 8
_STATE = re.compile(r"\b(stat(e|us)|already|no longer|any ?more|as (it|the \w+) is( now)?)\b", re.IGNORECASE)
# A conflict for another reason than the resource's own state.
_OTHER_REASON = re.compile(
    r"\b(concurren\w+|meanwhile|at the same time|simultaneous\w*|races?|versions?|exists?|duplicates?|taken|uniqu\w+|"
    r"in use|transactions?|another|others?|retr(y|ies|ied)|again)\b",
    re.IGNORECASE,
)
NOTHING_MORE = re.compile(
    r"\balready\b[^.]*\b(stays?|unchanged|no effect|does nothing|do nothing|changes? nothing|ignored|as it is)\b"
    r"|\b(idempotent|no further effect|has no effect the second time)\b",
    re.IGNORECASE,
)
"""Words by which a description says that an action does nothing the second time."""

_STAYS = re.compile(r"\b(stays?|remains?|unchanged|untouched|left alone|(is|are) kept|keeps?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Reached:
    """A resource in a state: ``how`` says by which write, ``answer`` is that of the write."""

    how: str
    made: Made
    answer: Answer | None = None


def _put_leaves_the_rest(session: Session, resource: Resource) -> Iterator[Breach]:
    """Find properties that other operations change, and that a PUT changes though its body can't have them."""
    put, client = resource.replace, ResourceClient.of(session, resource)
    if put is None:
        return
    words = description_of(put, session.model.document)
    others = {
        name: field
        for name, field in resource.fields.items()
        if field.answered
        and put.id not in field.written
        and (_is_content(client, name, field) or _is_said_to_stay(name, words))
    }
    found: set[str] = set()
    for write in _other_writes(client) if others else ():
        for breach in _reset_after(client, put, write, others):
            if breach.subject not in found:
                found.add(breach.subject)
                yield breach


def _other_writes(client: ResourceClient) -> Iterator[Operation]:
    """Yield the actions of a resource, its PATCH, and the creates of what is below it."""
    resource, session = client.resource, client.session
    below = [one for one in session.model.resources if one.create and parent_of(one, session.model) is resource]
    yield from [one for one in resource.actions if one.method in ("POST", "PATCH", "PUT")][:_MOST_STATES]
    yield from [resource.change] if resource.change is not None else []
    yield from (one.create for one in below if one.create is not None)


def _reset_after(
    client: ResourceClient, put: Operation, write: Operation, others: Mapping[str, Field]
) -> Iterator[Breach]:
    """Yield the properties of a new resource that a write changes, and that a PUT after it changes as well."""
    session, resource = client.session, client.resource
    made = make_ready(session, resource, write)
    if made is None:
        return
    before = client.show(made.path, made.answer)
    answer = _write(client, write, made, before)
    after = client.show(made.path, answer)
    changed = _different(client, others, before.json, after.json)
    if not answer.ok or not changed:
        return
    written = client.write(put, made.path, _same_body(client, put, made, after), after.header("ETag"))
    shown = client.show(made.path, written)
    if not written.ok:
        return
    for name in changed:
        if name in _different(client, others, after.json, shown.json):
            old, new = after.json[name], shown.json.get(name, MISSING)
            happened = f"PUT, whose body can't have {name}, changed it from {show_value(old)} to {show_value(new)}"
            yield Breach(put, happened, exchanges_of(made, answer, after, written, shown), subject=f"/{name}")


def _write(client: ResourceClient, write: Operation, made: Made, shown: Answer) -> Answer:
    """Return the answer of a write to a resource, or of a create below it."""
    session, resource = client.session, client.resource
    below = next((one for one in session.model.resources if one.create is write), resource)
    if below is not resource:
        body = session.body(write, below)
        return send_write(session, below, write, path_below(made, below), NO_BODY if body is None else body)
    return send_write(
        session, resource, write, made.path, changed_body(session, resource, write, shown.json, made.path)
    )


def _same_body(client: ResourceClient, put: Operation, made: Made, shown: Answer) -> Any:
    """Return a body of PUT with the values that are there: what is computed from them stays the same."""
    body = client.full(put, 1, made.path)
    if not isinstance(body, dict) or not isinstance(shown.json, Mapping):
        return body
    own = {name: shown.json[name] for name in body if name in shown.json}
    schema = client.session.values.body_schema(put)
    return {**body, **own} if schema is None or client.session.values.is_valid({**body, **own}, schema) else body


def _is_said_to_stay(name: str, words: str) -> bool:
    """Return whether a description says that a property stays: "room and status are not in the body and stay"."""
    own = rf"\b{re.escape(name)}\b"
    return any(
        re.search(own, sentence) and _STAYS.search(sentence) for sentence in re.split(r"[.;\n]", words) if sentence
    )


def _is_content(client: ResourceClient, name: str, field: Field) -> bool:
    """Return whether a property is content: no id, no version, no time, no state, which a write may well reset."""
    resource, expectation = client.resource, Expectation(client.resource, client.equality)
    if name in (resource.id_property, resource.version) or not expectation.is_stable(name):
        return False
    parts = client.equality.parts(field.schema)
    return not any(
        part.get("enum") or part.get("type") == "boolean" or part.get("format") in ("date-time", "date")
        for part in parts
    )


def _different(client: ResourceClient, fields: Mapping[str, Field], one: Any, other: Any) -> list[str]:
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return []
    return [
        name
        for name in fields
        if name in one and not client.equality.equal(one[name], other.get(name, MISSING), fields[name].schema)
    ]


def _repeated_actions(session: Session, resource: Resource) -> Iterator[Breach]:
    client = ResourceClient.of(session, resource)
    for action in resource.actions:
        text = description_of(action, session.model.document)
        promise = NOTHING_MORE.search(text)
        if action.method != "POST" or promise is None or "idempotency-key" in text.lower():
            continue
        made = client.make()
        if made is None:
            return
        body = session.body(action, resource)
        sent = NO_BODY if body is None else body
        first = client.write(action, made.path, sent)
        before = client.show(made.path, first)
        second = client.write(action, made.path, sent, before.header("ETag"))
        after = client.show(made.path, second)
        if not first.ok or second.status >= 500:
            continue
        exchanges = exchanges_of(made, first, before, second, after)
        if not second.ok:
            happened = f"the second time it was answered with {second.status}; the document: {_sentence(text, promise)}"
            yield Breach(action, happened, exchanges, subject="status")
        elif isinstance(before.json, Mapping) and isinstance(after.json, Mapping):
            names = [name for name, value in before.json.items() if after.json.get(name, MISSING) != value]
            if names:
                old, new = before.json[names[0]], after.json.get(names[0], MISSING)
                happened = (
                    f"the second time it changed {names[0]} from {show_value(old)} to {show_value(new)};"
                    f" the document: {_sentence(text, promise)}"
                )
                yield Breach(action, happened, exchanges, subject=f"/{names[0]}")


def _sentence(text: str, found: re.Match[str]) -> str:
    """Return the sentence that a match is in, in quotes."""
    start = max(text.rfind(end, 0, found.start()) for end in (". ", "\n")) + 1
    end = text.find(".", found.end())
    return f'"{" ".join(text[start : end + 1 if end >= 0 else len(text)].split())}"'


def _conflicts_come(session: Session, resource: Resource) -> Iterator[Breach]:
    client = ResourceClient.of(session, resource)
    states = [one for one in resource.fields.values() if one.answered and enum_values(client.equality, one)]
    wanted = [
        one for one in (*resource.writes, resource.delete) if one is not None and _promises_conflict(session, one)
    ]
    if not states or not wanted or (resource.create is None and not resource.creates_by_put):
        return
    for operation in wanted:
        tried: list[tuple[_Reached, Answer]] = []
        for reached in _reached_states(client, states):
            current = client.show(reached.made.path, reached.answer or reached.made.answer)
            body = changed_body(session, resource, operation, current.json, reached.made.path)
            answer = send_write(session, resource, operation, reached.made.path, body)
            tried.append((reached, answer))
            if answer.status == 409:
                break
        if len(tried) > 1 and all(answer.ok for _, answer in tried):
            reached, answer = tried[-1]
            ways = ", ".join(dict.fromkeys(one.how for one, _ in tried))
            conflict = conflict_text(session, operation)
            happened = f'409 is documented ("{conflict}"), and came in none of these states: {ways}'
            yield Breach(operation, happened, exchanges_of(reached.made, reached.answer, answer), subject="409")


def _promises_conflict(session: Session, operation: Operation) -> bool:
    """Return whether the document has a 409 that comes from the state of the resource, by its words."""
    if "409" not in operation.responses:
        return False
    text = f"{conflict_text(session, operation)} {description_of(operation, session.model.document)}"
    return bool(_STATE.search(text)) and not _OTHER_REASON.search(text)


def _reached_states(client: ResourceClient, states: list[Field]) -> Iterator[_Reached]:
    """Yield a new resource in each state that one write leads to: as it was made, by an action, by a value."""
    made = client.make()
    if made is not None:
        yield _Reached("as it was made", made)
        yield from _by_actions(client)
        yield from islice(_by_values(client, states), _MOST_STATES)


def _by_actions(client: ResourceClient) -> Iterator[_Reached]:
    session, resource = client.session, client.resource
    for step in steps_of(resource, session.model)[:_MOST_STATES]:
        if step.operation != resource.change and (made := make_ready(session, resource, step.operation)) is not None:
            answer = take_step(session, resource, step, made)
            if answer.ok:
                yield _Reached(f"after {step.label}", made, answer)


def _by_values(client: ResourceClient, states: list[Field]) -> Iterator[_Reached]:
    resource, session = client.resource, client.session
    writes = [one for one in (resource.change, resource.replace) if one is not None]
    for write, field in ((write, field) for write in writes for field in states):
        schema = client.sent_schema(write, field.name)
        for value in enum_values(client.equality, field) if schema is not None else ():
            if session.values.is_valid(value, schema) and (made := client.make()) is not None:
                whole = client.full(write, 0, made.path) if write is resource.replace else {}
                answer = client.write(write, made.path, {**(whole or {}), field.name: value})
                if answer.ok:
                    yield _Reached(f"with {field.name} {value}", made, answer)


CHECKS = (
    Check(
        name="put-leaves-the-rest",
        kind="methods",
        promise="PUT leaves a property alone that its body can't have",
        origin="RFC 9110, section 9.3.4, and the schema of the body",
        run=_put_leaves_the_rest,
    ),
    Check(
        name="repeated-action-changes-nothing",
        kind="methods",
        promise="An action that is described to do nothing the second time does nothing the second time",
        origin="the description of the operation",
        run=_repeated_actions,
    ),
    Check(
        name="documented-conflict-comes",
        kind="methods",
        promise="A conflict with the state of a resource comes in one of its states",
        origin="the operation's response 409",
        run=_conflicts_come,
    ),
)
