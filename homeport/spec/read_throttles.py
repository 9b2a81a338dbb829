"""The throttle of each route: the stage's word for it, else the operation's own."""

from __future__ import annotations

from dataclasses import replace

from homeport.spec.model import Api
from homeport.spec.names import did_you_mean
from homeport.spec.read_stages import StageFile


def with_throttles(api: Api, file: StageFile) -> Api:
    """The API with the stage's ``throttle.routes``, which are named by route key or operationId."""
    if not file.routes:
        return api
    names = {name for operation in api.operations for name in (operation.id, operation.route_key)}
    for name in file.routes:
        if name not in names:
            file.view.at("throttle").at("routes").at(name).error(
                f"there is no route {name!r}", did_you_mean(name, names)
            )
    operations = tuple(
        replace(
            operation,
            throttle=file.routes.get(operation.id) or file.routes.get(operation.route_key) or operation.throttle,
        )
        for operation in api.operations
    )
    return replace(api, operations=operations)
