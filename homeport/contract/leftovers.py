"""Removes what a run created at a URL that isn't local, and names what it could not remove."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from homeport.contract.findings import Call
from homeport.contract.send import Unreachable, send
from homeport.gateway.routing import Router
from homeport.spec.model import Api

_GONE = frozenset((200, 202, 204, 404, 410))


def remove(api: Api, kept: Path, url: str, headers: Sequence[str]) -> tuple[str, ...]:
    """Delete what ``kept`` says was created at the base ``url``; ``headers`` are ``NAME:VALUE``.

    Gives a line for each resource that is still there, or that the spec has no DELETE for.
    """
    if not kept.exists():
        return ()
    made = [json.loads(line) for line in kept.read_text().splitlines()]
    sent = tuple((name.strip(), value.strip()) for name, _, value in (header.partition(":") for header in headers))
    left = []
    for one in made:
        target = resource(api, one, url)
        if target is None:
            left.append(f"{_name(one)}: the spec has no DELETE for it")
        elif reason := _delete(target, url, sent):
            left.append(f"{target}: {reason}")
    return tuple(dict.fromkeys(left))


def resource(api: Api, made: dict[str, Any], url: str) -> str | None:
    """The path below the base ``url`` of what an answer 201 created, None where the spec has no DELETE for it."""
    router = Router((one for one in api.operations if one.method in ("DELETE", "ANY")), "http", "$default")
    return next((path for path in _places(made, url) if router.match("DELETE", path)), None)


def _places(made: dict[str, Any], url: str) -> Iterator[str]:
    """Where it may be: where Location says, below the path of the request by each of its ids, or at that path."""
    base, place = urlsplit(url), urlsplit(made["location"])
    if place.path and place.netloc in ("", base.netloc):
        below = place.path.removeprefix(base.path.rstrip("/"))
        yield below if below.startswith("/") else f"{made['path'].rstrip('/')}/{below}"
    if made["method"] == "POST":
        yield from (f"{made['path'].rstrip('/')}/{quote(id_, safe='')}" for id_ in made["ids"])
    else:
        yield made["path"]


def _delete(path: str, url: str, headers: Iterable[tuple[str, str]]) -> str:
    """Why it is still there, empty if it isn't."""
    try:
        answer = send(Call("DELETE", path, tuple(headers)), url)
    except Unreachable as error:
        return str(error)
    return "" if answer.status in _GONE else f"DELETE was answered with {answer.status}"


def _name(made: dict[str, Any]) -> str:
    return f"{made['method']} {made['path']} created {made['location'] or ', '.join(made['ids']) or 'something'}"
