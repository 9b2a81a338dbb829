"""Idempotency-Key: a create that is repeated with its key is performed once, and no key counts before that.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.contract.checks.changes import changeable_fields, changed_body, other_value, send_write
from homeport.contract.checks.check import Breach
from homeport.contract.checks.client import NO_BODY, Answer, write_json
from homeport.contract.checks.equality import describe_changes
from homeport.contract.checks.preconditions.keyed_creates import KeyedCreates, find_keyed, make_key_check, shown_text
from homeport.contract.checks.resource_client import description_of
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.shapes import value_at
from homeport.project.model import Operation
from homeport.project.schema.references import resolve_map

_MOST_FIELDS = 8
_LONGEST_KEY = 255
_REUSED = re.compile(r"idempotency.?key", re.IGNORECASE)
# "the same key with another body is refused with 422", "a key that came with a different request: 409".
_OTHER_BODY = re.compile(
    r"\bkey\b[^.;]*\b(?:another|other|different)\b[^.;]*\b(?:body|request|payload|content|parameters)\b[^.;]*"
    r"\b(?:refused|rejected|conflict|error|fails|4\d\d)\b",
    re.IGNORECASE,
)


def _same_key_same_answer(session: Session, resource: Resource) -> Iterator[Breach]:
    keyed = find_keyed(session, resource)
    if keyed is None:
        return
    for with_id in (False, True) if keyed.takes_id and not keyed.needs_id else (keyed.takes_id,):
        found = list(_check_repeated(keyed, with_id=with_id))
        yield from found
        if found:
            return


def _check_repeated(keyed: KeyedCreates, *, with_id: bool) -> Iterator[Breach]:
    key, body = keyed.new_key(), keyed.body(with_id=with_id)
    before = keyed.refill()
    first = keyed.send(key, body)
    if not first.ok:
        keyed.session.note_untested(f"a create with a key was answered with {first.status}")
        return
    stored = keyed.count_items()
    second = keyed.send(key, body)
    exchanges = [*(one.exchange for one in before), first.exchange, second.exchange]
    difference = _difference(keyed, first, second)
    if not difference and (now := keyed.count_items()) != stored:
        difference = f"the tables had {dict(stored)} items after the first request, {dict(now)} after the second"
    if difference:
        yield Breach(keyed.operation, difference, exchanges, "repeated")
        return
    marker = next((name for name in _documented_headers(keyed.operation, second.status) if "replay" in name), "")
    if marker and not second.header(marker):
        yield Breach(keyed.operation, f"the second answer has no {marker}", exchanges, "marker")
    elif marker and first.header(marker):
        happened = f"the first answer has {marker} already"
        yield Breach(keyed.operation, happened, exchanges[: len(before) + 1], "marker")
    yield from _check_later(keyed, key, body, first, exchanges[: len(before) + 1])


def _check_later(keyed: KeyedCreates, key: str, body: Any, first: Answer, exchanges: list[Any]) -> Iterator[Breach]:
    """Yield a breach where a repetition after the resource has changed makes another one, or is refused."""
    change = keyed.resource.change or keyed.resource.replace
    shown = keyed.read(first)
    if change is None or shown is None or not shown.ok:
        return
    path = {**keyed.made.path, keyed.resource.id_parameter: keyed.id_of(first)}
    new = changed_body(keyed.session, keyed.resource, change, shown.json, path)
    written = send_write(keyed.session, keyed.resource, change, path, new)
    if not written.ok:
        return
    again = keyed.send(key, body)
    after = keyed.read(first)
    if not again.ok or keyed.id_of(again) != keyed.id_of(first):
        happened = f"after a change of the resource, the request was answered with {again.status}: {shown_text(again)}"
        yield Breach(keyed.operation, happened, [*exchanges, written.exchange, again.exchange], "repeated")
    elif after is not None and isinstance(written.json, dict) and after.json != written.json:
        happened = f"the repeated request changed the resource: {describe_changes(written.json, after.json)}"
        made = [*exchanges, written.exchange, again.exchange, after.exchange]
        yield Breach(keyed.operation, happened, made, "repeated")


def _difference(keyed: KeyedCreates, first: Answer, second: Answer) -> str:
    """Return how a repeated request's answer differs from the first one, ``""``: it is the same."""
    if not second.ok:
        return f"the first request was answered with {first.status}, the same one again with {second.status}"
    if keyed.id_of(first) != keyed.id_of(second):
        return f"the two requests made {keyed.id_of(first)!r} and {keyed.id_of(second)!r}"
    if first.status != second.status and str(second.status) not in keyed.operation.responses:
        return f"the first request was answered with {first.status}, the same one again with {second.status}"
    if first.json != second.json:
        return f"the second answer is not the first one: {describe_changes(first.json, second.json)}"
    for name in ("Location", "ETag"):
        if first.header(name) != second.header(name):
            return f"the first answer's {name} was {first.header(name)!r}, the second's {second.header(name)!r}"
    return ""


def _other_body_is_rejected(session: Session, resource: Resource) -> Iterator[Breach]:
    keyed = find_keyed(session, resource)
    said = "" if keyed is None else _said_of_other_bodies(keyed, session.model.document)
    if keyed is None or not (said or {"409", "422"} & keyed.operation.responses.keys()):
        return
    key, body = keyed.new_key(), keyed.body()
    if not isinstance(body, dict):
        return
    keyed.refill()
    first = keyed.send(key, body)
    if not first.ok:
        session.note_untested(f"a create with a key was answered with {first.status}")
        return
    stored, rejected = keyed.count_items(), []
    for name, schema in list(changeable_fields(session, resource, keyed.operation).items())[:_MOST_FIELDS]:
        value = other_value(session, schema, body.get(name), name)
        if value is None or value == schema.get("default"):
            continue
        answer = keyed.send(key, {**body, name: value})
        if answer.ok or answer.status >= 500:
            happened = (
                f"with another {name} ({_json(value)} in place of {_json(body.get(name))}) it was {answer.status}"
            )
            yield Breach(keyed.operation, happened, (first.exchange, answer.exchange), "other body")
            return
        rejected.append(answer)
    documented = _statuses_for_reused_keys(keyed.operation, session.model.document, said)
    other = next((one for one in rejected if documented and str(one.status) not in documented), None)
    if other is not None:
        happened = f"it was answered with {other.status}, and the document has {' or '.join(documented)} for it"
        yield Breach(keyed.operation, happened, (first.exchange, other.exchange), "status")
        return
    if rejected and (now := keyed.count_items()) != stored:
        happened = f"the rejected requests changed the tables from {dict(stored)} to {dict(now)} items"
        yield Breach(keyed.operation, happened, [first.exchange, *(one.exchange for one in rejected)], "other body")
        return
    again = keyed.send(key, body)
    if not again.ok or keyed.id_of(again) != keyed.id_of(first):
        happened = f"after a rejected request with another body, the first one was answered with {again.status}"
        exchanges = (first.exchange, *(one.exchange for one in rejected[-1:]), again.exchange)
        yield Breach(keyed.operation, happened, exchanges, "first body again")


def _said_of_other_bodies(keyed: KeyedCreates, document: Mapping[str, Any]) -> str:
    """Return the words that refuse a key with another body, of the operation or its header; empty: there are none."""
    node = value_at(document, keyed.operation.document_path) or {}
    headers = (resolve_map(one, document) for one in node.get("parameters") or ())
    texts = [description_of(keyed.operation, document)]
    texts += [
        str(one.get("description", "")) for one in headers if one.get("name") == keyed.resource.idempotency_header
    ]
    found = next((said for text in texts if (said := _OTHER_BODY.search(" ".join(text.split())))), None)
    return found[0] if found is not None else ""


def _statuses_for_reused_keys(operation: Operation, document: Mapping[str, Any], said: str) -> list[str]:
    """Return the statuses whose description is about a key that came before, or those that are ``said``; maybe none."""
    found = [
        status
        for status, response in operation.responses.items()
        if status.startswith("4") and _REUSED.search(str(resolve_map(response, document).get("description", "")))
    ]
    return found or re.findall(r"\b4\d\d\b", said)


def _equal_bodies_are_one(session: Session, resource: Resource) -> Iterator[Breach]:
    keyed = find_keyed(session, resource)
    body = None if keyed is None else keyed.body()
    if keyed is None or not isinstance(body, dict):
        return
    key = keyed.new_key()
    keyed.refill()
    first = keyed.send(key, body)
    turned = json.dumps(json.loads(write_json(dict(reversed(body.items())))), indent=1)
    second = keyed.send(key, NO_BODY, raw=turned.encode())
    if first.ok and second.ok and keyed.id_of(first) != keyed.id_of(second):
        happened = f"with its properties in another order it made {keyed.id_of(second)!r} beside {keyed.id_of(first)!r}"
        yield Breach(keyed.operation, happened, (first.exchange, second.exchange))
    elif first.ok and second.status in (409, 422):
        happened = f"with its properties in another order it was rejected: {second.status} {shown_text(second)}"
        yield Breach(keyed.operation, happened, (first.exchange, second.exchange), "rejected", severity="note")


def _keys_are_distinct(session: Session, resource: Resource) -> Iterator[Breach]:
    keyed = find_keyed(session, resource)
    if keyed is None or keyed.needs_id:
        return
    named = [one for one in keyed.operation.parameters if one.name == resource.idempotency_header]
    schema = named[0].schema if named else {}
    length = min(int(schema.get("maxLength", _LONGEST_KEY)), _LONGEST_KEY)
    start = f"{session.random.getrandbits(128):032x}k"
    long = start.ljust(length, "x")[: length - 1]
    for one, other, about in ((f"{long}a", f"{long}b", "their last character"), (start, start.upper(), "their case")):
        if not all(session.values.is_valid(key, schema) for key in (one, other)):
            continue
        body, answers = keyed.body(), []
        for key in (one, other):
            keyed.refill()
            answers.append(keyed.send(key, body))
        first, second = answers
        if any(answer.status >= 500 for answer in answers):
            happened = f"a key of {len(one)} characters was answered with {first.status}, {second.status}"
            yield Breach(keyed.operation, happened, (first.exchange, second.exchange), "keys")
        elif first.ok and second.ok and keyed.id_of(first) == keyed.id_of(second):
            happened = f"two keys of {len(one)} characters that differ in {about} made one resource"
            yield Breach(keyed.operation, happened, (first.exchange, second.exchange), "keys")


def _key_of_another_user(session: Session, resource: Resource) -> Iterator[Breach]:
    keyed = find_keyed(session, resource)
    if keyed is None or session.other is None or not keyed.operation.security or keyed.needs_id:
        return
    key, body = keyed.new_key(), keyed.body()
    keyed.refill()
    first = keyed.send(key, body)
    keyed.refill(session.other)
    second = keyed.send(key, body, session.other)
    if first.ok and second.ok and keyed.id_of(first) == keyed.id_of(second):
        happened = f"another user's request with the key was answered with {keyed.id_of(first)!r} of the first user"
        yield Breach(keyed.operation, happened, (first.exchange, second.exchange))


def _failing_request_keeps_key(session: Session, resource: Resource) -> Iterator[Breach]:
    keyed = find_keyed(session, resource)
    if keyed is None:
        return
    key, body = keyed.new_key(), keyed.body()
    if isinstance(body, dict):
        schema = session.values.body_schema(keyed.operation) or {}
        broken = next((one.value for one in session.values.invalid(schema, body)), None)
        first = keyed.send(key, broken) if broken is not None else keyed.send(key, NO_BODY, raw=b"{")
        if first.status in (400, 422):
            keyed.refill()
            yield from _not_used_up(keyed, key, body, first, [first.exchange], "invalid body")
    elif keyed.made.before:
        first = keyed.send(key, body)
        if 400 <= first.status < 500:
            filled = keyed.refill()
            exchanges = [first.exchange, *(one.exchange for one in filled)]
            yield from _not_used_up(keyed, key, body, first, exchanges, "rejected request")
    yield from _conflict_keeps_key(keyed)


def _conflict_keeps_key(keyed: KeyedCreates) -> Iterator[Breach]:
    delete = keyed.resource.delete
    if not keyed.takes_id or delete is None or delete.body is not None:
        return
    body, key = keyed.body(with_id=True), keyed.new_key()
    taken = keyed.send(keyed.new_key(), body)
    first = keyed.send(key, body)
    if not taken.ok or first.ok:
        return
    path = {**keyed.made.path, keyed.resource.id_parameter: keyed.id_of(taken)}
    deleted = send_write(keyed.session, keyed.resource, delete, path)
    if deleted.ok:
        exchanges = [taken.exchange, first.exchange, deleted.exchange]
        yield from _not_used_up(keyed, key, body, first, exchanges, "conflict")


def _not_used_up(
    keyed: KeyedCreates, key: str, body: Any, first: Answer, exchanges: list[Any], subject: str
) -> Iterator[Breach]:
    """Yield a breach where a key does not make a resource after a request that failed, its cause being gone.

    The draft lets a service repeat the answer of a request that failed; it may not claim what it did not do.
    """
    again = keyed.send(key, body)
    read = keyed.read(again) if again.ok else None
    if read is not None and not read.ok:
        happened = (
            f"after a request that failed ({first.status}), the key was answered with {again.status}, but what it made "
            f"is read with {read.status}"
        )
        yield Breach(keyed.operation, happened, [*exchanges, again.exchange, read.exchange], subject)
    elif not again.ok and (subject == "invalid body" or again.status != first.status):
        happened = (
            f"after a request that failed ({first.status}), the key was answered with {again.status}: "
            f"{shown_text(again)}"
        )
        yield Breach(keyed.operation, happened, [*exchanges, again.exchange], subject)


def _documented_headers(operation: Operation, status: int) -> list[str]:
    return [name.lower() for name in (operation.responses.get(str(status)) or {}).get("headers", {})]


def _json(value: Any) -> str:
    return write_json(value)[:80]


CHECKS = (
    make_key_check(
        "key-makes-one", "The same request with the same Idempotency-Key has the same answer", _same_key_same_answer
    ),
    make_key_check(
        "key-of-another-body",
        "An Idempotency-Key that came with another body before is rejected, and its first request keeps its answer",
        _other_body_is_rejected,
    ),
    make_key_check(
        "key-of-equal-body", "Two bodies that say the same are the same request to a key", _equal_bodies_are_one
    ),
    make_key_check("keys-are-distinct", "Two different Idempotency-Keys make two resources", _keys_are_distinct),
    make_key_check(
        "key-of-another-user",
        "An Idempotency-Key is its user's: another user's request is none of it",
        _key_of_another_user,
        frozenset(("two-users",)),
    ),
    make_key_check(
        "key-counts-once-done",
        "An Idempotency-Key is not used up by a request that failed",
        _failing_request_keeps_key,
    ),
)
