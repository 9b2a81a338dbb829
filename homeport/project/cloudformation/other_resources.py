"""The resources of a stack that are no tables: buckets, queues, topics, parameters and others."""

from __future__ import annotations

from collections.abc import Mapping

from homeport.errors import Problem
from homeport.project.cloudformation.stack.parameters import StackValues
from homeport.project.cloudformation.stack.stack import CloudFormationStack, read_stack
from homeport.project.cloudformation.tables.tables import TABLE_TYPES
from homeport.project.model import Resources, ServiceResource, Stage
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document


def read_others(stack: CloudFormationStack) -> Mapping[str, ServiceResource]:
    """Return the resources of a stack that are no tables, in the template's order."""
    return {
        logical_id: ServiceResource(
            logical_id,
            found.type,
            found.physical_id,
            found.properties.value,
            found.attributes,
            found.properties.source,
        )
        for logical_id, found in stack.resources.items()
        if found.type not in TABLE_TYPES
    }


def resources_stack(
    document: Document, stage: Stage, resources: Resources
) -> tuple[CloudFormationStack | None, list[Problem]]:
    """Return deploy/resources.yaml as a stack, None if it is no map, and warnings about what could not be worked out.

    Such a value keeps no request away, and the deployment reports it: it may refer to a resource of the kit's template.
    """
    if not isinstance(document.value, dict):
        return None, []
    parameters = {name: value for name, value in resources.names.items() if "::" not in name}
    diagnostics = Diagnostics()
    stack = read_stack(document, StackValues(stage.stack_name, stage.region, parameters), diagnostics)
    warnings = [
        Problem(f"left out here: {found.message}", found.file, found.line, found.hint, "warning")
        for found in diagnostics.all()
    ]
    return stack, warnings


def has_others(resources: Resources) -> bool:
    """Return whether deploy/resources.yaml has any resource that is no table."""
    declared = resources.document.get("Resources")
    found = declared.values() if isinstance(declared, Mapping) else ()
    return any(isinstance(each, Mapping) and each.get("Type") not in TABLE_TYPES for each in found)
