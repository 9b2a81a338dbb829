"""Credentials that a run was given: reports don't have them, since CI publishes reports.

Tokens of the project's own issuer stay. They are worth nothing elsewhere, and a request needs them to be repeated here.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from homeport.contract.finding import Finding
from homeport.contract.fuzz.schemathesis_settings import read_settings
from homeport.contract.http_exchange import HttpExchange, parse_header_option
from homeport.http_headers import HttpHeaders
from homeport.project.project import Project
from homeport.recordings.redaction import MASK, SHORTEST, credential_names, forms_of, is_secret_header, without_scheme


class GivenCredentials:
    """The credentials of a run's command line and of its project's settings."""

    def __init__(self, project: Project, headers: Iterable[str] = ()) -> None:
        self._forms = forms_of(one for one in _values(project, headers) if len(one) >= SHORTEST)

    def hide(self, text: str) -> str:
        """Return a text with ``***`` in place of the credentials."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def hide_in_finding(self, finding: Finding) -> Finding:
        """Return a finding without the credentials."""
        if not self._forms:
            return finding
        exchanges = tuple(map(self._hide_in_exchange, finding.exchanges))
        return replace(finding, happened=self.hide(finding.happened), exchanges=exchanges)

    def hide_in_value(self, value: Any) -> Any:
        """Return a JSON value without the credentials."""
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, Mapping):
            return {name: self.hide_in_value(one) for name, one in value.items()}
        return [self.hide_in_value(one) for one in value] if isinstance(value, Sequence) else value

    def _hide_in_exchange(self, exchange: HttpExchange) -> HttpExchange:
        return replace(
            exchange,
            url=self.hide(exchange.url),
            headers=self._hide_in_headers(exchange.headers),
            body=self._hide_in_bytes(exchange.body),
            reply_headers=self._hide_in_headers(exchange.reply_headers),
            reply_body=self._hide_in_bytes(exchange.reply_body),
        )

    def _hide_in_headers(self, headers: HttpHeaders) -> HttpHeaders:
        return tuple((name, self.hide(value)) for name, value in headers)

    def _hide_in_bytes(self, body: bytes) -> bytes:
        for form in self._forms:
            body = body.replace(form.encode(), MASK.encode())
        return body


def _values(project: Project, headers: Iterable[str]) -> Iterator[str]:
    names = credential_names(project)
    for name, value in map(parse_header_option, headers):
        if is_secret_header(name, names):
            yield without_scheme(value)
    for key in project.stage.api_keys.values():
        yield key.value
    yield from _texts(read_settings(project.root).get("auth", {}))


def _texts(value: Any) -> Iterator[str]:
    """Yield the values of the section ``auth`` of schemathesis.toml: credentials of schemes, and headers."""
    if isinstance(value, str):
        yield without_scheme(value)
    elif isinstance(value, Mapping):
        if {"username", "password"} <= value.keys():
            yield b64encode(f"{value['username']}:{value['password']}".encode()).decode()
        for one in value.values():
            yield from _texts(one)
