"""The functions of a stack as its APIs find them: by the ARNs in the ``uri`` of integrations and authorizers.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from homeport.project.cloudformation.stack.stack import CloudFormationStack
from homeport.project.integrations import FailingIntegration
from homeport.project.integrations.stage_variables import fill_stage_variables
from homeport.project.model import Function
from homeport.project.openapi.extensions import AUTHORIZER, INTEGRATION
from homeport.project.openapi.function_lookup import FoundFunction
from homeport.project.openapi.x_homeport import XHomeport
from homeport.project.source.cursor import Cursor

_INVOCATIONS = re.compile(
    r"arn:aws[^:]*:apigateway:[^:]*:lambda:path/[^/]+/functions/(?P<arn>.+)/(?:response-streaming-)?invocations"
)
_FUNCTION = re.compile(r"arn:aws[^:]*:lambda:[^:]*:[^:]*:function:[^:]+(:[^:]+)?")


class StackFunctions:
    """The functions of a stack, for one of its APIs; ``functions`` are by logical id, ``variables`` its stage's."""

    def __init__(
        self, stack: CloudFormationStack, functions: Mapping[str, Function], variables: Mapping[str, str]
    ) -> None:
        self._stack = stack
        self._variables = variables
        self._functions = functions
        self._operations: dict[str, list[str]] = {}

    def of_operation(
        self, id: str | None, operation: Cursor, x_homeport: XHomeport
    ) -> FoundFunction | FailingIntegration | None:
        """Return the function that an operation's integration invokes, or why every call of it fails."""
        at = operation.at(INTEGRATION)
        integration = at.resolve() if at.value is not None else None
        if integration is None:
            return FailingIntegration("a route without an integration can't be called")
        function = self._function(integration.at("uri"))
        if function is None:
            return FailingIntegration(f"the function {_uri_text(integration.at('uri'))} is not in the template")
        if id is not None:
            self._operations.setdefault(function.name, []).append(id)
        return FoundFunction(function.name, function.handler)

    def of_authorizer(self, name: str, scheme: Cursor) -> Function | str:
        """Return the function of a Lambda authorizer, or that it is elsewhere: what it protects is refused then."""
        uri = scheme.at(AUTHORIZER).at("authorizerUri")
        function = self._function(uri)
        return function or f"the function {_uri_text(uri)} of the authorizer {name!r} is not in the template"

    def of_document(self, x_homeport: Cursor) -> None:
        """Take nothing: the functions of a template are its resources."""

    def all(self) -> dict[str, Function]:
        """Return every function of the stack, each with the operations of this API that it serves."""
        return {
            name: replace(function, operations=tuple(self._operations.get(name, ())))
            for name, function in self._functions.items()
        }

    def _function(self, uri: Cursor) -> Function | None:
        arn = function_arn(fill_stage_variables(uri.value, self._variables)) if isinstance(uri.value, str) else ""
        resource = self._stack.by_arn(arn) if arn else None
        return self._functions.get(resource.logical_id) if resource is not None else None


def function_arn(uri: object) -> str:
    """Return the ARN of the function that a URI of an integration or authorizer invokes, ``""`` if it is none's.

    HTTP APIs take a function's own ARN too; it may end in a version or alias.
    """
    if not isinstance(uri, str):
        return ""
    found = _INVOCATIONS.fullmatch(uri)
    arn = found["arn"] if found is not None else uri
    return arn if _FUNCTION.fullmatch(arn) else ""


def _uri_text(uri: Cursor) -> str:
    return (function_arn(uri.value) or uri.value) if isinstance(uri.value, str) else "without a URI"
