"""Keeps a run at a URL that isn't local from touching what it did not make. Hooks of schemathesis.

A write to a resource goes only to one that an earlier answer of the run created (201), or below it; others get an id in
its place that nothing has; what was created is noted in a file. Values that the spec forbids stay as they are: nothing
is stored under them.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import schemathesis
from schemathesis import Case, HookContext, Response
from schemathesis.core.parameters import ParameterLocation

from homeport.contract.fuzz.run import GUARD_VARIABLE

_WRITES = frozenset(("DELETE", "PATCH", "POST", "PUT"))
_made: set[str] = set()


@schemathesis.hook
def before_call(ctx: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Turn a write to a resource of somebody else away from it."""
    if not os.environ.get(GUARD_VARIABLE) or case.method.upper() not in _WRITES or not case.path_parameters:
        return
    components = case.meta.components if case.meta else {}
    path = components.get(ParameterLocation.PATH)
    if (path is None or path.mode.is_positive) and not is_ours(case.formatted_path, _made):
        case.path_parameters = fresh(case.path_parameters, uuid4().hex)


@schemathesis.hook
def after_call(ctx: HookContext, case: Case[Any], response: Response) -> None:
    """Remember what the run created, here and in the file from which it is removed afterwards."""
    file = os.environ.get(GUARD_VARIABLE)
    if file and response.status_code == 201:
        location = next(iter(response.headers.get("location") or ()), "")
        templates = case.operation.schema.raw_schema.get("paths", {})
        ids = tuple(ids_of(response.content, parameter_below(templates, case.operation.path)))
        method, path = case.method.upper(), case.formatted_path
        _made.update(created(method, path, location, ids, urlsplit(response.request.url or "").path))
        with Path(file).open("a") as kept:
            kept.write(json.dumps({"method": method, "path": path, "location": location, "ids": ids}) + "\n")


def is_ours(path: str, made: Collection[str]) -> bool:
    """Whether a path is that of something made, or below it."""
    parts = path.rstrip("/").split("/")
    return any("/".join(parts[:length]) in made for length in range(2, len(parts) + 1))


def fresh(parameters: Mapping[str, Any], value: str) -> dict[str, Any]:
    """Path parameters that all give way to ``value``, hexadecimal, of the same type."""
    return {name: int(value, 16) % 2**53 if isinstance(old, int) else value for name, old in parameters.items()}


def created(method: str, path: str, location: str, ids: Iterable[str], requested: str) -> Iterator[str]:
    """The paths of what an answer 201 created.

    It is where Location says; without one, it has an id of the answer below the path of a POST, or is at that path.
    ``requested`` is the path as it was sent, with the stage's before ``path``.
    """
    if location:
        base = requested.removesuffix(path)
        place = urlsplit(location).path
        yield (place.removeprefix(base) if place.startswith("/") else f"{path.rstrip('/')}/{place}").rstrip("/")
    elif method == "POST":
        yield from (f"{path.rstrip('/')}/{quote(id_, safe='')}" for id_ in ids)
    else:
        yield path.rstrip("/")


def parameter_below(templates: Iterable[str], template: str) -> str:
    """How the spec calls the id of what is in a collection: the parameter after its path, ``id`` if there is none."""
    pattern = re.compile(re.escape(template.rstrip("/")) + r"/\{([^{}+]+)\}")
    return next((found[1] for found in map(pattern.fullmatch, templates) if found), "id")


def ids_of(body: bytes, name: str) -> Iterator[str]:
    """The id in the answer that created something: under ``name``, else under ``id``."""
    try:
        item = json.loads(body)
    except ValueError:
        return
    if isinstance(item, dict):
        known = {key.lower(): value for key, value in item.items() if isinstance(value, str | int)}
        yield from (str(known[key]) for key in [key for key in (name.lower(), "id") if key in known][:1])
