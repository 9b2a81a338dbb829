"""Wire: a body means the same whatever way HTTP and JSON let a client write it, and what is no JSON is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer, json_media_type, write_json
from homeport.contract.checks.session import Session
from homeport.contract.finding import Severity
from homeport.contract.rest.resource import Field, Resource
from homeport.contract.rest.shapes import kinds_of, value_at
from homeport.project.model import Operation

_TEXTS = ("Zoë 価格 😀", "Zoë", "abc")
_DAMAGE = "\ufffd"
_TEXTS_OF_NO_MEANING = (
    ("a lone surrogate", b"\\ud800"),
    ("the character U+0000", b"a\\u0000b"),
    ("bytes that are not UTF-8", b"Zo\xeb"),
)


@dataclass(frozen=True, slots=True)
class SentBody:
    """A body as bytes with its content type. ``must``: a service that takes its ``plain`` form has to take it too."""

    what: str
    data: bytes
    media_type: str = ""
    must: bool = False
    plain: bytes = b""


@dataclass(frozen=True, slots=True)
class BodyWriter:
    """The create of a resource with bodies as bytes. ``name`` is a property that holds free text, ``""`` for none."""

    session: Session
    resource: Resource
    operation: Operation
    name: str = ""

    def body(self, text: str | None = None) -> dict[str, Any]:
        """Return a valid body, with a text in the property."""
        value = self.session.body(self.operation, self.resource)
        body = value if isinstance(value, dict) else {}
        return {**body, self.name: text} if self.name and text is not None else body

    def send(self, data: bytes, media_type: str) -> Answer:
        """Return the answer to a body; without a media type the request has no Content-Type."""
        return self.session.client.send(
            self.operation,
            self.path(),
            raw=data,
            media_type=media_type,
            query=self.session.query(self.operation),
            headers=self.session.headers(self.operation),
        )

    def path(self) -> dict[str, Any]:
        """Return the path of a resource that is not there yet."""
        names = [one.name for one in self.operation.parameters if one.place == "path"]
        own = self.resource.id_parameter
        return {
            name: self.session.values.new_id(self.resource)
            if name == own
            else self.session.values.parameter(self.operation, name)
            for name in names
        }

    def read_text(self, answer: Answer) -> Any:
        """Return the property as the answer of a write shows it, None where it shows none."""
        value = value_at(answer.json, self.resource.envelope)
        return value.get(self.name) if isinstance(value, dict) else None


def body_writer(session: Session, resource: Resource) -> tuple[BodyWriter, str] | None:
    """Return the writer of a resource, and a text for its property; None where it can't be written freely."""
    operation = resource.any_create
    if operation is None or resource.parents or resource.body_envelope or session.body(operation, resource) is None:
        return None
    schema = session.values.body_schema(operation)
    for text in _TEXTS:
        for name, field in sorted(resource.fields.items()):
            writer = BodyWriter(session, resource, operation, name)
            if _takes_text(field, operation, resource) and session.values.is_valid(writer.body(text), schema or {}):
                return writer, text
    return BodyWriter(session, resource, operation), ""


def _takes_text(field: Field, operation: Operation, resource: Resource) -> bool:
    is_free = not {"enum", "format", "pattern"} & set(field.schema)
    is_text = field.schema.get("type") == "string"
    return (
        operation.id in field.written and field.answered and is_text and is_free and field.name != resource.id_property
    )


# Media types and encodings


def _is_read_by_its_bytes(session: Session, resource: Resource) -> Iterator[Breach]:
    found = body_writer(session, resource)
    if found is None:
        return
    writer, text = found
    kind = json_media_type(writer.operation)
    plain = writer.send(write_json(writer.body(text)).encode(), kind)
    if not plain.ok:
        session.note_untested(f"no {resource.name} can be made: {writer.operation.method} {plain.status}")
        return
    for sent in _written_forms(writer, kind, text):
        answer = writer.send(sent.data, sent.media_type)
        happened = _describe_difference(writer, sent, answer, text)
        # The values themselves may be what is refused.
        is_rejected = bool(happened) and not answer.ok and answer.status < 500
        if happened and not (is_rejected and not writer.send(sent.plain, kind).ok):
            yield Breach(writer.operation, happened, [plain.exchange, answer.exchange], sent.what)


def _written_forms(writer: BodyWriter, kind: str, text: str) -> Iterator[SentBody]:
    """Yield the forms, each of a body of its own: what is unique in it is."""

    def form(
        what: str, change: Callable[[bytes], bytes] = bytes, media_type: str = "", *, must: bool = False
    ) -> SentBody:
        plain = write_json(writer.body(text)).encode()
        return SentBody(what, change(plain), media_type, must, plain)

    yield form("a charset beside the media type", media_type=f"{kind}; charset=utf-8", must=True)
    yield form("a media type in capitals", media_type=kind.title(), must=True)
    yield form("a quoted charset", media_type=f'{kind};charset="UTF-8"')
    yield form("no Content-Type")
    yield form("a media type that API Gateway sends on as base64", media_type="application/octet-stream")
    yield form("a byte order mark", lambda plain: b"\xef\xbb\xbf" + plain, kind)
    yield form("UTF-16", lambda plain: plain.decode().encode("utf-16"), f"{kind}; charset=utf-16")
    for other in writer.operation.body.content if writer.operation.body else ():
        if "json" in other and "*" not in other and other != kind:
            yield form(f"the documented media type {other}", media_type=other, must=True)
    body = writer.body(text)
    if _is_exact(body):
        escaped = json.dumps(body, default=str).replace("/", "\\/").encode()
        yield SentBody("characters that are escaped", escaped, kind, True, write_json(body).encode())
    yield form("white space around it", lambda plain: b" \r\n\t" + plain + b"\n ", kind, must=True)


def _is_exact(body: Any) -> bool:
    try:
        json.dumps(body)
    except TypeError:
        return False
    return True


def _describe_difference(writer: BodyWriter, sent: SentBody, answer: Answer, text: str) -> str:
    if answer.status >= 500:
        return f"a valid body with {sent.what} was answered with {answer.status}"
    if sent.must and answer.status in (400, 406, 415, 422):
        return f"a body was taken, and the same one with {sent.what} was answered with {answer.status}"
    shown = writer.read_text(answer) if answer.ok else None
    if shown is not None and text and shown != text:
        return f"{writer.name} was sent as {text!r} with {sent.what}, and is {shown!r} in the answer"
    return ""


def _takes_documented_types(session: Session, resource: Resource) -> Iterator[Breach]:
    operations = [one for one in (resource.replace, resource.change) if one is not None and one.body is not None]
    several = [one for one in operations if len(_json_types(one)) > 1]
    made = session.make(resource) if several else None
    for operation in several if made is not None else ():
        body = session.body(operation, resource)
        if made is None or not isinstance(body, dict) or resource.id_property in body:
            continue
        answers = [
            session.client.send(
                operation,
                made.path,
                body=body,
                media_type=kind,
                query=session.query(operation),
                headers=session.headers(operation),
            )
            for kind in _json_types(operation)
        ]
        taken = next((one for one in answers if one.ok), None)
        for kind, answer in zip(_json_types(operation), answers, strict=True):
            if taken is not None and (answer.status in (400, 415, 422) or answer.status >= 500):
                happened = f"the body as {kind}, which the document has, was answered with {answer.status}"
                yield Breach(operation, happened, [taken.exchange, answer.exchange], kind)


def _json_types(operation: Operation) -> list[str]:
    return [kind for kind in (operation.body.content if operation.body else {}) if "json" in kind and "*" not in kind]


# JSON


def _refuses_what_is_no_json(session: Session, resource: Resource) -> Iterator[Breach]:
    found = body_writer(session, resource)
    if found is None:
        return
    writer, _ = found
    kind = json_media_type(writer.operation)
    for sent in _broken_forms(writer, kind):
        answer = writer.send(sent.data, sent.media_type)
        if answer.status >= 500 or (sent.must and answer.ok):
            happened = f"a body with {sent.what} was answered with {answer.status}"
            yield Breach(writer.operation, happened, [answer.exchange], sent.what)
        elif answer.ok and _is_damaged(answer):
            happened = f"a body with {sent.what} was answered with {answer.status}, and a text that was not sent"
            yield Breach(writer.operation, happened, [answer.exchange], sent.what, severity=_severity(session))


def _severity(session: Session) -> Severity:
    """Return how bad it is to take what is not UTF-8: the document may promise that it is refused.

    Without the promise it is no more than a note. API Gateway itself puts U+FFFD in place of such bytes, so what it
    invokes can't tell them from a U+FFFD that was sent.
    """
    return "error" if "UTF-8" in str(session.model.document.get("info", "")) else "note"


def _broken_forms(writer: BodyWriter, kind: str) -> Iterator[SentBody]:
    """Yield bodies that are no JSON, or whose meaning is open; ``must`` are those that have to be refused."""
    plain = write_json(writer.body())
    yield SentBody("text behind the JSON value", f"{plain} x".encode(), kind, must=True)
    yield SentBody("a comma before its end", f"{plain[:-1]},}}".encode(), kind, must=True)
    yield SentBody("100,000 arrays in each other", b"[" * 100_000, kind, must=True)
    number = _property_of(writer, {"number", "integer"})
    if number:
        for value, must in (("NaN", True), ("Infinity", True), ("1e400", False), ("9" * 5000, False)):
            body = {**writer.body(), number: "@"}
            text = write_json(body).replace('"@"', value)
            yield SentBody(f"the number {value[:12]}", text.encode(), kind, must)
    if writer.name:
        # Each has an id of its own, so that none is refused for another reason.
        for what, text_bytes in _TEXTS_OF_NO_MEANING:
            marked = write_json(writer.body("@")).encode()
            yield SentBody(what, marked.replace(b'"@"', b'"' + text_bytes + b'"'), kind)


def _property_of(writer: BodyWriter, kinds: set[str]) -> str:
    for name, field in sorted(writer.resource.fields.items()):
        if writer.operation.id in field.written and kinds_of(field.schema, writer.session.model.document) & kinds:
            return name
    return ""


def _is_damaged(answer: Answer) -> bool:
    return _DAMAGE.encode() in answer.body or b"\\ufffd" in answer.body.lower()


def _is_not_mixed(session: Session, resource: Resource) -> Iterator[Breach]:
    found = body_writer(session, resource)
    if found is None or not found[0].name:
        return
    writer, _ = found
    kind = json_media_type(writer.operation)
    for first, second in (("@", 7), (7, "@")):
        body = write_json(writer.body("@@"))
        twice = f"{write_json(first)}, {json.dumps(writer.name)}: {write_json(second)}"
        answer = writer.send(body.replace('"@@"', twice, 1).encode(), kind)
        shown = writer.read_text(answer) if answer.ok else None
        if answer.status >= 500 or (shown is not None and shown != "@"):
            seen = "" if shown is None else f", and {writer.name} is {shown!r}"
            happened = f"a body that has {writer.name} as {first!r} and as {second!r}, of which one is invalid, "
            happened += f"was answered with {answer.status}{seen}"
            yield Breach(writer.operation, happened, [answer.exchange], f"/{writer.name}")


CHECKS = (
    Check(
        name="body-is-read-by-its-bytes",
        kind="wire",
        promise="A body means the same with any spelling of its media type, and any spelling of its JSON",
        origin="RFC 9110, section 8.3.1: media types are case-insensitive; RFC 8259, section 7: escapes",
        run=_is_read_by_its_bytes,
    ),
    Check(
        name="documented-media-type-is-taken",
        kind="wire",
        promise="A body is taken in each media type that the document has for it",
        origin="the document: the content of the request body",
        run=_takes_documented_types,
    ),
    Check(
        name="broken-json-is-refused",
        kind="wire",
        promise="A body that is no JSON in UTF-8 is refused with 4xx",
        origin="RFC 8259, sections 2 and 8.1: the grammar, and UTF-8",
        run=_refuses_what_is_no_json,
    ),
    Check(
        name="property-twice-is-not-mixed",
        kind="wire",
        promise="A body that has a property twice is refused, or one of both is checked and kept",
        origin="RFC 8259, section 4: names should be unique; RFC 7493, section 2.3",
        run=_is_not_mixed,
    ),
)
