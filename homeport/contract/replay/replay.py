"""Answers held against each other: what differs from one call to the next for a good reason is set aside. Pure.

What was recorded as calls that can be kept in an archive and made again. Pure.

Recorded calls made again: at one URL against the recorded answers, or at two URLs side by side.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from homeport.contract.arguments import headers_of
from homeport.contract.findings import Call, Headers
from homeport.contract.fuzz.run import base_command, require_schemathesis
from homeport.contract.replay.har import HarError, from_har
from homeport.contract.replay.send import below, own_target, renamed, send
from homeport.recordings.recording import Recording
from homeport.recordings.redaction import MASK, Named, masks_of

# Those that a client acts on; the others tell of the transport, or of one request alone.
_MATTER = (
    "content-type",
    "location",
    "etag",
    "retry-after",
    "allow",
    "www-authenticate",
    "access-control-allow-origin",
)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_REQUEST_ID = re.compile(r"^[A-Za-z0-9_-]{15}=$")

Names = dict[str, str]


def differences(first: Call, second: Call) -> list[tuple[str, str, str]]:
    """What differs between two answers to one request: the place, and what each has."""
    found = []
    if first.status != second.status:
        found.append(("status", str(first.status), str(second.status)))
    one, other = _headers(first), _headers(second)
    for name in _MATTER:
        if one.get(name) != other.get(name):
            found.append((name, one.get(name, "-"), other.get(name, "-")))
    if _body(first) != _body(second):
        found.append(("body", json.dumps(_body(first)), json.dumps(_body(second))))
    return found


def pairs(first: Call, second: Call) -> Names:
    """What the second answer calls the generated values of the first, as they are and as a URL has them."""
    names: Names = {}
    sources = [(_parsed(first.reply_body), _parsed(second.reply_body))]
    sources += [(dict(_raw(first)).get(name), dict(_raw(second)).get(name)) for name in ("location", "etag")]
    for one, other in sources:
        for a, b in _texts(one, other):
            if a != b and len(a) >= 8:
                names[a] = b
                names |= dict(zip(_UUID.findall(a), _UUID.findall(b), strict=False))
    return {**{_quoted(old): _quoted(new) for old, new in names.items()}, **names}


def _quoted(text: str) -> str:
    # Half of a surrogate pair may stand in JSON; no URL has it.
    return quote(text, safe="", errors="replace")


def rename(text: str, names: Mapping[str, str]) -> str:
    """The text with each of the names replaced, the longest first."""
    there = [old for old in names if old in text]
    if not there:
        return text
    pattern = "|".join(re.escape(old) for old in sorted(there, key=len, reverse=True))
    return re.sub(pattern, lambda found: names[found[0]], text)


def _headers(call: Call) -> dict[str, str]:
    return {name: _masked(value) for name, value in _raw(call)}


def _raw(call: Call) -> Iterator[tuple[str, str]]:
    return ((name.lower(), value) for name, value in call.reply_headers)


def _body(call: Call) -> Any:
    return _normal(_parsed(call.reply_body))


def _parsed(body: bytes) -> Any:
    text = body.decode(errors="backslashreplace")
    try:
        return json.loads(text)
    except ValueError:
        return text


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _normal(item) for key, item in value.items()}
    if isinstance(value, list):
        # Items in no order differ in their generated ids, and so in their place.
        return sorted((_normal(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return _masked(value) if isinstance(value, str) else value


def _masked(text: str) -> str:
    return _REQUEST_ID.sub("<request id>", _TIME.sub("<time>", _UUID.sub("<uuid>", text)))


def _texts(one: Any, other: Any) -> Iterator[tuple[str, str]]:
    if isinstance(one, str) and isinstance(other, str):
        yield one, other
    elif isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() & other.keys():
            yield from _texts(one[key], other[key])
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for a, b in zip(one, other, strict=True):
            yield from _texts(a, b)


def is_whole(recording: Recording) -> bool:
    """Whether its bodies are kept to their end."""
    return not (recording.request_body.clipped or recording.reply_body.clipped)


def call_of(recording: Recording) -> Call:
    """The call of a recording."""
    summary = recording.summary
    origin = recording.base.removesuffix("" if summary.stage == "$default" else f"/{summary.stage}")
    return Call(
        method=summary.method,
        url=origin + summary.target,
        headers=recording.request_headers,
        body=recording.request_body.data,
        status=summary.status,
        reply_headers=recording.reply_headers,
        reply_body=recording.reply_body.data,
        request_id=summary.id,
        started=summary.received,
        duration_ms=summary.duration_ms,
        base=recording.base,
    )


def masked(call: Call, named: Named) -> Call:
    """A call without its secrets."""
    request, reply = _text(call.body), _text(call.reply_body)
    masks = masks_of(named, call.url, call.headers, request or "", call.reply_headers, reply or "")
    return replace(
        call,
        url=masks.target(call.url),
        headers=masks.headers(call.headers),
        body=call.body if request is None else masks.body(request, _value(call.headers, "content-type")).encode(),
        reply_headers=masks.headers(call.reply_headers),
        reply_body=call.reply_body
        if reply is None
        else masks.body(reply, _value(call.reply_headers, "content-type")).encode(),
    )


def readable(call: Call) -> Call:
    """A call whose compressed answer is unpacked, as if no compression had been asked for.

    One that can't be unpacked (br, or broken) stays as it is.
    """
    try:
        body = _unpacked(call.reply_body, _value(call.reply_headers, "content-encoding"))
    except (OSError, EOFError, zlib.error):
        return call
    if body is None:
        return call
    return replace(
        call,
        headers=_without(call.headers, "accept-encoding"),
        reply_headers=_without(call.reply_headers, "content-encoding"),
        reply_body=body,
    )


def _unpacked(body: bytes, encoding: str) -> bytes | None:
    if encoding in ("gzip", "x-gzip"):
        return gzip.decompress(body) if body else body
    return zlib.decompress(body) if encoding == "deflate" and body else None


def _value(headers: Headers, name: str) -> str:
    return next((value.strip().lower() for key, value in headers if key.lower() == name), "")


def _without(headers: Headers, name: str) -> Headers:
    return tuple(pair for pair in headers if pair[0].lower() != name)


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


_WIDTH = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """A call whose two answers differ in ``place``."""

    method: str
    target: str
    place: str
    first: str
    second: str


def run_replay(options: argparse.Namespace) -> int:
    """``homeport replay FILE --url``: 0 if every answer is as recorded."""
    calls = with_headers(read_archive(options.file), headers_of(options))
    found = list(replayed(calls, options.url))
    print("\n".join(table(found, "recorded", options.url)) if found else "every answer is as recorded")
    return int(bool(found))


def with_headers(calls: Iterable[Call], headers: Sequence[str]) -> tuple[Call, ...]:
    """The calls with these headers, ``NAME:VALUE``, in the place of their own, and without what is masked.

    Says on standard error which masked ones nothing stands in for.
    """
    given = tuple((name.strip(), value.strip()) for name, _, value in (header.partition(":") for header in headers))
    names = {name.lower() for name, _ in given}
    missing: dict[str, None] = {}
    changed = []
    for call in calls:
        masked = [name for name, value in call.headers if MASK in value]
        missing.update(dict.fromkeys(name for name in masked if name.lower() not in names))
        kept = tuple(pair for pair in call.headers if pair[0] not in masked and pair[0].lower() not in names)
        changed.append(replace(call, headers=(*kept, *given)))
    if missing:
        what = ", ".join(missing)
        print(f"homeport: sent without {what}, whose values are not kept: give --token or -H", file=sys.stderr)
    return tuple(changed)


def run_parity(options: argparse.Namespace) -> int:
    """``homeport parity URL_A URL_B``: 0 if both answer alike."""
    calls = read_archive(options.file) if options.file else generated(options)
    found = list(compared(calls, options.first, options.second))
    print("\n".join(table(found, options.first, options.second)) if found else f"{len(calls)} calls, answered alike")
    return int(bool(found))


def read_archive(file: Path) -> tuple[Call, ...]:
    """The calls of a HAR file. Raises HarError."""
    try:
        return from_har(file.read_text())
    except OSError as error:
        raise HarError(f"{file} can't be read: {error.strerror}") from error


def generated(options: argparse.Namespace) -> tuple[Call, ...]:
    """What schemathesis makes of the project's spec at the first URL, in its order."""
    require_schemathesis()
    project: Path = options.project.resolve()
    with tempfile.TemporaryDirectory(prefix="homeport-") as folder:
        file = Path(folder) / "calls.har"
        command = base_command(project, options.first, options.seed)
        command += ["--max-examples", str(options.max_examples), "--output-sanitize", "false"]
        subprocess.run([*command, "--report-har-path", str(file)], stdout=subprocess.DEVNULL, check=False)
        return read_archive(file)


def replayed(calls: Iterable[Call], url: str) -> Iterator[Difference]:
    """What the answers at ``url`` differ in from the recorded ones; generated ids are followed."""
    names: Names = {}
    for call in calls:
        now = send(renamed(replace(call, url=own_target(call, url)), names, rename), url)
        yield from _differences(call, now)
        names |= pairs(call, now)


def compared(calls: Iterable[Call], first: str, second: str) -> Iterator[Difference]:
    """What the answers at two URLs differ in; each gets the ids that it made itself."""
    of_first: Names = {}
    of_second: Names = {}
    for call in calls:
        plain = replace(call, url=own_target(call, first))
        one = send(renamed(plain, of_first, rename), first)
        other = send(renamed(plain, of_second, rename), second)
        yield from _differences(one, other)
        of_first |= pairs(call, one)
        of_second |= pairs(call, other)


def table(found: Iterable[Difference], first: str, second: str) -> list[str]:
    """The differences as lines of a Markdown table."""
    lines = [f"| call | differs in | {first} | {second} |", "|---|---|---|---|"]
    for item in found:
        cells = (f"{item.method} {item.target}", item.place, item.first, item.second)
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return lines


def _differences(one: Call, other: Call) -> Iterator[Difference]:
    for place, first, second in differences(one, other):
        yield Difference(one.method, below(one.url, ""), place, first, second)


def _cell(text: str) -> str:
    plain = text.replace("|", "\\|").replace("\n", " ")
    return plain if len(plain) <= _WIDTH else plain[: _WIDTH - 1] + "…"
