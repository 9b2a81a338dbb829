"""The `httpApi` events of a service as an HTTP API."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.serverless import read_service_project, read_service_text, service_problems

pytestmark = pytest.mark.unit

AUTHORIZERS = (
    ", httpApi: {authorizers: {jwt: {type: jwt, identitySource: $request.header.Authorization, "
    "issuerUrl: 'https://issuer.example', audience: [a, b]}, "
    "own: {type: request, functionName: guard, resultTtlInSeconds: 0, enableSimpleResponses: true, "
    "identitySource: [$request.header.X]}}}"
)


def service(events: str, provider: str = "", more: str = "") -> str:
    return (
        f"service: notes\nprovider: {{name: aws, runtime: python3.13{provider}}}\n{more}"
        f"functions:\n  guard: {{handler: app.handler}}\n  get:\n    handler: app.handler\n    events: [{events}]\n"
    )


def test_every_form_of_an_event_is_a_route(tmp_path: Path) -> None:
    events = (
        "{httpApi: GET /a}, {httpApi: {method: post, path: '/b/{id}'}}, {httpApi: {method: '*', path: /c}}, "
        "{httpApi: '* /d'}, {httpApi: '*'}"
    )
    project, problems = read_service_project(tmp_path, service(events))
    assert [operation.route_key for operation in project.api.operations] == [
        "GET /a",
        "POST /b/{id}",
        "ANY /c",
        "ANY /d",
        "$default",
    ]
    assert (project.stage.stage_name, project.stage.payload_format, problems) == ("$default", "2.0", [])


def test_resources_have_the_frameworks_logical_ids(tmp_path: Path) -> None:
    read = read_service_text(tmp_path, service("{httpApi: 'GET /items/{id}'}, {httpApi: '*'}", AUTHORIZERS))
    made = [name for name in read.resources if name.startswith("Http")]
    assert made == [
        "HttpApi",
        "HttpApiStage",
        "HttpApiAuthorizerJwt",
        "HttpApiAuthorizerOwn",
        "HttpApiIntegrationGet",
        "HttpApiRouteGetItemsIdVar",
        "HttpApiRouteDefault",
    ]


def test_authorizers_protect_their_routes(tmp_path: Path) -> None:
    events = (
        "{httpApi: {method: get, path: /a, authorizer: {name: jwt, scopes: [read]}}}, "
        "{httpApi: {method: get, path: /b, authorizer: own}}, "
        "{httpApi: {method: get, path: /c, authorizer: {type: aws_iam}}}, {httpApi: GET /d}"
    )
    project, problems = read_service_project(tmp_path, service(events, AUTHORIZERS))
    assert problems == []
    a, b, c, d = project.api.operations
    assert (a.authorizer, a.scopes, b.authorizer, c.iam, d.authorizer) == ("jwt", ("read",), "own", True, None)
    jwt, own = project.api.authorizers["jwt"], project.api.authorizers["own"]
    assert (jwt.kind, jwt.issuer, jwt.audience) == ("jwt", "https://issuer.example", ("a", "b"))
    assert (own.kind, own.function, own.simple) == ("request", "GuardLambdaFunction", True)


@pytest.mark.parametrize("authorizer", ["other", "{name: other}", "{scopes: [a]}", "5"])
def test_an_authorizer_that_is_not_there_is_an_error_with_its_line(tmp_path: Path, authorizer: str) -> None:
    text = service(f"{{httpApi: {{method: get, path: /a, authorizer: {authorizer}}}}}", AUTHORIZERS)
    assert any(
        problem.startswith("serverless.yml:7: there is no authorizer") for problem in service_problems(tmp_path, text)
    )


def test_an_authorizer_of_another_stack_lets_nobody_through(tmp_path: Path) -> None:
    text = service("{httpApi: {method: get, path: /a, authorizer: {id: abc}}}", ", httpApi: {id: shared}")
    project, problems = read_service_project(tmp_path, text)
    assert project.api.operations[0].denied
    assert any("one of another stack" in problem for problem in problems)


@pytest.mark.parametrize(
    ("cors", "origins", "methods"),
    [
        ("true", ["*"], ["OPTIONS", "GET", "POST"]),
        (
            "{allowedOrigins: https://a.example, allowCredentials: true}",
            ["https://a.example"],
            ["OPTIONS", "GET", "POST"],
        ),
        ("{allowedOrigins: [https://a.example], allowedMethods: [PUT], maxAge: 5}", ["https://a.example"], ["PUT"]),
    ],
)
def test_cors_is_that_of_the_api(tmp_path: Path, cors: str, origins: list[str], methods: list[str]) -> None:
    text = service("{httpApi: GET /a}, {httpApi: POST /a}", f", httpApi: {{cors: {cors}}}")
    made = read_service_text(tmp_path, text).properties("HttpApi")["CorsConfiguration"]
    assert (made["AllowOrigins"], made["AllowMethods"]) == (origins, methods)


def test_the_payload_format_is_the_functions_else_the_providers(tmp_path: Path) -> None:
    text = service("{httpApi: GET /a}", ", httpApi: {payload: '1.0', name: mine}")
    assert read_service_text(tmp_path, text).properties("HttpApiIntegrationGet")["PayloadFormatVersion"] == "1.0"
    own = text.replace("  get:\n", "  get:\n    httpApi: {payload: '2.0'}\n")
    read = read_service_text(tmp_path, own)
    assert read.properties("HttpApiIntegrationGet")["PayloadFormatVersion"] == "2.0"
    assert read.properties("HttpApi")["Name"] == "mine"


@pytest.mark.parametrize("event", ["5", "[GET]", "GET a", "FETCH /a", "{method: get, path: a}", "{path: /a}", "{}"])
def test_an_event_that_is_none_is_an_error_and_no_traceback(tmp_path: Path, event: str) -> None:
    problems = service_problems(tmp_path, service(f"{{httpApi: {event}}}"))
    assert any(problem.startswith("serverless.yml:7:") for problem in problems), problems


def test_a_service_may_have_both_kinds_of_api(tmp_path: Path) -> None:
    project, _ = read_service_project(tmp_path, service("{httpApi: GET /a}, {http: GET b}"))
    assert [(each.api.name, each.stage.flavor) for each in project.every_api] == [
        ("ApiGatewayRestApi", "rest"),
        ("HttpApi", "http"),
    ]
