"""Lookup of the Lambda functions behind the operations and authorizers of a document.

``FunctionLookup`` is what the readers of a document need. ``ServiceFunctions`` has the functions of a project of the
kit's own shape, whose names follow from the operations; ``cloudformation/functions/`` has those of a template.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from homeport.project.integrations import FailingIntegration
from homeport.project.integrations.stage_variables import fill_stage_variables
from homeport.project.model import Function, Resources
from homeport.project.names import kebab_case, snake_case
from homeport.project.openapi.extensions import AUTHORIZER, INTEGRATION, X_HOMEPORT
from homeport.project.openapi.functions import FunctionNames, OperationSource, build_functions
from homeport.project.openapi.handlers import CodeHandler, Handlers
from homeport.project.openapi.x_homeport import (
    XHomeport,
    check_access,
    read_root_functions,
    read_x_homeport,
)
from homeport.project.source.cursor import Cursor

FUNCTION_ARN = r":function:([A-Za-z0-9_-]+)"


class FoundFunction(NamedTuple):
    """A function as an operation finds it: a key of ``Api.functions``, and the operation's own handler there."""

    name: str
    handler: str


class FunctionLookup(Protocol):
    """The functions that a document refers to."""

    def of_operation(
        self, id: str | None, operation: Cursor, x_homeport: XHomeport
    ) -> FoundFunction | FailingIntegration | None:
        """Return the function of an operation; None after an error, which is reported. ``id`` is None after one too."""
        ...

    def of_authorizer(self, name: str, scheme: Cursor) -> Function | str:
        """Return the function of a Lambda authorizer, or why it can't be called; "" after an error that is reported."""
        ...

    def of_document(self, x_homeport: Cursor) -> None:
        """Take the functions that serve no route, from the ``x-homeport`` at the top of the document."""
        ...

    def all(self) -> dict[str, Function]:
        """Return every function by its name, once the whole document has been read."""
        ...


class ServiceFunctions:
    """The functions of the package ``service`` of the project: each is made of the operations that it serves.

    ``resources`` has the tables to which ``x-homeport`` may give access; None if they are not known. ``variables`` are
    the stage's: a URI may name its function by one.
    """

    def __init__(
        self, handlers: Handlers, resources: Resources | None, variables: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._handlers = handlers
        self._variables = variables
        self._resources = resources
        self._served: dict[str, OperationSource] = {}
        self._authorizers: dict[str, Function] = {}
        self._triggered: dict[str, Function] = {}
        self._roots: dict[str, Cursor] = {}
        self._names = FunctionNames()

    def of_operation(self, id: str | None, operation: Cursor, x_homeport: XHomeport) -> FoundFunction | None:
        """Return the function that the handler of an operation stands for, alone or in a group."""
        arn_name = self._function_of_uri(id, operation, x_homeport)
        found = self._operation_handler(id, operation, x_homeport, arn_name)
        if id is None or found is None:
            return None
        handler, code, runtime = found
        self._check_access(x_homeport.cursor)
        group = x_homeport.group or arn_name
        name = self._names.name(id, group, handler, code)
        self._served[id] = OperationSource(
            id, operation, x_homeport, handler, name, code, runtime, shared=group is not None
        )
        return FoundFunction(name, handler)

    def of_authorizer(self, name: str, scheme: Cursor) -> Function | str:
        """Return the function of a Lambda authorizer, which ``authorizerUri`` or ``x-homeport`` names."""
        cursor = scheme.map(AUTHORIZER)
        beside = cursor if cursor.has(X_HOMEPORT) else scheme
        x_homeport = read_x_homeport(beside.at(X_HOMEPORT), operation=False)
        self._check_access(x_homeport.cursor)
        arn_name = function_in(cursor.at("authorizerUri"), self._variables)
        found = self._authorizer_handler(x_homeport, arn_name, cursor)
        if found is None:
            return ""
        function = _alone(x_homeport.group or arn_name or kebab_case(name), cursor, x_homeport, found)
        self._add_authorizer(function, scheme)
        return function

    def of_document(self, x_homeport: Cursor) -> None:
        """Take the functions that serve no route: triggers and other functions invoke them."""
        for name, settings in read_root_functions(x_homeport).items():
            self._check_access(settings.cursor)
            if settings.handler is not None or settings.code is not None:
                found = self._named_handler(settings)
            else:
                found = self._handlers.find(name, settings.cursor, settings)
            if found is not None:
                self._triggered[name] = _alone(name, settings.cursor, settings, found)
                self._roots[name] = settings.cursor

    def all(self) -> dict[str, Function]:
        """Return the functions of operations, in the order of the first ones, those of authorizers, and all others."""
        functions = build_functions(self._served.values())
        by_name = {part.function: part for part in self._served.values()}
        for name in self._authorizers:
            if name in functions:
                by_name[name].cursor.error(
                    f"the function {name!r} would serve an operation and be an authorizer", "give one another name"
                )
        routed = {**functions, **self._authorizers}
        names = {snake_case(name): name for name in routed}
        for name, cursor in self._roots.items():
            other = names.setdefault(snake_case(name), name)
            if name in routed or other != name:
                cursor.error(f"there is a function {other!r} already", "give this one another name")
        return {**routed, **self._triggered}

    def _add_authorizer(self, function: Function, scheme: Cursor) -> None:
        other = self._authorizers.setdefault(function.name, function)
        if (other.handler, other.code) != (function.handler, function.code):
            scheme.error(
                f"the function {function.name!r} has the handler {function.handler} here and {other.handler} elsewhere",
                "give one of the two another name",
            )

    def _check_access(self, x_homeport: Cursor) -> None:
        if self._resources is not None:
            check_access(x_homeport.at("access"), self._resources)

    def _function_of_uri(self, id: str | None, operation: Cursor, x_homeport: XHomeport) -> str | None:
        """Return the function that the integration names, where it is what names the operation's handler.

        The operationId does so first, if there is a handler of its name.
        """
        if x_homeport.handler is not None or x_homeport.code is not None:
            return None
        function = integration_function(operation, self._variables)
        if function is None or not operation.has("operationId"):
            return function
        has_own = id is None or self._handlers.has(id)
        return function if not has_own and self._handlers.has(function) else None

    def _operation_handler(
        self, id: str | None, operation: Cursor, x_homeport: XHomeport, arn_name: str | None
    ) -> CodeHandler | None:
        if x_homeport.handler is not None or x_homeport.code is not None:
            return self._named_handler(x_homeport)
        if arn_name is not None:
            return self._handlers.find(arn_name, operation.at(INTEGRATION), x_homeport)
        if not operation.has("operationId"):
            if names_function(operation):
                operation.at(INTEGRATION).at("uri").error(
                    "the stage has no value for the variable that names the function", "set it in deploy/stages.yaml"
                )
            return None
        return self._handlers.find(id, operation.at("operationId"), x_homeport) if id is not None else None

    def _authorizer_handler(self, x_homeport: XHomeport, arn_name: str | None, cursor: Cursor) -> CodeHandler | None:
        if x_homeport.handler is not None or x_homeport.code is not None:
            return self._named_handler(x_homeport)
        if arn_name is not None:
            return self._handlers.find(arn_name, cursor.at("authorizerUri"), x_homeport)
        place = cursor.at("authorizerUri") if cursor.has("authorizerUri") else cursor
        place.error(
            "the authorizer names no Lambda function",
            "let authorizerUri end with :function:NAME/invocations, or put x-homeport: {handler: NAME} beside it",
        )
        return None

    def _named_handler(self, x_homeport: XHomeport) -> CodeHandler | None:
        """Return the handler that ``x-homeport`` names, in code of its own or in ``service``."""
        if x_homeport.code is not None or x_homeport.handler is None:
            return self._handlers.by_code(x_homeport)
        return self._handlers.find_written(x_homeport)


def _alone(name: str, at: Cursor, x_homeport: XHomeport, found: CodeHandler) -> Function:
    """Return a function that serves no operation."""
    return Function(
        name=name,
        handler=found.setting,
        source=at.source,
        memory=x_homeport.memory,
        timeout=x_homeport.timeout,
        reserved_concurrency=x_homeport.reserved_concurrency,
        access=x_homeport.access or {},
        policies=x_homeport.policies,
        code=found.code,
        runtime=found.runtime,
        architecture=x_homeport.architecture or "",
        written_environment=x_homeport.environment or {},
    )


def names_function(operation: Cursor) -> bool:
    """Return whether the ``uri`` of an operation's integration names a function, be it by a stage variable."""
    integration = operation.at(INTEGRATION)
    resolved = integration.resolve() if integration.value is not None else None
    uri = resolved.at("uri").value if resolved is not None else None
    by_variable = isinstance(uri, str) and ":function:${stageVariables." in uri
    return by_variable or integration_function(operation, {}) is not None


def integration_function(operation: Cursor, variables: Mapping[str, str]) -> str | None:
    """Return the name of the function in the ``uri`` of an operation's integration."""
    integration = operation.at(INTEGRATION)
    resolved = integration.resolve() if integration.value is not None else None
    return function_in(resolved.at("uri"), variables) if resolved is not None else None


def function_in(cursor: Cursor, variables: Mapping[str, str]) -> str | None:
    """Return the function's name in ``arn:…:function:my-authorizer/invocations``, also inside an ``Fn::Sub``."""
    value = cursor.value
    if isinstance(value, dict):
        value = value.get("Fn::Sub")
        value = value[0] if isinstance(value, list) and value else value
    elif value is not None and not cursor.is_a(str, "text"):
        return None
    found = re.search(FUNCTION_ARN, fill_stage_variables(value, variables)) if isinstance(value, str) else None
    return found.group(1) if found else None
