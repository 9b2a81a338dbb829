"""Provocations: requests that an operation has to refuse, each with what is wrong with it, and their answers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homeport.contract.checks.client import Answer
from homeport.contract.checks.collections.population import population_of
from homeport.contract.checks.session import Made, Session
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.values import Invalid
from homeport.project.model import Operation

MARKUP = "<svg onload=alert(7)>"
# They end a text of SQL, of a shell or of JSON to which an id is added as it is.
_QUOTES = "'\"`"
_MOST_BODIES = 9
_MALFORMED = (b'{"', b"[]", b"")
_FORMAT = re.compile(r"\bformat\b")


@dataclass(frozen=True, slots=True)
class Provocation:
    """A request that an operation has to refuse.

    ``place`` is the part of the request that is wrong: ``body``, ``query``, ``header``, ``path`` or ``credentials``,
    ``resource`` where only the resource is missing or in the way. ``names`` are the properties or parameters at fault,
    empty for all of it; ``reason`` says what is wrong. ``is_missing`` says that they are absent or unknown.
    """

    operation: Operation
    answer: Answer
    place: str
    names: tuple[str, ...]
    reason: str
    is_missing: bool = False


def provoke(session: Session, resource: Resource) -> list[Provocation]:
    """Return the provocations of a resource's operations; those that an earlier check made are not made again."""
    key = f"provocations/{session.round}/{resource.name}/{resource.item}"
    if key not in session.shared:
        session.shared[key] = list(_provoke(session, resource))
    found: list[Provocation] = session.shared[key]
    return found


def _left_by_writes(session: Session, resource: Resource) -> Made | None:
    """Return a resource that writes of the one above it leave, None where there is none."""
    if resource.read is None or not resource.parents or not resource.listings:
        return None
    return next(iter(population_of(session, resource).made), None)


def _provoke(session: Session, resource: Resource) -> Iterator[Provocation]:
    made = session.make(resource) if resource.whole_write else _left_by_writes(session, resource)
    for operation in resource.operations:
        if operation.method == "ANY":
            continue
        path = path_values(session, operation, made)
        yield from _bodies(session, resource, operation, path)
        yield from _parameters(session, resource, operation, path)
        yield from _resources(session, resource, operation, made)
        if operation.security or operation.api_key_required:
            answer = session.client.send(operation, path, anonymous=True, **_valid(session, resource, operation))
            yield Provocation(operation, answer, "credentials", (), "no credentials")


def path_values(session: Session, operation: Operation, made: Made | None) -> dict[str, Any]:
    """Return values for an operation's path parameters: those of a resource, or valid ones."""
    own = {} if made is None else made.path
    names = [one.name for one in operation.parameters if one.place == "path"]
    return {name: own[name] if name in own else session.values.parameter(operation, name) for name in names}


def cors_headers(session: Session) -> dict[str, str]:
    """Return the headers of a page's request, empty where the document names no origins."""
    cors = session.project.api.cors
    if cors is None or not cors.allow_origins:
        return {}
    given = [one for one in cors.allow_origins if "*" not in one]
    return {"Origin": given[0] if given else "https://client.example"}


def _valid(session: Session, resource: Resource, operation: Operation) -> dict[str, Any]:
    """Return the valid rest of a request: its body, and the parameters that it must have."""
    required = [one for one in operation.parameters if one.required and one.place in ("query", "header")]
    found: dict[str, Any] = {
        place: {one.name: session.values.parameter(operation, one.name) for one in required if one.place == at}
        for place, at in (("query", "query"), ("headers", "header"))
    }
    found["headers"] = {**cors_headers(session), **found["headers"]}
    body = session.body(operation, resource)
    return found if body is None else {**found, "body": body}


# Bodies


def _bodies(
    session: Session, resource: Resource, operation: Operation, path: Mapping[str, Any]
) -> Iterator[Provocation]:
    schema = session.values.body_schema(operation)
    if schema is None:
        return
    valid = _valid(session, resource, operation)
    rest = {name: value for name, value in valid.items() if name != "body"}
    base = valid.get("body")
    for invalid in chosen_bodies(session, session.values.invalid(schema, base)):
        answer = session.client.send(operation, path, body=invalid.value, **rest)
        yield Provocation(operation, answer, "body", names_of(invalid), invalid.reason, _is_missing(invalid))
    for raw in _MALFORMED:
        if raw or (operation.body is not None and operation.body.required):
            answer = session.client.send(operation, path, raw=raw, media_type="application/json", **rest)
            yield Provocation(operation, answer, "body", (), f"the body {raw.decode()!r}")


def chosen_bodies(session: Session, invalid: Sequence[Invalid]) -> list[Invalid]:
    """Return some invalid bodies: one for each property, missing ones first, then others by chance."""
    by_name: defaultdict[tuple[str, ...], list[Invalid]] = defaultdict(list)
    for one in invalid:
        # A format may be no more than a hint: https://spec.openapis.org/oas/v3.0.3#data-type-format
        if not _FORMAT.search(one.reason):
            by_name[(*names_of(one), str(_is_missing(one)))].append(one)
    first = [session.random.choice(found) for found in by_name.values()]
    rest = [one for one in invalid if one not in first and not _FORMAT.search(one.reason)]
    more = session.random.sample(rest, min(len(rest), max(0, _MOST_BODIES - len(first))))
    return [*first, *more][:_MOST_BODIES]


def names_of(invalid: Invalid) -> tuple[str, ...]:
    """Return the property at the top that is at fault, by the reason: ``name: longer than …``, ``without name``."""
    if invalid.reason.startswith("without "):
        return (invalid.reason.removeprefix("without "),)
    name, colon, _ = invalid.reason.partition(": ")
    return (name,) if colon and isinstance(invalid.value, dict) and name in invalid.value else ()


def _is_missing(invalid: Invalid) -> bool:
    return invalid.reason.startswith(("without ", "with an unknown"))


# Parameters


def _parameters(
    session: Session, resource: Resource, operation: Operation, path: Mapping[str, Any]
) -> Iterator[Provocation]:
    valid = _valid(session, resource, operation)
    for parameter in operation.parameters:
        if parameter.place == "cookie" or _is_lenient(resource, operation, parameter.name):
            continue
        wrong = _wrong_text(session, parameter.schema, parameter.place)
        if parameter.place == "path" and wrong:
            answer = session.client.send(operation, {**path, parameter.name: wrong}, **valid)
        elif parameter.place == "query" and wrong is not None:
            answer = session.client.send(
                operation, path, **{**valid, "query": {**valid["query"], parameter.name: wrong}}
            )
        elif parameter.place == "header" and wrong:
            answer = session.client.send(
                operation, path, **{**valid, "headers": {**valid["headers"], parameter.name: wrong}}
            )
        else:
            continue
        yield Provocation(operation, answer, parameter.place, (parameter.name,), f"{parameter.name} is {wrong[:80]!r}")


def _is_lenient(resource: Resource, operation: Operation, name: str) -> bool:
    """Return whether a service may take what the schema does not let in: a limit is often cut to its maximum."""
    return any(one.operation is operation and one.limit and one.limit.parameter == name for one in resource.listings)


def _wrong_text(session: Session, schema: Mapping[str, Any], place: str) -> str | None:
    """Return a text that no valid value of a parameter is written as, None where there is none."""
    for value in ("no-such-value", MARKUP, "!", "~" * 300):
        # A text of digits is a number; a schema of texts decides by itself.
        kinds = schema.get("type", "string")
        fits = kinds not in ("string",) or session.values.is_valid(value, schema)
        if kinds in ("integer", "number", "boolean") or not fits:
            return value if place != "header" or value.isascii() else None
    return None


# Resources that are missing, or in the way


def _resources(session: Session, resource: Resource, operation: Operation, made: Made | None) -> Iterator[Provocation]:
    valid = _valid(session, resource, operation)
    names = [one.name for one in operation.parameters if one.place == "path"]
    on_one = (resource.read, resource.delete, *resource.writes)
    if resource.id_parameter in names and operation in on_one:
        path = {**path_values(session, operation, made), resource.id_parameter: session.values.new_id(resource)}
        answer = session.client.send(operation, path, **valid)
        yield Provocation(operation, answer, "resource", (), "there is no such resource", is_missing=True)
        quoted = f"{path[resource.id_parameter]}{_QUOTES}"
        schemas = [one.schema for one in operation.parameters if one.name == resource.id_parameter]
        if operation is resource.read and all(session.values.is_valid(quoted, schema) for schema in schemas):
            answer = session.client.send(operation, {**path, resource.id_parameter: quoted}, **valid)
            yield Provocation(operation, answer, "resource", (), "there is no such resource, whose id has quotes")
    sent = made.sent if made is not None and operation is resource.create else None
    if isinstance(sent, dict) and resource.id_property in sent:
        answer = session.client.send(operation, path_values(session, operation, made), **{**valid, "body": sent})
        yield Provocation(operation, answer, "resource", (), "its id is taken")
    if made is not None and "if-match" in resource.conditional.get(operation.id, ()):
        headers = {**valid["headers"], "If-Match": '"no-such-tag"'}
        answer = session.client.send(operation, path_values(session, operation, made), **{**valid, "headers": headers})
        yield Provocation(operation, answer, "resource", (), "no such version")
