"""Redaction: credentials are replaced by a mask wherever they stand in an exchange, and never stored. Pure.

Replaced are the values of headers that carry credentials, of query parameters and form or JSON fields named like one,
every JSON Web Token, and each of these values again wherever else it appears (event, log, response).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_plus

if TYPE_CHECKING:
    from homeport.project.project import Project

MASK = "***"

Pairs = Iterable[tuple[str, str]]

_IN_HEADERS = ("authorization", "cookie", "apikey", "token", "secret", "password", "signature")
_NAMES = frozenset(
    (
        *("accesstoken", "idtoken", "refreshtoken", "sessiontoken", "token", "jwt", "authorization", "credential"),
        *("apikey", "xapikey", "clientsecret", "secret", "passwd", "password", "sig", "signature"),
        *("xamzcredential", "xamzsecuritytoken", "xamzsignature"),
    )
)
# The token of a next page is often called so, and is no credential.
_IN_JSON = _NAMES - {"token", "sig", "signature", "jwt"}
# Each of these names contains one of these hints. A search for them is quicker than a look at each field.
_HINTS = ("token", "authorization", "credential", "apikey", "secret", "passw", "signature")
_SCHEME = re.compile(r"(?:Bearer|Basic|Digest|Token|ApiKey|AWS4-HMAC-SHA256)(?= )", re.IGNORECASE)
_JWT = re.compile(r"eyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*")
_FIELD = re.compile(r'("([A-Za-z_.-]{3,30})"\s*:\s*")((?:[^"\\]|\\.)*)"')
SHORTEST = 6
"""A value of fewer characters is replaced in its own place only: elsewhere it may be any word."""
# Beginnings of an authorizer's identity sources, of either flavor, by the place that they are in.
_SOURCES = {
    "header": ("$request.header.", "method.request.header."),
    "query": ("$request.querystring.", "method.request.querystring."),
}
# Names of headers and fields repeat from request to request.
_NAMES_KEPT = 1024


@dataclass(frozen=True, slots=True)
class CredentialNames:
    """Names of the project's own that carry credentials: its authorizers' identity sources and API keys, lower case."""

    headers: frozenset[str] = frozenset()
    query: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Redaction:
    """The credentials of one exchange: ``values`` in the order in which they are replaced."""

    names: CredentialNames
    values: tuple[str, ...] = ()

    def text(self, text: str) -> str:
        """Return a text without the credentials."""
        for value in self.values:
            text = text.replace(value, MASK)
        return _JWT.sub(MASK, text) if "eyJ" in text else text

    def headers(self, headers: Pairs) -> tuple[tuple[str, str], ...]:
        """Return headers in their order, credentials replaced; schemes, cookies' names and attributes stay."""
        return tuple(
            (name, _header(name, value) if is_secret_header(name, self.names) else self.text(value))
            for name, value in headers
        )

    def target(self, target: str) -> str:
        """Return a request target with its secret parameters replaced."""
        path, mark, query = target.partition("?")
        redacted = "&".join(_pair(pair, self.names.query) for pair in query.split("&")) if mark else ""
        return self.text(path + mark + redacted)

    def body(self, text: str, content_type: str) -> str:
        """Return a body with its secret fields replaced."""
        if "form-urlencoded" in content_type and "=" in text and not text.lstrip().startswith(("{", "[")):
            text = "&".join(_pair(pair, frozenset()) for pair in text.split("&"))
        return self.text(_FIELD.sub(_field, text) if _hints_at_secret(text) else text)


def credential_names(project: Project) -> CredentialNames:
    """Return the names of a project's authorizers and API keys for their credentials, those of all its APIs."""
    apis = [each.api for each in project.every_api]
    sources = [source for api in apis for found in api.authorizers.values() for source in found.identity_sources]
    schemes = [one for api in apis for one in api.document.get("components", {}).get("securitySchemes", {}).values()]
    keys = [scheme for scheme in schemes if isinstance(scheme, dict) and scheme.get("type") == "apiKey"]
    names: dict[str, set[str]] = {"header": set(), "query": set()}
    for place, prefixes in _SOURCES.items():
        names[place] |= {source[len(start) :] for source in sources for start in prefixes if source.startswith(start)}
        names[place] |= {str(key.get("name")) for key in keys if key.get("in") == place}
    return CredentialNames(*(frozenset(map(str.lower, names[place])) for place in ("header", "query")))


def build_redaction(
    names: CredentialNames,
    target: str,
    request_headers: Pairs,
    request_body: str,
    reply_headers: Pairs,
    reply_body: str,
    secrets: Iterable[str] = (),
) -> Redaction:
    """Find the credentials of one exchange, and return how to replace them, and the ``secrets`` that are known."""
    found = [value for value in _values(names, target, (*request_headers, *reply_headers)) if len(value) >= SHORTEST]
    for body in (request_body, reply_body):
        found += [value for value in _body_values(body) if len(value) >= SHORTEST]
    found += secrets
    if not found:
        return Redaction(names)
    return Redaction(names, forms_of(found))


def is_secret_header(name: str, names: CredentialNames) -> bool:
    """Return whether a header carries credentials."""
    return name.lower() in names.headers or _is_secret_header(name)


@lru_cache(_NAMES_KEPT)
def _is_secret_header(name: str) -> bool:
    plain = _plain(name)
    return any(word in plain for word in _IN_HEADERS)


def _values(names: CredentialNames, target: str, headers: Pairs) -> Iterator[str]:
    for pair in target.partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        if _is_secret(name, names.query):
            yield value
            yield unquote_plus(value)
    for name, value in headers:
        if not is_secret_header(name, names):
            continue
        if "cookie" in name.lower():
            pairs = value.split(";") if name.lower() == "cookie" else value.split(";")[:1]
            yield from (pair.partition("=")[2].strip() for pair in pairs)
        else:
            yield without_scheme(value)
            yield value


def _body_values(body: str) -> Iterator[str]:
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


def without_scheme(value: str) -> str:
    """Return the credential of a header's value: ``word`` of ``Bearer word``."""
    return _SCHEME.sub("", value).strip()


def forms_of(values: Iterable[str]) -> tuple[str, ...]:
    """Return the forms in which values may stand in an exchange, in the order in which they are replaced."""
    forms = dict.fromkeys(form for value in values for form in _forms(value))
    return tuple(sorted(forms, key=len, reverse=True))


def _forms(value: str) -> Iterator[str]:
    """Yield the value as it is, in JSON, in JSON within JSON, and in a URL, where a slash may stay."""
    yield value
    once = json.dumps(value)[1:-1]
    yield once
    yield json.dumps(once)[1:-1]
    yield quote(value, safe="")
    yield quote(value)


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


def replace_encoded(text: str, secret: bytes, redacted: bytes) -> str:
    """Return a text with the redacted body in place of the body, which events have in base64."""
    if secret == redacted or not secret:
        return text
    return text.replace(base64.b64encode(secret).decode(), base64.b64encode(redacted).decode())
