"""A function or an operation by any of its names: ``createItem``, ``create-item``, ``create_item``."""

from __future__ import annotations

from homeport.errors import HomeportError
from homeport.spec.model import Api, Function, Operation
from homeport.spec.names import did_you_mean, kebab_case


def find_function(api: Api, name: str) -> Function:
    """The function with this name, or that serves the operation with this id. Raises HomeportError."""
    if name in api.operations_by_id:
        return api.functions[api.operations_by_id[name].function]
    found = api.functions.get(name) or api.functions.get(kebab_case(name))
    if found is None:
        known = [*api.functions, *(operation.id for operation in api.operations)]
        raise HomeportError(f"there is no function {name!r}", did_you_mean(name, known))
    return found


def find_operation(api: Api, name: str) -> Operation:
    """The operation with this id, or the only one that the function with this name serves. Raises HomeportError."""
    if name in api.operations_by_id:
        return api.operations_by_id[name]
    function = api.functions.get(name) or api.functions.get(kebab_case(name))
    if function is None:
        raise HomeportError(f"there is no operation {name!r}", did_you_mean(name, api.operations_by_id))
    if not function.operations:
        raise HomeportError(
            f"{name!r} is a Lambda authorizer: its event comes with a request to an operation",
            "name an operation, and --authorizer for the event of its authorizer",
        )
    if len(function.operations) > 1:
        raise HomeportError(f"{name!r} serves several operations", f"name one: {', '.join(function.operations)}")
    return api.operations_by_id[function.operations[0]]
