"""CORS over a plain socket, as a browser asks: HTTP APIs answer themselves, REST APIs by mock methods."""

from __future__ import annotations

import pytest

from tests.support.made_project import RAISES, Made, Route, lambda_scheme, returns
from tests.support.wire import Answer
from tests.wire.conftest import Serve, Served

ORIGIN = ("Origin", "https://www.example.com")
ASKS = [ORIGIN, ("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "x-a")]
OWN = {
    "statusCode": 200,
    "headers": {"Access-Control-Allow-Origin": "https://own.example", "access-control-expose-headers": "x-own"},
    "body": "ok",
}
CONFIGURED = {
    "allowOrigins": ["https://www.example.com", "https://other.example"],
    "allowMethods": ["GET", "PUT"],
    "allowHeaders": ["x-a", "authorization"],
    "exposeHeaders": ["x-b"],
    "maxAge": 600,
    "allowCredentials": True,
}
DENIES = 'def handler(event, context):\n    raise Exception("Unauthorized")\n'
ROUTES = (
    Route("GET", "/own", returns(OWN)),
    Route("GET", "/raises", RAISES),
    Route("GET", "/closed", extra={"security": [{"who": []}]}),
)
SCHEMES = {"who": lambda_scheme("request", "denies", identitySource="$request.header.Authorization")}


@pytest.fixture(scope="module")
def http(serve: Serve) -> Served:
    spec = {"x-amazon-apigateway-cors": CONFIGURED}
    return serve(Made(ROUTES, spec=spec, schemes=SCHEMES, modules={"denies": DENIES}))


@pytest.fixture(scope="module")
def star(serve: Serve) -> Served:
    spec = {"x-amazon-apigateway-cors": {"allowOrigins": ["*"], "allowMethods": ["*"], "allowHeaders": ["*"]}}
    return serve(Made(ROUTES, spec=spec, schemes=SCHEMES, modules={"denies": DENIES}))


@pytest.fixture(scope="module")
def rest(serve: Serve) -> Served:
    spec = {"x-amazon-apigateway-cors": CONFIGURED}
    made = Made(ROUTES, flavor="rest", stage_name="prod", spec=spec, schemes=SCHEMES, modules={"denies": DENIES})
    return serve(made)


def cors(answer: Answer) -> dict[str, str]:
    return {name.lower()[15:]: value for name, value in answer.headers if name.lower().startswith("access-control-")}


PREFLIGHT = {
    "allow-origin": "https://www.example.com",
    "allow-credentials": "true",
    "allow-methods": "GET,PUT",
    "allow-headers": "x-a,authorization",
    "max-age": "600",
}


@pytest.mark.parametrize("target", ["/own", "/closed", "/nowhere", "/"])
def test_an_http_api_answers_preflight_without_route_or_authorizer(http: Served, target: str) -> None:
    answer = http.ask("OPTIONS", target, ASKS)
    assert (answer.status, cors(answer), answer.body) == (204, PREFLIGHT, b"")
    assert answer.values("Content-Length") == [] and len(answer.values("Apigw-Requestid")) == 1


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://www.example.com", "null", "https://www.example.com.evil"]
)
def test_an_origin_that_is_not_let_in_gets_no_cors_headers(http: Served, origin: str) -> None:
    assert cors(http.ask("OPTIONS", "/own", [("Origin", origin), ("Access-Control-Request-Method", "PUT")])) == {}
    answer = http.ask("GET", "/own", [("Origin", origin)])
    assert (answer.status, cors(answer), answer.body) == (200, {}, b"ok")


@pytest.mark.parametrize(("target", "status"), [("/own", 200), ("/raises", 500), ("/closed", 401), ("/nowhere", 404)])
def test_every_reply_of_an_http_api_has_the_configured_headers_only(http: Served, target: str, status: int) -> None:
    answer = http.ask("GET", target, [ORIGIN])
    assert answer.status == status
    assert cors(answer) == {
        "allow-origin": "https://www.example.com",
        "allow-credentials": "true",
        "expose-headers": "x-b",
    }


def test_without_an_origin_there_is_no_cors(http: Served) -> None:
    assert cors(http.ask("GET", "/own")) == {}


def test_any_origin_is_a_star(star: Served) -> None:
    assert cors(star.ask("GET", "/own", [ORIGIN])) == {"allow-origin": "*"}
    asked = cors(star.ask("OPTIONS", "/own", ASKS))
    assert asked == {"allow-origin": "*", "allow-methods": "*", "allow-headers": "*"}


@pytest.mark.parametrize("target", ["/prod/own", "/prod/closed", "/prod/own/"])
def test_a_rest_api_answers_preflight_with_a_mock_method(rest: Served, target: str) -> None:
    answer = rest.ask("OPTIONS", target, ASKS)
    assert (answer.status, cors(answer), answer.body) == (200, PREFLIGHT, b"")
    assert not answer.values("X-Amzn-Trace-Id") and len(answer.values("x-amzn-RequestId")) == 1


def test_a_rest_api_has_no_preflight_where_it_has_no_resource(rest: Served) -> None:
    answer = rest.ask("OPTIONS", "/prod/nowhere", ASKS)
    assert (answer.status, answer.body) == (403, b'{"message":"Missing Authentication Token"}')
    assert cors(answer)["allow-origin"] == "https://www.example.com"


def test_a_rest_api_sends_the_function_s_own_headers_on(rest: Served) -> None:
    assert cors(rest.ask("GET", "/prod/own", [ORIGIN])) == {
        "allow-origin": "https://own.example",
        "expose-headers": "x-own",
    }


@pytest.mark.parametrize(("target", "status"), [("/prod/raises", 502), ("/prod/closed", 401), ("/prod/nowhere", 403)])
def test_a_browser_can_read_the_errors_of_a_rest_api(rest: Served, target: str, status: int) -> None:
    answer = rest.ask("GET", target, [ORIGIN])
    assert answer.status == status
    assert cors(answer) == {
        "allow-origin": "https://www.example.com",
        "allow-credentials": "true",
        "expose-headers": "x-b",
    }


def test_a_default_route_with_an_authorizer_catches_preflight(serve: Serve) -> None:
    routes = (Route("ANY", "/$default", extra={"security": [{"who": []}]}),)
    spec = {"x-amazon-apigateway-cors": CONFIGURED}
    served = serve(Made(routes, spec=spec, schemes=SCHEMES, modules={"denies": DENIES}))
    for headers in (ASKS, [*ASKS, ("Authorization", "x")], []):
        assert served.ask("OPTIONS", "/x", headers).status == 401, headers


def test_an_options_route_keeps_its_requests(serve: Serve) -> None:
    spec = {"x-amazon-apigateway-cors": CONFIGURED}
    served = serve(Made((Route("OPTIONS", "/{proxy+}", returns({"statusCode": 202})),), spec=spec))
    assert served.ask("OPTIONS", "/x", ASKS).status == 202
