"""Local references (``#/components/schemas/Item``) and the JSON pointers in them.

https://datatracker.ietf.org/doc/html/rfc6901
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from homeport.errors import HomeportError


class SchemaError(HomeportError):
    """A schema that can't be understood, or a reference that leads nowhere."""


def pointer_keys(reference: str) -> tuple[str, ...]:
    """Return the keys of a local reference, unescaped: ``#/paths/~1items`` is ``("paths", "/items")``.

    A reference is a URI fragment, so percent-encoding is undone before the pointer is taken apart.
    """
    tokens = unquote(reference.removeprefix("#")).split("/")[1:]
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in tokens)


def resolve_reference(reference: str, document: Mapping[str, Any]) -> Any:
    """Return the value that a local reference names. Raises SchemaError if it leads nowhere or out of the file."""
    if not reference.startswith("#"):
        raise SchemaError(f"$ref {reference} leads out of the file", "only references that start with #/ are followed")
    node: Any = document
    for key in pointer_keys(reference):
        if isinstance(node, Mapping) and key in node:
            node = node[key]
        elif isinstance(node, list) and key.isdecimal() and int(key) < len(node):
            node = node[int(key)]
        else:
            raise SchemaError(f"$ref {reference} leads nowhere", f"there is no {key!r} on the way")
    return node


def resolve_references(node: Any, document: Mapping[str, Any]) -> Any:
    """Return a node, or the value at the end of its chain of references.

    Keys beside a ``$ref`` are ignored, as OpenAPI 3.0 has it. Raises SchemaError for a chain that leads nowhere or
    back to itself.
    """
    first = node.get("$ref") if isinstance(node, Mapping) else None
    seen: set[str] = set()
    while isinstance(node, Mapping) and "$ref" in node:
        reference = str(node["$ref"])
        if reference in seen:
            raise SchemaError(f"$ref {first} leads back to itself", "give it a schema of its own")
        seen.add(reference)
        node = resolve_reference(reference, document)
    return node


def resolve_map(node: Any, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the map that a node is or refers to; ``{}`` if there is none."""
    try:
        found = resolve_references(node, document)
    except SchemaError:
        return {}
    return found if isinstance(found, Mapping) else {}
