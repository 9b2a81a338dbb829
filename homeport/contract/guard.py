"""Keeps a run at a URL that isn't local from touching what it did not make. Hooks of schemathesis.

A write to a resource goes only to one that an earlier answer of the run created (201); others get an id in its place
that nothing has; what was created is noted in a file. Values that the spec forbids stay as they are: nothing is stored
under them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import schemathesis
from schemathesis import Case, HookContext, Response
from schemathesis.core.parameters import ParameterLocation

from homeport.contract.fuzz import GUARD_VARIABLE

_WRITES = frozenset(("DELETE", "PATCH", "POST", "PUT"))
_made: set[str] = set()


@schemathesis.hook
def before_call(ctx: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Turn a write to a resource of somebody else away from it."""
    if not os.environ.get(GUARD_VARIABLE) or case.method.upper() not in _WRITES or not case.path_parameters:
        return
    components = case.meta.components if case.meta else {}
    path = components.get(ParameterLocation.PATH)
    if path is None or path.mode.is_positive:
        case.path_parameters = spared(case.path_parameters, _made, uuid4().hex)


@schemathesis.hook
def after_call(ctx: HookContext, case: Case[Any], response: Response) -> None:
    """Remember what the run created, here and in the file from which it is removed afterwards."""
    file = os.environ.get(GUARD_VARIABLE)
    if file and response.status_code == 201:
        location = next(iter(response.headers.get("location") or ()), "")
        ids = tuple(created(location, response.content))
        _made.update(ids)
        made = {"method": case.method.upper(), "path": case.formatted_path, "location": location, "ids": ids}
        with Path(file).open("a") as kept:
            kept.write(json.dumps(made) + "\n")


def spared(parameters: Mapping[str, Any], made: set[str], fresh: str) -> dict[str, Any]:
    """Path parameters in which every value that isn't in ``made`` gave way to one of ``fresh``, of the same type."""
    return {
        name: value if str(value) in made else int(fresh, 16) % 2**53 if isinstance(value, int) else fresh
        for name, value in parameters.items()
    }


def created(location: str, body: bytes) -> Iterator[str]:
    """What may be the id of a resource in the answer that created it: the Location's end, and the body's values."""
    if location:
        yield unquote(location.rstrip("/").rpartition("/")[2])
    try:
        item = json.loads(body)
    except ValueError:
        return
    if isinstance(item, dict):
        yield from (str(value) for name, value in item.items() if isinstance(value, str | int) and _names_an_id(name))


def _names_an_id(name: str) -> bool:
    return name.lower().endswith(("id", "key", "uuid"))
