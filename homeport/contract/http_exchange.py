"""A request with its response, as a value, and the means to send it again."""

from __future__ import annotations

import argparse
import base64
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from homeport.environment import read_contract_target
from homeport.errors import HomeportError
from homeport.http_client import send_request
from homeport.http_headers import HttpHeaders, drop_headers, header_value

# The connection's own headers: http_client and this module make them again.
_NOT_SENT = frozenset(("connection", "content-length", "host", "transfer-encoding"))
_TIMEOUT = 35.0
# Bytes of a body up to which a command line has all of it, and those that it has of a longer one.
_LONGEST_BODY = 8000
_SHOWN_OF_LONG = 200


class Unreachable(HomeportError):
    """Nothing answered at a URL."""


@dataclass(frozen=True, slots=True)
class HttpExchange:
    """A request that was made, and its response.

    ``request_id`` is API Gateway's. ``status`` 0 stands for no response. ``started`` is seconds since the epoch, 0
    where it is not known. ``base`` is the API's base URL where it is known; the rest of ``url`` is the API's own path.
    ``notes`` are facts for the kit alone, which an archive keeps in fields whose names begin with ``_``.
    """

    method: str
    url: str
    headers: HttpHeaders = ()
    body: bytes = b""
    status: int = 0
    reply_headers: HttpHeaders = ()
    reply_body: bytes = b""
    request_id: str = ""
    started: float = 0.0
    duration_ms: float = 0.0
    base: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)

    def as_curl(self, variables: Mapping[str, str] | None = None) -> str:
        """Return a command line that makes the same request; of a body that is very long, only its beginning.

        ``variables`` maps texts to the variables of the shell that have them.
        """
        words = ["curl", "-i", "--path-as-is", "-X", self.method]
        for name, value in self.headers:
            words += ["-H", f"{name}: {value}" if value else f"{name};"]
        if self.body and header_value(self.headers, "content-type") is None:
            # curl would send one of its own.
            words += ["-H", "Content-Type:"]
        if not self.body:
            return join_words([*words, self.url], variables)
        if len(self.body) > _LONGEST_BODY:
            start = self.body[:_SHOWN_OF_LONG].decode(errors="ignore")
            return join_words([*words, "--data-binary", f"{start}… ({len(self.body):,} bytes)", self.url], variables)
        text = _shell_text(self.body)
        if text is None:
            encoded = base64.b64encode(self.body).decode()
            line = join_words([*words, "--data-binary", "@-", self.url], variables)
            return f"printf %s {encoded} | base64 -d | {line}"
        # A text that begins with @ would be a file's name.
        option = "--data-raw" if text.startswith("@") else "--data-binary"
        return join_words([*words, option, text, self.url], variables)


def join_words(words: Iterable[str], variables: Mapping[str, str] | None = None) -> str:
    """Return a command line of words; a text that ``variables`` maps to a variable of the shell is that variable."""
    return " ".join(_quote(word, variables or {}) for word in words)


def _quote(word: str, variables: Mapping[str, str]) -> str:
    if not any(text in word for text in variables):
        return shlex.quote(word)
    # Within double quotes a shell replaces these: POSIX, Shell Command Language, 2.2.3.
    quoted = re.sub(r'([\\"$`])', r"\\\1", word)
    for text, name in variables.items():
        quoted = quoted.replace(text, f"${{{name}}}")
    return f'"{quoted}"'


def _shell_text(body: bytes) -> str | None:
    """Return a body as a word of a shell has it, None where no word can: it is no text, or has control characters."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return text if all(one in "\t\n" or one >= " " for one in text) else None


def send_exchange(exchange: HttpExchange, url: str) -> HttpExchange:
    """Make the request of an exchange at the base URL ``url``; return it with its new response. Raises Unreachable."""
    base, target = url.rstrip("/"), target_of(exchange.url)
    headers = list(drop_headers(exchange.headers, _NOT_SENT))
    if exchange.body or exchange.method in {"POST", "PUT", "PATCH"}:
        headers.append(("Content-Length", str(len(exchange.body))))
    try:
        response = send_request(base, exchange.method, target, headers, exchange.body, timeout=_TIMEOUT)
    except (OSError, HTTPException) as error:
        raise Unreachable(
            f"{exchange.method} {url}{target} got no answer: {error!r}; does the API run there?"
        ) from error
    return replace(
        exchange,
        url=base + target,
        base=base,
        status=response.status,
        reply_headers=response.headers,
        reply_body=response.body,
    )


def check_base_url(url: str) -> str:
    """Return a base URL without a slash at its end. Raises HomeportError unless something answers there."""
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise HomeportError(f"{url!r} is no base URL", "write https://…")
    base = url.rstrip("/")
    send_exchange(HttpExchange("GET", "/"), base)
    return base


def target_of(url: str) -> str:
    """Return path and query of a URL as they are written, ``/`` for none."""
    parts = urlsplit(url)
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path


def target_below(url: str, base: str) -> str:
    """Return the target of ``url`` without the path of ``base``, so that a stage's path is not sent twice."""
    prefix, target = urlsplit(base).path.rstrip("/"), target_of(url)
    rest = target.removeprefix(prefix)
    if prefix and (not rest or rest.startswith("?")):
        return f"/{rest}"
    return rest if rest.startswith("/") else target


def api_target(exchange: HttpExchange, url: str) -> str:
    """Return the target below the base URL that the request was made at; where that is not known, below ``url``."""
    return target_below(exchange.url, exchange.base or url)


def request_headers(options: argparse.Namespace) -> tuple[str, ...]:
    """Return a command line's headers as ``NAME:VALUE``; at a given URL, the environment adds missing credentials."""
    environment = read_contract_target()
    token = options.token or (environment.token if options.url else None)
    key = options.api_key or (environment.api_key if options.url else None)
    given = {"Authorization": f"Bearer {token}" if token else "", "x-api-key": key}
    return (*options.header, *(f"{name}:{value}" for name, value in given.items() if value))


def parse_header_option(text: str) -> tuple[str, str]:
    """Return name and value of a header that a command line has as ``NAME:VALUE``."""
    name, _, value = text.partition(":")
    return name.strip(), value.strip()
