"""The requests of integrations to backends that are no functions, before they are sent."""

from __future__ import annotations

from dataclasses import dataclass

from homeport.http_headers import HttpHeaders


@dataclass(frozen=True, slots=True)
class BackendRequest:
    """A request to a backend. ``url`` is scheme, host and port; ``target`` the path with its query, both encoded."""

    url: str
    method: str
    target: str
    headers: HttpHeaders
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """A request to an AWS service, not signed yet. ``service`` is IAM's name of it (``states``)."""

    service: str
    region: str
    method: str
    target: str
    headers: HttpHeaders = ()
    body: bytes = b""
