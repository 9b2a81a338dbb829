"""A recorded request as the statement of a test that sends it again. Pure."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any
from urllib.parse import quote, unquote

from homeport.contract.literals import Source, call, quoted, written
from homeport.contract.saved_source import SHORTEST, Writer, template, text_source
from homeport.contract.steps import json_of, names_id
from homeport.inspector.masks import MASK
from homeport.inspector.recording import Body, Recording

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
