"""openapi.yaml as a frozen Api: ``read_api`` reads the document, ``OperationReader`` every method of every path.

The reference at the top of a schema is resolved, those inside are left in place: a schema may refer to itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from homeport.project.integrations import FailingIntegration, Integration
from homeport.project.model import ANY_METHOD, Api, Operation, RequestValidator
from homeport.project.names import camel_case, snake_case
from homeport.project.openapi.extensions import METHODS, X_HOMEPORT, check_extensions_and_references
from homeport.project.openapi.function_lookup import FoundFunction, FunctionLookup, names_function
from homeport.project.openapi.gateway import (
    CORS,
    VALIDATOR,
    chosen_validator,
    merged_cors,
    read_api_key_source,
    read_binary_media_types,
    read_cors,
    read_gateway_responses,
    read_minimum_compression_size,
    read_validators,
)
from homeport.project.openapi.integrations.custom_mapping import RestMethod
from homeport.project.openapi.integrations.read_integration import (
    needs_function,
    read_integration,
    read_template_integration,
)
from homeport.project.openapi.request_and_responses import read_body, read_parameters, read_responses
from homeport.project.openapi.resource_policy import POLICY, read_resource_policy
from homeport.project.openapi.security import Flavor, Schemes, asks_for_iam, read_requirements, read_schemes
from homeport.project.openapi.x_homeport import XHomeport, check_path_settings, read_x_homeport
from homeport.project.source.cursor import Cursor

_MOST_ROUTES_SHOWN = 5
_OPERATION_ID = r"[A-Za-z][A-Za-z0-9_.-]*"


def read_api(
    root: Cursor,
    flavor: Flavor,
    stage_cors: Mapping[str, Any],
    functions: FunctionLookup,
    *,
    in_template: bool = False,
) -> Api | None:
    """Read an OpenAPI document for a flavor. Return None if it is no OpenAPI 3.0 document at all.

    ``in_template`` says that the document is that of a template's API: what the kit can't do is a warning, and ends
    the calls of its route alone.
    """
    if not root.is_a(dict, "an OpenAPI document, a map") or not _is_openapi_3_0(root):
        return None
    check_extensions_and_references(root, in_template=in_template)
    info = root.map("info")
    _check_parts(root, info, in_template=in_template)
    schemes = read_schemes(root.map("components"), flavor, functions)
    read_requirements(root.at("security"), schemes, in_template=in_template)
    validators = read_validators(root)
    if root.has(VALIDATOR):
        chosen_validator(root, validators)
    reader = OperationReader(root, flavor, functions, schemes, validators, in_template=in_template)
    operations = tuple(reader.read())
    functions.of_document(root.at(X_HOMEPORT))
    return Api(
        title=info.text("title"),
        version=_version(info.at("version").value),
        operations=operations,
        functions=functions.all(),
        authorizers=schemes.authorizers,
        cors=merged_cors(read_cors(root.at(CORS)), stage_cors),
        binary_media_types=read_binary_media_types(root),
        gateway_responses=read_gateway_responses(root),
        api_key_source=read_api_key_source(root),
        document=root.value,
        resource_policy=read_resource_policy(root.at(POLICY), in_template=in_template) if flavor == "rest" else None,
        minimum_compression_size=read_minimum_compression_size(root),
    )


def _check_parts(root: Cursor, info: Cursor, *, in_template: bool) -> None:
    if not info.text("title"):
        (info if root.has("info") else root).error("the API has no info.title", "give it one: it names the stack")
    if not root.map("paths").value and in_template:
        root.warning("the API has no routes")
    elif root.at("paths").value == {}:
        # A new project's. CloudFormation makes an HTTP API without a route; no REST API is deployed without a method.
        root.at("paths").warning("the API has no operation yet", "homeport add createThing POST /things")
    elif not root.map("paths").value:
        root.error("the API has no paths", "add one, such as /items with a get operation")


def _version(value: Any) -> str:
    """Return the API's version as text: ``version: 1.0`` without quotes is a number to YAML."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number or isinstance(value, str) else ""


def _is_openapi_3_0(root: Cursor) -> bool:
    at, version = root.at("openapi"), root.value.get("openapi")
    if isinstance(version, str) and (version == "3.0" or version.startswith("3.0.")):
        return True
    if isinstance(version, int | float) and not isinstance(version, bool) and version == 3.0:
        at.error("'openapi' is a number here", 'put quotes around it: openapi: "3.0.3"')
    elif version is not None:
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api.html
        at.error(f"OpenAPI {version} is not what API Gateway imports", "write the document in OpenAPI 3.0.3")
    elif root.has("swagger"):
        root.at("swagger").error(f"there is no OpenAPI {root.value['swagger']} (Swagger)", 'write swagger: "2.0"')
    else:
        root.error("this is no OpenAPI document: it has no 'openapi'", "start it with openapi: 3.0.3")
    return False


class OperationReader:
    """Reads the operations of one document, and remembers their ids to find duplicates."""

    def __init__(
        self,
        root: Cursor,
        flavor: Flavor,
        functions: FunctionLookup,
        schemes: Schemes,
        validators: Mapping[str, RequestValidator],
        *,
        in_template: bool = False,
    ) -> None:
        self.root = root
        self.in_template = in_template
        self.flavor = flavor
        self.functions = functions
        self.schemes = schemes
        self.validators = validators
        self._all_binary = "*/*" in read_binary_media_types(root)
        self._ids: dict[str, tuple[str, int]] = {}
        self._losses: dict[tuple[str, str], list[tuple[str, Cursor]]] = {}

    def read(self) -> Iterator[Operation]:
        """Yield the operations in the document's order."""
        for path, entry in self.root.map("paths").items():
            if path.startswith("x-"):
                continue
            if not path.startswith("/"):
                entry.error(f"the path {path!r} does not start with /", f"write /{path}")
                continue
            item = entry.target_map("a map from methods to operations")
            if item is not None:
                yield from self._of_path(path, item)
        self._report_losses()

    def _of_path(self, path: str, item: Cursor) -> Iterator[Operation]:
        if item.has(X_HOMEPORT):
            check_path_settings(item.at(X_HOMEPORT))
        for key in item.value:
            if key in METHODS or key == ANY_METHOD:
                cursor = item.at(key)
                if cursor.is_a(dict, "an operation, a map"):
                    yield from self._operation(path, "ANY" if key == ANY_METHOD else key.upper(), item, cursor)

    def _operation(self, path: str, method: str, item: Cursor, cursor: Cursor) -> Iterator[Operation]:
        x_homeport = read_x_homeport(cursor.at(X_HOMEPORT), operation=True)
        name = self._id(path, method, cursor, x_homeport)
        found: list[FoundFunction] = []
        declared = RestMethod(read_parameters(item, cursor), read_responses(cursor), self._all_binary)
        integration = self._integration(cursor, declared, lambda: self._function(name, cursor, x_homeport, found))
        if name is None or integration is None:
            return
        secured = cursor if cursor.has("security") else self.root
        required = read_requirements(secured.at("security"), self.schemes, in_template=self.in_template)
        iam = asks_for_iam(cursor, in_template=self.in_template)
        if iam and required.authorizers:
            secured.at("security").error("a route with AWS_IAM has no other authorizer", "keep one of the two")
        if self.in_template:
            self._note_losses(f"{method} {path}", cursor, integration, required.denied)
        yield Operation(
            id=name,
            method=method,
            path=path,
            integration=integration,
            source=cursor.source,
            parameters=declared.parameters,
            body=read_body(cursor),
            responses=declared.responses,
            security=required.authorizers,
            api_key_required=required.api_key,
            validator=self._validator(cursor),
            throttle=x_homeport.throttle,
            summary=cursor.text("summary"),
            handler=found[0].handler if found else "",
            named=cursor.has("operationId"),
            denied=required.denied,
            iam=iam or required.iam,
        )

    def _integration(
        self, cursor: Cursor, method: RestMethod, read_function: Callable[[], str | FailingIntegration | None]
    ) -> Integration | None:
        read = read_template_integration if self.in_template else read_integration
        return read(cursor, self.flavor, read_function, method)

    def _note_losses(self, route: str, cursor: Cursor, integration: Integration, denied: str) -> None:
        """Keep what a route of a template can't do here, so that each reason is named once, with its routes."""
        if denied:
            self._losses.setdefault((denied, "answers 403"), []).append((route, cursor))
        elif isinstance(integration, FailingIntegration):
            self._losses.setdefault((integration.reason, "answers 500"), []).append((route, cursor))

    def _report_losses(self) -> None:
        for (reason, effect), places in self._losses.items():
            routes = [route for route, _ in places]
            shown = ", ".join(routes[:_MOST_ROUTES_SHOWN])
            more = len(routes) - _MOST_ROUTES_SHOWN
            others = f" and {more} other{'s' if more > 1 else ''}" if more > 0 else ""
            places[0][1].warning(f"{reason}: each call of {shown}{others} {effect}")

    def _function(
        self, name: str | None, cursor: Cursor, x_homeport: XHomeport, found: list[FoundFunction]
    ) -> str | FailingIntegration | None:
        """Return the name of the function that serves the operation, None after an error, and put it into ``found``."""
        function = self.functions.of_operation(name, cursor, x_homeport)
        if not isinstance(function, FoundFunction):
            return function
        found.append(function)
        return function.name

    def _id(self, path: str, method: str, cursor: Cursor, x_homeport: XHomeport) -> str | None:
        at = cursor.at("operationId")
        if at.value is None:
            return self._default_id(path, method, cursor, x_homeport)
        if not at.is_a(str, "text"):
            return None
        name = cast(str, at.value)
        if self.in_template:
            return self._unique(name, at)
        if not re.fullmatch(_OPERATION_ID, name):
            at.error(f"the operationId {name!r} can't name a handler", "use letters, digits and _, a letter first")
            return None
        taken = self._ids.get(snake_case(name))
        if taken is None:
            self._ids[snake_case(name)] = (name, at.line)
            return name
        other, line = taken
        if other == name:
            at.error(f"the operationId {name!r} is taken (line {line})", "give each operation its own")
        else:
            file = f"{snake_case(name)}.py"
            at.error(f"the operationIds {name!r} and {other!r} (line {line}) both name {file}", "rename one of them")
        return None

    def _default_id(self, path: str, method: str, cursor: Cursor, x_homeport: XHomeport) -> str | None:
        has_name = x_homeport.handler is not None or names_function(cursor)
        if not self.in_template and not has_name and needs_function(cursor, self.flavor):
            cursor.error(
                f"{method} {path} has no operationId, which names its handler",
                "add one such as operationId: listItems, or x-homeport: {handler: …}",
            )
            return None
        base = "default" if path == "/$default" else camel_case(f"{method} {path}")
        return self._unique(base, cursor)

    def _unique(self, base: str, cursor: Cursor) -> str:
        """Return an id that no other operation has, made of ``base``."""
        name, number = base, 2
        while snake_case(name) in self._ids:
            name, number = f"{base}{number}", number + 1
        self._ids[snake_case(name)] = (name, cursor.line)
        return name

    def _validator(self, cursor: Cursor) -> RequestValidator | None:
        # HTTP APIs validate nothing: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vs-rest.html
        if self.flavor == "http":
            return None
        return chosen_validator(cursor if cursor.has(VALIDATOR) else self.root, self.validators)
