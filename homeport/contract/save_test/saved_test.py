"""A recorded request as a pytest case that people read and that runs by itself. Pure.

Ids that a client chose get a new value in each run. Ids, times and versions of a response, which the service made, are
compared by their shape.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, unquote

from homeport.contract.fixtures.matchers import TIME, TOKEN, UUID
from homeport.contract.save_test.prerequisites import (
    Prerequisites,
    elements,
    is_later_page,
    listed_ids,
    made_ids,
    names_id,
    parse_json,
    written_ids,
)
from homeport.contract.save_test.python_source import (
    CallArguments,
    SourceText,
    format_call,
    format_value,
    fstring_text,
    identifier,
    quote_text,
)
from homeport.http_headers import header_value
from homeport.recordings.recording import Body, Recording
from homeport.recordings.redaction import MASK

_OPAQUE = re.compile(TOKEN)
# A shorter text may be an id by chance.
SHORTEST = 4
_PLAIN = frozenset(("delete", "get", "head", "options", "patch", "post", "put"))
# Headers of the connection, and of a client library about itself.
_NOT_SENT = frozenset(
    (
        *("accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "te", "trailer"),
        *("transfer-encoding", "upgrade", "user-agent", "traceparent", "tracestate", "x-amzn-trace-id"),
    )
)
_SHAPES = ((re.compile(UUID), "uuid"), (re.compile(TIME), "time"))
_SHORTEST_OPAQUE = 16
_COUNTED = re.compile(r"(?i)(?:version|revision|etag|epoch|timestamp)$")
_EPOCH = ((1_400_000_000, 4_000_000_000), (1_400_000_000_000, 4_000_000_000_000))
_LARGEST = 4000
# Of a target in a docstring.
_LONGEST_TARGET = 60
_STANDARD = {"json": "import json", "quote": "from urllib.parse import quote"}


@dataclass(slots=True)
class SavedTestWriter:
    """A test that is being written. ``known`` maps texts to the source that names them in the test.

    ``base`` is the path of the stage, ``helpers`` the names to import.
    """

    prerequisites: Prerequisites
    base: str
    known: dict[str, str] = field(default_factory=dict)
    helpers: set[str] = field(default_factory=set)
    names: list[str] = field(default_factory=list)

    @property
    def all(self) -> tuple[Recording, ...]:
        """The prerequisites in their order, and the recording itself."""
        return (*self.prerequisites.before, self.prerequisites.recording)


def text_source(writer: SavedTestWriter, text: str) -> str:
    """Return the source of a text, with the names of its known parts."""
    if text in writer.known:
        return writer.known[text]
    there = {known: source for known, source in writer.known.items() if len(known) >= 2 * SHORTEST and known in text}
    return 'f"' + fstring_text(text, there) + '"' if there else quote_text(text)


def is_opaque(text: str) -> bool:
    """Return whether a text looks like an id or a cursor: letters and digits without a meaning."""
    return (
        len(text) >= 8
        and _OPAQUE.fullmatch(text) is not None
        and re.search(r"\d", text) is not None
        and re.search(r"[A-Za-z]", text) is not None
    )


def unused_name(writer: SavedTestWriter, name: str) -> str:
    """Return a name that no variable of the test has yet."""
    taken = {"homeport_url", "reply", "requests", *writer.names}
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    writer.names.append(candidate)
    return candidate


def name_of_test(recording: Recording) -> str:
    """Return the name of the test, ``test_get_item_answers_200``."""
    summary = recording.summary
    name = summary.operation or f"{summary.method} {summary.target.partition('?')[0]}"
    return f"test_{identifier(name)}_answers_{summary.status}"


def render(prerequisites: Prerequisites, replaceable: Iterable[str]) -> str:
    """Return the text of the file. ``replaceable`` are ids that clients chose and that get a new value in each run."""
    recording = prerequisites.recording
    writer = SavedTestWriter(
        prerequisites, "" if recording.summary.stage == "$default" else f"/{recording.summary.stage}"
    )
    lines = [*_fresh_id_lines(writer, sorted(replaceable))]
    for step in prerequisites.before:
        lines += _prerequisite_lines(writer, step)
    lines += request_lines(writer, recording, "reply")
    lines += assertion_lines(writer, recording)
    return (
        "\n".join([*_head_lines(writer), "", "", *_definition_lines(recording), *_missing_lines(prerequisites), *lines])
        + "\n"
    )


def _head_lines(writer: SavedTestWriter) -> list[str]:
    summary = writer.prerequisites.recording.summary
    when = datetime.fromtimestamp(summary.received, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    lines = [
        f'"""Recorded {when}: {summary.method} {_docstring_text(summary.target)} was answered {summary.status}.',
        "",
        f"Written by `homeport save-test {summary.id}`.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
    ]
    standard = [line for name, line in _STANDARD.items() if name in writer.helpers]
    lines += [*standard, *([""] if standard else []), "import requests"]
    helpers = sorted(writer.helpers - _STANDARD.keys())
    return [*lines, *(["", f"from homeport.contract.fixtures.matchers import {', '.join(helpers)}"] if helpers else [])]


def _definition_lines(recording: Recording) -> list[str]:
    return [f"def {name_of_test(recording)}(homeport_url: str) -> None:"]


def _missing_lines(prerequisites: Prerequisites) -> list[str]:
    return [f"    # No recorded request made {quote_text(id)}: it must be there." for id in prerequisites.missing]


def _fresh_id_lines(writer: SavedTestWriter, replaceable: Sequence[str]) -> list[str]:
    lines = []
    for id in replaceable:
        name = unused_name(writer, _id_name(writer, id))
        writer.known[id] = name
        writer.helpers.add("fresh")
        lines.append(f"    {name} = fresh({quote_text(id)})")
    return lines


def _id_name(writer: SavedTestWriter, id: str) -> str:
    for step in writer.all:
        for name, value in step.path_parameters:
            if value == id:
                return identifier(name)
        body = parse_json(step.request_body.text)
        for name, value in body.items() if isinstance(body, dict) else ():
            if value == id:
                return identifier(name)
    return "an_id"


def _prerequisite_lines(writer: SavedTestWriter, step: Recording) -> list[str]:
    name = unused_name(writer, identifier(step.summary.operation or step.summary.method))
    lines = request_lines(writer, step, name)
    lines.append(f"    assert {name}.status_code == {step.summary.status}, {name}.text")
    _name_generated_values(writer, step, name)
    return lines


def _name_generated_values(writer: SavedTestWriter, step: Recording, name: str) -> None:
    """Name the generated values of a response that later requests, or the last response, have as well."""
    rest = writer.all[writer.all.index(step) + 1 :]
    later = "\n".join(part for other in rest for part in _texts(other))
    body = parse_json(step.reply_body.text)
    for key, value in body.items() if isinstance(body, dict) else ():
        generated = isinstance(value, str) and (names_id(key) or is_opaque(value)) and not re.fullmatch(TIME, value)
        if generated and len(value) >= SHORTEST and value not in writer.known and value in later:
            writer.known[value] = f'{name}.json()["{key}"]'
    for header, value in step.reply_headers:
        if header.lower() == "etag" and value in later:
            writer.known[value] = f'{name}.headers["ETag"]'


def _texts(step: Recording) -> Iterable[str]:
    yield step.summary.target
    yield step.request_body.text
    yield step.reply_body.text
    yield from (value for _, value in step.request_headers)


def _docstring_text(text: str) -> str:
    short = text if len(text) <= _LONGEST_TARGET else f"{text[:_LONGEST_TARGET]}…"
    return quote_text(short)[1:-1].replace('\\"', "'")


def request_lines(writer: SavedTestWriter, step: Recording, name: str) -> list[str]:
    """Return the statement that sends a request, and names its response."""
    method = step.summary.method.lower()
    arguments = [] if method in _PLAIN else [quote_text(step.summary.method)]
    arguments.append(_url(writer, step.summary.target.removeprefix(writer.base)))
    body, own_type = _body(writer, step)
    headers = _headers(writer, step, own_type)
    if headers:
        arguments.append("headers=" + format_value(headers, 8, _no_scalar))
    if body:
        arguments.append(body)
    if step.summary.status in (301, 302, 303, 307, 308):
        arguments.append("allow_redirects=False")
    arguments.append("timeout=30")
    start = f"{name} = requests.{method if method in _PLAIN else 'request'}"
    return format_call(start, arguments, 4).splitlines()


def _url(writer: SavedTestWriter, target: str) -> str:
    path, mark, query = target.partition("?")
    segments = [_url_part(writer, segment) for segment in path.split("/")]
    pairs = [_query_pair(writer, pair) for pair in query.split("&")] if mark else []
    return 'f"{homeport_url}' + "/".join(segments) + mark + "&".join(pairs) + '"'


def _url_part(writer: SavedTestWriter, part: str) -> str:
    """Return the source of a segment or a value of a URL, by its name where it has one."""
    source = writer.known.get(unquote(part), "").replace('"', "'")
    if not source:
        return fstring_text(part, {})
    if quote(unquote(part), safe="") == unquote(part):
        return "{" + source + "}"
    writer.helpers.add("quote")
    return "{quote(" + source + ", safe='')}"


def _query_pair(writer: SavedTestWriter, pair: str) -> str:
    name, mark, value = pair.partition("=")
    if value == MASK:
        return f"{fstring_text(name, {})}={{{_secret(writer, name)}}}"
    known = len(value) >= SHORTEST or names_id(name)
    return fstring_text(name, {}) + mark + (_url_part(writer, value) if known else fstring_text(value, {}))


def _headers(writer: SavedTestWriter, step: Recording, own_type: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in step.request_headers:
        lower = name.lower()
        skipped = lower in _NOT_SENT or lower.startswith("x-forwarded-") or (lower == "accept" and value == "*/*")
        if skipped or (lower == "content-type" and value == own_type):
            continue
        found[name] = SourceText(_header_value(writer, name, value))
    return found


def _header_value(writer: SavedTestWriter, name: str, value: str) -> str:
    if MASK in value:
        if name.lower() == "cookie":
            return _secret(writer, name).replace("'", '"')
        scheme = value.removesuffix(MASK)
        asked = _secret(writer, "token" if name.lower() == "authorization" else name.removeprefix("x-"))
        return f'f"{scheme}{{{asked}}}"' if scheme.strip() else asked.replace("'", '"')
    if "idempotency" in name.lower():
        writer.helpers.add("fresh")
        return f"fresh({quote_text(value)})"
    return text_source(writer, value)


def _secret(writer: SavedTestWriter, name: str) -> str:
    writer.helpers.add("secret")
    variable = re.sub(r"[^A-Z0-9]+", "_", re.sub(r"^X-", "", name.upper()))
    return f"secret('HOMEPORT_{variable.strip('_')}')"


def _body(writer: SavedTestWriter, step: Recording) -> tuple[str, str]:
    """Return the argument for the body, and the content type that comes with it."""
    body = step.request_body
    if not body.size:
        return "", ""
    typed = header_value(step.request_headers, "content-type") is not None
    value = parse_json(body.text) if _is_plain_json(body) else None
    if value is not None:
        source = format_value(
            value, 8, lambda part, name: _sent_value(writer, part, name), lead=len("data=json.dumps().encode(),")
        )
        if typed:
            return f"json={source}", "application/json"
        # requests would add a content type to json=.
        writer.helpers.add("json")
        return f"data=json.dumps({source}).encode()", ""
    if body.encoding == "base64":
        return f"data={body.data!r}", ""
    return f"data={text_source(writer, body.text)}.encode()", ""


def _sent_value(writer: SavedTestWriter, value: Any, name: str) -> str:
    if value == MASK:
        return _secret(writer, name).replace("'", '"')
    if not isinstance(value, str):
        return repr(value)
    return text_source(writer, value) if len(value) >= SHORTEST or names_id(name) else quote_text(value)


def _is_plain_json(body: Body) -> bool:
    """Return whether Python's json module keeps the body as it is: no digits lost, no name twice."""
    try:
        kept = json.dumps(json.loads(body.text))
        exact = json.loads(body.text, parse_float=Decimal, object_pairs_hook=_pairs)
        return bool(exact == json.loads(kept, parse_float=Decimal, object_pairs_hook=_pairs))
    except (ValueError, RecursionError):
        return False


def _pairs(pairs: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name stands there twice")
    return pairs


def _no_scalar(value: Any, name: str) -> str:
    return quote_text(str(value))


def assertion_lines(writer: SavedTestWriter, recording: Recording) -> list[str]:
    """Return the assertions about the response."""
    lines = [f"    assert reply.status_code == {recording.summary.status}, reply.text"]
    kind = header_value(recording.reply_headers, "content-type")
    body = recording.reply_body
    if kind is not None and (body.size or recording.summary.method == "HEAD"):
        lines.append(f'    assert reply.headers["Content-Type"] == {quote_text(kind)}')
    return [*lines, *_body_assertion(writer, recording, body)]


def _body_assertion(writer: SavedTestWriter, recording: Recording, body: Body) -> list[str]:
    if recording.summary.method == "HEAD":
        return []
    if recording.summary.status == 200 and is_later_page(writer.prerequisites):
        return ["    # What a later page holds depends on everything that is stored."]
    if body.clipped or MASK in body.text:
        why = "was too large to be kept whole" if body.clipped else "had credentials in it, which are not kept"
        return [f"    # The recorded body {why}."]
    if body.encoding == "base64":
        data = body.data
        check = f"== {data!r}" if len(data) <= 200 else None
        return [f"    assert reply.content {check}" if check else f"    assert len(reply.content) == {len(data)}"]
    value = parse_json(body.text)
    if isinstance(value, dict | list):
        expected = _Expected(writer, recording).source(value)
        return f"    assert reply.json() == {expected}".splitlines()
    if len(body.text) > _LARGEST:
        return [f"    assert len(reply.text) == {len(body.text)}"]
    return [f"    assert reply.text == {_Expected(writer, recording).scalar(body.text, '')}"]


class _Expected:
    """The value that a response is compared with."""

    def __init__(self, writer: SavedTestWriter, recording: Recording) -> None:
        self._writer = writer
        self._sent = set[tuple[str, Any]]()
        self._texts = set[str]()
        for step in writer.all:
            self._texts |= {value for _, value in step.path_parameters}
            for name, value in _scalars(parse_json(step.request_body.text), ""):
                self._sent.add((name, value))
                if isinstance(value, str):
                    self._texts.add(value)
        self._made = {id for step in writer.prerequisites.before for id in made_ids(step) | written_ids(step)}
        self._lists = bool(listed_ids(recording)) and not recording.path_parameters

    def source(self, value: Any) -> str:
        """Return the source of a JSON value."""
        return format_value(self._loosen(value), 4, self.scalar, lead=len("assert reply.json() == "))

    def _loosen(self, value: Any) -> Any:
        """Return the value with matchers for lists of a collection, which may hold others' items, in any order."""
        if isinstance(value, dict):
            return self._first_page(value) if self._lists and elements(value) else value
        if isinstance(value, list) and self._lists and elements(value):
            self._writer.helpers.add("holding")
            return CallArguments("holding", [element for element in elements(value) if self._is_mine(element)])
        return value

    def _first_page(self, value: Mapping[str, Any]) -> CallArguments:
        """Return a matcher without the cursor: the start of a next page depends on everything that is stored."""
        kept = {name: part for name, part in value.items() if not (isinstance(part, str) and is_opaque(part))}
        self._writer.helpers.add("first_page")
        return CallArguments("first_page", [{name: self._loosen(part) for name, part in kept.items()}])

    def _is_mine(self, element: Mapping[str, Any]) -> bool:
        return any(names_id(name) and str(value) in self._made for name, value in element.items())

    def scalar(self, value: Any, name: str) -> str:
        """Return the source of a value that is no object and no list."""
        if isinstance(value, str):
            return self._of_text(value, name)
        if isinstance(value, bool) or value is None or (name, value) in self._sent:
            return repr(value)
        whole = isinstance(value, int)
        generated = (whole and (names_id(name) or _COUNTED.search(name))) or any(
            low <= value <= high for low, high in _EPOCH
        )
        if not generated:
            return repr(value)
        self._writer.helpers.add("some")
        return "some(int)" if whole else "some(float)"

    def _of_text(self, text: str, name: str) -> str:
        if (name, text) in self._sent and not names_id(name) and len(text) < SHORTEST:
            return quote_text(text)
        if text in self._writer.known or text in self._texts:
            return text_source(self._writer, text)
        if any(pattern.search(text) for pattern, _ in _SHAPES):
            self._writer.helpers.add("like")
            masked = text
            for pattern, word in _SHAPES:
                masked = pattern.sub("{" + word + "}", masked)
            return f"like({quote_text(masked)})"
        if is_opaque(text) and len(text) >= _SHORTEST_OPAQUE:
            self._writer.helpers.add("like")
            return 'like("{token}")'
        if (names_id(name) or _COUNTED.search(name)) and text:
            self._writer.helpers.add("some")
            return "some(str)"
        return text_source(self._writer, text)


def _scalars(value: Any, name: str) -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _scalars(part, key)
    elif isinstance(value, list):
        for part in value:
            yield from _scalars(part, name)
    else:
        yield name, value
