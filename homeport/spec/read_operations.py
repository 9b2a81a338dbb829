"""``paths``: every method of every path as an Operation, and the handler that serves it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import cast

from homeport.spec.extensions import ANY_METHOD, METHODS, OURS
from homeport.spec.handlers import Handler, Handlers
from homeport.spec.model import Operation, RequestValidator
from homeport.spec.names import camel_case, snake_case
from homeport.spec.read_authorizers import Flavor, function_in
from homeport.spec.read_functions import Served
from homeport.spec.read_gateway import VALIDATOR, chosen_validator
from homeport.spec.read_integration import INTEGRATION, read_integration
from homeport.spec.read_ours import Ours, read_ours
from homeport.spec.read_parameters import read_body, read_parameters, read_responses
from homeport.spec.read_security import Schemes, read_requirements, refuse_iam
from homeport.spec.view import View

_OPERATION_ID = r"[A-Za-z][A-Za-z0-9_.-]*"


class Reader:
    """Reads the operations of one document; the ids seen so far tell duplicates."""

    def __init__(
        self,
        root: View,
        flavor: Flavor,
        handlers: Handlers,
        schemes: Schemes,
        validators: Mapping[str, RequestValidator],
    ) -> None:
        self.root = root
        self.flavor = flavor
        self.handlers = handlers
        self.schemes = schemes
        self.validators = validators
        self._ids: dict[str, tuple[str, int]] = {}

    def read(self) -> Iterator[tuple[Operation, Served]]:
        """The operations in the document's order, each with what its function is made of."""
        for path, entry in self.root.map("paths").items():
            if path.startswith("x-"):
                continue
            if not path.startswith("/"):
                entry.error(f"the path {path!r} does not start with /", f"write /{path}")
                continue
            item = entry.resolved()
            if item is not None and item.is_a(dict, "a map from methods to operations"):
                yield from self._of_path(path, item)

    def _of_path(self, path: str, item: View) -> Iterator[tuple[Operation, Served]]:
        for key in item.value:
            if key in METHODS or key == ANY_METHOD:
                view = item.at(key)
                if view.is_a(dict, "an operation, a map"):
                    yield from self._operation(path, "ANY" if key == ANY_METHOD else key.upper(), item, view)

    def _operation(self, path: str, method: str, item: View, view: View) -> Iterator[tuple[Operation, Served]]:
        ours = read_ours(view.at(OURS), operation=True)
        name = self._id(path, method, view, ours)
        handler = self._handler(name, view, ours)
        if name is None or handler is None:
            return
        refuse_iam(view)
        served = Served(name, view, ours, handler)
        secured = view if view.has("security") else self.root
        security, api_key_required = read_requirements(secured.at("security"), self.schemes)
        integration = read_integration(view, self.flavor)
        operation = Operation(
            id=name,
            method=method,
            path=path,
            function=served.function,
            source=view.source,
            parameters=read_parameters(item, view),
            body=read_body(view),
            responses=read_responses(view),
            security=security,
            api_key_required=api_key_required,
            validator=self._validator(view),
            throttle=ours.throttle,
            summary=view.text("summary"),
            handler=handler.setting,
            named=view.has("operationId"),
            integration_timeout=integration.timeout,
            integration_fault=integration.fault,
        )
        yield operation, served

    def _id(self, path: str, method: str, view: View, ours: Ours) -> str | None:
        at = view.at("operationId")
        if at.value is None:
            return self._made_id(path, method, view, ours)
        if not at.is_a(str, "text"):
            return None
        name = cast(str, at.value)
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

    def _made_id(self, path: str, method: str, view: View, ours: Ours) -> str | None:
        if ours.handler is None and self._function_name(view) is None:
            view.error(
                f"{method} {path} has no operationId, which names its handler",
                "add one such as operationId: listItems, or x-homeport: {handler: …}",
            )
            return None
        made = "default" if path == "/$default" else camel_case(f"{method} {path}")
        name, number = made, 2
        while snake_case(name) in self._ids:
            name, number = f"{made}{number}", number + 1
        self._ids[snake_case(name)] = (name, view.line)
        return name

    def _handler(self, name: str | None, view: View, ours: Ours) -> Handler | None:
        if ours.handler is not None:
            return self.handlers.named(ours.handler)
        if not view.has("operationId"):
            function = self._function_name(view)
            return self.handlers.default(function, view.at(INTEGRATION)) if function is not None else None
        return self.handlers.default(name, view.at("operationId")) if name is not None else None

    @staticmethod
    def _function_name(view: View) -> str | None:
        """The function that the operation's integration names, as an authorizer's ``authorizerUri`` does."""
        integration = view.at(INTEGRATION)
        resolved = integration.resolved() if integration.value is not None else None
        return function_in(resolved.at("uri")) if resolved is not None else None

    def _validator(self, view: View) -> RequestValidator | None:
        # HTTP APIs validate nothing: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vs-rest.html
        if self.flavor == "http":
            return None
        return chosen_validator(view if view.has(VALIDATOR) else self.root, self.validators)
