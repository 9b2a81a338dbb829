"""The values that come from outside a template: its parameters, its stack's name and region, and imports.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeport.project.cloudformation.intrinsics import as_text
from homeport.project.load import ProjectInputs
from homeport.project.names import slug
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document

DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True)
class StackValues:
    """The values from outside with which a template is a stack.

    ``parameters`` has a text for each parameter, or a list of texts for those of a list type. ``imports`` are exports
    of other stacks and targets of dynamic references. ``missing`` are the parameters that have a placeholder, because
    neither the template nor the user gives a value.
    """

    name: str
    region: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    imports: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()


def read_parameters(
    root: Path,
    document: Document,
    inputs: ProjectInputs,
    stage_key: str,
    environ: Mapping[str, str],
    diagnostics: Diagnostics,
) -> StackValues:
    """Return the values for a template, as it is before its Transform.

    ``environ`` has the variables of ``.env``, and those of the process above them.
    """
    given = dict(inputs.parameters)
    values: dict[str, Any] = {}
    for name, cursor in Cursor.root(document, diagnostics).map("Parameters").items():
        declared = cursor.value if isinstance(cursor.value, dict) else {}
        text = as_text(given.get(name, declared.get("Default", name)))
        is_list = "List" in str(declared.get("Type"))
        values[name] = [part.strip() for part in text.split(",")] if is_list else text
    return StackValues(slug(root.name), DEFAULT_REGION, values, dict(inputs.imports))
