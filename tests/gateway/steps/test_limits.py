from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.steps.limits import HEADERS, METHOD_ARN, REQUEST_LINE, arn_limit, limits
from homeport.http_headers import Header
from homeport.project.model import Security
from tests.support.gateway import make_context, make_deployment, make_exchange, make_operation, make_request

Flavor = Literal["http", "rest"]


def _response_type(flavor: Flavor, target: str, *headers: Header) -> GatewayResponseType | None:
    exchange = make_exchange(request=make_request(target=target, headers=headers))
    try:
        assert limits(flavor)(exchange) is exchange
    except GatewayError as error:
        return error.type
    return None


@pytest.mark.parametrize("flavor", ["http", "rest"])
@pytest.mark.parametrize(("over", "type"), [(0, None), (1, GatewayResponseType.URI_TOO_LONG)])
def test_a_request_line_has_a_limit(flavor: Flavor, over: int, type: GatewayResponseType | None) -> None:
    target = "/" + "a" * (REQUEST_LINE - len("GET / HTTP/1.1") + over)
    assert _response_type(flavor, target) is type


@pytest.mark.parametrize(("over", "type"), [(0, None), (1, GatewayResponseType.HEADERS_TOO_LARGE)])
def test_an_http_api_counts_the_request_line_and_header_values(over: int, type: GatewayResponseType | None) -> None:
    value = "a" * (HEADERS - len("GET / HTTP/1.1") - 1 + over)
    assert _response_type("http", "/", ("X-A", value), ("X-" + "b" * 99, "c")) is type


@pytest.mark.parametrize(("over", "type"), [(0, None), (1, GatewayResponseType.HEADERS_TOO_LARGE)])
def test_a_rest_api_counts_whole_header_lines(over: int, type: GatewayResponseType | None) -> None:
    value = "a" * (HEADERS - len("X-A: \r\n") - len("X-B: c\r\n") + over)
    assert _response_type("rest", "/" + "d" * 5000, ("X-A", value), ("X-B", "c")) is type


@pytest.mark.parametrize(
    ("length", "security", "is_rejected"),
    [
        (METHOD_ARN, (Security("key"),), False),
        (METHOD_ARN + 1, (Security("key"),), True),
        (METHOD_ARN + 1, (), False),
    ],
)
def test_the_arn_of_an_authorized_method_has_a_limit(
    length: int, security: tuple[Security, ...], is_rejected: bool
) -> None:
    deployment = make_deployment(flavor="rest")
    prefix = f"{deployment.execute_arn}/GET/items/"
    request = make_request(target="/prod/items/" + "a" * (length - len(prefix)))
    operation = replace(make_operation(path="/items/{itemId}"), security=security)
    exchange = make_exchange(request=request, context=make_context(deployment=deployment), operation=operation)
    if not is_rejected:
        assert arn_limit(exchange) is exchange
        return
    with pytest.raises(GatewayError) as caught:
        arn_limit(exchange)
    assert caught.value.type is GatewayResponseType.URI_TOO_LONG


def test_a_request_without_a_method_has_no_arn() -> None:
    exchange = make_exchange()
    assert arn_limit(exchange) is exchange
