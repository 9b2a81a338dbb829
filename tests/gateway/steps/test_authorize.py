from __future__ import annotations

import re
from dataclasses import replace
from typing import NoReturn

import pytest

from homeport.errors import HomeportError
from homeport.gateway.auth.jwt import KeySource
from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.steps.authorize import authorize
from homeport.project.model import Api, Security
from tests.support.auth import (
    FakeRuntime,
    make_api,
    make_authorizer,
    make_gateway,
    make_operation,
    make_stage,
)
from tests.support.gateway import make_context, make_deployment, make_exchange, make_request
from tests.support.lambda_authorizers import policy
from tests.support.tokens import NOW, make_token


def no_keys() -> NoReturn:
    raise AssertionError("nothing here checks tokens")


def test_a_route_without_security_passes_untouched() -> None:
    open_route = make_operation(path="/open", security=())
    api = make_api(operations=[make_operation(), open_route])
    gateway = make_gateway(api=api)
    assert gateway.get("/open").status == 200
    assert gateway.passed[0].context.authorization is None
    assert gateway.get("/items").status == 401


def test_the_exchange_of_a_route_without_security_is_the_same_object() -> None:
    operation = make_operation(security=())
    step = authorize(
        make_api(operations=[operation]), make_stage(), make_deployment(), FakeRuntime(), no_keys, lambda: NOW
    )
    exchange = make_exchange(request=make_request(target="/items"), operation=operation)
    assert step(exchange) is exchange


def test_an_api_whose_authorizer_is_a_function_needs_no_keys() -> None:
    api = make_api(make_authorizer(kind="request"))
    step = authorize(api, make_stage(), make_deployment(), FakeRuntime({"guard": policy()}), no_keys, lambda: NOW)
    request = make_request(target="/items", headers=[("Authorization", "x")])
    outcome = step(make_exchange(request=request, operation=api.operations[0]))
    assert isinstance(outcome, Exchange) and outcome.context.authorization is not None


def test_a_route_that_a_resource_policy_closes_answers_as_such() -> None:
    operation = make_operation(security=())
    other = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "execute-api:/*/POST/*"}
    step = authorize(
        replace(make_api(operations=[operation]), resource_policy={"Statement": [other]}),
        make_stage(),
        make_deployment(flavor="rest"),
        FakeRuntime(),
        no_keys,
        lambda: NOW,
    )
    context = make_context(deployment=make_deployment(flavor="rest"))
    with pytest.raises(GatewayError) as raised:
        step(make_exchange(request=make_request(target="/prod/items"), context=context, operation=operation))
    assert raised.value.type is GatewayResponseType.ACCESS_DENIED
    assert raised.value.message is not None
    assert re.fullmatch(
        r"User: anonymous is not authorized to perform: execute-api:Invoke on resource: "
        r"arn:aws:execute-api:[a-z0-9-]+:\*{8}\d{4}:\w+/[^/]+/GET/items",
        raised.value.message,
    )


def test_each_route_has_its_own_scopes() -> None:
    scoped = make_operation(path="/cart", security=(Security("auth", ("cart:write",)),))
    gateway = make_gateway(api=make_api(operations=[make_operation(), scoped]))
    headers = [("Authorization", make_token())]
    assert [gateway.get(path, headers).status for path in ("/items", "/cart")] == [200, 403]


@pytest.mark.parametrize("path", ["/items", "/{proxy+}", "/$default"])
def test_any_method_and_catch_all_routes_are_protected_too(path: str) -> None:
    gateway = make_gateway(api=make_api(operations=[make_operation(method="ANY", path=path)]))
    assert gateway.get(method="DELETE").status == 401
    assert gateway.get(headers=[("Authorization", make_token())], method="DELETE").status == 200


def test_a_scheme_that_nothing_checks_stops_the_start() -> None:
    api = make_api(operations=[make_operation(security=(Security("unknown"),))])
    with pytest.raises(HomeportError, match=r"^openapi\.yaml:7: nothing checks the security scheme 'unknown'"):
        make_gateway(api=api)


def test_a_lambda_authorizer_without_a_function_stops_the_start() -> None:
    api = make_api(replace(make_authorizer(kind="request"), function=None))
    with pytest.raises(HomeportError, match="names no Lambda function"):
        make_gateway(api=api)


def test_a_request_without_a_route_is_rejected() -> None:
    keys: list[KeySource] = []
    step = authorize(Api("", "", (), {}), make_stage(), make_deployment(), FakeRuntime(), keys.pop, lambda: NOW)
    with pytest.raises(GatewayError) as caught:
        step(make_exchange())
    assert caught.value.type is GatewayResponseType.NO_ROUTE
