"""The context of the inspector's pages, and access control: only its own pages may use it, on this machine.

A page of any site can send requests to a port of this machine, and with a DNS name of its own that turns to 127.0.0.1
it could read the responses, too. Therefore the Host must be this machine's, a state-changing request must come from a
page of the inspector's own origin and carry its token, and no other site can embed or read anything.

https://owasp.org/www-community/attacks/DNS_Rebinding · https://fetch.spec.whatwg.org/#origin-header
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, request

from homeport.project.load import ProjectFollower
from homeport.project.project import Project
from homeport.recordings.run_store import Runs
from homeport.recordings.store import Recordings

TOKEN_HEADER = "X-Homeport-Token"
_HOSTS = frozenset(("127.0.0.1", "localhost", "::1"))
_SAFE = frozenset(("GET", "HEAD"))
_FORBIDDEN = 403
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class SiteContext:
    """All that a page needs. ``apis`` are the base URLs of the APIs by their names, the first one's first.

    ``dynamodb`` is the endpoint of the tables, ``aws`` that of the other services, ``functions`` that of the Lambda API
    (None: there is none). ``recorded`` is whether requests are being recorded; ``control`` is the gateway's control
    socket.
    State-changing requests must carry ``token``. ``states`` is the file with the state of each process.
    """

    projects: ProjectFollower
    recordings: Recordings
    runs: Runs
    recorded: bool
    apis: Mapping[str, str]
    dynamodb: str | None
    control: Path
    token: str
    states: Path
    aws: str | None = None
    functions: str | None = None

    def chosen_api(self) -> str:
        """Return the name of the API that a page's URL names (``?api=OrdersApi``), or of the first one."""
        name = request.args.get("api", "")
        return name if name in self.apis else next(iter(self.apis))

    def url_of(self, api: str) -> str:
        """Return the base URL of an API; of the first one if there is none of that name."""
        return self.apis.get(api) or next(iter(self.apis.values()))

    def project(self, api: str) -> Project:
        """Return the project of an API. Raises HomeportError where the files are wrong."""
        first = self.projects.current()
        return next((each for each in first.every_api if each.api.name == api), first)


def protect(app: Flask, token: str) -> None:
    """Reject requests that no page of the inspector sent; add security headers to each response."""

    @app.before_request
    def _check_access() -> None:
        reason = reject_reason(request, token)
        if reason:
            abort(_FORBIDDEN, reason)

    @app.after_request
    def _add_headers(response: Response) -> Response:
        response.headers.update(_HEADERS)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def reject_reason(request: Request, token: str) -> str:
    """Return why a request is rejected; "": it isn't."""
    host = _hostname(request.headers.get("Host", ""))
    if host not in _HOSTS:
        return "The inspector is for this machine only: open it as http://127.0.0.1 or http://localhost."
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"http://{request.headers['Host']}":
        return "The inspector takes no requests of other sites."
    if request.method in _SAFE:
        return _reject_embedding(request)
    if origin is None or request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return "The inspector takes changes from its own pages only."
    if not hmac.compare_digest(request.headers.get(TOKEN_HEADER, "").encode(), token.encode()):
        return "This page is of an earlier run of homeport dev: load it again."
    return ""


def _reject_embedding(request: Request) -> str:
    """Return a reason where a page of another site loads more than a link to here."""
    elsewhere = request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
    if elsewhere and request.headers.get("Sec-Fetch-Mode") != "navigate":
        return "The inspector can't be a part of other sites."
    return ""


def _hostname(host: str) -> str | None:
    try:
        return urlsplit(f"http://{host}").hostname if host and "@" not in host and "/" not in host else None
    except ValueError:
        return None
