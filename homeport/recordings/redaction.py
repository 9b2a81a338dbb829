"""Secrets, taken out of what is kept: credentials are masked wherever they stand, never stored. Pure.

What is masked: the values of headers that carry credentials, of query parameters and form or JSON fields named like
one, every JSON Web Token, and each of these values again wherever else it appears (event, log, answer).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote_plus

MASK = "***"

Headers = Iterable[tuple[str, str]]

_IN_HEADERS = ("authorization", "cookie", "apikey", "token", "secret", "password", "signature")
_NAMES = frozenset(
    (
        *("accesstoken", "idtoken", "refreshtoken", "sessiontoken", "token", "jwt", "authorization", "credential"),
        *("apikey", "xapikey", "clientsecret", "secret", "passwd", "password", "sig", "signature"),
        *("xamzcredential", "xamzsecuritytoken", "xamzsignature"),
    )
)
# A page's token is none of these, and often called so.
_IN_JSON = _NAMES - {"token", "sig", "signature", "jwt"}
# Each of these names has one of these in it. To look for them is quicker than to look at each field.
_HINTS = ("token", "authorization", "credential", "apikey", "secret", "passw", "signature")
_SCHEME = re.compile(r"(?:Bearer|Basic|Digest|Token|ApiKey|AWS4-HMAC-SHA256)(?= )", re.IGNORECASE)
_JWT = re.compile(r"eyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*")
_FIELD = re.compile(r'("([A-Za-z_.-]{3,30})"\s*:\s*")((?:[^"\\]|\\.)*)"')
# Shorter values are masked in their own place only: elsewhere they may be any word.
_SHORTEST = 6
# Names of headers and fields repeat from request to request.
_NAMES_KEPT = 1024


@dataclass(frozen=True, slots=True)
class Named:
    """Names of the project's own that carry credentials: its authorizers' identity sources and API keys, lower case."""

    headers: frozenset[str] = frozenset()
    query: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Masks:
    """What is secret in one exchange: ``values`` in the order in which they are replaced."""

    named: Named
    values: tuple[str, ...] = ()

    def text(self, text: str) -> str:
        """A text without the secrets."""
        for value in self.values:
            text = text.replace(value, MASK)
        return _JWT.sub(MASK, text) if "eyJ" in text else text

    def headers(self, headers: Headers) -> tuple[tuple[str, str], ...]:
        """Headers in their order, the values of secret ones masked; schemes, cookies' names and attributes stay."""
        return tuple(
            (name, _header(name, value) if self._secret(name) else self.text(value)) for name, value in headers
        )

    def target(self, target: str) -> str:
        """A request target with its secret parameters masked."""
        path, mark, query = target.partition("?")
        masked = "&".join(_pair(pair, self.named.query) for pair in query.split("&")) if mark else ""
        return self.text(path + mark + masked)

    def body(self, text: str, content_type: str) -> str:
        """A body with its secret fields masked."""
        if "form-urlencoded" in content_type and "=" in text and not text.lstrip().startswith(("{", "[")):
            text = "&".join(_pair(pair, frozenset()) for pair in text.split("&"))
        return self.text(_FIELD.sub(_field, text) if _hints_at_secret(text) else text)

    def _secret(self, name: str) -> bool:
        return is_secret_header(name, self.named)


def masks_of(
    named: Named, target: str, request_headers: Headers, request_body: str, reply_headers: Headers, reply_body: str
) -> Masks:
    """The secrets of one exchange."""
    found = [value for value in _values(named, target, (*request_headers, *reply_headers)) if len(value) >= _SHORTEST]
    for body in (request_body, reply_body):
        found += [value for value in _of_body(body) if len(value) >= _SHORTEST]
    if not found:
        return Masks(named)
    forms = dict.fromkeys(form for value in found for form in _forms(value))
    return Masks(named, tuple(sorted(forms, key=len, reverse=True)))


def is_secret_header(name: str, named: Named) -> bool:
    """Whether a header carries credentials."""
    return name.lower() in named.headers or _is_secret_header(name)


@lru_cache(_NAMES_KEPT)
def _is_secret_header(name: str) -> bool:
    plain = _plain(name)
    return any(word in plain for word in _IN_HEADERS)


def _values(named: Named, target: str, headers: Headers) -> Iterator[str]:
    for pair in target.partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        if _is_secret(name, named.query):
            yield value
            yield unquote_plus(value)
    for name, value in headers:
        if not is_secret_header(name, named):
            continue
        if "cookie" in name.lower():
            pairs = value.split(";") if name.lower() == "cookie" else value.split(";")[:1]
            yield from (pair.partition("=")[2].strip() for pair in pairs)
        else:
            yield _SCHEME.sub("", value).strip()
            yield value


def _of_body(body: str) -> Iterator[str]:
    if _hints_at_secret(body):
        yield from (found[3] for found in _FIELD.finditer(body) if _is_secret_field(found[2]))
    if "=" in body and not body.lstrip().startswith(("{", "[", "<")):
        for pair in body.split("&"):
            name, _, value = pair.partition("=")
            if _is_secret(name, frozenset()):
                yield value
                yield unquote_plus(value)


def _hints_at_secret(text: str) -> bool:
    plain = _plain(text)
    return any(hint in plain for hint in _HINTS)


def _forms(value: str) -> Iterator[str]:
    """As it is, in JSON, in JSON within JSON, in a URL."""
    yield value
    once = json.dumps(value)[1:-1]
    yield once
    yield json.dumps(once)[1:-1]
    yield quote(value, safe="")


def _header(name: str, value: str) -> str:
    if name.lower() == "cookie":
        return "; ".join(_cookie(pair) for pair in value.split(";"))
    if name.lower() == "set-cookie":
        pair, mark, attributes = value.partition(";")
        return _cookie(pair) + mark + attributes
    scheme = _SCHEME.match(value)
    return f"{scheme[0]} {MASK}" if scheme else MASK


def _cookie(pair: str) -> str:
    name, mark, _ = pair.strip().partition("=")
    return f"{name}={MASK}" if mark else MASK


def _pair(pair: str, more: frozenset[str]) -> str:
    name, mark, _ = pair.partition("=")
    return f"{name}={MASK}" if mark and _is_secret(name, more) else pair


def _field(found: re.Match[str]) -> str:
    return f'{found[1]}{MASK}"' if _is_secret_field(found[2]) else found[0]


@lru_cache(_NAMES_KEPT)
def _is_secret_field(name: str) -> bool:
    return _plain(name) in _IN_JSON


def _is_secret(name: str, more: frozenset[str]) -> bool:
    return _plain(name) in _NAMES or name.lower() in more


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "").replace(".", "")


def without_encoded(text: str, secret: bytes, masked: bytes) -> str:
    """A text in which a body that stands there in base64, as in events, has given way to its masked form."""
    if secret == masked or not secret:
        return text
    return text.replace(base64.b64encode(secret).decode(), base64.b64encode(masked).decode())
