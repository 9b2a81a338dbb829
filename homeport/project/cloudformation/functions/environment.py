"""The variables of functions, ``x-homeport: {environment: …}``, their values worked out for a stage.

A reference to a resource of deploy/resources.yaml is what AWS would give: the name of a table, the URL of a queue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from homeport.project.cloudformation.permissions.policies import evaluate, known_names
from homeport.project.cloudformation.stack.function_values import as_text
from homeport.project.cloudformation.stack.stack import CloudFormationStack
from homeport.project.model import LOCAL_ACCOUNT, Api, Resources, Stage


def has_environments(api: Api) -> bool:
    """Return whether any function has variables of its own, for which the resources have to be worked out."""
    return any(function.written_environment for function in api.functions.values())


def with_environments(api: Api, stage: Stage, resources: Resources, stack: CloudFormationStack | None) -> Api:
    """Return the API with the variables of its functions. One whose value only AWS knows is left out.

    ``stack`` has the resources of deploy/resources.yaml, None: there are none.
    """
    if not has_environments(api):
        return api
    names = resource_values(stage, resources, stack)
    functions = {
        name: replace(function, environment=dict(_worked_out(function.written_environment, names)))
        if function.written_environment
        else function
        for name, function in api.functions.items()
    }
    return replace(api, functions=functions)


def resource_values(stage: Stage, resources: Resources, stack: CloudFormationStack | None) -> dict[str, Any]:
    """Return the values of parameters, and of ``Ref`` and ``Fn::GetAtt`` (``Queue.Arn``) of resources, as on AWS."""
    return {**(_resource_names(stack) if stack else {}), **known_names(stage, resources, LOCAL_ACCOUNT)}


def _resource_names(stack: CloudFormationStack) -> dict[str, str]:
    """Return the values of ``Ref`` and ``Fn::GetAtt`` (``Queue.Arn``) of resources."""
    names: dict[str, str] = {}
    for logical_id, resource in stack.resources.items():
        names[logical_id] = resource.physical_id
        names.update({f"{logical_id}.{name}": value for name, value in resource.attributes.items()})
    return names


def _worked_out(written: Mapping[str, Any], names: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in written.items():
        found = evaluate(value, names)
        if found is not None and not isinstance(found, list):
            yield name, as_text(found)
