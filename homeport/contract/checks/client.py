"""``Client``: requests to the API under test, each kept as an exchange, with the credentials of a user."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urlencode

from homeport.contract.fuzz.credentials import Credentials
from homeport.contract.http_exchange import HttpExchange, Unreachable, target_below
from homeport.contract.remote_data import DataGuard
from homeport.contract.rest.places import parameters_of
from homeport.contract.rest.resource import Envelope
from homeport.contract.signing import sign
from homeport.http_client import send_request
from homeport.http_headers import header_value
from homeport.project.model import Operation

_TIMEOUT = 35.0
_REQUEST_IDS = ("apigw-requestid", "x-amzn-requestid")


class NoBody(Enum):
    """The absence of a body: null may be one."""

    NO_BODY = "no body"


NO_BODY = NoBody.NO_BODY


class NotSent(Exception):
    """The guard of others' data did not let a request go."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, with the exchange that it is part of."""

    exchange: HttpExchange
    operation: Operation
    envelope: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        """The status code."""
        return self.exchange.status

    @property
    def ok(self) -> bool:
        """Return whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def body(self) -> bytes:
        """The body as it came."""
        return self.exchange.reply_body

    @property
    def json(self) -> Any:
        """The body's JSON value, its fractions as Decimal; None where the body is no JSON.

        A resource is taken out of the envelope that its successful answers have.
        """
        value = read_json(self.body)
        for key in self.envelope if self.ok else ():
            if isinstance(value, dict) and key in value:
                value = value[key]
        return value

    @property
    def properties(self) -> Mapping[str, Any]:
        """The properties of the body's JSON object, none where it is no object."""
        value = self.json
        return value if isinstance(value, dict) else {}

    def header(self, name: str) -> str:
        """Return a header's first value, ``""`` where there is none."""
        return header_value(self.exchange.reply_headers, name) or ""

    @property
    def request_id(self) -> str:
        """API Gateway's id of the request, ``""`` where the answer has none."""
        return self.exchange.request_id


def read_json(text: bytes) -> Any:
    """Return a JSON value with every number exact (int or Decimal), None for what is no JSON."""
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        return None


def write_json(value: Any) -> str:
    """Return a value as JSON text; a Decimal is written with all of its digits."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(key))}: {write_json(one)}" for key, one in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(write_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


@dataclass
class Client:
    """A user of the API at ``base``, a URL without a slash at its end.

    ``credentials`` are by operation label, ``headers`` are those of every request. ``sent`` is called with each
    exchange. ``guard`` protects data of others at a URL that is not this machine's. ``envelopes`` are what the bodies
    of operations wrap resources in, by operation id.
    """

    base: str
    credentials: Mapping[str, Credentials] = field(default_factory=dict)
    headers: Sequence[tuple[str, str]] = ()
    guard: DataGuard | None = None
    sent: Callable[[Operation, HttpExchange], None] | None = None
    envelopes: Mapping[str, Envelope] = field(default_factory=dict)

    def send(
        self,
        operation: Operation,
        path: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, Any] | Sequence[tuple[str, Any]] = (),
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        body: Any = NO_BODY,
        raw: bytes | None = None,
        media_type: str = "",
        method: str = "",
        target: str = "",
        anonymous: bool = False,
    ) -> Answer:
        """Send a request to an operation and return the answer. Raises Unreachable and NotSent.

        ``path`` has the values of path parameters, percent-encoded here; a mapping ``query`` may have some as well.
        ``body`` is a JSON value, sent with ``media_type`` or the operation's own; ``raw`` is a body as it is.
        ``method`` and ``target`` (path and query below the base URL) take the place of the operation's own.
        """
        if isinstance(query, Mapping):
            named = query.keys() & {*parameters_of(operation.path)}
            path = {**(path or {}), **{name: query[name] for name in named}}
            query = {name: value for name, value in query.items() if name not in named}
        where = target or path_of(operation, path or {}) + query_string(query)
        sent = list(headers.items() if isinstance(headers, Mapping) else headers)
        credentials = Credentials() if anonymous else self.credentials_of(operation)
        if credentials.query and not target:
            where += ("&" if "?" in where else "?") + urlencode(credentials.query)
        own = {name.lower() for name, _ in sent}
        sent += [(name, value) for name, value in credentials.header.items() if name.lower() not in own]
        if not anonymous:
            sent += [(name, value) for name, value in self.headers if name.lower() not in own]
        for key in reversed(self._envelope(operation).body if body is not NO_BODY else ()):
            body = {key: body}
        data = raw if raw is not None else b"" if body is NO_BODY else write_json(body).encode()
        if raw is not None or body is not NO_BODY:
            if "content-type" not in own and (media_type or body is not NO_BODY):
                sent.append(("Content-Type", media_type or json_media_type(operation)))
            sent.append(("Content-Length", str(len(data))))
        verb = method or operation.method
        if credentials.key is not None:
            sent += sign(credentials.key, verb, self.base + where, sent, data)
        return self._exchange(operation, verb, where, sent, data)

    def repeat(self, answer: Answer) -> Answer:
        """Send the path and body of an answer's request once more and return the answer. Raises as ``send`` does."""
        exchange = answer.exchange
        kind = header_value(exchange.headers, "content-type") or ""
        where, raw = target_below(exchange.url, exchange.base), exchange.body or None
        return self.send(answer.operation, target=where, method=exchange.method, raw=raw, media_type=kind)

    def credentials_of(self, operation: Operation) -> Credentials:
        """Return the credentials that go with the requests of an operation."""
        return self.credentials.get(operation.label, Credentials())

    def _exchange(
        self, operation: Operation, method: str, target: str, headers: list[tuple[str, str]], body: bytes
    ) -> Answer:
        if self.guard is not None and not self.guard.allows(method, target, body):
            raise NotSent(f"{method} {target}")
        started, begun = time.time(), time.perf_counter()
        try:
            response = send_request(self.base, method, target, headers, body, timeout=_TIMEOUT)
        except (OSError, HTTPException) as error:
            raise Unreachable(f"{method} {self.base}{target} got no answer: {error!r}") from error
        exchange = HttpExchange(
            method=method,
            url=self.base + target,
            headers=tuple((name, value) for name, value in headers if name.lower() != "content-length"),
            body=body,
            status=response.status,
            reply_headers=response.headers,
            reply_body=response.body,
            request_id=next(filter(None, (header_value(response.headers, name) for name in _REQUEST_IDS)), ""),
            started=started,
            duration_ms=(time.perf_counter() - begun) * 1000,
            base=self.base,
        )
        if self.guard is not None:
            self.guard.note(exchange)
        if self.sent is not None:
            self.sent(operation, exchange)
        return Answer(exchange, operation, self._envelope(operation).answer)

    def _envelope(self, operation: Operation) -> Envelope:
        return self.envelopes.get(operation.id) or Envelope()


def path_of(operation: Operation, values: Mapping[str, Any]) -> str:
    """Return an operation's path with the values of its parameters, percent-encoded; a greedy one keeps its slashes."""
    path = operation.path
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", quote(_text(value), safe=""))
        path = path.replace(f"{{{name}+}}", quote(_text(value), safe="/"))
    return path


def query_string(query: Mapping[str, Any] | Sequence[tuple[str, Any]]) -> str:
    """Return a query with its ``?``, ``""`` for none. The items of a list become parameters of the same name."""
    pairs = list(query.items() if isinstance(query, Mapping) else query)
    flat = [(name, _text(one)) for name, value in pairs for one in _several(value)]
    return f"?{urlencode(flat, quote_via=quote)}" if flat else ""


def _several(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        yield from value
    else:
        yield value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else write_json(value)


def json_media_type(operation: Operation) -> str:
    """Return the media type of JSON that an operation takes: application/json, or else the first that is JSON."""
    kinds = [kind for kind in (operation.body.content if operation.body else {}) if "json" in kind]
    return "application/json" if not kinds or "application/json" in kinds else kinds[0]
