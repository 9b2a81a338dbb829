"""Protection of the data behind a URL that is not this machine's: a run changes only what it created, and removes that.

A write to a resource goes only to one that an earlier response of the run created, or below it
(``created_resources.py``). ``DataGuard`` decides for replays, parity and saved tests. In ``homeport test`` and the
smoke test of a deploy, ``fuzz/hooks.py`` redirects such writes to ids that do not exist, and notes each created
resource in a file, from which it is removed at the end.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from urllib.parse import unquote, urlsplit

from homeport.contract.created_resources import (
    CreatedResource,
    id_names,
    ids_within,
    is_own,
    new_ids,
    own_paths,
    remove_resources,
)
from homeport.contract.fuzz.operations import collection_writes
from homeport.contract.http_exchange import (
    HttpExchange,
    send_exchange,
    target_below,
)
from homeport.gateway.routing import Router
from homeport.http_client import is_local
from homeport.http_headers import has_header, header_value
from homeport.project.model import Api

SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))


def is_remote(url: str) -> bool:
    """Return whether the data behind a URL may be somebody else's: at another machine, or behind a proxy on this one.

    A proxy names itself in ``Via`` (RFC 9110, section 7.6.3), as ``homeport record --url`` does. Raises Unreachable.
    """
    return not is_local(url) or has_header(send_exchange(HttpExchange("GET", "/"), url).reply_headers, "via")


def data_line(url: str, *, guarded: bool) -> str:
    """Return what becomes of the data behind a URL, as a run says it before its first request."""
    if guarded:
        return f"data at {url}: this run changes only what it creates, and removes that at the end"
    return (
        f"data at {url}: it is this machine's, so this run writes and deletes whatever the document allows and leaves "
        "what it made; homeport snapshot save NAME keeps what is there now"
    )


class DataGuard:
    """Decides which requests may go to the base URL ``url``, and removes what a run created there.

    ``invented`` are ids that the run made up, so that they can't be somebody else's. ``not_sent`` has a line for each
    request that was not sent.
    """

    def __init__(self, api: Api, url: str) -> None:
        self.not_sent: list[str] = []
        self._api, self._url = api, url
        self._created: list[CreatedResource] = []
        self._paths: set[str] = set()
        self._invented: set[str] = set()
        self._router = Router(api.operations, "http", "$default")
        self._shared = frozenset(collection_writes(api))

    def invent(self, value: str) -> None:
        """Note an id that the run made up."""
        self._invented.add(value)

    def allows(self, method: str, target: str, body: bytes = b"") -> bool:
        """Return whether a request may be sent; note it in ``not_sent`` if not. ``target`` is below the base URL."""
        path = target.partition("?")[0]
        reason = "" if method in SAFE_METHODS else self._reason(method, path, body)
        if reason:
            self.not_sent.append(f"{method} {path}: {reason}")
        return not reason

    def _reason(self, method: str, path: str, body: bytes) -> str:
        if {".", ".."} & set(unquote(path).split("/")):
            return "a server may read its path as another one"
        if is_own(path, self._paths):
            return ""
        match = self._router.match(method, path)
        if match is None:
            return "the spec has no such operation"
        if match.path_parameters:
            first = next(iter(match.path_parameters.values()))
            return "" if first in self._invented else "it may change what this run did not create"
        operation = match.operation
        if {f"{method} {operation.path}", f"ANY {operation.path}"} & self._shared:
            return "it may change what this run did not create"
        names = id_names((one.path for one in self._api.operations), operation.path)
        if ids_within(body, names) - self._invented:
            return "it names an id that may exist there"
        return ""

    def note(self, exchange: HttpExchange) -> None:
        """Remember what a request created, by its response."""
        path = target_below(exchange.url, self._url).partition("?")[0]
        if exchange.method in SAFE_METHODS or exchange.status != 201:
            return
        match = self._router.match(exchange.method, path)
        collection = match.operation.path if match is not None else path
        ids = new_ids(exchange.reply_body, (one.path for one in self._api.operations), collection)
        location = header_value(exchange.reply_headers, "location") or ""
        created = CreatedResource(exchange.method, path, location, ids)
        base = urlsplit(self._url)
        self._created.append(created)
        self._invented.update(created.ids)
        self._paths |= own_paths(created, base.path, base.netloc)

    def remove(self, headers: Sequence[str] = ()) -> tuple[str, ...]:
        """Delete what the run created, the latest first; return a line for each resource that is still there."""
        return remove_resources(self._api, reversed(self._created), self._url, headers)


def report_left(lines: Iterable[str]) -> None:
    """Print on standard error what a run created and could not remove."""
    for line in lines:
        print(f"homeport: made by the run and not removed: {line}", file=sys.stderr)
