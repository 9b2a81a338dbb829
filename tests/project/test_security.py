"""Security schemes, authorizers and what operations ask of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.project.model import Api, Authorizer, Function, Security, Source
from tests.support.spec import (
    ARN,
    AUTHORIZER,
    check_problems,
    document,
    errors,
    load,
    operation,
    scheme,
    secured_document,
    write_document,
)

HANDLERS = ("act", "my_authorizer", "gate")
SIGNED = {"type": "apiKey", "in": "header", "name": "Authorization", "x-amazon-apigateway-authtype": "awsSigv4"}


def api(root: Path, spec: dict[str, Any], flavor: str = "http") -> Api:
    """The API of a document."""
    return load(write_document(root, spec, flavor=flavor, handlers=HANDLERS)).api


def report(root: Path, spec: dict[str, Any], flavor: str = "http") -> list[str]:
    """Return the problems that reading a document reports, without its lines."""
    lines = errors(write_document(root, spec, flavor=flavor, handlers=HANDLERS))
    return [line.partition("error: ")[2] for line in lines]


def test_a_lambda_authorizer_is_named_by_the_function_of_its_arn(tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "authorizerUri": ARN.format("my-authorizer"),
        "identitySource": "$request.header.X-Token, $request.querystring.key, $context.routeKey",
        "authorizerPayloadFormatVersion": 2.0,
        "enableSimpleResponses": True,
        "authorizerResultTtlInSeconds": "60",
    }
    found = api(tmp_path, secured_document({"gate": scheme("request", **settings)}, [{"gate": []}]))
    assert found.authorizers["gate"] == Authorizer(
        name="gate",
        kind="request",
        source=Source("openapi.yaml", 26),
        identity_sources=("$request.header.X-Token", "$request.querystring.key", "$context.routeKey"),
        function="my-authorizer",
        ttl=60,
        payload_format="2.0",
        simple=True,
    )
    assert found.functions["my-authorizer"] == Function(
        "my-authorizer", "service.handlers.my_authorizer.handler", Source("openapi.yaml", 30)
    )
    assert found.operations[0].security == (Security("gate"),)


@pytest.mark.parametrize(
    ("authorizer", "function", "handler"),
    [
        ({"authorizerUri": ARN.format("gate")}, "gate", "gate"),
        ({"authorizerUri": {"Fn::Sub": ARN.format("gate")}}, "gate", "gate"),
        ({"authorizerUri": {"Fn::Sub": [ARN.format("gate:live"), {}]}}, "gate", "gate"),
        ({"x-homeport": {"handler": "gate"}}, "door-keeper", "gate"),
        (
            {"authorizerUri": ARN.format("${stageVariables.f}"), "x-homeport": {"handler": "gate"}},
            "door-keeper",
            "gate",
        ),
        ({"authorizerUri": ARN.format("other"), "x-homeport": {"handler": "gate"}}, "other", "gate"),
        ({"x-homeport": {"handler": "gate", "function": "guard"}}, "guard", "gate"),
    ],
)
def test_a_lambda_authorizer_finds_its_function(
    tmp_path: Path, authorizer: dict[str, Any], function: str, handler: str
) -> None:
    found = api(tmp_path, secured_document({"doorKeeper": scheme("token", **authorizer)}), "rest")
    assert found.authorizers["doorKeeper"].function == function
    assert found.functions[function].handler == f"service.handlers.{handler}.handler"


def test_an_authorizer_function_has_settings_of_its_own_beside_or_above_it(tmp_path: Path) -> None:
    inside = scheme("request")
    inside[AUTHORIZER]["x-homeport"] = {"handler": "gate", "memory": 128, "timeout": 3}
    above = {**scheme("request"), "x-homeport": {"handler": "gate", "reservedConcurrency": 2}}
    functions = api(tmp_path, secured_document({"one": inside, "two": above})).functions
    assert (functions["one"].memory, functions["one"].timeout) == (128, 3)
    assert functions["two"].reserved_concurrency == 2


def test_two_schemes_may_share_one_function(tmp_path: Path) -> None:
    uri = ARN.format("gate")
    schemes = {"one": scheme("request", authorizerUri=uri), "two": scheme("token", authorizerUri=uri)}
    assert [name for name in api(tmp_path, secured_document(schemes), "rest").functions if name != "act"] == ["gate"]


def test_a_jwt_authorizer_has_issuer_and_audience(tmp_path: Path) -> None:
    oauth = {
        "type": "oauth2",
        "flows": {},
        AUTHORIZER: {
            "type": "jwt",
            "identitySource": ["$request.header.Authorization"],
            "jwtConfiguration": {"issuer": "https://issuer.example", "audience": ["a", "b"]},
        },
    }
    oidc = {
        "type": "openIdConnect",
        "openIdConnectUrl": "https://issuer.example/pool/.well-known/openid-configuration",
        AUTHORIZER: {"type": "jwt", "jwtConfiguration": {"audience": "a"}},
    }
    found = api(tmp_path, secured_document({"oauth": oauth, "oidc": oidc}, [{"oauth": ["read", "write"]}]))
    assert [(a.kind, a.issuer, a.audience, a.identity_sources) for a in found.authorizers.values()] == [
        ("jwt", "https://issuer.example", ("a", "b"), ("$request.header.Authorization",)),
        ("jwt", "https://issuer.example/pool", ("a",), ("$request.header.Authorization",)),
    ]
    assert found.operations[0].security == (Security("oauth", ("read", "write")),)


@pytest.mark.parametrize(
    ("requirements", "scopes"),
    [
        ([{"users": []}], ()),
        ([{"users": ["read", "write"]}], ("read", "write")),
        ([{"users": ["read"]}, {"users": ["write"]}], ("read", "write")),
        ([{"users": []}, {"users": ["read"]}], ()),
        ([{"users": ["read"]}, {"users": []}], ()),
    ],
)
def test_alternatives_become_the_one_list_of_scopes_of_a_route(
    tmp_path: Path, requirements: list[Any], scopes: tuple[str, ...]
) -> None:
    users = {
        "type": "oauth2",
        "flows": {},
        AUTHORIZER: {"type": "jwt", "jwtConfiguration": {"issuer": "https://issuer.example", "audience": ["a"]}},
    }
    [found] = api(tmp_path, secured_document({"users": users}, requirements)).operations
    assert (found.authorizer, found.scopes) == ("users", scopes)


def test_an_open_route_has_no_authorizer_and_no_scopes(tmp_path: Path) -> None:
    [found] = api(tmp_path, document({"/a": {"get": operation(operationId="act")}})).operations
    assert (found.authorizer, found.scopes) == (None, ())


def test_a_cognito_authorizer_has_its_pools(tmp_path: Path) -> None:
    pool = scheme("cognito_user_pools", providerARNs=["arn:aws:cognito-idp:eu-west-1:1:userpool/p"])
    found = api(tmp_path, secured_document({"pool": pool}), "rest").authorizers["pool"]
    assert (found.kind, found.provider_arns) == ("cognito", ("arn:aws:cognito-idp:eu-west-1:1:userpool/p",))
    assert found.identity_sources == ("method.request.header.Authorization",)


def test_a_token_authorizer_reads_the_header_of_its_scheme(tmp_path: Path) -> None:
    token = scheme("TOKEN", name="X-Token", authorizerUri=ARN.format("gate"), identityValidationExpression="^x-[a-z]+")
    found = api(tmp_path, secured_document({"gate": token}), "rest").authorizers["gate"]
    assert (found.identity_sources, found.validation_expression) == (("method.request.header.X-Token",), "^x-[a-z]+")
    assert (found.ttl, found.payload_format) == (300, "1.0")


@pytest.mark.parametrize(
    ("flavor", "written", "expressed"),
    [
        ("http", "method.request.header.A,context.routeKey", ("$request.header.A", "$context.routeKey")),
        ("http", "$stageVariables.x", ("$stageVariables.x",)),
        ("rest", "$request.querystring.a", ("method.request.querystring.a",)),
        ("rest", "stageVariables.x, context.identity.sourceIp", ("stageVariables.x", "context.identity.sourceIp")),
    ],
)
def test_identity_sources_are_written_as_the_stages_flavor_writes_them(
    tmp_path: Path, flavor: str, written: str, expressed: tuple[str, ...]
) -> None:
    gate = scheme("request", authorizerUri=ARN.format("gate"), identitySource=written)
    assert api(tmp_path, secured_document({"gate": gate}), flavor).authorizers["gate"].identity_sources == expressed


def test_an_authorizer_without_identity_sources_caches_nothing(tmp_path: Path) -> None:
    gate = scheme("request", name="Unused", authorizerUri=ARN.format("gate"))
    found = api(tmp_path, secured_document({"gate": gate})).authorizers["gate"]
    assert (found.identity_sources, found.ttl) == ((), 0)


def test_an_api_key_is_required_beside_or_instead_of_an_authorizer(tmp_path: Path) -> None:
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "gate": scheme("request", authorizerUri=ARN.format("gate")),
    }
    found = api(tmp_path, secured_document(schemes, [{"key": [], "gate": []}]), "rest").operations[0]
    assert (found.api_key_required, found.security) == (True, (Security("gate"),))


def test_the_documents_security_holds_where_an_operation_says_nothing(tmp_path: Path) -> None:
    gate = {"gate": scheme("request", authorizerUri=ARN.format("gate"))}
    everywhere: dict[str, Any] = {"security": [{"gate": []}]}
    assert api(tmp_path, secured_document(gate) | everywhere).operations[0].security == (Security("gate"),)
    assert api(tmp_path, secured_document(gate, []) | everywhere).operations[0].security == ()


GATE = {"authorizerUri": ARN.format("gate")}


@pytest.mark.parametrize(
    ("schemes", "security", "message"),
    [
        ({}, [{"gate": []}], "there is no security scheme 'gate' (there are none)"),
        (
            {"gate": scheme("request", **GATE)},
            [{"gaet": []}],
            "there is no security scheme 'gaet' (did you mean gate?)",
        ),
        (
            {"bearer": {"type": "http", "scheme": "bearer"}},
            [{"bearer": []}],
            f"nothing would check the scheme 'bearer': it has no {AUTHORIZER} (give it an {AUTHORIZER})",
        ),
        (
            {"key": {"type": "apiKey", "in": "query", "name": "key"}},
            [{"key": []}],
            "the scheme 'key' is an API key outside of the header x-api-key, where API Gateway does not look "
            f"(use in: header, name: x-api-key, or give it an {AUTHORIZER})",
        ),
        (
            {"iam": SIGNED, "one": scheme("request", **GATE)},
            [{"iam": [], "one": []}],
            "API Gateway takes one authorizer a route (keep one of the security schemes)",
        ),
        (
            {"one": scheme("request", **GATE), "two": scheme("request", **GATE)},
            [{"one": []}, {"two": []}],
            "API Gateway takes one authorizer a route (keep one of the security schemes)",
        ),
        (
            {"one": scheme("request", **GATE)},
            [{"one": []}, {}],
            "API Gateway can't make authorization optional (remove the {}, or split the route into two)",
        ),
        ({"one": scheme("request", **GATE)}, {"one": []}, "'security' must be a list, not a map"),
    ],
)
def test_a_scheme_that_nothing_checks_is_an_error(tmp_path: Path, schemes: Any, security: Any, message: str) -> None:
    assert report(tmp_path, secured_document(schemes, security)) == [message]


def test_a_scheme_that_nothing_asks_for_may_be_anything(tmp_path: Path) -> None:
    assert report(tmp_path, secured_document({"bearer": {"type": "http", "scheme": "bearer"}})) == []


def test_a_function_is_either_an_authorizer_or_serves_operations(tmp_path: Path) -> None:
    assert report(tmp_path, secured_document({"gate": scheme("request", authorizerUri=ARN.format("act"))})) == [
        "the function 'act' would serve an operation and be an authorizer (give one another name)"
    ]


@pytest.mark.parametrize(
    ("auth", "iam"), [({"type": "NONE"}, False), ({"type": "none"}, False), ({"type": "AWS_IAM"}, True)]
)
def test_iam_authorization_of_an_operation_is_read(tmp_path: Path, auth: Any, iam: bool) -> None:
    spec = document({"/a": {"get": operation(**{"x-amazon-apigateway-auth": auth})}})
    write_document(tmp_path, spec)
    (found,) = load(tmp_path).api.operations
    assert found.iam is iam


@pytest.mark.parametrize("flavor", ["http", "rest"])
def test_scheme_of_signatures_asks_for_one(tmp_path: Path, flavor: str) -> None:
    write_document(tmp_path, secured_document({"iam": SIGNED}, [{"iam": []}]), flavor=flavor)
    (found,) = load(tmp_path).api.operations
    assert (found.iam, found.security, found.denied) == (True, (), "")


def test_route_with_iam_has_no_other_authorizer(tmp_path: Path) -> None:
    spec = secured_document({"one": scheme("request", **GATE)}, [{"one": []}])
    spec["paths"]["/a"]["get"]["x-amazon-apigateway-auth"] = {"type": "AWS_IAM"}
    assert report(tmp_path, spec) == ["a route with AWS_IAM has no other authorizer (keep one of the two)"]


def test_routes_with_iam_that_nobody_can_call_are_named(tmp_path: Path) -> None:
    write_document(tmp_path, secured_document({"iam": SIGNED}, [{"iam": []}]))
    (problem,) = [each for each in check_problems(tmp_path) if "caller" in each.message]
    assert problem.severity == "warning"
    assert problem.message == "stage 'local' has no caller who could sign requests, so nobody can call GET /a"
    assert "iam: {callers:" in problem.hint
