"""Failures of schemathesis that say nothing of the service: a schema does not tell what the model knows. Pure."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from homeport.contract.fuzz.results import FailedCheck
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.rest.resource import ApiModel
from homeport.http_headers import header_value

_REJECTIONS = (401, 403)
_MEDIA_TYPE = ("content_type_conformance", "response_schema_conformance")


def is_unfounded(failed: FailedCheck, model: ApiModel) -> bool:
    """Return whether a failure comes from what schemathesis can't know."""
    if not failed.exchanges:
        return False
    last = failed.exchanges[-1]
    match failed.check:
        case "positive_data_acceptance":
            return last.status == 400 and _has_invented_cursor(last, model, failed.operation)
        case "ensure_resource_availability":
            return any(_is_repeatable(one, model) for one in failed.exchanges)
    # API Gateway's own answer to a request without credentials has no content type:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html
    is_gateways = last.status in _REJECTIONS and header_value(last.reply_headers, "content-type") is None
    return failed.check in _MEDIA_TYPE and is_gateways


def _has_invented_cursor(exchange: HttpExchange, model: ApiModel, operation: str) -> bool:
    """Return whether a request has a cursor: the text of its schema is none that a page gave."""
    asked = {name for name, _ in parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True)}
    for resource in model.resources:
        for listing in resource.listings:
            way = listing.next_page
            if listing.operation.label == operation and way is not None and way.style == "token":
                return way.parameter in asked
    return False


def _is_repeatable(exchange: HttpExchange, model: ApiModel) -> bool:
    """Return whether a request has an idempotency key: its answer may be that of an earlier one, since deleted."""
    names = {one.idempotency_header.lower() for one in model.resources if one.idempotency_header}
    return exchange.method == "POST" and any(name.lower() in names for name, _ in exchange.headers)
