"""Resources that a run created: how a response identifies them, by which ids requests name them, and their removal.

A response with 201 identifies what it created by ``Location``, or by the request's own target (RFC 9110, section
15.3.2). Many APIs answer a POST without ``Location`` and name the new resource's id in the body.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from uuid import uuid4

from homeport.contract.http_exchange import (
    HttpExchange,
    Unreachable,
    parse_header_option,
    send_exchange,
)
from homeport.gateway.routing import Router
from homeport.project.model import Api

_GONE = frozenset((200, 202, 204, 404, 410))


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

    A Location at another host than ``host`` does not count; None: any host counts. Nor does the collection that a POST
    went to, or what is above it: they hold what others created.
    """
    place, collection = urlsplit(created.location), created.path.rstrip("/")
    found = []
    if place.path and (host is None or place.netloc in ("", host)):
        below = place.path.removeprefix(base_path.rstrip("/"))
        found.append(below if below.startswith("/") else f"{collection}/{below}")
    if created.method != "POST":
        yield from (*found, created.path)
        return
    found += (f"{collection}/{quote(id_, safe='')}" for id_ in created.ids)
    yield from (path for path in found if not f"{collection}/".startswith(f"{path.rstrip('/')}/"))


def own_paths(created: CreatedResource, base_path: str, host: str | None = None) -> set[str]:
    """Return the likeliest of a resource's paths (``created_paths``), alone: what is below it is the run's own."""
    return {path.rstrip("/") for path in islice(created_paths(created, base_path, host), 1)}


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
    known = {key.lower(): value for key, value in item.items() if is_id(value)}
    return tuple(str(known[key]) for key in (name.lower(), "id") if key in known)[:1]


def new_ids(body: bytes, paths: Iterable[str], collection: str) -> tuple[str, ...]:
    """Return the id of a resource that was made in a collection, by the body of the response (``id_in_body``)."""
    return id_in_body(body, id_parameter(paths, collection))


def id_names(paths: Iterable[str], collection: str) -> frozenset[str]:
    """Return the names, in lower case, under which a body for this path may name resources: ``noteid``, ``noteids``.

    A path with no item below it, such as ``/notes/batch``, may be about every resource of the API.
    """
    every = set(paths)
    own = id_parameter(every, collection)
    known = {own} if own != "id" else {name for path in every for name in re.findall(r"\{([^{}+]+)\+?\}", path)}
    single = {name.lower() for name in known} | {"id"}
    return frozenset(single | {f"{name}s" for name in single})


def replace_ids(body: Any, names: Collection[str], replace: Callable[[str | int], str | int]) -> Any:
    """Return a JSON value with the ids under ``names`` (``id_names``), at any depth, replaced: a batch has several."""
    if isinstance(body, list):
        return [replace_ids(one, names, replace) for one in body]
    if not isinstance(body, dict):
        return body
    changed = {}
    for key, value in body.items():
        entries = value if isinstance(value, list) else [value]
        if key.lower() in names and entries and all(map(is_id, entries)):
            ids = [replace(one) for one in entries]
            changed[key] = ids if isinstance(value, list) else ids[0]
        else:
            changed[key] = replace_ids(value, names, replace)
    return changed


def ids_within(body: bytes, names: Collection[str]) -> set[str]:
    """Return the ids under ``names`` in a body, at any depth; none in one that is no JSON."""
    found: set[str] = set()

    def note(value: str | int) -> str | int:
        found.add(str(value))
        return value

    with contextlib.suppress(ValueError):
        replace_ids(json.loads(body), names, note)
    return found


def is_id(value: Any) -> bool:
    """Return whether a JSON value may be an id."""
    return isinstance(value, str | int) and not isinstance(value, bool)


def id_in_path(path: str) -> str:
    """Return the last segment of a path or URL, decoded, without a query."""
    return unquote(path.partition("?")[0].rstrip("/").rpartition("/")[2])


def is_own(path: str, created: Collection[str]) -> bool:
    """Return whether a path is that of a created resource, or below it."""
    parts = path.rstrip("/").split("/")
    return any("/".join(parts[:length]) in created for length in range(2, len(parts) + 1))


def unknown_id(old: Any) -> str | int:
    """Return an id of the same type that no resource has."""
    value = uuid4().hex
    return int(value, 16) % 2**53 if isinstance(old, int) else value


def note_created(file: Path, created: CreatedResource) -> None:
    """Append a created resource to the file of them, as a line of JSON."""
    with file.open("a") as lines:
        lines.write(json.dumps(asdict(created)) + "\n")


def remove_created(api: Api, file: Path, url: str, headers: Sequence[str]) -> tuple[str, ...]:
    """Delete the resources noted in ``file`` at the base URL ``url``; ``headers`` are ``NAME:VALUE``.

    Returns a line for each resource that is still there, or that the spec has no DELETE for.
    """
    return remove_resources(api, _read_created(file), url, headers)


def remove_resources(
    api: Api, resources: Iterable[CreatedResource], url: str, headers: Sequence[str]
) -> tuple[str, ...]:
    """Delete resources at the base URL ``url``; return a line for each that is still there (``remove_created``)."""
    sent = tuple(map(parse_header_option, headers))
    left = []
    for created in resources:
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
    for path in created_paths(created, base.path, base.netloc):
        match = router.match("DELETE", path)
        # A path without parameters, such as /me, is there for whoever asks.
        if match is not None and match.path_parameters:
            return path
    return None


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
