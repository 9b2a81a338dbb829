"""Python source of values, readable and as ruff would format it. Pure.

What a saved test is written with: names for what is known, and the sources of texts. Pure.

A recorded request as the statement of a test that sends it again. Pure.

What a saved test asserts of an answer: ids, times and versions that the service made by their shape. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import quote, unquote

from homeport.contract.fixtures.matchers import TIME, TOKEN, UUID
from homeport.contract.save_test.prerequisites import (
    Steps,
    created,
    elements,
    is_later_page,
    json_of,
    listed,
    made_by,
    names_id,
)
from homeport.project.names import snake_case
from homeport.recordings.recording import Body, Recording
from homeport.recordings.redaction import MASK

WIDTH = 110


def quoted(text: str) -> str:
    """A text as a Python literal, in double quotes."""
    return json.dumps(text, ensure_ascii=not text.isprintable())


class Arguments(list[Any]):
    """A list that is written as the arguments of a call."""

    def __init__(self, function: str, values: Iterable[Any]) -> None:
        super().__init__(values)
        self.function = function

    @property
    def ends(self) -> tuple[str, str]:
        """How the call begins and ends."""
        return f"{self.function}(", ")"


class Source(str):
    """Python source that stands for a value."""

    __slots__ = ()


def written(value: Any, indent: int, scalar: Callable[[Any, str], str], name: str = "", lead: int = 0) -> str:
    """The source of a JSON value at so many columns of indentation; ``scalar`` writes what is no object or list.

    ``scalar`` gets the name of the property that a value stands under, also. ``lead`` columns are before the value.
    """
    flat = _flat(value, scalar, name)
    if len(flat) + indent + lead <= WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    inner = " " * (indent + 4)
    if isinstance(value, dict):
        lines = [
            f"{inner}{quoted(key)}: {written(part, indent + 4, scalar, key, len(key) + 5)},"
            for key, part in value.items()
        ]
    else:
        lines = [f"{inner}{written(part, indent + 4, scalar, name)}," for part in value]
    start, end = _ends(value)
    return "\n".join([start, *lines, " " * indent + end])


def _flat(value: Any, scalar: Callable[[Any, str], str], name: str) -> str:
    if isinstance(value, Source):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)}: {_flat(part, scalar, key)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        start, end = _ends(value)
        return start + ", ".join(_flat(part, scalar, name) for part in value) + end
    return scalar(value, name)


def _ends(value: dict[str, Any] | list[Any]) -> tuple[str, str]:
    if isinstance(value, Arguments):
        return value.ends
    return ("{", "}") if isinstance(value, dict) else ("[", "]")


def call(start: str, arguments: list[str], indent: int) -> str:
    """A call, on one line if it fits."""
    flat = f"{' ' * indent}{start}({', '.join(arguments)})"
    if len(flat) <= WIDTH and "\n" not in flat:
        return flat
    inner = " " * (indent + 4)
    return "\n".join(
        [f"{' ' * indent}{start}(", *(f"{inner}{argument}," for argument in arguments), f"{' ' * indent})"]
    )


_OPAQUE = re.compile(TOKEN)
# A shorter text may be an id by chance.
SHORTEST = 4


@dataclass(slots=True)
class Writer:
    """``known`` are texts that have a name in the test, with the source that stands for them."""

    steps: Steps
    base: str
    known: dict[str, str] = field(default_factory=dict)
    helpers: set[str] = field(default_factory=set)
    names: list[str] = field(default_factory=list)

    @property
    def all(self) -> tuple[Recording, ...]:
        return (*self.steps.before, self.steps.recording)


def text_source(writer: Writer, text: str) -> str:
    """The source of a text, in which what is known has its name."""
    if text in writer.known:
        return writer.known[text]
    there = {known: source for known, source in writer.known.items() if len(known) >= 2 * SHORTEST and known in text}
    return 'f"' + template(text, there) + '"' if there else quoted(text)


def template(text: str, names: Mapping[str, str]) -> str:
    """The inside of an f-string. Sources in it are quoted by single quotes, as Python before 3.12 needs it."""
    if not names:
        return quoted(text)[1:-1].replace("{", "{{").replace("}", "}}")
    pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    pieces = []
    place = 0
    for found in re.finditer(pattern, text):
        pieces.append(template(text[place : found.start()], {}))
        pieces.append("{" + names[found[0]].replace('"', "'") + "}")
        place = found.end()
    return "".join((*pieces, template(text[place:], {})))


def is_opaque(text: str) -> bool:
    return (
        len(text) >= 8
        and _OPAQUE.fullmatch(text) is not None
        and re.search(r"\d", text) is not None
        and re.search(r"[A-Za-z]", text) is not None
    )


def unused(writer: Writer, name: str) -> str:
    taken = {"homeport_url", "reply", "requests", *writer.names}
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    writer.names.append(candidate)
    return candidate


def word(name: str) -> str:
    word = re.sub(r"\W+", "_", snake_case(name)).strip("_").lower()
    return word if word and not word[0].isdigit() else f"n_{word}"


_PLAIN = frozenset(("delete", "get", "head", "options", "patch", "post", "put"))
# The connection's own, and what a client library says of itself.
_NOT_SENT = frozenset(
    (
        *("accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "te", "trailer"),
        *("transfer-encoding", "upgrade", "user-agent", "traceparent", "tracestate", "x-amzn-trace-id"),
    )
)


def request_lines(writer: Writer, step: Recording, name: str) -> list[str]:
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


def _url(writer: Writer, target: str) -> str:
    path, mark, query = target.partition("?")
    segments = [_url_part(writer, segment) for segment in path.split("/")]
    pairs = [_query_pair(writer, pair) for pair in query.split("&")] if mark else []
    return 'f"{homeport_url}' + "/".join(segments) + mark + "&".join(pairs) + '"'


def _url_part(writer: Writer, part: str) -> str:
    """A segment or a value of a URL, in which a whole one that is known has its name."""
    source = writer.known.get(unquote(part), "").replace('"', "'")
    if not source:
        return template(part, {})
    if quote(unquote(part), safe="") == unquote(part):
        return "{" + source + "}"
    writer.helpers.add("quote")
    return "{quote(" + source + ", safe='')}"


def _query_pair(writer: Writer, pair: str) -> str:
    name, mark, value = pair.partition("=")
    if value == MASK:
        return f"{template(name, {})}={{{_secret(writer, name)}}}"
    known = len(value) >= SHORTEST or names_id(name)
    return template(name, {}) + mark + (_url_part(writer, value) if known else template(value, {}))


def _headers(writer: Writer, step: Recording, own_type: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in step.request_headers:
        lower = name.lower()
        skipped = lower in _NOT_SENT or lower.startswith("x-forwarded-") or (lower == "accept" and value == "*/*")
        if skipped or (lower == "content-type" and value == own_type):
            continue
        found[name] = Source(_header_value(writer, name, value))
    return found


def _header_value(writer: Writer, name: str, value: str) -> str:
    if MASK in value:
        if name.lower() == "cookie":
            return _secret(writer, name).replace("'", '"')
        scheme = value.removesuffix(MASK)
        asked = _secret(writer, "token" if name.lower() == "authorization" else name.removeprefix("x-"))
        return f'f"{scheme}{{{asked}}}"' if scheme.strip() else asked.replace("'", '"')
    if "idempotency" in name.lower():
        writer.helpers.add("fresh")
        return f"fresh({quoted(value)})"
    return text_source(writer, value)


def _secret(writer: Writer, name: str) -> str:
    writer.helpers.add("secret")
    variable = re.sub(r"[^A-Z0-9]+", "_", re.sub(r"^X-", "", name.upper()))
    return f"secret('HOMEPORT_{variable.strip('_')}')"


def _body(writer: Writer, step: Recording) -> tuple[str, str]:
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
    return f"data={text_source(writer, body.text)}.encode()", ""


def _sent(writer: Writer, value: Any, name: str) -> str:
    if value == MASK:
        return _secret(writer, name).replace("'", '"')
    if not isinstance(value, str):
        return repr(value)
    return text_source(writer, value) if len(value) >= SHORTEST or names_id(name) else quoted(value)


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


def _no_scalar(value: Any, name: str) -> str:
    return quoted(str(value))


_SHAPES = ((re.compile(UUID), "uuid"), (re.compile(TIME), "time"))
_SHORTEST_OPAQUE = 16
_COUNTED = re.compile(r"(?i)(?:version|revision|etag|epoch|timestamp)$")
_EPOCH = ((1_400_000_000, 4_000_000_000), (1_400_000_000_000, 4_000_000_000_000))
_LARGEST = 4000


def assertion_lines(writer: Writer, recording: Recording) -> list[str]:
    lines = [f"    assert reply.status_code == {recording.summary.status}, reply.text"]
    kind = next((value for name, value in recording.reply_headers if name.lower() == "content-type"), None)
    body = recording.reply_body
    if kind is not None and (body.size or recording.summary.method == "HEAD"):
        lines.append(f'    assert reply.headers["Content-Type"] == {quoted(kind)}')
    return [*lines, *_body_assertion(writer, recording, body)]


def _body_assertion(writer: Writer, recording: Recording, body: Body) -> list[str]:
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

    def __init__(self, writer: Writer, recording: Recording) -> None:
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
        kept = {name: part for name, part in value.items() if not (isinstance(part, str) and is_opaque(part))}
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
        if (name, text) in self._sent and not names_id(name) and len(text) < SHORTEST:
            return quoted(text)
        if text in self._writer.known or text in self._texts:
            return text_source(self._writer, text)
        if any(pattern.search(text) for pattern, _ in _SHAPES):
            self._writer.helpers.add("like")
            masked = text
            for pattern, word in _SHAPES:
                masked = pattern.sub("{" + word + "}", masked)
            return f"like({quoted(masked)})"
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
