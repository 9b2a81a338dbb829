from __future__ import annotations

import pytest

from homeport.gateway.assembly import deployment_of
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.gateway.rest_api.cors import preflight_method, preflight_operations, preflight_reply, with_cors
from homeport.gateway.rest_api.gateway_responses import error_reply, response_type
from homeport.gateway.routing import Router
from homeport.http_headers import Header
from homeport.project.cors import Cors
from homeport.project.integrations import Mock
from homeport.project.model import Api, GatewayResponse, Operation
from tests.support.auth import make_stage
from tests.support.gateway import (
    SHORT_ID,
    UUID_ID,
    make_context,
    make_deployment,
    make_exchange,
    make_operation,
    make_request,
)

SITE, SHOP = "https://www.example.com", "https://shop.example.com"
ONE = Cors(
    allow_origins=(SITE,),
    allow_methods=("GET", "OPTIONS"),
    allow_headers=("authorization",),
    expose_headers=("x-id",),
    max_age=60,
    allow_credentials=True,
)
SEVERAL = Cors(allow_origins=(SITE, SHOP, "http://*"), allow_methods=("*",))
ANY = Cors(allow_origins=(SITE, "*"))

IDS: tuple[Header, ...] = (("x-amzn-RequestId", UUID_ID), ("x-amz-apigw-id", SHORT_ID))


def _reply(cors: Cors, *headers: Header) -> Reply:
    request = make_request(method="OPTIONS", headers=headers)
    return preflight_reply(cors, request, make_context(deployment=make_deployment(flavor="rest")))


def make_api(operations: list[Operation]) -> Api:
    return Api("Shop", "1", tuple(operations), {}, cors=ONE)


def test_every_path_without_an_options_method_gets_one() -> None:
    operations = [
        make_operation(method="POST", path="/items"),
        make_operation(method="GET", path="/items"),
        make_operation(method="ANY", path="/{proxy+}"),
        make_operation(method="OPTIONS", path="/own"),
        make_operation(method="GET", path="/own"),
    ]
    made = preflight_operations(make_api(operations))
    assert [(operation.id, operation.integration) for operation in made] == [
        ("OPTIONS /items", Mock(ONE)),
        ("OPTIONS /{proxy+}", Mock(ONE)),
    ]


def test_a_preflight_request_finds_the_made_method_before_any() -> None:
    operations = [make_operation(method="ANY", path="/{proxy+}"), make_operation(method="GET", path="/items")]
    router = Router([*operations, *preflight_operations(make_api(operations))], "rest", "prod")
    found = [router.match("OPTIONS", f"/prod{path}") for path in ("/items", "/else/where")]
    assert [match and match.operation.id for match in found] == ["OPTIONS /items", "OPTIONS /{proxy+}"]
    assert router.match("OPTIONS", "/prod/") is None


def test_the_mock_answers_with_fixed_headers() -> None:
    expected = Reply(
        200,
        (
            *IDS,
            ("Content-Type", "application/json"),
            ("Access-Control-Allow-Origin", SITE),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Allow-Methods", "GET,OPTIONS"),
            ("Access-Control-Allow-Headers", "authorization"),
            ("Access-Control-Max-Age", "60"),
        ),
    )
    assert _reply(ONE) == _reply(ONE, ("Origin", "https://elsewhere.org")) == expected


@pytest.mark.parametrize(
    ("cors", "origin", "allowed"),
    [
        (SEVERAL, SITE, SITE),
        (SEVERAL, SHOP, SHOP),
        (SEVERAL, "http://localhost:3000", "http://localhost:3000"),
        (SEVERAL, "https://elsewhere.org", SITE),
        (SEVERAL, None, SITE),
        (Cors(allow_origins=("https://*",)), "https://a.b", "https://a.b"),
        (Cors(allow_origins=("https://*",)), "http://a.b", "https://*"),
        (ANY, SHOP, "*"),
        (Cors(allow_methods=("GET",)), SITE, None),
    ],
)
def test_the_mock_reflects_the_origin_if_several_are_allowed(
    cors: Cors, origin: str | None, allowed: str | None
) -> None:
    reply = _reply(cors, *((("Origin", origin),) if origin else ()))
    assert dict(reply.headers).get("Access-Control-Allow-Origin") == allowed


def test_the_deployed_method_is_a_mock_with_the_same_headers() -> None:
    assert preflight_method(ONE) == {
        "responses": {
            "200": {
                "description": "The CORS headers",
                "headers": {
                    "Access-Control-Allow-Origin": {"schema": {"type": "string"}},
                    "Access-Control-Allow-Credentials": {"schema": {"type": "string"}},
                    "Access-Control-Allow-Methods": {"schema": {"type": "string"}},
                    "Access-Control-Allow-Headers": {"schema": {"type": "string"}},
                    "Access-Control-Max-Age": {"schema": {"type": "string"}},
                },
            }
        },
        "security": [],
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "passthroughBehavior": "when_no_match",
            "requestTemplates": {"application/json": '{"statusCode": 200}'},
            "responses": {
                "default": {
                    "statusCode": "200",
                    "responseParameters": {
                        "method.response.header.Access-Control-Allow-Origin": f"'{SITE}'",
                        "method.response.header.Access-Control-Allow-Credentials": "'true'",
                        "method.response.header.Access-Control-Allow-Methods": "'GET,OPTIONS'",
                        "method.response.header.Access-Control-Allow-Headers": "'authorization'",
                        "method.response.header.Access-Control-Max-Age": "'60'",
                    },
                    "responseTemplates": {"application/json": ""},
                }
            },
        },
    }


def test_the_deployed_method_chooses_among_several_origins_in_its_template() -> None:
    response = preflight_method(SEVERAL)["x-amazon-apigateway-integration"]["responses"]["default"]
    assert response["responseParameters"] == {
        "method.response.header.Access-Control-Allow-Origin": f"'{SITE}'",
        "method.response.header.Vary": "'Origin'",
        "method.response.header.Access-Control-Allow-Methods": "'*'",
    }
    assert response["responseTemplates"]["application/json"] == (
        '#set($origin = $input.params("Origin"))'
        '#if($origin == "")#set($origin = $input.params("origin"))#end'
        f'#if($origin == "{SITE}" || $origin == "{SHOP}" || $origin.startsWith("http://"))'
        "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)"
        "#end"
    )


def test_gateway_responses_get_cors_headers_and_the_projects_win() -> None:
    own = {
        "UNAUTHORIZED": GatewayResponse(
            419, {"access-control-allow-origin": "'https://mine.example'"}, {"application/json": "{}"}
        ),
        "DEFAULT_5XX": GatewayResponse(None, {"X-A": "'1'"}),
    }
    added = {
        "Access-Control-Allow-Origin": f"'{SITE}'",
        "Access-Control-Allow-Credentials": "'true'",
        "Access-Control-Expose-Headers": "'x-id'",
    }
    assert with_cors(own, ONE) == {
        "DEFAULT_4XX": GatewayResponse(None, added),
        "DEFAULT_5XX": GatewayResponse(None, {"X-A": "'1'", **added}),
        "UNAUTHORIZED": GatewayResponse(
            419,
            {
                "access-control-allow-origin": "'https://mine.example'",
                "Access-Control-Allow-Credentials": "'true'",
                "Access-Control-Expose-Headers": "'x-id'",
            },
            {"application/json": "{}"},
        ),
    }


@pytest.mark.parametrize(
    ("cors", "headers"),
    [
        (SEVERAL, {"Access-Control-Allow-Origin": f"'{SITE}'"}),
        (ANY, {"Access-Control-Allow-Origin": "'*'"}),
        (Cors(allow_origins=("https://*", SHOP)), {"Access-Control-Allow-Origin": f"'{SHOP}'"}),
        (
            Cors(allow_origins=(SITE, SHOP), allow_credentials=True),
            {"Access-Control-Allow-Origin": f"'{SITE}'", "Access-Control-Allow-Credentials": "'true'"},
        ),
    ],
)
def test_gateway_responses_allow_one_origin_that_the_project_names(cors: Cors, headers: dict[str, str]) -> None:
    expected = GatewayResponse(None, headers)
    assert with_cors({}, cors) == {"DEFAULT_4XX": expected, "DEFAULT_5XX": expected}


@pytest.mark.parametrize(
    "origins", [(SITE,), (SITE, SHOP), ("*",), ("http://*",), ("https://*", SITE), (SHOP, "http://*", "https://*")]
)
def test_no_gateway_response_repeats_the_origin_of_the_request(origins: tuple[str, ...]) -> None:
    for allow_credentials in (True, False):
        made = with_cors({}, Cors(allow_origins=origins, allow_credentials=allow_credentials))
        values = [value for response in made.values() for value in response.headers.values()]
        assert all(value.startswith("'") for value in values)


@pytest.mark.parametrize("cors", [None, Cors(allow_methods=("GET",)), Cors(allow_origins=("https://*",))])
def test_without_a_written_origin_gateway_responses_stay_as_they_are(cors: Cors | None) -> None:
    assert with_cors({"THROTTLED": GatewayResponse(420)}, cors) == {"THROTTLED": GatewayResponse(420)}


@pytest.mark.parametrize("origin", [SITE, SHOP, "https://evil.example", "null"])
def test_every_error_of_the_gateway_allows_the_same_origin_whoever_asks(origin: str) -> None:
    cors = Cors(allow_origins=(SITE, SHOP), allow_credentials=True)
    deployment = deployment_of(Api("Shop", "1", (), {}, cors=cors), make_stage(flavor="rest"))
    exchange = make_exchange(
        request=make_request(headers=[("Origin", origin)]), context=make_context(deployment=deployment)
    )
    for type in GatewayResponseType:
        headers = dict(error_reply(GatewayError(type), exchange).headers)
        assert headers.get("Access-Control-Allow-Origin", SITE) == SITE
        assert ("Access-Control-Allow-Origin" in headers) == (response_type(type) is not None)
