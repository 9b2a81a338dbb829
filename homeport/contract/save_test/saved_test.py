"""A recorded request as a readable pytest case: prerequisites, request, assertions on its response. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, unquote

from homeport.contract.fixtures.matchers import TIME, UUID, names_id
from homeport.contract.save_test.prerequisites import (
    SavedSteps,
    is_opaque,
    is_write,
    leaves,
    parse_json,
    sent_values,
    user_of,
)
from homeport.errors import HomeportError
from homeport.http_headers import header_value
from homeport.project.model import Api, Operation
from homeport.project.names import snake_case
from homeport.recordings.recording import Recording
from homeport.recordings.redaction import MASK

_WIDTH = 110
_SHORTEST = 4
_OPAQUE = 16
_LONGEST_TARGET = 60
# Headers of the connection, and of a client library about itself.
_NOT_SENT = re.compile(
    r"(?i)accept-encoding|connection|content-length|expect|host|keep-alive|te|trailer|transfer-encoding|upgrade|"
    r"user-agent|traceparent|tracestate|x-amzn-trace-id|x-forwarded-.*"
)
_TAKEN = ("homeport_url", "homeport_credentials", "requests", "reply", "quote", "fresh", "like", "page", "some")
_COUNTED = re.compile(r"(?i)(?:version|revision|etag|epoch|timestamp)$")
_EPOCH = ((1_400_000_000, 4_000_000_000), (1_400_000_000_000, 4_000_000_000_000))


class SaveTestError(HomeportError):
    """A recorded request that can't become a test that passes."""


class PythonSource(str):
    """Python source that stands for a value."""

    __slots__ = ()

    __repr__ = str.__str__


def name_of_test(recording: Recording) -> str:
    """Return the name of the test, ``test_get_item_answers_200``."""
    summary = recording.summary
    name = summary.operation or f"{summary.method} {summary.target.partition('?')[0]}"
    return f"test_{_identifier(name)}_answers_{summary.status}"


def render(saved: SavedSteps, api: Api) -> str:
    """Return the text of the file. Raises SaveTestError for what no test can repeat."""
    for step in saved.steps.values():
        _reject(step, "request", step.request_body.clipped, step.request_body.encoding, step.request_body.text)
    recording = saved.steps[saved.last]
    _reject(recording, "response", recording.reply_body.clipped, recording.reply_body.encoding)
    if recording.summary.status >= 500 or recording.summary.status == 429:
        why = f"the answer {recording.summary.status} comes from a fault or from load"
        raise SaveTestError(f"{why}: no test can repeat it", "save a request that was answered otherwise")
    summary = recording.summary
    mine = any(saved.origins.get(value) for value in sent_values(recording)) or user_of(recording) in saved.users
    if summary.method == "DELETE" and summary.status < 300 and not mine:
        where = f"{summary.method} {summary.target}"
        raise SaveTestError(f"{where} removed what no recorded request created", "create it first, and delete that")
    return _Writer(saved, api).text()


def _reject(step: Recording, part: str, clipped: bool, encoding: str, text: str = "") -> None:
    if clipped or encoding or MASK in text:
        why = "was too large to be kept whole" if clipped else "is not text" if encoding else "had a credential in it"
        where = f"the {part} body of {step.summary.method} {step.summary.target}"
        raise SaveTestError(f"{where} {why}", "a test needs bodies that are recorded as they were")


class _Writer:
    """A test that is being written. ``_top`` and ``_after`` hold the assignments at its start and after a step."""

    def __init__(self, saved: SavedSteps, api: Api) -> None:
        self._saved, self._api = saved, api
        self._names: dict[str, str] = {}
        self._top: list[str] = []
        self._after: dict[int, list[str]] = {number: [] for number in saved.steps}
        self._current = 0
        self._variables = dict.fromkeys(saved.steps, "reply")
        self._helpers: set[str] = set()
        self._sent = set[str]().union(*map(sent_values, saved.steps.values()))
        for number, step in list(saved.steps.items())[:-1]:
            name = _identifier(step.summary.operation or step.summary.method)
            self._variables[number] = self._name(("step", number), name)

    def text(self) -> str:
        """Return the text of the file."""
        recording = self._saved.steps[self._saved.last]
        blocks = {number: self._request(number, step) for number, step in self._saved.steps.items()}
        blocks[self._saved.last] += self._body_assertion(recording)
        body = [line for number, lines in blocks.items() for line in (*lines, *self._after[number])]
        summary = recording.summary
        when = datetime.fromtimestamp(summary.received, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        target = summary.target if len(summary.target) <= _LONGEST_TARGET else f"{summary.target[:_LONGEST_TARGET]}…"
        shown = _quote_text(target)[1:-1].replace('\\"', "'")
        credentials = ", homeport_credentials: Credentials" if "Credentials" in self._helpers else ""
        matchers = ", ".join(sorted(self._helpers - {"quote", "Credentials"}))
        lines = [
            f'"""Recorded {when}: {summary.method} {shown} was answered {summary.status}.\n',
            f"Written by `homeport save-test {summary.id}`.",
            '"""\n\nfrom __future__ import annotations\n',
            *(["from urllib.parse import quote\n"] if "quote" in self._helpers else []),
            "import requests",
            *([""] if matchers or credentials else []),
            *([f"from homeport.contract.fixtures.matchers import {matchers}"] if matchers else []),
            *(["from homeport.contract.fixtures.plugin import Credentials"] if credentials else []),
            f"\n\ndef {name_of_test(recording)}(homeport_url: str{credentials}) -> None:",
            *(f"    {line}" for line in (*self._top, *body)),
        ]
        return "\n".join(lines) + "\n"

    def _name(self, key: object, wanted: str) -> str:
        """Return the variable for a key: the same one each time, and another than all others."""
        taken = {*_TAKEN, *self._names.values()}
        candidate, number = wanted, 2
        while candidate in taken:
            candidate, number = f"{wanted}_{number}", number + 1
        return self._names.setdefault(repr(key), candidate)

    def _variable(self, value: str) -> str:
        """Return the variable that holds a value in the test, ``""`` where the value stays literal."""
        origin = self._saved.origins.get(value)
        if origin is None or origin.step not in self._saved.steps:
            return ""
        if origin.expression and origin.step >= self._current:
            return ""
        new = repr(value) not in self._names
        name = self._name(value, _identifier(origin.name))
        if new and origin.expression:
            self._after[origin.step].append(f"{name} = {self._variables[origin.step]}{origin.expression}")
        elif new:
            self._helpers.add("fresh")
            self._top.append(f"{name} = fresh({_quote_text(value)})")
        return name

    def _string(self, text: str, name: str = "") -> PythonSource:
        """Return the source of a text, with the variables of the values in it."""
        if (len(text) >= _SHORTEST or names_id(name)) and (variable := self._variable(text)):
            return PythonSource(variable)
        parts = [value for value in self._saved.origins if len(value) >= _SHORTEST and value in text]
        ways = "|".join(re.escape(value) for value in sorted(parts, key=len, reverse=True))
        pieces = re.split(f"(?<![A-Za-z0-9])({ways})(?![A-Za-z0-9])", text) if parts else [text]
        variables = [self._variable(piece) if number % 2 else "" for number, piece in enumerate(pieces)]
        if not any(variables):
            return PythonSource(_quote_text(text))
        inside = [f"{{{variable}}}" if variable else _escape_braces(pieces[n]) for n, variable in enumerate(variables)]
        return PythonSource(f'f"{"".join(inside)}"')

    def _request(self, number: int, step: Recording) -> list[str]:
        """Return the statement that sends a request, and the assertion of its status."""
        self._current = number
        name = self._variables[number]
        method = step.summary.method.lower()
        plain = method in ("delete", "get", "head", "options", "patch", "post", "put")
        arguments = [] if plain else [_quote_text(step.summary.method)]
        arguments.append(self._url(step))
        body, own_type = self._sent_body(step)
        headers = {
            PythonSource(_quote_text(key)): self._header(step, key, value)
            for key, value in step.request_headers
            if not _NOT_SENT.fullmatch(key)
            and (key.lower(), value) not in (("accept", "*/*"), ("content-type", own_type))
        }
        arguments += [f"headers={_layout(headers, 4, 8)}"] if headers else []
        arguments += [body] if body else []
        arguments += ["allow_redirects=False"] if 300 <= step.summary.status < 400 else []
        arguments.append("timeout=30")
        start = f"{name} = requests.{method if plain else 'request'}("
        flat = f"{start}{', '.join(arguments)})"
        if len(flat) > _WIDTH or "\n" in flat:
            flat = "\n".join([start, *(f"        {argument}," for argument in arguments), "    )"])
        return [flat, f"assert {name}.status_code == {step.summary.status}, {name}.text"]

    def _url(self, step: Recording) -> str:
        stage = "" if step.summary.stage == "$default" else f"/{step.summary.stage}"
        path, mark, query = step.summary.target.removeprefix(stage).partition("?")
        segments = [self._url_part(part, part) for part in path.split("/")]
        pairs = []
        for pair in query.split("&"):
            name, equals, value = pair.partition("=")
            known = self._credential(step, name) if value == MASK else self._url_part(value, name)
            pairs.append(_escape_braces(name) + equals + known)
        return 'f"{homeport_url}' + "/".join(segments) + mark + "&".join(pairs) + '"'

    def _url_part(self, part: str, name: str) -> str:
        value = unquote(part)
        in_path = part is name
        variable = self._variable(value) if in_path or len(value) >= _SHORTEST or names_id(name) else ""
        if not variable:
            return _escape_braces(part)
        if in_path and quote(value, safe="") == value:
            return f"{{{variable}}}"
        self._helpers.add("quote")
        return f"{{quote({variable}, safe='')}}"

    def _header(self, step: Recording, name: str, value: str) -> PythonSource:
        if MASK not in value:
            return self._string(value)
        scheme = value.removesuffix(MASK) if name.lower() != "cookie" else ""
        return PythonSource(f'f"{scheme}{self._credential(step, name)}"')

    def _credential(self, step: Recording, name: str) -> str:
        """Return the inside of an f-string: a credential of the operation, or one that was rejected before."""
        operation = self._api.operations_by_id.get(step.summary.operation or "")
        found = (_scheme_of(operation, name, self._api) if operation else "") or name
        rejected = found != name and step.summary.status in (401, 403) and step.summary.gateway_error is not None
        authorizer = self._api.authorizers.get(found)
        lacks_scope = rejected and step.summary.status == 403 and authorizer is not None and authorizer.kind == "jwt"
        if rejected and not lacks_scope:
            return "invalid"
        self._helpers.add("Credentials")
        key = ("credential", found, user_of(step), lacks_scope)
        new = repr(key) not in self._names
        variable = self._name(key, _identifier(found))
        if new:
            self._top.append(f"{variable} = homeport_credentials({', '.join(self._credential_words(*key[1:]))})")
        return f"{{{variable}}}"

    def _credential_words(self, scheme: str, user: str, lacks_scope: bool) -> list[str]:
        known = user and user not in self._saved.users
        operations = self._api.operations_by_id
        asked = (operations.get(step.summary.operation or "") for step in self._saved.steps.values())
        scopes = sorted({scope for found in asked if found and found.authorizer == scheme for scope in found.scopes})
        return [
            _quote_text(scheme),
            *([f"user={_quote_text(user)}"] if known else []),
            *([f"scopes={json.dumps(scopes)}"] if scopes and not lacks_scope else []),
        ]

    def _sent_body(self, step: Recording) -> tuple[str, str]:
        """Return the argument for the body, and the content type that comes with it."""
        body = step.request_body
        if not body.size:
            return "", ""
        if header_value(step.request_headers, "content-type") and _is_plain_json(body.text):
            value = _map(json.loads(body.text), lambda part, name: self._sent_value(part, name))
            return f"json={_layout(value, 4, 14)}", "application/json"
        return f"data={self._string(body.text)}.encode()", ""

    def _sent_value(self, value: Any, name: str) -> PythonSource:
        if isinstance(value, str):
            return self._string(value, name)
        known = names_id(name) and not isinstance(value, bool) and self._variable(str(value))
        return PythonSource(known or repr(value))

    def _body_assertion(self, recording: Recording) -> list[str]:
        if recording.summary.method == "HEAD":
            return []
        kind = header_value(recording.reply_headers, "content-type")
        typed = f'assert reply.headers["Content-Type"] == {_quote_text(kind or "")}'
        lines = [typed] if kind and recording.reply_body.size else []
        value = parse_json(recording.reply_body.text)
        if not isinstance(value, dict | list):
            return [*lines, f"assert reply.text == {self._expected_value(recording.reply_body.text, '', recording)}"]
        cursors = self._page_cursors(recording, value)
        if cursors is None:
            tree = _map(value, lambda part, name: self._expected_value(part, name, recording))
            return [*lines, f"assert reply.json() == {_layout(tree, 4, 24)}"]
        self._helpers.add("page")
        members = value.items() if isinstance(value, dict) else ()
        kept = {name: self._items(part) for name, part in members if name not in cursors} or self._items(value)
        tree = _map(kept, lambda part, name: self._expected_value(part, name, recording))
        later = ", later=True" if self._is_later(recording) else ""
        return [*lines, f"assert reply.json() == page({_layout(tree, 4, 32)}{later})"]

    def _page_cursors(self, recording: Recording, value: Any) -> set[str] | None:
        """Return the names of a page's cursors, None for a response that is not a page of a collection."""
        last = unquote(recording.summary.target.partition("?")[0].rpartition("/")[2])
        parts = [value] if isinstance(value, list) else value.values()
        lists = any(isinstance(part, list) and part and isinstance(part[0], dict) for part in parts)
        of_one = last in {unquote(part) for _, part in recording.path_parameters}
        if recording.summary.method != "GET" or recording.summary.status != 200 or of_one or not lists:
            return None
        members = value.items() if isinstance(value, dict) else ()
        return {name for name, part in members if isinstance(part, str) and is_opaque(part)}

    def _items(self, part: Any) -> Any:
        """Return the items of a list without those that the test did not create although a recorded request did."""
        if not isinstance(part, list):
            return part
        foreign = {value for value, origin in self._saved.origins.items() if origin.step not in self._saved.steps}
        ids = [{str(value) for _, name, value in leaves(item) if names_id(name)} for item in part]
        return [item for item, its in zip(part, ids, strict=True) if not its & foreign]

    def _is_later(self, recording: Recording) -> bool:
        """Return whether a value of the query came from an earlier page."""
        values = {unquote(pair.partition("=")[2]) for pair in recording.summary.target.partition("?")[2].split("&")}
        origins = (origin for value, origin in self._saved.origins.items() if value in values)
        givers = (self._saved.steps[origin.step] for origin in origins if origin.step in self._saved.steps)
        return any(giver.summary.operation == recording.summary.operation for giver in givers)

    def _expected_value(self, value: Any, name: str, recording: Recording) -> PythonSource:
        """Return the source of a text, a number, true, false or null of the response."""
        if isinstance(value, str):
            return self._expected_text(value, name, recording)
        if isinstance(value, bool) or value is None:
            return PythonSource(repr(value))
        if names_id(name) and (variable := self._variable(str(value))):
            return PythonSource(variable)
        made = names_id(name) and is_write(recording) and str(value) not in self._sent
        if made or _COUNTED.search(name) or any(low <= value <= high for low, high in _EPOCH):
            self._helpers.add("some")
            return PythonSource(f"some({type(value).__name__})")
        return PythonSource(repr(value))

    def _expected_text(self, text: str, name: str, recording: Recording) -> PythonSource:
        known = self._string(text, name)
        if known != _quote_text(text) or not text or text in self._sent:
            return known
        if names_id(name) and not is_write(recording):
            return known
        shape = re.sub(TIME, "{time}", re.sub(UUID, "{uuid}", text))
        if shape == text and len(text) >= _OPAQUE and is_opaque(text) and re.fullmatch(r"[\w.~+/=-]+", text):
            shape = "{token}"
        if shape != text:
            self._helpers.add("like")
            return PythonSource(f"like({_quote_text(shape)})")
        if names_id(name) or _COUNTED.search(name) or MASK in text:
            self._helpers.add("some")
            return PythonSource("some(str)")
        return known


def _scheme_of(operation: Operation, name: str, api: Api) -> str:
    """Return the operation's security scheme whose credential is in this header or query parameter, ``""``: none."""
    authorizer = api.authorizers.get(operation.authorizer or "")
    sources = authorizer.identity_sources if authorizer else ()
    if authorizer and name.lower() in {source.rpartition(".")[2].lower() for source in sources or ("Authorization",)}:
        return authorizer.name
    schemes = api.document.get("components", {}).get("securitySchemes", {})
    keys = schemes.items() if operation.api_key_required else ()
    named = (key for key, scheme in keys if str(scheme.get("name", "")).lower() == name.lower())
    return next((key for key in named if key not in api.authorizers), "")


def _map(value: Any, leaf: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {PythonSource(_quote_text(key)): _map(part, leaf, key) for key, part in value.items()}
    return [_map(part, leaf, name) for part in value] if isinstance(value, list) else leaf(value, name)


def _layout(value: Any, indent: int, lead: int) -> str:
    """Return the source of a mapped value, an item a line where it is too long for one."""
    flat = repr(value)
    if not value or not isinstance(value, dict | list) or len(flat) + indent + lead <= _WIDTH:
        return flat
    inner = indent + 4
    if isinstance(value, dict):
        items: Iterable[str] = (f"{key}: {_layout(part, inner, len(key) + 3)}" for key, part in value.items())
    else:
        items = (_layout(part, inner, 1) for part in value)
    ends = "{}" if isinstance(value, dict) else "[]"
    return "\n".join([ends[0], *(f"{' ' * inner}{item}," for item in items), " " * indent + ends[1]])


def _is_plain_json(text: str) -> bool:
    """Return whether Python's json module keeps a body as it is: no digits lost, no name twice."""
    try:
        kept = json.dumps(json.loads(text))
        exact, again = (json.loads(one, parse_float=Decimal, object_pairs_hook=list) for one in (text, kept))
    except (ValueError, RecursionError):
        return False
    return bool(exact == again)


def _quote_text(text: str) -> str:
    """Return a text as a Python literal, in double quotes."""
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _escape_braces(text: str) -> str:
    return _quote_text(text)[1:-1].replace("{", "{{").replace("}", "}}")


def _identifier(name: str) -> str:
    word = re.sub(r"\W+", "_", snake_case(name)).strip("_").lower()
    return word if word and not word[0].isdigit() else f"n_{word}"
