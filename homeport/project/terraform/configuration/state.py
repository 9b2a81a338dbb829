"""Values of a state file or a plan: what ``terraform apply`` or ``plan`` found out, for what can't be known here.

https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from homeport.project.source.graft import relative_file

_STATE_FILES = ("terraform.tfstate", "tfplan.json", "plan.json")
_LARGEST = 50 * 1024 * 1024


class StateValues:
    """The attributes of resources and data sources by their addresses (``data.aws_vpc.main``, ``module.a.b.c[0]``).

    ``files`` are those that were read, or would be, relative to the project.
    """

    def __init__(self, by_address: Mapping[str, Mapping[str, Any]], files: tuple[str, ...] = ()) -> None:
        self._by_address = by_address
        self.files = files

    def attribute(self, address: str, name: str) -> Any:
        """Return the value of an attribute, None if it is not known."""
        return self._by_address.get(address, {}).get(name)


def read_state(root: Path, folder: Path, workspace: str, named: str = "") -> StateValues:
    """Return the values of the state, and of a plan in JSON, in a folder. What is no such file has none.

    ``named`` is a further file in the folder.
    """
    names = [*_STATE_FILES, f"terraform.tfstate.d/{workspace}/terraform.tfstate", *([named] if named else [])]
    found: dict[str, Mapping[str, Any]] = {}
    for path in (folder / name for name in names):
        try:
            if not path.is_file() or path.stat().st_size > _LARGEST:
                continue
            document = json.loads(path.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(document, dict):
            found.update(_of_state(document) if "resources" in document else _of_shown(document))
    return StateValues(found, tuple(relative_file(root, folder / name) for name in names))


def _of_state(document: dict[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the instances of a state file of version 4."""
    for resource in _maps(document.get("resources")):
        module = resource.get("module")
        base = f"{resource.get('type')}.{resource.get('name')}"
        if resource.get("mode") == "data":
            base = f"data.{base}"
        for instance in _maps(resource.get("instances")):
            attributes = instance.get("attributes")
            if isinstance(attributes, dict):
                yield f"{f'{module}.' if module else ''}{base}{instance_key(instance.get('index_key'))}", attributes


def _of_shown(document: dict[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the instances of what ``terraform show -json`` prints of a plan or a state."""
    prior = document.get("prior_state")
    for holder in (prior if isinstance(prior, dict) else {}, document):
        for name in ("values", "planned_values"):
            values = holder.get(name)
            if isinstance(values, dict) and isinstance(values.get("root_module"), dict):
                yield from _of_module(values["root_module"])


def _of_module(module: dict[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for resource in _maps(module.get("resources")):
        if isinstance(resource.get("values"), dict):
            yield str(resource.get("address")), resource["values"]
    for child in _maps(module.get("child_modules")):
        yield from _of_module(child)


def _maps(value: Any) -> Iterator[dict[str, Any]]:
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else iter(())


def instance_key(key: object) -> str:
    """Return the end of an address for an instance of ``count`` or ``for_each``."""
    match key:
        case None:
            return ""
        case int():
            return f"[{key}]"
    return f"[{json.dumps(key)}]"
