"""Taken values: a write that wants what another resource has is refused, where the document says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.conflicting_creates import (
    CONFLICT,
    Conflict,
    body_with,
    changeable_names,
    contested_create,
    find_conflict,
    make_alike,
    send_rival,
)
from homeport.contract.checks.resource_client import ResourceClient, conflict_text, description_of, exchanges_of
from homeport.contract.checks.session import Made, Session
from homeport.contract.rest.names import plain, singular
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.searches import ANY_CASE
from homeport.project.model import Operation

_TAKEN = re.compile(
    r"\b(is|are|was|were|been)( already)? (taken|on loan|lent|booked|occupied|in use|registered)\b"
    r"|\balready (exists?|taken|lent|booked|registered|used)\b|\bduplicate|\bunique\b"
    r"|\bhas (this|that|the same) \w+|\bhas (an?|another)\b[^.;,]{1,50}\b(at|of|with|for|on|in) (this|that|the same)\b",
    re.IGNORECASE,
)
_ORIGIN = "the operation's response 409; RFC 9110, section 15.5.10"
# Of what is counted, one more may be left.
_COUNTS = re.compile(r"quantity|amount|count|seats|number_?of", re.IGNORECASE)
_ID_ENDING = re.compile(r"(id|key|code|number)$")


def _taken_is_rejected(session: Session, resource: Resource) -> Iterator[Breach]:
    """Send the values of a resource again, one of which is taken now by the words of the create's response 409."""
    client = ResourceClient.of(session, resource)
    operation = contested_create(resource)
    words = "" if operation is None else conflict_text(session, operation)
    if operation is None or not _TAKEN.search(words):
        return
    made = client.make()
    if made is None or made.answer.operation is not operation or not isinstance(made.sent, Mapping):
        return
    named = [name for name in made.sent if name != resource.id_property and _names(words, name)]
    if not named or any(_COUNTS.search(name) for name in made.sent):
        return
    rival = send_rival(client, operation, made.path, made.sent)
    if _is_performed(rival):
        happened = (
            f'409 is documented ("{words}"), and one more with the same {named[0]} was answered with {rival.status}'
        )
        yield Breach(operation, happened, exchanges_of(made, rival), subject=f"/{named[0]}")


def _case_is_no_difference(session: Session, resource: Resource) -> Iterator[Breach]:
    """Make a resource with a value that another one has, small letters for capital ones and the other way round."""
    client = ResourceClient.of(session, resource)
    operation = contested_create(resource)
    for name, sentence in () if operation is None else _taken_in_any_case(session, resource, operation):
        made = client.make()
        if operation is None or made is None or made.answer.operation is not operation:
            return
        value = made.sent.get(name) if isinstance(made.sent, Mapping) else None
        other = value.swapcase() if isinstance(value, str) else value
        if other == value or not session.values.is_valid(other, client.sent_schema(operation, name) or {}):
            continue
        rejection, taken = session.try_once(resource, **{name: value}), session.try_once(resource, **{name: other})
        if isinstance(rejection, Answer) and rejection.status == CONFLICT and isinstance(taken, Made):
            happened = (
                f'the document: "{sentence}"; {name} {value!r} was refused with 409 once there was one, and {other!r} '
                f"was answered with {taken.answer.status}"
            )
            yield Breach(operation, happened, exchanges_of(made, rejection, taken), subject=f"/{name}")


def _taken_in_any_case(session: Session, resource: Resource, operation: Operation) -> Iterator[tuple[str, str]]:
    """Yield properties whose values one resource alone may have in any case, with the sentence that says so."""
    conflict = conflict_text(session, operation)
    said = [one for one in _sentences(description_of(operation, session.model.document)) if _TAKEN.search(one)]
    for name, field in resource.fields.items():
        own = str(field.schema.get("description", ""))
        sentences = [
            *(one for one in _sentences(own) if _TAKEN.search(one)),
            *(one for one in said if _names(one, name)),
        ]
        sentences += [conflict] if _names(conflict, name) else []
        sentence = next((one for one in sentences if ANY_CASE.search(one)), None)
        if sentence is not None and operation.id in field.written and name != resource.id_property:
            yield name, sentence


def _taken_is_not_moved_to(session: Session, resource: Resource) -> Iterator[Breach]:
    """Write to a resource what another one has, by each operation whose 409 says that it may be taken."""
    client = ResourceClient.of(session, resource)
    operation = contested_create(resource)
    writes = (resource.change, resource.replace, *resource.actions)
    wanted = [
        one
        for one in writes
        if one is not None and one.method != "DELETE" and _TAKEN.search(conflict_text(session, one))
    ]
    if operation is None:
        return
    for write in wanted:
        conflict = find_conflict(client, operation)
        if conflict is None:
            return
        yield from _find_moved(client, write, conflict)


def _find_moved(client: ResourceClient, write: Operation, conflict: Conflict) -> Iterator[Breach]:
    """Give a resource that is like another one what differs between the two."""
    resource, taken = client.resource, conflict.made.sent
    other, alike = make_alike(client, write, taken)
    if other is None or not isinstance(other.sent, Mapping):
        return
    same_place = all(other.path.get(name) == conflict.made.path.get(name) for name in resource.parents)
    free = client.session.unique_names(resource)
    if not same_place or any(other.sent.get(name) != value for name, value in alike.items() if name not in free):
        return
    names = changeable_names(client, write, taken)
    body = body_with(client, write, other, {name: taken[name] for name in names})
    answer = client.write(write, other.path, body, other.answer.header("ETag"))
    if _is_performed(answer):
        changed = next((name for name in names if other.sent.get(name) != taken[name]), names[0])
        happened = (
            f'409 is documented ("{conflict_text(client.session, write)}"), and it gave {other.id} the {changed} that '
            f"{conflict.made.id} has: {answer.status}; a create that wants it is refused with 409"
        )
        exchanges = exchanges_of(conflict.made, conflict.rival, other, answer)
        yield Breach(write, happened, exchanges, subject=f"/{changed}")


def _is_performed(answer: Answer) -> bool:
    return answer.ok and answer.status != 202


def _sentences(text: str) -> list[str]:
    return [" ".join(one.split()) for one in re.split(r"(?<=[.;])\s|\n\n", text) if one.strip()]


def _names(words: str, name: str) -> bool:
    """Return whether a sentence speaks of what a property has: "the copy" of ``copyId``."""
    noun = _ID_ENDING.sub("", plain(name)) or plain(name)
    return noun in {singular(word) for word in re.findall(r"\w+", words)}


CHECKS = (
    Check(
        name="taken-is-refused",
        kind="methods",
        promise="A create that wants what another one has taken, by the words of its 409, is refused",
        origin=_ORIGIN,
        run=_taken_is_rejected,
    ),
    Check(
        name="taken-in-any-case",
        kind="methods",
        promise="What is unique whatever the case of its letters is taken in capital letters as in small ones",
        origin="the description of the operation or of its response 409",
        run=_case_is_no_difference,
    ),
    Check(
        name="taken-is-not-moved-to",
        kind="methods",
        promise="A change that wants what another resource has taken, by the words of its 409, is refused",
        origin=_ORIGIN,
        run=_taken_is_not_moved_to,
    ),
)
