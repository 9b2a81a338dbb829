"""Names: operationId to module to function, the nearest name to a misspelt one, and look-up by any of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256

from homeport.errors import HomeportError
from homeport.project.model import Api, Function, Operation

_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")


def snake_case(name: str) -> str:
    """Return a name with underscores: ``createItem`` is ``create_item``, ``getHTTPStatus`` is ``get_http_status``."""
    return "_".join(word for word in _WORD_BREAK.split(name) if word).lower()


def kebab_case(name: str) -> str:
    """Return a name with hyphens: ``createItem`` is ``create-item``."""
    return snake_case(name).replace("_", "-")


def camel_case(name: str) -> str:
    """Return a name as an operationId: ``GET /items/{itemId}`` is ``getItemsItemId``."""
    first, *rest = snake_case(name).split("_")
    return first + "".join(word.capitalize() for word in rest)


def slug(title: str) -> str:
    """Return a title as the start of a stack name, a letter first: ``Items API`` is ``items-api``."""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return words if words[:1].isalpha() else f"api-{words}".rstrip("-")


def api_id(api: str, stack_name: str) -> str:
    """Return the id of an API, ten letters and digits, the same at every start.

    ``api`` is its logical id in a template, or its title in an openapi.yaml.
    """
    return sha256(f"{api}/{stack_name}".encode()).hexdigest()[:10]


def nearest(name: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """Return the known name that is nearest to a misspelt one, None if none is near (1: the same letters)."""
    from difflib import get_close_matches

    by_fold = {candidate.lower(): candidate for candidate in known}
    found = get_close_matches(name.lower(), by_fold, n=1, cutoff=likeness)
    return by_fold[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint for a misspelt name: the nearest known name, or all of them."""
    names = dict.fromkeys(known)
    near = nearest(name, names)
    if near is not None:
        return f"did you mean {near}?"
    return f"known: {', '.join(sorted(names))}" if names else "there are none"


def find_function(api: Api, name: str) -> Function:
    """Return the function with this name, or of the operation with this id or route. Raises HomeportError."""
    operation = named_operation(api, name)
    if operation is not None and operation.function is not None:
        return api.functions[operation.function]
    found = named_function(api, name)
    if found is None:
        ids = {kebab_case(operation.id): operation.id for operation in api.operations}
        known = [*ids.values(), *(other for other in api.functions if other not in ids)]
        raise HomeportError(f"there is no function {name!r}", did_you_mean(name, known))
    return found


def named_operation(api: Api, name: str) -> Operation | None:
    """Return the operation with this id, or with this route, ``GET /items/{itemId}``."""
    method, _, path = name.partition(" ")
    route = f"{method.upper()} {path.strip()}"
    by_route = (operation for operation in api.operations if operation.route_key in (name, route))
    return api.operations_by_id.get(name) or next(by_route, None)


def named_function(api: Api, name: str) -> Function | None:
    """Return the function with this name: its key in the project, AWS's own for it, or that of the owner's tool."""
    every = api.functions.values()
    by_aws = (function for function in every if name and name in (function.physical_name, function.owner_name))
    return api.functions.get(name) or api.functions.get(kebab_case(name)) or next(by_aws, None)


def find_operation(api: Api, name: str) -> Operation:
    """Return the operation with this id or route, or the only one of the function with this name.

    A route is ``GET /items/{itemId}``. Raises HomeportError.
    """
    if (operation := named_operation(api, name)) is not None:
        return operation
    function = named_function(api, name)
    if function is None:
        raise HomeportError(f"there is no operation {name!r}", did_you_mean(name, api.operations_by_id))
    if not function.operations:
        authorizers = {authorizer.function for authorizer in api.authorizers.values()}
        if function.name in authorizers:
            raise HomeportError(
                f"{name!r} is a Lambda authorizer: its event comes with a request to an operation",
                "name an operation, and --authorizer for the event of its authorizer",
            )
        raise HomeportError(f"{name!r} has no route, so there is no request to make an event of", "--event FILE")
    if len(function.operations) > 1:
        operations = [api.operations_by_id[id] for id in function.operations]
        known = [operation.id if operation.named else f"'{operation.route_key}'" for operation in operations]
        raise HomeportError(f"{name!r} serves several operations", f"name one: {', '.join(known)}")
    return api.operations_by_id[function.operations[0]]
