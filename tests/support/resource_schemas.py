"""The resource schemas of CloudFormation that cfn-lint brings along.

They are read as files: an import of cfn-lint takes seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any


@cache
def _schemas_dir() -> Path:
    found = find_spec("cfnlint")
    assert found is not None and found.submodule_search_locations, "cfn-lint is not installed"
    return Path(found.submodule_search_locations[0]) / "data" / "schemas"


@cache
def _files() -> Mapping[str, str]:
    names: Mapping[str, str] = json.loads((_schemas_dir() / "providers" / "us-east-1.json").read_bytes())
    return names


def region_names() -> list[str]:
    """Return the names of the regions."""
    return sorted(file.stem for file in (_schemas_dir() / "providers").glob("*-*-*.json"))


def resource_type_names(*starts: str) -> list[str]:
    """Return the names of the resource types that begin with one of ``starts``."""
    return sorted(name for name in _files() if name.startswith(starts))


@cache
def resource_schema(name: str) -> Mapping[str, Any]:
    """Return the schema of a resource type. Raises KeyError for one that AWS does not have."""
    schema: Mapping[str, Any] = json.loads((_schemas_dir() / "resources" / f"{_files()[name]}.json").read_bytes())
    return schema


def schema_paths(name: str) -> set[str]:
    """Return the paths of the properties that a template can set: ``SSESpecification.SSEType``."""
    schema = resource_schema(name)
    read_only = [_dotted(pointer) for pointer in schema.get("readOnlyProperties", ())]
    return {
        path
        for path in _paths(schema, schema, frozenset(), "")
        if not any(path == it or path.startswith(f"{it}.") for it in read_only)
    }


def _dotted(pointer: str) -> str:
    steps = pointer.removeprefix("/properties/").split("/")
    return ".".join(step for step in steps if step not in ("properties", "*"))


def _paths(node: Mapping[str, Any], schema: Mapping[str, Any], seen: frozenset[str], above: str) -> Iterator[str]:
    while "$ref" in node:
        reference = node["$ref"]
        if reference in seen:
            return
        seen |= {reference}
        node = schema["definitions"][reference.rpartition("/")[2]]
    for name, inner in node.get("properties", {}).items():
        yield f"{above}{name}"
        yield from _paths(inner, schema, seen, f"{above}{name}.")
    alternatives = [part for word in ("allOf", "anyOf", "oneOf") for part in node.get(word, ())]
    for part in (node.get("items"), *alternatives, *(node.get("patternProperties") or {}).values()):
        if isinstance(part, Mapping):
            yield from _paths(part, schema, seen, above)
