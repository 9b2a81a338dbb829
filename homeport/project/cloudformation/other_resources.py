"""The resources of a stack that are no tables: buckets, queues, topics, parameters and others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homeport.project.cloudformation.stack.parameters import StackValues
from homeport.project.cloudformation.stack.stack import CloudFormationStack, read_stack
from homeport.project.cloudformation.tables.tables import TABLE_TYPES
from homeport.project.logical_ids import logical_ids
from homeport.project.model import Function, Resources, ServiceResource, Stage
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document
from homeport.project.triggers.function_references import function_name

FUNCTION_TYPE = "AWS::Lambda::Function"


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
        if found.type not in TABLE_TYPES and found.type != FUNCTION_TYPE
    }


def resources_stack(
    document: Document, stage: Stage, resources: Resources, functions: Mapping[str, Function], diagnostics: Diagnostics
) -> CloudFormationStack | None:
    """Return deploy/resources.yaml as a stack, None if it is no map; its resources may refer to the kit's functions.

    What could not be worked out is a warning: such a value keeps no request away, and the deployment reports it. It may
    refer to a resource of the kit's template.
    """
    if not isinstance(document.value, dict):
        return None
    parameters = {name: value for name, value in resources.names.items() if "::" not in name}
    own = Diagnostics()
    with_kit = _with_functions(document, stage, functions)
    stack = read_stack(with_kit, StackValues(stage.stack_name, stage.region, parameters), own)
    known = {(problem.file, problem.line) for problem in diagnostics.all()}
    diagnostics.add(
        *(
            replace(found, message=f"left out here: {found.message}", severity="warning")
            for found in own.all()
            if (found.file, found.line) not in known
        )
    )
    return stack


def _with_functions(document: Document, stage: Stage, functions: Mapping[str, Function]) -> Document:
    """Return a document in which the kit's functions are resources, as they are in the template that is deployed."""
    ids = logical_ids(functions)
    made = {
        f"{ids[name]}Function": {"Type": FUNCTION_TYPE, "Properties": {"FunctionName": function_name(function, stage)}}
        for name, function in functions.items()
    }
    written = document.value.get("Resources")
    declared: dict[str, Any] = {**made, **(written if isinstance(written, dict) else {})}
    value = {**document.value, "Resources": declared}
    lines = dict(document.source_map)
    for copy, original in ((value, document.value), (declared, written)):
        if (found := lines.get(id(original))) is not None:
            known = found.children if isinstance(found.children, dict) else {}
            lines[id(copy)] = found._replace(children={**dict.fromkeys(copy, found.line), **known})
    return document._replace(value=value, source_map=lines)


def has_others(resources: Resources) -> bool:
    """Return whether deploy/resources.yaml has any resource that is no table."""
    declared = resources.document.get("Resources")
    found = declared.values() if isinstance(declared, Mapping) else ()
    return any(isinstance(each, Mapping) and each.get("Type") not in TABLE_TYPES for each in found)
