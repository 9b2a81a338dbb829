"""Protection of the data behind a URL that is not local: a run changes only what it created, and removes that.

A write to a resource goes only to one that an earlier response of the run created, or below it. ``fuzz/hooks.py``
applies these rules, and notes each created resource in a file, from which it is removed after the run.

A response with 201 identifies what it created by ``Location``, or by the request's own target (RFC 9110, section
15.3.2). Many APIs answer a POST without ``Location`` and name the new resource's id in the body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from homeport.contract.http_exchange import HttpExchange, Unreachable, parse_header_option, send_exchange
from homeport.gateway.routing import Router
from homeport.project.model import Api


@dataclass(frozen=True, slots=True)
class CreatedResource:
    """A request that was answered with 201. ``path`` is below the API's base path; ``ids`` are those of the body."""

    method: str
    path: str
    location: str = ""
    ids: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        """Describe the creation, for a message: ``POST /notes created /notes/1``."""
        return f"{self.method} {self.path} created {self.location or ', '.join(self.ids) or 'something'}"


def created_paths(created: CreatedResource, base_path: str, host: str | None = None) -> Iterator[str]:
    """Yield the paths below ``base_path`` at which the resource may be, the likeliest first.

    A Location at another host than ``host`` does not count; None: any host counts.
    """
    place = urlsplit(created.location)
    if place.path and (host is None or place.netloc in ("", host)):
        below = place.path.removeprefix(base_path.rstrip("/"))
        yield below if below.startswith("/") else f"{created.path.rstrip('/')}/{below}"
    if created.method == "POST":
        yield from (f"{created.path.rstrip('/')}/{quote(id_, safe='')}" for id_ in created.ids)
    else:
        yield created.path


def id_parameter(paths: Iterable[str], collection: str) -> str:
    """Return the name of the path parameter right below a collection, ``id`` where no path of the spec has one."""
    pattern = re.compile(re.escape(collection.rstrip("/")) + r"/\{([^{}+]+)\}")
    return next((found[1] for found in map(pattern.fullmatch, paths) if found), "id")


def id_in_body(body: bytes, name: str) -> tuple[str, ...]:
    """Return the new resource's id from a JSON body, under ``name`` or else under ``id``; empty where it has none."""
    try:
        item = json.loads(body)
    except ValueError:
        return ()
    if not isinstance(item, dict):
        return ()
    known = {key.lower(): value for key, value in item.items() if isinstance(value, str | int)}
    return tuple(str(known[key]) for key in (name.lower(), "id") if key in known)[:1]


def id_in_path(path: str) -> str:
    """Return the last segment of a path or URL, decoded, without a query."""
    return unquote(path.partition("?")[0].rstrip("/").rpartition("/")[2])


_GONE = frozenset((200, 202, 204, 404, 410))
_LOCAL = ("localhost", "::1")


def is_local(url: str) -> bool:
    """Return whether a URL is this machine's, so that its data is nobody else's."""
    host = urlsplit(url).hostname or ""
    return host in _LOCAL or host.startswith("127.")


def is_own(path: str, created: Collection[str]) -> bool:
    """Return whether a path is that of a created resource, or below it."""
    parts = path.rstrip("/").split("/")
    return any("/".join(parts[:length]) in created for length in range(2, len(parts) + 1))


def unknown_ids(parameters: Mapping[str, Any], value: str) -> dict[str, Any]:
    """Return the path parameters with ``value``, hexadecimal digits, in place of each, of the same type."""
    return {name: int(value, 16) % 2**53 if isinstance(old, int) else value for name, old in parameters.items()}


def note_created(file: Path, created: CreatedResource) -> None:
    """Append a created resource to the file of them, as a line of JSON."""
    with file.open("a") as lines:
        lines.write(json.dumps(asdict(created)) + "\n")


def remove_created(api: Api, file: Path, url: str, headers: Sequence[str]) -> tuple[str, ...]:
    """Delete the resources noted in ``file`` at the base URL ``url``; ``headers`` are ``NAME:VALUE``.

    Returns a line for each resource that is still there, or that the spec has no DELETE for.
    """
    sent = tuple(map(parse_header_option, headers))
    left = []
    for created in _read_created(file):
        path = deletable_path(api, created, url)
        if path is None:
            left.append(f"{created.description}: the spec has no DELETE for it")
        elif problem := _delete(path, url, sent):
            left.append(f"{path}: {problem}")
    return tuple(dict.fromkeys(left))


def deletable_path(api: Api, created: CreatedResource, url: str) -> str | None:
    """Return the path of a resource below the base URL ``url``, None where the spec has no DELETE for it."""
    router = Router((one for one in api.operations if one.method in ("DELETE", "ANY")), "http", "$default")
    base = urlsplit(url)
    return next((path for path in created_paths(created, base.path, base.netloc) if router.match("DELETE", path)), None)


def _read_created(file: Path) -> Iterator[CreatedResource]:
    for line in file.read_text().splitlines() if file.exists() else ():
        noted = json.loads(line)
        yield CreatedResource(**{**noted, "ids": tuple(noted["ids"])})


def _delete(path: str, url: str, headers: Iterable[tuple[str, str]]) -> str:
    """Send a DELETE; return why the resource is still there, empty if it isn't."""
    try:
        reply = send_exchange(HttpExchange("DELETE", path, tuple(headers)), url)
    except Unreachable as error:
        return str(error)
    return "" if reply.status in _GONE else f"DELETE was answered with {reply.status}"
