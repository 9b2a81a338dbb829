"""``homeport replay`` and ``homeport parity``: send recorded requests again, and compare the responses.

A replay compares one URL with the recording, parity two URLs with each other. Ids that each side generates are followed
from its responses into the later requests; times, request ids and the order of lists do not count as differences.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from homeport.contract.fuzz.schemathesis_run import base_command, require_schemathesis
from homeport.contract.har import HarError, from_har
from homeport.contract.http_exchange import (
    HttpExchange,
    api_target,
    parse_header_option,
    request_headers,
    send_exchange,
    target_below,
)
from homeport.recordings.redaction import MASK

# Headers that a client acts on; the others are about the transport, or about one request alone.
_COMPARED_HEADERS = (
    *("content-type", "location", "etag", "retry-after", "allow", "www-authenticate", "access-control-allow-origin"),
)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_REQUEST_ID = re.compile(r"^[A-Za-z0-9_-]{15}=$")
_CELL_WIDTH = 60

Replacements = dict[str, str]
"""Generated values of one side, and those that the other side has in their place."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A request whose two responses differ in ``place``."""

    method: str
    target: str
    place: str
    first: str
    second: str


def run_replay(options: argparse.Namespace) -> int:
    """Run ``homeport replay FILE --url``; the exit status is 0 if every response is as recorded."""
    exchanges = set_headers(read_archive(options.file), request_headers(options))
    found = list(replay_exchanges(exchanges, options.url))
    print("\n".join(markdown_table(found, "recorded", options.url)) if found else "every answer is as recorded")
    return int(bool(found))


def run_parity(options: argparse.Namespace) -> int:
    """Run ``homeport parity URL_A URL_B``; the exit status is 0 if both answer alike."""
    exchanges = read_archive(options.file) if options.file else generate_exchanges(options)
    found = list(compare_urls(exchanges, options.first, options.second))
    lines = markdown_table(found, options.first, options.second)
    print("\n".join(lines) if found else f"{len(exchanges)} calls, answered alike")
    return int(bool(found))


def read_archive(file: Path) -> tuple[HttpExchange, ...]:
    """Return the exchanges of a HAR file. Raises HarError."""
    try:
        return from_har(file.read_text())
    except OSError as error:
        raise HarError(f"{file} can't be read: {error.strerror}") from error


def generate_exchanges(options: argparse.Namespace) -> tuple[HttpExchange, ...]:
    """Have schemathesis make requests from the project's spec at the first URL; return them in its order."""
    require_schemathesis()
    project: Path = options.project.resolve()
    with tempfile.TemporaryDirectory(prefix="homeport-") as folder:
        file = Path(folder) / "calls.har"
        command = base_command(project, options.first, options.seed)
        command += ["--max-examples", str(options.max_examples), "--output-sanitize", "false"]
        subprocess.run([*command, "--report-har-path", str(file)], stdout=subprocess.DEVNULL, check=False)
        return read_archive(file)


def set_headers(exchanges: Iterable[HttpExchange], headers: Sequence[str]) -> tuple[HttpExchange, ...]:
    """Return the exchanges with these request headers, ``NAME:VALUE``, instead of their own and of redacted ones.

    Prints on standard error which redacted headers have no replacement.
    """
    given = tuple(map(parse_header_option, headers))
    names = {name.lower() for name, _ in given}
    missing: dict[str, None] = {}
    changed = []
    for exchange in exchanges:
        redacted = [name for name, value in exchange.headers if MASK in value]
        missing.update(dict.fromkeys(name for name in redacted if name.lower() not in names))
        kept = tuple(pair for pair in exchange.headers if pair[0] not in redacted and pair[0].lower() not in names)
        changed.append(replace(exchange, headers=(*kept, *given)))
    if missing:
        what = ", ".join(missing)
        print(f"homeport: sent without {what}, whose values are not kept: give --token or -H", file=sys.stderr)
    return tuple(changed)


def replay_exchanges(exchanges: Iterable[HttpExchange], url: str) -> Iterator[Difference]:
    """Send the requests to ``url``; yield in what the responses differ from the recorded ones."""
    replacements: Replacements = {}
    for exchange in exchanges:
        current = _send_with(exchange, api_target(exchange, url), replacements, url)
        yield from _differences(exchange, current)
        replacements |= find_replacements(exchange, current)


def compare_urls(exchanges: Iterable[HttpExchange], first: str, second: str) -> Iterator[Difference]:
    """Send the requests to two URLs, with the ids that each generated; yield in what the responses differ."""
    of_first: Replacements = {}
    of_second: Replacements = {}
    for exchange in exchanges:
        target = api_target(exchange, first)
        one = _send_with(exchange, target, of_first, first)
        other = _send_with(exchange, target, of_second, second)
        yield from _differences(one, other)
        of_first |= find_replacements(exchange, one)
        of_second |= find_replacements(exchange, other)


def _send_with(exchange: HttpExchange, target: str, replacements: Replacements, url: str) -> HttpExchange:
    """Send the request to ``target`` at ``url``, with its values replaced wherever they occur."""
    in_headers = _encodable(replacements, "latin-1")
    body = replace_all(exchange.body.decode(errors="surrogateescape"), _encodable(replacements, "utf-8"))
    request = replace(
        exchange,
        url=replace_all(target, _encodable(replacements, "ascii")),
        headers=tuple((name, replace_all(value, in_headers)) for name, value in exchange.headers),
        body=body.encode(errors="surrogateescape"),
    )
    return send_exchange(request, url)


def _encodable(replacements: Replacements, encoding: str) -> Replacements:
    def is_encodable(text: str) -> bool:
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            return False
        return True

    return {old: new for old, new in replacements.items() if is_encodable(new)}


def find_replacements(first: HttpExchange, second: HttpExchange) -> Replacements:
    """Return the generated values of the first response with those of the second, as they are and percent-encoded."""
    found: Replacements = {}
    sources = [(_parse(first.reply_body), _parse(second.reply_body))]
    raw, other_raw = _lower_names(first), _lower_names(second)
    sources += [(raw.get(name), other_raw.get(name)) for name in ("location", "etag")]
    for one, other in sources:
        for old, new in _text_pairs(one, other):
            if old != new and len(old) >= 8:
                found[old] = new
                found |= dict(zip(_UUID.findall(old), _UUID.findall(new), strict=False))
    return {**{_percent_encode(old): _percent_encode(new) for old, new in found.items()}, **found}


def _percent_encode(text: str) -> str:
    # Half of a surrogate pair may stand in JSON; no URL has it.
    return quote(text, safe="", errors="replace")


def _text_pairs(one: Any, other: Any) -> Iterator[tuple[str, str]]:
    if isinstance(one, str) and isinstance(other, str):
        yield one, other
    elif isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() & other.keys():
            yield from _text_pairs(one[key], other[key])
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for a, b in zip(one, other, strict=True):
            yield from _text_pairs(a, b)


def replace_all(text: str, replacements: Mapping[str, str]) -> str:
    """Return the text with each of the values replaced, the longest first."""
    there = [old for old in replacements if old in text]
    if not there:
        return text
    pattern = "|".join(re.escape(old) for old in sorted(there, key=len, reverse=True))
    return re.sub(pattern, lambda found: replacements[found[0]], text)


def _differences(one: HttpExchange, other: HttpExchange) -> Iterator[Difference]:
    for place, first, second in compare_responses(one, other):
        yield Difference(one.method, target_below(one.url, ""), place, first, second)


def compare_responses(first: HttpExchange, second: HttpExchange) -> list[tuple[str, str, str]]:
    """Return the differences of two responses to one request: the place, and what each has there."""
    found = []
    if first.status != second.status:
        found.append(("status", str(first.status), str(second.status)))
    one, other = _lower_names(first), _lower_names(second)
    for name in _COMPARED_HEADERS:
        here, there = (_normalize_text(headers[name]) if name in headers else "-" for headers in (one, other))
        if here != there:
            found.append((name, here, there))
    bodies = [_normalize(_parse(exchange.reply_body)) for exchange in (first, second)]
    if bodies[0] != bodies[1]:
        found.append(("body", json.dumps(bodies[0]), json.dumps(bodies[1])))
    return found


def _lower_names(exchange: HttpExchange) -> dict[str, str]:
    return {name.lower(): value for name, value in exchange.reply_headers}


def _parse(body: bytes) -> Any:
    text = body.decode(errors="backslashreplace")
    try:
        return json.loads(text)
    except ValueError:
        return text


def _normalize(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _normalize(item) for key, item in value.items()}
    if isinstance(value, list):
        # Items in no order differ in their generated ids, and so in their place.
        return sorted((_normalize(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return _normalize_text(value) if isinstance(value, str) else value


def _normalize_text(text: str) -> str:
    return _REQUEST_ID.sub("<request id>", _TIME.sub("<time>", _UUID.sub("<uuid>", text)))


def markdown_table(found: Iterable[Difference], first: str, second: str) -> list[str]:
    """Return the differences as lines of a Markdown table."""
    lines = [f"| call | differs in | {first} | {second} |", "|---|---|---|---|"]
    for item in found:
        cells = (f"{item.method} {item.target}", item.place, item.first, item.second)
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return lines


def _cell(text: str) -> str:
    plain = text.replace("|", "\\|").replace("\n", " ")
    return plain if len(plain) <= _CELL_WIDTH else plain[: _CELL_WIDTH - 1] + "…"
