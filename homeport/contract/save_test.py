"""A recorded request as a pytest case that people read and that runs by itself. Pure.

Ids that a client chose get a new value in each run; what an answer holds of ids, times and versions that the service
made is compared by its shape.
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

from homeport.contract.literals import Arguments, Source, call, quoted, written
from homeport.contract.saved import TIME, TOKEN, UUID
from homeport.contract.steps import Steps, created, elements, is_later_page, json_of, listed, made_by, names_id
from homeport.inspector.masks import MASK
from homeport.inspector.recording import Body, Recording
from homeport.spec.names import snake_case

_PLAIN = frozenset(("delete", "get", "head", "options", "patch", "post", "put"))
# The connection's own, and what a client library says of itself.
_NOT_SENT = frozenset(
    (
        *("accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "te", "trailer"),
        *("transfer-encoding", "upgrade", "user-agent", "traceparent", "tracestate", "x-amzn-trace-id"),
    )
)
_SHAPES = ((re.compile(UUID), "uuid"), (re.compile(TIME), "time"))
_OPAQUE = re.compile(TOKEN)
_SHORTEST_OPAQUE = 16
# A shorter text may be an id by chance.
_SHORTEST = 4
# Of a target in a docstring.
_LONGEST_TARGET = 60
_COUNTED = re.compile(r"(?i)(?:version|revision|etag|epoch|timestamp)$")
_EPOCH = ((1_400_000_000, 4_000_000_000), (1_400_000_000_000, 4_000_000_000_000))
_LARGEST = 4000
_STANDARD = {"json": "import json", "quote": "from urllib.parse import quote"}


@dataclass(slots=True)
class _Writer:
    """``known`` are texts that have a name in the test, with the source that stands for them."""

    steps: Steps
    base: str
    known: dict[str, str] = field(default_factory=dict)
    helpers: set[str] = field(default_factory=set)
    names: list[str] = field(default_factory=list)

    @property
    def all(self) -> tuple[Recording, ...]:
        return (*self.steps.before, self.steps.recording)


def name_of_test(recording: Recording) -> str:
    """``test_get_item_answers_200``."""
    summary = recording.summary
    name = summary.operation or f"{summary.method} {summary.target.partition('?')[0]}"
    return f"test_{_word(name)}_answers_{summary.status}"


def render(steps: Steps, renewed: Iterable[str]) -> str:
    """The text of the file. ``renewed`` are the ids that clients chose and that are to be new in each run."""
    recording = steps.recording
    writer = _Writer(steps, "" if recording.summary.stage == "$default" else f"/{recording.summary.stage}")
    lines = [*_fresh_ids(writer, sorted(renewed))]
    for step in steps.before:
        lines += _precondition(writer, step)
    lines += _request(writer, recording, "reply")
    lines += _assertions(writer, recording)
    return "\n".join([*_head(writer), "", "", *_definition(recording), *_missing(steps), *lines]) + "\n"


def _head(writer: _Writer) -> list[str]:
    summary = writer.steps.recording.summary
    when = datetime.fromtimestamp(summary.received, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    lines = [
        f'"""Recorded {when}: {summary.method} {_docstring(summary.target)} was answered {summary.status}.',
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
    return [*lines, *(["", f"from homeport.contract.saved import {', '.join(helpers)}"] if helpers else [])]


def _definition(recording: Recording) -> list[str]:
    return [f"def {name_of_test(recording)}(homeport_url: str) -> None:"]


def _missing(steps: Steps) -> list[str]:
    return [f"    # No recorded request made {quoted(id)}: it must be there." for id in steps.missing]


def _fresh_ids(writer: _Writer, renewed: Sequence[str]) -> list[str]:
    lines = []
    for id in renewed:
        name = _unused(writer, _id_name(writer, id))
        writer.known[id] = name
        writer.helpers.add("fresh")
        lines.append(f"    {name} = fresh({quoted(id)})")
    return lines


def _id_name(writer: _Writer, id: str) -> str:
    for step in writer.all:
        for name, value in step.path_parameters:
            if value == id:
                return _word(name)
        body = json_of(step.request_body.text)
        for name, value in body.items() if isinstance(body, dict) else ():
            if value == id:
                return _word(name)
    return "an_id"


def _precondition(writer: _Writer, step: Recording) -> list[str]:
    name = _unused(writer, _word(step.summary.operation or step.summary.method))
    lines = _request(writer, step, name)
    lines.append(f"    assert {name}.status_code == {step.summary.status}, {name}.text")
    _learn(writer, step, name)
    return lines


def _learn(writer: _Writer, step: Recording, name: str) -> None:
    """Give what an answer made a name, where later requests or the last answer have it."""
    rest = writer.all[writer.all.index(step) + 1 :]
    later = "\n".join(part for other in rest for part in _texts(other))
    body = json_of(step.reply_body.text)
    for key, value in body.items() if isinstance(body, dict) else ():
        generated = isinstance(value, str) and (names_id(key) or _is_opaque(value)) and not re.fullmatch(TIME, value)
        if generated and len(value) >= _SHORTEST and value not in writer.known and value in later:
            writer.known[value] = f'{name}.json()["{key}"]'
    for header, value in step.reply_headers:
        if header.lower() == "etag" and value in later:
            writer.known[value] = f'{name}.headers["ETag"]'


def _texts(step: Recording) -> Iterable[str]:
    yield step.summary.target
    yield step.request_body.text
    yield step.reply_body.text
    yield from (value for _, value in step.request_headers)


def _request(writer: _Writer, step: Recording, name: str) -> list[str]:
    method = step.summary.method.lower()
    arguments = [] if method in _PLAIN else [quoted(step.summary.method)]
    arguments.append(_url(writer, step.summary.target.removeprefix(writer.base)))
    body, own_type = _body(writer, step)
    headers = _headers(writer, step, own_type)
    if headers:
        arguments.append("headers=" + written(headers, 8, _no_scalar))
    if body:
        arguments.append(body)
    if step.summary.status in (301, 302, 303, 307, 308):
        arguments.append("allow_redirects=False")
    arguments.append("timeout=30")
    start = f"{name} = requests.{method if method in _PLAIN else 'request'}"
    return call(start, arguments, 4).splitlines()


def _url(writer: _Writer, target: str) -> str:
    path, mark, query = target.partition("?")
    segments = [_url_part(writer, segment) for segment in path.split("/")]
    pairs = [_query_pair(writer, pair) for pair in query.split("&")] if mark else []
    return 'f"{homeport_url}' + "/".join(segments) + mark + "&".join(pairs) + '"'


def _url_part(writer: _Writer, part: str) -> str:
    """A segment or a value of a URL, in which a whole one that is known has its name."""
    source = writer.known.get(unquote(part), "").replace('"', "'")
    if not source:
        return _template(part, {})
    if quote(unquote(part), safe="") == unquote(part):
        return "{" + source + "}"
    writer.helpers.add("quote")
    return "{quote(" + source + ", safe='')}"


def _query_pair(writer: _Writer, pair: str) -> str:
    name, mark, value = pair.partition("=")
    if value == MASK:
        return f"{_template(name, {})}={{{_secret(writer, name)}}}"
    known = len(value) >= _SHORTEST or names_id(name)
    return _template(name, {}) + mark + (_url_part(writer, value) if known else _template(value, {}))


def _headers(writer: _Writer, step: Recording, own_type: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in step.request_headers:
        lower = name.lower()
        skipped = lower in _NOT_SENT or lower.startswith("x-forwarded-") or (lower == "accept" and value == "*/*")
        if skipped or (lower == "content-type" and value == own_type):
            continue
        found[name] = Source(_header_value(writer, name, value))
    return found


def _header_value(writer: _Writer, name: str, value: str) -> str:
    if MASK in value:
        if name.lower() == "cookie":
            return _secret(writer, name).replace("'", '"')
        scheme = value.removesuffix(MASK)
        asked = _secret(writer, "token" if name.lower() == "authorization" else name.removeprefix("x-"))
        return f'f"{scheme}{{{asked}}}"' if scheme.strip() else asked.replace("'", '"')
    if "idempotency" in name.lower():
        writer.helpers.add("fresh")
        return f"fresh({quoted(value)})"
    return _text(writer, value)


def _secret(writer: _Writer, name: str) -> str:
    writer.helpers.add("secret")
    variable = re.sub(r"[^A-Z0-9]+", "_", re.sub(r"^X-", "", name.upper()))
    return f"secret('HOMEPORT_{variable.strip('_')}')"


def _body(writer: _Writer, step: Recording) -> tuple[str, str]:
    """The argument for the body, and the content type that comes with it."""
    body = step.request_body
    if not body.size:
        return "", ""
    typed = any(name.lower() == "content-type" for name, _ in step.request_headers)
    value = json_of(body.text) if _is_plain_json(body) else None
    if value is not None:
        source = written(
            value, 8, lambda part, name: _sent(writer, part, name), lead=len("data=json.dumps().encode(),")
        )
        if typed:
            return f"json={source}", "application/json"
        # requests would add a content type to json=.
        writer.helpers.add("json")
        return f"data=json.dumps({source}).encode()", ""
    if body.encoding == "base64":
        return f"data={body.data!r}", ""
    return f"data={_text(writer, body.text)}.encode()", ""


def _sent(writer: _Writer, value: Any, name: str) -> str:
    if value == MASK:
        return _secret(writer, name).replace("'", '"')
    if not isinstance(value, str):
        return repr(value)
    return _text(writer, value) if len(value) >= _SHORTEST or names_id(name) else quoted(value)


def _is_plain_json(body: Body) -> bool:
    """Whether Python's json says exactly the same again: no digits lost, no name twice."""
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


def _text(writer: _Writer, text: str) -> str:
    """The source of a text, in which what is known has its name."""
    if text in writer.known:
        return writer.known[text]
    there = {known: source for known, source in writer.known.items() if len(known) >= 2 * _SHORTEST and known in text}
    return 'f"' + _template(text, there) + '"' if there else quoted(text)


def _template(text: str, names: Mapping[str, str]) -> str:
    """The inside of an f-string. Sources in it are quoted by single quotes, as Python before 3.12 needs it."""
    if not names:
        return quoted(text)[1:-1].replace("{", "{{").replace("}", "}}")
    pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    pieces = []
    place = 0
    for found in re.finditer(pattern, text):
        pieces.append(_template(text[place : found.start()], {}))
        pieces.append("{" + names[found[0]].replace('"', "'") + "}")
        place = found.end()
    return "".join((*pieces, _template(text[place:], {})))


def _assertions(writer: _Writer, recording: Recording) -> list[str]:
    lines = [f"    assert reply.status_code == {recording.summary.status}, reply.text"]
    kind = next((value for name, value in recording.reply_headers if name.lower() == "content-type"), None)
    body = recording.reply_body
    if kind is not None and (body.size or recording.summary.method == "HEAD"):
        lines.append(f'    assert reply.headers["Content-Type"] == {quoted(kind)}')
    return [*lines, *_body_assertion(writer, recording, body)]


def _body_assertion(writer: _Writer, recording: Recording, body: Body) -> list[str]:
    if recording.summary.method == "HEAD":
        return []
    if recording.summary.status == 200 and is_later_page(writer.steps):
        return ["    # What a later page holds depends on everything that is stored."]
    if body.clipped or MASK in body.text:
        why = "was too large to be kept whole" if body.clipped else "had credentials in it, which are not kept"
        return [f"    # The recorded body {why}."]
    if body.encoding == "base64":
        data = body.data
        check = f"== {data!r}" if len(data) <= 200 else None
        return [f"    assert reply.content {check}" if check else f"    assert len(reply.content) == {len(data)}"]
    value = json_of(body.text)
    if isinstance(value, dict | list):
        expected = _Expected(writer, recording).source(value)
        return f"    assert reply.json() == {expected}".splitlines()
    if len(body.text) > _LARGEST:
        return [f"    assert len(reply.text) == {len(body.text)}"]
    return [f"    assert reply.text == {_Expected(writer, recording).scalar(body.text, '')}"]


class _Expected:
    """What an answer is compared with."""

    def __init__(self, writer: _Writer, recording: Recording) -> None:
        self._writer = writer
        self._sent = set[tuple[str, Any]]()
        self._texts = set[str]()
        for step in writer.all:
            self._texts |= {value for _, value in step.path_parameters}
            for name, value in _scalars(json_of(step.request_body.text), ""):
                self._sent.add((name, value))
                if isinstance(value, str):
                    self._texts.add(value)
        self._made = {id for step in writer.steps.before for id in made_by(step) | created(step)}
        self._lists = bool(listed(recording)) and not recording.path_parameters

    def source(self, value: Any) -> str:
        """The source of a JSON value."""
        return written(self._loosened(value), 4, self.scalar, lead=len("assert reply.json() == "))

    def _loosened(self, value: Any) -> Any:
        """Lists of a collection may hold more than what the test made, in any order."""
        if isinstance(value, dict):
            return self._first_page(value) if self._lists and elements(value) else value
        if isinstance(value, list) and self._lists and elements(value):
            self._writer.helpers.add("holding")
            return Arguments("holding", [element for element in elements(value) if self._is_mine(element)])
        return value

    def _first_page(self, value: Mapping[str, Any]) -> Arguments:
        """Where the next page begins depends on everything that is stored."""
        kept = {name: part for name, part in value.items() if not (isinstance(part, str) and _is_opaque(part))}
        self._writer.helpers.add("first_page")
        return Arguments("first_page", [{name: self._loosened(part) for name, part in kept.items()}])

    def _is_mine(self, element: Mapping[str, Any]) -> bool:
        return any(names_id(name) and str(value) in self._made for name, value in element.items())

    def scalar(self, value: Any, name: str) -> str:
        """The source of what is no object and no list."""
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
        if (name, text) in self._sent and not names_id(name) and len(text) < _SHORTEST:
            return quoted(text)
        if text in self._writer.known or text in self._texts:
            return _text(self._writer, text)
        if any(pattern.search(text) for pattern, _ in _SHAPES):
            self._writer.helpers.add("like")
            masked = text
            for pattern, word in _SHAPES:
                masked = pattern.sub("{" + word + "}", masked)
            return f"like({quoted(masked)})"
        if _is_opaque(text) and len(text) >= _SHORTEST_OPAQUE:
            self._writer.helpers.add("like")
            return 'like("{token}")'
        if (names_id(name) or _COUNTED.search(name)) and text:
            self._writer.helpers.add("some")
            return "some(str)"
        return _text(self._writer, text)


def _scalars(value: Any, name: str) -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _scalars(part, key)
    elif isinstance(value, list):
        for part in value:
            yield from _scalars(part, name)
    else:
        yield name, value


def _is_opaque(text: str) -> bool:
    return (
        len(text) >= 8
        and _OPAQUE.fullmatch(text) is not None
        and re.search(r"\d", text) is not None
        and re.search(r"[A-Za-z]", text) is not None
    )


def _unused(writer: _Writer, name: str) -> str:
    taken = {"homeport_url", "reply", "requests", *writer.names}
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    writer.names.append(candidate)
    return candidate


def _word(name: str) -> str:
    word = re.sub(r"\W+", "_", snake_case(name)).strip("_").lower()
    return word if word and not word[0].isdigit() else f"n_{word}"


def _docstring(text: str) -> str:
    shown = text if len(text) <= _LONGEST_TARGET else f"{text[:_LONGEST_TARGET]}…"
    return quoted(shown)[1:-1].replace('\\"', "'")


def _no_scalar(value: Any, name: str) -> str:
    return quoted(str(value))
