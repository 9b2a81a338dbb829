"""Keyed actions: what an Idempotency-Key promises for a POST that makes no resource of its own, such as a transfer.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from homeport.contract.checks.changes import other_value
from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.equality import describe_changes
from homeport.contract.checks.probes import Probe, Prober, ProbeTarget, short
from homeport.contract.checks.resource_client import description_of, exchanges_of
from homeport.contract.checks.session import Session
from homeport.contract.rest.names import is_key_name
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.shapes import shape_of, value_at
from homeport.project.model import Operation
from homeport.project.schema.references import resolve_map

_SAME_ANSWER = re.compile(r"\b(the )?(same|first) (answer|response|result|reply|record)\b", re.IGNORECASE)
_OF_KEYS = re.compile(r"\bkey\b", re.IGNORECASE)


def _is_performed_once(session: Session, resource: Resource) -> Iterator[Breach]:
    """Send an action twice with one key, and then another body with that key."""
    for operation in resource.actions:
        header = next((one.name for one in operation.parameters if _is_key(one.place, one.name)), "")
        probe = _keyed_probe(session, resource, operation, header) if header and operation.method == "POST" else None
        if probe is None:
            continue
        first = probe.send(session.client)
        if not first.ok:
            session.note_untested(f"{operation.route_key} with a key was answered with {first.status}")
            continue
        before = _read_state(session, probe, header)
        second = probe.send(session.client)
        after = _read_state(session, probe, header)
        exchanges = exchanges_of(probe.made, first, second)
        says_same = _SAME_ANSWER.search(_words(operation, header, session.model.document)) is not None
        if second.status >= 500 or (says_same and not second.ok):
            happened = f"the first request was answered with {first.status}, the same one again with {second.status}"
            yield Breach(operation, happened, exchanges, "repeated")
        elif before != after:
            happened = f"the same request with its key changed something again: {describe_changes(before, after)}"
            yield Breach(operation, happened, exchanges, "repeated")
        elif says_same and first.json != second.json:
            happened = f"the second answer is not the first one: {describe_changes(first.json, second.json)}"
            yield Breach(operation, happened, exchanges, "repeated")
        else:
            yield from _with_another_body(session, probe)


def _with_another_body(session: Session, probe: Probe) -> Iterator[Breach]:
    """Send another body with a key that came before, where a 4xx of the operation is about such keys."""
    operation, document = probe.target.operation, session.model.document
    said = {
        status: str(resolve_map(one, document).get("description", ""))
        for status, one in operation.responses.items()
        if status in ("409", "422")
    }
    status = next((one for one, words in said.items() if _OF_KEYS.search(words)), "")
    properties = shape_of(session.values.body_schema(operation), document).properties
    for name, schema in properties.items() if status and isinstance(probe.body, dict) else ():
        known = resolve_map(schema, document)
        if known.get("type") not in ("integer", "number", "boolean") and "enum" not in known:
            continue  # another id or text may be wrong in itself
        value = other_value(session, known, probe.body.get(name), name)
        if value is None or name not in probe.body:
            continue
        answer = replace(probe, body={**probe.body, name: value}).send(session.client)
        if answer.ok:
            happened = (
                f'{status} is documented ("{said[status]}"), and with {name} {short(value)} in place of '
                f"{short(probe.body[name])} the key was answered with {answer.status}"
            )
            yield Breach(operation, happened, exchanges_of(probe.made, answer), "other body")
        return


def _keyed_probe(session: Session, resource: Resource, operation: Operation, header: str) -> Probe | None:
    probe = Prober(session).prepare(ProbeTarget(resource, operation))
    if probe is None:
        return None
    key = session.headers(operation).get(header) or session.values.new_key()
    return replace(probe, headers={**probe.headers, header: key})


def _read_state(session: Session, probe: Probe, header: str) -> Mapping[str, Any]:
    """Return the resource of a probe and the items of the tables, but for those that keep the key itself."""
    resource, made, found = probe.target.resource, probe.made, dict[str, Any]()
    read = session.read(resource, made.path) if made is not None and resource.name else None
    if read is not None and read.ok:
        found["resource"] = read.json
    if session.stack is None or session.project.triggers.every:
        return found
    key = probe.headers[header]
    for table in session.project.resources.tables:
        found[table] = sorted(text for one in session.stack.items(table) if key not in (text := str(one)))
    return found


def _words(operation: Operation, header: str, document: Mapping[str, Any]) -> str:
    node = value_at(document, operation.document_path) or {}
    headers = (resolve_map(one, document) for one in node.get("parameters") or ())
    own = (str(one.get("description", "")) for one in headers if one.get("name") == header)
    return f"{description_of(operation, document)} {' '.join(own)}"


def _is_key(place: str, name: str) -> bool:
    return place == "header" and is_key_name(name)


CHECKS = (
    Check(
        name="keyed-action-is-performed-once",
        kind="preconditions",
        promise="An action that is sent again with its key is performed once, and its key stands for no other one",
        origin="draft-ietf-httpapi-idempotency-key-header, section 2, and the document's header",
        run=_is_performed_once,
        every_operation=True,
    ),
)
