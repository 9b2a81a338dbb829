"""Wire: queries and headers mean the same however HTTP lets a client write them, and answers are what they say.

``bodies.py`` has the checks of bodies, ``paths.py`` those of ids and Location.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer, path_of
from homeport.contract.checks.collections.pages import ListPage, PageReader
from homeport.contract.checks.collections.population import listed_id, reader_of, shows
from homeport.contract.checks.collections.walks import list_readers
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Filter, Listing, Resource
from homeport.contract.rest.shapes import answer_schema
from homeport.project.model import Operation
from homeport.project.schema.references import resolve_map

_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
_TEXTS = ("a b", "a+b", "a%2Fb", "a&b=c", "caf\u00e9")


# Queries


def _queries_are_decoded(session: Session, resource: Resource) -> Iterator[Breach]:
    for reader, population in list_readers(session, resource):
        limit = reader.listing.limit
        if limit is None or not population.made:
            continue
        plain = reader.read({}, limit.minimum or 1)
        if not isinstance(plain, ListPage) or not plain.entries:
            continue
        least, name = limit.minimum or 1, limit.parameter
        encoded = f"%{ord(name[0]):02X}{name[1:]}"
        yield from _query_form(reader, plain, f"{encoded}={least}", "with a name that is encoded", least)
        yield from _query_form(reader, plain, f"unknown=1&{name}={least}", "behind an unknown parameter", None)
        yield from _query_form(reader, plain, f"{name}={least}&{name}={least + 1}", "twice", least + 1)
        yield from _query_form(reader, plain, f"&{name}={least}&&", "with empty parts", least)
        yield from _query_form(reader, plain, f"{name}=", "without a value", None)


def _query_form(reader: PageReader, plain: ListPage, query: str, what: str, most: int | None) -> Iterator[Breach]:
    """Yield how a list took a query: it may refuse it, and must not fail or take it for another one."""
    operation = reader.listing.operation
    required = "&".join(f"{quote(name)}={quote(str(value), safe='')}" for name, value in reader.required.items())
    target = f"{path_of(operation, reader.path)}?{query}" + (f"&{required}" if required else "")
    answer = reader.client.send(operation, target=target)
    entries = reader.entries_of(answer)
    if answer.status >= 500:
        yield Breach(operation, f"?{query} ({what}) was answered with {answer.status}", [answer.exchange], what)
    elif entries is not None and most is not None and len(entries) > most:
        happened = f"?{query} ({what}) was answered with {len(entries)} entries"
        yield Breach(operation, happened, [plain.exchange, answer.exchange], what)


def _filters_are_decoded(session: Session, resource: Resource) -> Iterator[Breach]:
    writer = resource.whole_write
    for listing in resource.listings:
        for filter in listing.filters:
            field = resource.fields.get(filter.field)
            if (
                field is None
                or writer is None
                or writer.id not in field.written
                or filter.field == resource.id_property
            ):
                continue
            for text in _TEXTS:
                if session.values.is_valid(text, field.schema) and session.values.is_valid(text, filter.schema):
                    yield from _finds_text(session, resource, filter, text)


def _finds_text(session: Session, resource: Resource, filter: Filter, text: str) -> Iterator[Breach]:
    changes: dict[str, Any] = {filter.field: text}
    made = session.make(resource, **changes)
    for listing in resource.listings if made is not None and shows(made, filter.field) == text else ():
        reader = reader_of(session, resource, listing, made)
        if reader is None or made is None or filter not in listing.filters:
            continue
        id_ = listed_id(resource, made)
        # A list that can't be read without the filter is compared with itself, asked for a plain text.
        if id_ not in reader.walk({}, None).ids and not _shows_plain_texts(session, resource, listing, filter):
            continue
        rest = "".join(
            f"&{quote(name)}={quote(str(value), safe='')}"
            for name, value in reader.required.items()
            if name != filter.parameter
        )
        for written in dict.fromkeys((quote(text, safe=""), quote_plus(text))):
            target = f"{path_of(listing.operation, reader.path)}?{filter.parameter}={written}{rest}"
            answer = session.client.send(listing.operation, target=target)
            found = [reader.id_of(one) for one in reader.entries_of(answer) or ()]
            if id_ not in found:
                happened = f"{filter.field} is {text!r}, and ?{filter.parameter}={written} does not find it"
                exchanges = [made.answer.exchange, answer.exchange]
                yield Breach(listing.operation, happened, exchanges, f"?{filter.parameter}")


def _shows_plain_texts(session: Session, resource: Resource, listing: Listing, filter: Filter) -> bool:
    """Return whether a list that needs a filter shows a resource whose property is a plain text."""
    text = "plain"
    if not (session.values.is_valid(text, filter.schema) and filter.parameter in listing.required):
        return False
    changes: dict[str, Any] = {filter.field: text}
    made = session.make(resource, **changes)
    if made is None or shows(made, filter.field) != text:
        return False
    reader = reader_of(session, resource, listing, made)
    return reader is not None and listed_id(resource, made) in reader.walk({}, None).ids


def _echoes_what_was_asked(session: Session, resource: Resource) -> Iterator[Breach]:
    """Compare the parameters of a read with the properties of its answer that have their names."""
    for operation in resource.operations:
        schema = answer_schema(operation, session.values.document) if operation.method == "GET" else None
        shown = resolve_map(schema, session.values.document).get("properties") or {}
        names = [one.name for one in operation.parameters if one.place == "query" and one.name in shown]
        names = [name for name in names if name not in _paging(resource, operation)]
        path = _some_path(session, resource, operation) if names else None
        for name in names if path is not None else ():
            yield from _echo(session, operation, path or {}, name)


def _paging(resource: Resource, operation: Operation) -> set[str]:
    """Return the parameters of a list by which a client turns its pages: a server may take them for others."""
    listing = next((one for one in resource.listings if one.operation == operation), None)
    parts = (listing.limit, listing.next_page) if listing is not None else ()
    return {"limit", "offset", "page", *(part.parameter for part in parts if part is not None)}


def _echo(session: Session, operation: Operation, path: Mapping[str, Any], name: str) -> Iterator[Breach]:
    parameter = next(one for one in operation.parameters if one.name == name and one.place == "query")
    schema = resolve_map(parameter.schema, session.values.document)
    echoed: list[Answer] = []
    values = [schema.get("example"), parameter.schema.get("example"), schema.get("maximum"), schema.get("minimum")]
    values += [0, False, *schema.get("enum", ())]
    for value in dict.fromkeys(one for one in values if one is not None and session.values.is_valid(one, schema)):
        answer = session.client.send(operation, path, query={**session.query(operation), name: value})
        found = answer.json.get(name) if answer.status == 200 and isinstance(answer.json, dict) else None
        if found == value and type(found) is type(value):
            echoed.append(answer)
        elif answer.status == 200 and echoed:
            happened = (
                f"?{name}={json.dumps(value)} was answered with {name} {json.dumps(found)}, others with themselves"
            )
            yield Breach(operation, happened, [echoed[0].exchange, answer.exchange], f"?{name}")
            return


def _some_path(session: Session, resource: Resource, operation: Operation) -> Mapping[str, Any] | None:
    names = [one.name for one in operation.parameters if one.place == "path"]
    made = session.make_or_find(resource) if names and resource.name else None
    path = made.path if made is not None else {}
    return {name: path[name] for name in names} if all(name in path for name in names) else None


# Headers


def _header_names_have_no_case(session: Session, resource: Resource) -> Iterator[Breach]:
    yield from _conditions(session, resource)
    yield from _keys(session, resource)


def _conditions(session: Session, resource: Resource) -> Iterator[Breach]:
    read = resource.read
    if read is None or "if-none-match" not in resource.conditional.get(read.id, ()):
        return
    made = session.make_or_find(resource)
    first = session.client.send(read, made.path) if made is not None else None
    tag = first.header("etag") if first is not None else ""
    if made is None or not tag:
        return
    plain = session.client.send(read, made.path, headers={"If-None-Match": tag})
    for name, value in (("IF-NONE-MATCH", tag), ("if-none-match", tag), ("If-None-Match", f"  {tag} ")):
        answer = session.client.send(read, made.path, headers={name: value})
        if plain.status == 304 and answer.status != 304:
            happened = f"If-None-Match was answered with 304, and {name}: {value!r} with {answer.status}"
            yield Breach(read, happened, [plain.exchange, answer.exchange], "If-None-Match")


def _keys(session: Session, resource: Resource) -> Iterator[Breach]:
    create, name = resource.create, resource.idempotency_header
    if create is None or not name or resource.parents or resource.body_envelope:
        return
    for first, second in ((name, name.upper()), (name.upper(), name.lower())):
        body, key = session.body(create, resource), session.values.new_key()
        others = {one: value for one, value in session.headers(create).items() if one.lower() != name.lower()}
        answers = [session.client.send(create, headers={**others, one: key}, body=body) for one in (first, second)]
        ids = [_id_in(resource, one) for one in answers]
        if answers[0].ok and (not answers[1].ok or ids[0] != ids[1]):
            happened = f"a request with {first} and the same one with {second} in its place were answered with "
            happened += f"{answers[0].status} and {answers[1].status}, {ids[0]!r} and {ids[1]!r}"
            yield Breach(create, happened, [one.exchange for one in answers], name)
            return


def _id_in(resource: Resource, answer: Answer) -> Any:
    value: Any = answer.json
    for key in resource.envelope:
        value = value.get(key) if isinstance(value, dict) else None
    return value.get(resource.id_property) if isinstance(value, dict) else None


def _accepts_what_it_sends(session: Session, resource: Resource) -> Iterator[Breach]:
    made = session.make_or_find(resource) if resource.read is not None else None
    read = resource.read
    if made is None or read is None:
        return
    plain = session.client.send(read, made.path, headers=session.headers(read))
    kind = plain.header("content-type").partition(";")[0].strip()
    if plain.status != 200 or not kind:
        return
    main = kind.partition("/")[0]
    for accept in (kind, "*/*", f"{main}/*;q=0.5, text/html;q=0.1", kind.upper(), f"{kind}; charset=utf-8"):
        answer = session.client.send(read, made.path, headers={**session.headers(read), "Accept": accept})
        if answer.status >= 400:
            happened = f"Accept: {accept} was answered with {answer.status}, though {kind} is sent without it"
            yield Breach(read, happened, [plain.exchange, answer.exchange], "Accept")
            return


# Answers


def _answers_are_what_they_say(session: Session, resource: Resource) -> Iterator[Breach]:
    made = session.make_or_find(resource)
    answers: list[tuple[Operation, Answer]] = []
    if made is not None:
        answers.append((made.answer.operation, made.answer))
    for operation in (resource.read, *(one.operation for one in resource.listings)):
        names = {one.name for one in operation.parameters if one.place == "path"} if operation is not None else set()
        if operation is not None and made is not None and names <= set(made.path):
            path = {name: made.path[name] for name in names}
            query, headers = session.query(operation), session.headers(operation)
            answers.append((operation, session.client.send(operation, path, query=query, headers=headers)))
    for operation, answer in answers:
        if answer.ok and (happened := describe_wrong_form(answer)):
            yield Breach(operation, happened, [answer.exchange], "body")


def describe_wrong_form(answer: Answer) -> str:
    """Return how the bytes of an answer are other than its Content-Type says, empty where they are not."""
    kind = answer.header("content-type")
    if "json" not in kind.lower() or not answer.body or answer.header("content-encoding"):
        return ""
    charset = found[1] if (found := _CHARSET.search(kind)) else "utf-8"
    try:
        text = answer.body.decode(charset)
    except (LookupError, UnicodeDecodeError):
        return f"the body of the answer is no text in {charset}, though its Content-Type is {kind}"
    if charset.lower().replace("-", "") not in ("utf8", "usascii", "ascii") and not text.isascii():
        return f"the body of the answer is JSON in {charset}"
    if text.startswith("\ufeff"):
        return "the body of the answer begins with a byte order mark"
    try:
        value = json.loads(text)
    except ValueError:
        return f"the body of the answer is no JSON, though its Content-Type is {kind}"
    if isinstance(value, str):
        try:
            inner = json.loads(value)
        except ValueError:
            return ""
        if isinstance(inner, dict | list):
            return "the body of the answer is a JSON string that has JSON in it"
    return ""


CHECKS = (
    Check(
        name="query-is-read-as-it-is-written",
        kind="wire",
        promise="A query means the same in any order and encoding, and none fails the server",
        origin="RFC 3986, section 6.2.2.2: percent-encoding of unreserved characters changes nothing",
        run=_queries_are_decoded,
    ),
    Check(
        name="parameter-is-taken-as-given",
        kind="wire",
        promise="An answer that shows what was asked for shows it for every value, 0 and false included",
        origin="the document: a property of the answer has the parameter's name",
        run=_echoes_what_was_asked,
        every_operation=True,
    ),
    Check(
        name="filter-is-decoded-once",
        kind="wire",
        promise="A filter finds a value that a query writes with %20, + or other encoded characters",
        origin="WHATWG URL standard, application/x-www-form-urlencoded: + is a space in a query",
        run=_filters_are_decoded,
    ),
    Check(
        name="header-names-have-no-case",
        kind="wire",
        promise="A header means the same in capitals and small letters, and with spaces around its value",
        origin="RFC 9110, section 5.1: names are case-insensitive; section 5.5: white space is no part of a value",
        run=_header_names_have_no_case,
    ),
    Check(
        name="accept-of-what-is-sent",
        kind="wire",
        promise="A client that accepts what the API sends gets it, however Accept is written",
        origin="RFC 9110, section 12.5.1: Accept",
        run=_accepts_what_it_sends,
    ),
    Check(
        name="answer-is-what-its-type-says",
        kind="wire",
        promise="The bytes of an answer are what its Content-Type says: JSON in UTF-8, encoded once",
        origin="RFC 8259, section 8.1: JSON text is UTF-8; RFC 9110, section 8.3: Content-Type",
        run=_answers_are_what_they_say,
    ),
)
