"""``Made``: a resource that a run made, and how its id is read from the answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from homeport.contract.checks.client import Answer
from homeport.contract.rest.names import id_names, plain
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation


@dataclass(frozen=True, slots=True)
class Made:
    """A resource that the run made. ``path`` has the values of its path parameters, ``sent`` is the body of the write.

    ``answer`` is the answer of that write, ``before`` the answers of the writes that made it possible. Where the
    resource was there before the run, ``sent`` is None and ``answer`` that of its read. ``own_id`` is the id of one
    that has no path of its own.
    """

    path: Mapping[str, Any]
    sent: Any
    answer: Answer
    before: tuple[Answer, ...] = ()
    own_id: Any = None

    @property
    def representation(self) -> Any:
        """The resource as the write's answer shows it; None where it shows none."""
        return self.answer.json

    @property
    def id(self) -> Any:
        """The value of the last path parameter, or that of a resource without a path of its own."""
        if self.own_id is not None:
            return self.own_id
        return list(self.path.values())[-1] if self.path else None


def path_after(
    resource: Resource, operation: Operation, path: Mapping[str, Any], body: Any, answer: Answer
) -> dict[str, Any] | None:
    """Return the path parameters of a resource after the answer that made it; None where nothing tells its id.

    The id is in the answer's body, or in its Location, or else it is the one that was sent.
    """
    if operation is not resource.create or not resource.id_parameter:
        return dict(path)
    shown = answer.properties
    id_ = shown.get(resource.id_property) if resource.id_property else None
    if id_ is None:
        by_plain = {plain(name): one for name, one in shown.items() if isinstance(one, str | int)}
        names = id_names(resource.id_parameter, resource.name.rpartition("/")[2])
        id_ = next((by_plain[name] for name in names if name in by_plain), None)
    if id_ is None:
        id_ = _id_in_location(resource, answer.header("location"))
    if id_ is None and isinstance(body, dict):
        id_ = body.get(resource.id_property)
    return None if id_ is None else {**path, resource.id_parameter: id_}


def _id_in_location(resource: Resource, location: str) -> str | None:
    path = urlsplit(location).path.rstrip("/")
    pattern = re.sub(r"\\\{[^{}]*\\\}", "[^/]+", re.escape(resource.item.rpartition("/")[0]))
    found = re.search(f"{pattern}/([^/]+)$", path) if path and resource.item else None
    return unquote(found[1]) if found else None
