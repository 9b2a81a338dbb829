"""Wire: an id is found under its path, encoded once, and Location leads to what was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer, path_of
from homeport.contract.checks.resource_client import ResourceClient
from homeport.contract.checks.session import Session
from homeport.contract.checks.wire.links import below_api, leads_out
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.shapes import value_at
from homeport.project.languages import language_of
from homeport.project.model import Operation

_MOST_IDS = 10
# REST APIs pass path parameters on as they were sent:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
_DECODERS = {"python": "urllib.parse.unquote", "node": "decodeURIComponent"}
_STRANGE = ("%00", "%2e%2e", "%2F", "%25", "%FF", "a%0Ab")
# Characters that mean something in a path, in a query or after decoding, and forms that look alike.
_PARTS = (
    *("a/b", "a%2Fb", "a%b", "a b", "a+b", "a?b", "a#b", "a&b=c", "a;b", "a:b", "a@b", "a~b", "a.b", "a,b"),
    *("caf\u00e9", "cafe\u0301", "a\u4fa1b", "a.json", "a'b", 'a"b', "a\\b", "<b>"),
)
# What a careless trim takes off an id.
_ENDS = (".", "~-", " ")


def _unusual_ids(session: Session, resource: Resource) -> list[str]:
    """Return ids that the document allows, unusual ones first, each new in this run."""
    schemas = [
        one.schema
        for operation in resource.operations
        for one in operation.parameters
        if one.place == "path" and one.name == resource.id_parameter
    ][:1]
    field = resource.fields.get(resource.id_property)
    schemas += [field.schema] if field is not None else []
    start = f"h{session.random.getrandbits(40):x}"
    longest = min((int(one["maxLength"]) for one in schemas if "maxLength" in one), default=0)
    found = [f"{start}-{part}" for part in _PARTS]
    found += [f"{start}{end}" for end in _ENDS]
    found += [f"{start}-Case", f"{start}-cASE"]
    found += [(start * (longest // len(start) + 1))[:longest]] if 0 < longest <= 1024 else []
    valid = [one for one in found if all(session.values.is_valid(one, schema) for schema in schemas)]
    kept = [one for one in valid[-3:] if not one.endswith(_ENDS)]
    kept += [one for one in valid if one.endswith(_ENDS)]
    others = [one for one in valid if one not in kept]
    return [*session.random.sample(others, min(len(others), _MOST_IDS - len(kept))), *kept]


def _make_with_id(session: Session, resource: Resource, id_: str) -> tuple[Operation, Answer] | None:
    """Return the operation that makes a resource with an id, and its answer."""
    field = resource.fields.get(resource.id_property)
    if resource.parents or resource.keyed_by or resource.body_envelope:
        return None
    if resource.create is not None and field is not None and resource.create.id in field.written:
        body = session.body(resource.create, resource, **{resource.id_property: id_})
        return resource.create, ResourceClient.of(session, resource).write(resource.create, {}, body)
    if resource.replace is not None and resource.creates_by_put:
        body = session.body(resource.replace, resource)
        if isinstance(body, dict) and resource.id_property in body:
            body = {**body, resource.id_property: id_}
        path = {resource.id_parameter: id_}
        return resource.replace, ResourceClient.of(session, resource).write(resource.replace, path, body)
    return None


def _ids_are_kept(session: Session, resource: Resource) -> Iterator[Breach]:
    if resource.read is None or not resource.id_property or not ResourceClient.of(session, resource).has_own_ids:
        return
    made: list[tuple[str, Answer]] = []
    for id_ in _unusual_ids(session, resource):
        found = _make_with_id(session, resource, id_)
        if found is None:
            return
        operation, answer = found
        shown = _id_in(resource, answer)
        if answer.status >= 500 or (answer.ok and shown is not None and shown != id_):
            seen = f", and its id {shown!r}" if answer.ok else ""
            happened = f"a resource with the id {id_!r} was answered with {answer.status}{seen}"
            yield Breach(operation, happened, [answer.exchange], "/id")
        elif answer.ok:
            made.append((id_, answer))
    for id_, answer in made:
        read = session.client.send(resource.read, {resource.id_parameter: id_})
        if read.status != 200 or _id_in(resource, read) not in (id_, None):
            seen = f"{read.status}, and has the id {_id_in(resource, read)!r}" if read.ok else str(read.status)
            happened = f"{id_!r} was made, and its path, encoded once, is answered with {seen}"
            yield Breach(resource.read, happened, [answer.exchange, read.exchange], "/id")


def _id_in(resource: Resource, answer: Answer) -> str | None:
    value = value_at(answer.json, resource.envelope)
    found = value.get(resource.id_property) if isinstance(value, dict) else None
    return None if found is None else str(found)


# Decoding


def _decodes_once(session: Session, resource: Resource) -> Iterator[Breach]:
    made = (
        session.make(resource) if resource.read is not None and (resource.create or resource.creates_by_put) else None
    )
    if made is None or resource.read is None or not isinstance(made.id, str) or not made.id.isascii():
        return
    read = session.client.send(resource.read, made.path)
    if read.status != 200 or not made.id:
        return
    for depth, what in ((1, "encoded once"), (2, "encoded twice")):
        answer = session.client.send(resource.read, target=_encode_first(resource.read, resource, made.path, depth))
        found = answer.status == 200 and answer.json == read.json
        if answer.status >= 500 or (found and depth == 2):
            seen = "leads to it" if found else f"was answered with {answer.status}"
            happened = f"the path of {made.id!r}, its first character {what}, {seen}"
            yield Breach(resource.read, happened, [read.exchange, answer.exchange], what)
        elif depth == 1 and not found:
            happened = (
                f"the path of {made.id!r}, its first character {what}, was answered with {answer.status}: the function "
                f"gets a path parameter as it was sent, and decodes it once ({_decoder(session, resource.read)})"
            )
            yield Breach(resource.read, happened, [read.exchange, answer.exchange], what, severity="warning")
    for strange in _STRANGE:
        path = path_of(resource.read, {**made.path, resource.id_parameter: "@@"}).replace("%40%40", strange)
        answer = session.client.send(resource.read, target=path)
        if answer.status >= 500 or (answer.status == 200 and answer.json == read.json):
            happened = f"the id that is written {strange} was answered with {answer.status}"
            yield Breach(resource.read, happened, [answer.exchange], strange)


def _decoder(session: Session, operation: Operation) -> str:
    """Return the function that decodes a path parameter, in the language of an operation's function."""
    function = session.project.api.functions.get(operation.function or "")
    runtime = (function.runtime if function is not None else "") or session.project.stage.runtime
    known = language_of(runtime) if function is not None else None
    return _DECODERS.get(known or "custom", " or ".join(_DECODERS.values()))


def _encode_first(operation: Operation, resource: Resource, path: Mapping[str, Any], depth: int) -> str:
    """Return a path whose id has its first character percent-encoded, ``depth`` times over."""
    id_ = str(path[resource.id_parameter])
    first = f"%{ord(id_[0]):02X}"
    for _ in range(depth - 1):
        first = quote(first, safe="")
    marked = path_of(operation, {**path, resource.id_parameter: "@@"})
    return marked.replace("%40%40", first + quote(id_[1:], safe=""))


# Location


def _location_leads(session: Session, resource: Resource) -> Iterator[Breach]:
    answers: list[tuple[Operation, Answer]] = []
    if resource.create is not None:
        made = session.make(resource)
        answers += [(resource.create, made.answer)] if made is not None else []
        unusual = _unusual_ids(session, resource)[:3] if ResourceClient.of(session, resource).has_own_ids else []
        answers += [found for id_ in unusual if (found := _make_with_id(session, resource, id_)) is not None]
    if resource.replace is not None and "201" in resource.replace.responses and not resource.parents:
        path = {resource.id_parameter: session.values.new_id(resource)}
        body = session.body(resource.replace, resource)
        if isinstance(body, dict) and resource.id_property in body:
            body = {**body, resource.id_property: path[resource.id_parameter]}
        answers.append((resource.replace, ResourceClient.of(session, resource).write(resource.replace, path, body)))
    for operation, answer in answers:
        if answer.status == 201:
            yield from _follow(session, resource, operation, answer)


def _follow(session: Session, resource: Resource, operation: Operation, answer: Answer) -> Iterator[Breach]:
    location = answer.header("location")
    documented = any(name.lower() == "location" for name in operation.responses.get("201", {}).get("headers") or ())
    if not location:
        if documented:
            happened = "the answer 201 has no Location, which the document has for it"
            yield Breach(operation, happened, [answer.exchange], "Location")
        return
    why = leads_out(answer, location)
    if why == "":
        session.note_untested(f"Location leads to another host: {location}")
        return
    if why is not None:
        yield Breach(operation, f"Location {location!r} {why}", [answer.exchange], "Location")
        return
    if resource.read is None:
        return
    target = below_api(answer, location)
    read = session.client.send(resource.read, target=target, headers=session.headers(resource.read))
    if read.status != 200:
        happened = f"Location {location!r} was answered with {read.status}"
        yield Breach(operation, happened, [answer.exchange, read.exchange], "Location")
    elif _id_in(resource, read) != _id_in(resource, answer) and _id_in(resource, answer) is not None:
        happened = f"Location {location!r} leads to {_id_in(resource, read)!r}; {_id_in(resource, answer)!r} was made"
        yield Breach(operation, happened, [answer.exchange, read.exchange], "Location")


CHECKS = (
    Check(
        name="id-is-found-under-its-path",
        kind="wire",
        promise="An id that the document allows is kept as it was sent, and found under its path, encoded once",
        origin="RFC 3986, section 2.4: a component is encoded once; section 6.2.2.1: paths have a case",
        run=_ids_are_kept,
    ),
    Check(
        name="path-is-decoded-once",
        kind="wire",
        promise="A path is decoded once: encoded twice it leads nowhere, and no way to write an id fails the server",
        origin="RFC 3986, section 2.4: implementations must not decode the same string more than once",
        run=_decodes_once,
    ),
    Check(
        name="location-leads-to-what-was-made",
        kind="wire",
        promise="The Location of a 201 leads to what was made",
        origin="RFC 9110, section 15.3.2: the primary resource created is identified by Location",
        run=_location_leads,
    ),
)
