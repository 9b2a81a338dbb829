"""The values of integrations that are written as functions of CloudFormation, worked out for a stage.

``QueueUrl: {Ref: OrdersQueue}`` is here what AWS would give, the URL of a queue of deploy/resources.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homeport.project.cloudformation.functions.environment import resource_values
from homeport.project.cloudformation.permissions.policies import evaluate
from homeport.project.cloudformation.stack.function_values import as_text
from homeport.project.cloudformation.stack.stack import CloudFormationStack
from homeport.project.integrations import Integration
from homeport.project.integrations.http_api import HttpApiProxy, HttpApiService
from homeport.project.integrations.parameter_mapping import MappingError, ParameterExpression, parse_expression
from homeport.project.integrations.rest_api import (
    CustomMapping,
    HttpCustom,
    HttpProxy,
    LambdaCustom,
    MappedMock,
    ServiceIntegration,
)
from homeport.project.model import Api, Resources, Stage


def has_integration_values(api: Api) -> bool:
    """Return whether an integration has such values, for which the resources have to be worked out."""
    return any(_has_functions(operation.integration) for operation in api.operations)


def with_integration_values(api: Api, stage: Stage, resources: Resources, stack: CloudFormationStack | None) -> Api:
    """Return the API with the values of its integrations. One that only AWS knows is left out.

    ``stack`` has the resources of deploy/resources.yaml, None: there are none.
    """
    if not has_integration_values(api):
        return api
    names = resource_values(stage, resources, stack)
    operations = (replace(each, integration=_worked_out(each.integration, names)) for each in api.operations)
    return replace(api, operations=tuple(operations))


def _has_functions(integration: Integration) -> bool:
    match integration:
        case HttpApiProxy() | HttpProxy():
            return isinstance(integration.written_uri, dict)
        case HttpCustom() | ServiceIntegration():
            return isinstance(integration.written_uri, dict) or bool(integration.mapping.written_templates)
        case HttpApiService(written=written):
            return any(isinstance(value, dict) for value in written.values())
        case LambdaCustom() | MappedMock():
            return bool(integration.mapping.written_templates)
    return False


def _worked_out(integration: Integration, names: Mapping[str, Any]) -> Integration:
    match integration:
        case HttpApiProxy() | HttpProxy():
            return replace(integration, uri=_uri(integration, names))
        case HttpCustom() | ServiceIntegration():
            mapping = _with_templates(integration.mapping, names)
            return replace(integration, uri=_uri(integration, names), mapping=mapping)
        case LambdaCustom() | MappedMock():
            return replace(integration, mapping=_with_templates(integration.mapping, names))
        case HttpApiService(written=written, parameters=parameters):
            found = {name: _expression(value, names) for name, value in written.items() if isinstance(value, dict)}
            known = {name: expression for name, expression in found.items() if expression is not None}
            return replace(integration, parameters={**parameters, **known})
    return integration


def _uri(integration: HttpApiProxy | HttpProxy | HttpCustom | ServiceIntegration, names: Mapping[str, Any]) -> str:
    written = integration.written_uri
    return _text(written, names) or "" if isinstance(written, dict) else integration.uri


def _with_templates(mapping: CustomMapping, names: Mapping[str, Any]) -> CustomMapping:
    """Return mappings with the texts of their templates; one that only AWS knows stays empty, which a check names."""
    written = mapping.written_templates
    if not written:
        return mapping
    templates = (
        (media, _text(written[media], names) or "" if media in written else text) for media, text in mapping.templates
    )
    return replace(mapping, templates=tuple(templates))


def _expression(written: Any, names: Mapping[str, Any]) -> ParameterExpression | None:
    text = _text(written, names)
    try:
        return None if text is None else parse_expression(text, "request")
    except MappingError:
        return None


def _text(written: Any, names: Mapping[str, Any]) -> str | None:
    found = evaluate(written, names)
    return None if found is None or isinstance(found, list) else as_text(found)
