"""Rules for the response cache of a REST API's stage.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
"""

from __future__ import annotations

from collections.abc import Iterator

from homeport.errors import Problem
from homeport.project.integrations import cache_key_of
from homeport.project.integrations.caching import CACHE_SIZES
from homeport.project.project import Project
from homeport.project.stages.stages import LOCAL

_HOURS_OF_A_MONTH = 730


def cache_cost(project: Project) -> Iterator[Problem]:
    """A cache that is deployed costs by the hour, used or not."""
    cache = project.stage.cache
    if cache is None or project.stage.key == LOCAL:
        return
    hour = CACHE_SIZES[cache.size]
    month = hour * _HOURS_OF_A_MONTH
    yield project.documents.stage.at("cache").warning(
        f"a cache of {cache.size} GB costs ${hour:g} an hour, about ${month:.0f} a month, used or not",
        "a null in place of it takes the default away from a stage",
    )


def cache_keys(project: Project) -> Iterator[Problem]:
    """A cached method tells its responses apart by each variable of its path."""
    cache = project.stage.cache
    if cache is None or project.stage.flavor != "rest":
        return
    for operation in project.api.operations:
        if not cache.settings_of(operation.method, operation.path, operation.id).caches:
            continue
        key = cache_key_of(operation.integration)
        named = {expression.name for _, expression in key.parameters if expression.source == "path"}
        variables = [each.name for each in operation.parameters if each.place == "path"]
        if missing := [name for name in variables if name not in named]:
            parameters = ", ".join(f"method.request.path.{name}" for name in missing)
            yield project.operation_at(operation).warning(
                f"{operation.route_key} is cached, and one response serves every {{{missing[0]}}}",
                f"add {parameters} to cacheKeyParameters of its integration",
            )
