"""Logical ids of the template, made from the names in the spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from homeport.project.logical_ids import logical_ids
from homeport.project.project import Project


@dataclass(frozen=True)
class Names:
    """The first part of the logical ids for each function, operation, … by its name."""

    functions: Mapping[str, str]
    operations: Mapping[str, str]
    authorizers: Mapping[str, str]
    usage_plans: Mapping[str, str]
    api_keys: Mapping[str, str]


def names_of(project: Project) -> Names:
    """Return the logical names of a project."""
    api, stage = project.api, project.stage
    return Names(
        functions=logical_ids(api.functions),
        operations=logical_ids(api.operations_by_id),
        authorizers=logical_ids(api.authorizers),
        usage_plans=logical_ids(stage.usage_plans),
        api_keys=logical_ids(stage.api_keys),
    )
