"""Integrations of a template's API in a project of the kit's own shape.

The document of the API has them worked out. Names and ARNs of resources become functions of CloudFormation again, in
the places where the own shape has them; where it has none, the integration can't be adopted.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.project.cloudformation.stack.stack import StackResource
from homeport.project.integrations import FailingIntegration, Integration, LambdaProxy, cache_key_of
from homeport.project.integrations.rest_api import LambdaCustom
from homeport.project.model import LOCAL_ACCOUNT, Stage
from homeport.project.openapi.extensions import INTEGRATION
from homeport.scaffold.adopted.adoption import Json, parts
from homeport.scaffold.adopted.stack_references import StackReferences

_ADDRESSES = ("uri", "credentials")
_LAMBDA = "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/arn:aws:lambda:{region}:{account}:function"
_MAPPINGS = ("requestParameters", "responseParameters")


class TemplateIntegrations:
    """The integrations of one API. ``names`` are the references into its stack, ``resources`` those of the stack."""

    def __init__(self, stage: Stage, names: StackReferences, resources: Mapping[str, StackResource]) -> None:
        self._stage, self._names = stage, names
        self._arns = {each.arn for each in resources.values()}

    def fault(self, integration: Integration, operation: Json) -> str:
        """Return why an integration can't be adopted, ``""`` where it can."""
        if isinstance(integration, FailingIntegration):
            return integration.reason
        if isinstance(integration, LambdaProxy):
            return ""
        written = operation.get(INTEGRATION)
        if not isinstance(written, dict):
            return ""
        role = written.get("credentials")
        if isinstance(role, str) and role in self._arns and "Fn::GetAtt" not in str(self._names.value(role)):
            return "the role that API Gateway assumes for it is that of a function"
        for text in self._mappings(written):
            if self._names.text(text) != text:
                return "its mappings hold the name of a resource, which is another one when it is deployed from here"
        return ""

    def own_form(self, written: Any, integration: Integration) -> Json:
        """Return an integration as openapi.yaml has it, ``{}`` for a function's that says nothing more than that."""
        said: Json = copy.deepcopy(dict(written)) if isinstance(written, dict) else {}
        if isinstance(integration, LambdaProxy):
            return self._proxy(said, integration)
        for key in _ADDRESSES:
            if isinstance(said.get(key), str):
                said[key] = self._names.value(said[key])
        if isinstance(integration, LambdaCustom):
            # x-homeport names the code: the URI says only that a function is invoked.
            arn = _LAMBDA.format(region=self._stage.region, account=LOCAL_ACCOUNT)
            said["uri"] = f"{arn}:{integration.function}/invocations"
            said.pop("credentials", None)
        templates = said.get("requestTemplates")
        if isinstance(templates, dict):
            said["requestTemplates"] = {media: self._with_references(text) for media, text in templates.items()}
        if self._is_service_of_http_api(said):
            given = said.get("requestParameters") or {}
            said["requestParameters"] = {
                name: self._names.value(text) if isinstance(text, str) else text for name, text in given.items()
            }
        return said

    def _with_references(self, text: Any) -> Any:
        """Return a text with the names of resources as ``Fn::Sub``, another value as it is."""
        substituted = self._names.text(text) if isinstance(text, str) else text
        return text if substituted == text else {"Fn::Sub": substituted}

    def _proxy(self, said: Json, integration: LambdaProxy) -> Json:
        version = str(said.get("payloadFormatVersion") or self._stage.payload_format)
        made: Json = {}
        if self._stage.flavor == "http":
            if version != self._stage.payload_format:
                made["payloadFormatVersion"] = version
            made |= {key: said[key] for key in _MAPPINGS if said.get(key)}
        if integration.timeout is not None:
            made["timeoutInMillis"] = round(integration.timeout * 1000)
        if integration.streams:
            made["responseTransferMode"] = "STREAM"
        key = cache_key_of(integration)
        made |= {"cacheKeyParameters": key.names} if key.parameters else {}
        made |= {"cacheNamespace": key.namespace} if key.namespace else {}
        return {"type": "aws_proxy", "httpMethod": "POST", **made} if made else {}

    def _mappings(self, written: Json) -> Iterator[str]:
        """Yield the texts of an integration in which the own shape has no functions of CloudFormation."""
        skipped = {
            *_ADDRESSES,
            "requestTemplates",
            *(("requestParameters",) if self._is_service_of_http_api(written) else ()),
        }
        for key, value in written.items():
            if key not in skipped:
                yield from (part for part in parts(value) if isinstance(part, str))

    def _is_service_of_http_api(self, written: Json) -> bool:
        return self._stage.flavor == "http" and bool(written.get("integrationSubtype"))
