"""Answers held against each other: what differs from one call to the next for a good reason is set aside. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from homeport.contract.findings import Call

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
