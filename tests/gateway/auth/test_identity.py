from __future__ import annotations

from typing import Literal

import pytest

from homeport.errors import HomeportError
from homeport.gateway.auth.identity import read_identity, read_identity_sources
from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError
from tests.support.auth import make_authorizer, make_operation
from tests.support.gateway import make_context, make_deployment, make_exchange, make_request

HEADERS = [("X-Token", "first"), ("x-token", "second"), ("User-Agent", "curl/8")]


def exchange_of(flavor: Literal["http", "rest"], query: str = "") -> Exchange:
    deployment = make_deployment(flavor=flavor, stage="prod", stage_variables={"colour": "blue"})
    request = make_request(target=f"/prod/items{query}", headers=HEADERS)
    return make_exchange(request=request, context=make_context(deployment=deployment), operation=make_operation())


def value(flavor: Literal["http", "rest"], expression: str, query: str = "") -> str | None:
    [source] = read_identity_sources(make_authorizer(kind="request", identity_sources=(expression,)), flavor)
    return source.value(exchange_of(flavor, query))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$request.header.X-TOKEN", "first,second"),
        ("$request.header.Missing", None),
        ("$request.querystring.user", "a b,c"),
        ("$request.querystring.User", None),
        ("$request.querystring.x.y", "1"),
        ("$request.querystring.empty", ""),
        ("$stageVariables.colour", "blue"),
        ("$stageVariables.shape", None),
        ("$context.routeKey", "GET /items"),
        ("$context.httpMethod", "GET"),
        ("$context.stage", "prod"),
        ("$context.identity.sourceIp", "192.0.2.1"),
        ("$context.identity.userAgent", "curl/8"),
        ("$context.identity.user", None),
        ("$context.identity", None),
        ("$context.stage.name", None),
        ("$context.requestTimeEpoch", "1790074701250"),
    ],
)
def test_identity_sources_of_http_apis(expression: str, expected: str | None) -> None:
    assert value("http", expression, "?user=a+b&user=c&x.y=1&empty") == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("method.request.header.x-token", "second"),
        ("method.request.header.Missing", None),
        ("method.request.querystring.user", "c"),
        ("method.request.querystring.x", "1"),
        ("stageVariables.colour", "blue"),
        ("context.stage", "prod"),
        ("context.httpMethod", "GET"),
        ("context.resourcePath", "/items"),
        ("context.identity.sourceIp", "192.0.2.1"),
        ("context.identity.user", None),
    ],
)
def test_identity_sources_of_rest_apis(expression: str, expected: str | None) -> None:
    assert value("rest", expression, "?user=a+b&user=c;x=1") == expected


@pytest.mark.parametrize(
    "expression", ["$request.body.token", "Authorization", "$request.header.", "", "method.request.path.id"]
)
def test_an_unknown_identity_source_is_named_with_its_place(expression: str) -> None:
    authorizer = make_authorizer(kind="request", identity_sources=(expression,))
    with pytest.raises(HomeportError, match=r"^openapi\.yaml:7: .* is no identity source of the authorizer 'auth'"):
        read_identity_sources(authorizer, "http")


@pytest.mark.parametrize("kind", ["jwt", "cognito", "token"])
def test_a_token_authorizer_reads_the_authorization_header_by_default(
    kind: Literal["jwt", "cognito", "token"],
) -> None:
    [source] = read_identity_sources(make_authorizer(kind=kind, identity_sources=()), "http")
    request = make_request(target="/items", headers=[("authorization", "token")])
    assert source.value(make_exchange(request=request, operation=make_operation())) == "token"


def test_a_missing_identity_source_is_named_for_the_developer() -> None:
    (source,) = read_identity_sources(make_authorizer(identity_sources=("method.request.header.X-Key",)), "rest")
    with pytest.raises(GatewayError, match=r"the request has no method\.request\.header\.X-Key"):
        read_identity(exchange_of("rest"), (source,))
