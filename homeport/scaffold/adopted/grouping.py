"""Functions for the operations of a large API: those of one part of it share a function.

A function is six resources of its stack and a route of an HTTP API is one, and CloudFormation's stacks hold 500.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from homeport.project.check.limits import MOST_RESOURCES
from homeport.project.names import kebab_case
from homeport.scaffold.adopted.adoption import Adoption, Json, operations
from homeport.scaffold.adopted.integrations import has_backend

_PER_FUNCTION = 6
# The API itself, its stage, logs, authorizers and alarms, and what the owner may add.
_OTHERS = 50
_VERSION = re.compile(r"v[0-9][0-9.]*|api", re.IGNORECASE)
_LONGEST_NAME = 64
_REST = "others"

Parts = dict[str, list[Json]]
"""Operations by the name of the function that they share."""


def group_operations(adoption: Adoption) -> None:
    """Give the operations of each part of a large API one function: parts by tags, or by paths, small ones together.

    Functions that operations share already stay as they are.
    """
    every = [(path, operation) for path, _, operation in operations(adoption.spec)]
    alone = [(path, operation) for path, operation in every if not _function(operation) and not has_backend(operation)]
    room = MOST_RESOURCES - _OTHERS - (len(every) if adoption.flavor == "http" else 0)
    most = max(1, room // _PER_FUNCTION - len({_function(operation) for _, operation in every} - {""}))
    if len(alone) <= most:
        return
    parts, rule = _by_tag(alone), "their first tags"
    if not 1 < len(parts) <= most:
        parts, rule = _join_small_parts(_by_path(alone), most), "the first part of their paths"
    for name, members in parts.items():
        for operation in members:
            operation.setdefault("x-homeport", {})["function"] = name
    text = f"{len(alone)} functions are too many for one stack: the operations share {len(parts)}, by {rule}"
    adoption.note(adoption.origin("paths"), text)


def _function(operation: Json) -> str:
    return str((operation.get("x-homeport") or {}).get("function") or "")


def _by_tag(found: Iterable[tuple[str, Json]]) -> Parts:
    parts: Parts = {}
    for _, operation in found:
        tags = operation.get("tags")
        parts.setdefault(_function_name(str(tags[0]) if isinstance(tags, list) and tags else ""), []).append(operation)
    return parts


def _by_path(found: Iterable[tuple[str, Json]]) -> Parts:
    """Return the operations by the first segment of their path that is no variable and no version."""
    parts: Parts = {}
    for path, operation in found:
        segments = (part for part in path.split("/") if part and "{" not in part and not _VERSION.fullmatch(part))
        parts.setdefault(_function_name(next(segments, "")), []).append(operation)
    return parts


def _join_small_parts(parts: Parts, most: int) -> Parts:
    """Return at most ``most`` parts: the largest ones, and one of all others."""
    if len(parts) <= most:
        return parts
    by_size = sorted(parts, key=lambda name: -len(parts[name]))
    kept, rest = by_size[: most - 1], by_size[most - 1 :]
    others = [operation for name in rest for operation in parts[name]]
    return {**{name: parts[name] for name in kept if name != _REST}, _REST: [*others, *_of_rest(parts, kept)]}


def _of_rest(parts: Parts, kept: Iterable[str]) -> list[Json]:
    return parts[_REST] if _REST in kept else []


def _function_name(text: str) -> str:
    name = re.sub(r"[^a-z0-9-]", "", kebab_case(text))[:_LONGEST_NAME].strip("-")
    return name if name[:1].isalpha() else f"api-{name}".rstrip("-")
