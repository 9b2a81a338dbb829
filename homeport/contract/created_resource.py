"""The resource that a response with 201 created: where it is, and which id it has.

RFC 9110, section 15.3.2: it is identified by ``Location``, or by the request's own target. Many APIs answer a POST
without ``Location`` and name the new resource's id in the body. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit


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
