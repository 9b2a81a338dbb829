"""``cacheKeyParameters`` and ``cacheNamespace`` of an integration of a REST API.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from homeport.project.integrations.caching import CacheKey
from homeport.project.integrations.mapping_expressions import MappingExpression, request_expression
from homeport.project.source.cursor import Cursor

_OF_CLIENT = ("path", "querystring", "header")


def read_cache_key(integration: Cursor, declares: Callable[[MappingExpression], bool]) -> CacheKey:
    """Return the cache key of an integration. Parameters that API Gateway refuses are reported.

    ``declares`` says whether the method declares a parameter.
    """
    if not (integration.has("cacheKeyParameters") or integration.has("cacheNamespace")):
        return CacheKey()
    return CacheKey(tuple(_parameters(integration, declares)), integration.text("cacheNamespace"))


def _parameters(
    integration: Cursor, declares: Callable[[MappingExpression], bool]
) -> Iterator[tuple[str, MappingExpression]]:
    mapped = integration.map("requestParameters").value
    for entry in integration.list("cacheKeyParameters"):
        if not entry.is_a(str, "text, such as method.request.querystring.page"):
            continue
        name = entry.value
        own = request_expression(name)
        value = own if own is not None and own.source in _OF_CLIENT else request_expression(str(mapped.get(name, "")))
        if value is not None and declares(value):
            yield name, value
        else:
            hint = "name a declared parameter: method.request.querystring.NAME, .header.NAME or .path.NAME"
            # https://github.com/awsdocs/aws-cloudformation-user-guide/pull/177
            entry.error(f"Invalid cache key parameter specified: {name}", hint)
