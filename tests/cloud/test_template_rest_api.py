"""REST APIs in the template."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from homeport.cloud.template.build import build_template
from homeport.errors import ProjectError
from homeport.gateway.rest_api.cors import preflight_method
from homeport.project.openapi.extensions import INTEGRATION
from tests.support.made_project import Made
from tests.support.template import CORS, FEATURES, HTTP_PROXY, MAPPED_HTTP, changed, made, project_of, route


def resources_of(root: Path, made: Made) -> dict[str, Any]:
    return dict(build_template(project_of(root / "project", made))["Resources"])


def body_of(root: Path, made: Made) -> dict[str, Any]:
    return dict(resources_of(root, made)["Api"]["Properties"]["Body"])


def deployment_of(root: Path, made: Made) -> str:
    [name] = [name for name, it in resources_of(root, made).items() if it["Type"].endswith("::Deployment")]
    return name


@pytest.mark.parametrize("feature", [name for name, it in FEATURES.items() if it.flavor == "rest"])
def test_a_definition_has_nothing_that_api_gateway_refuses_or_that_changes_events(tmp_path: Path, feature: str) -> None:
    text = str(body_of(tmp_path, FEATURES[feature]))
    assert [word for word in ("operationId", "x-homeport", "'cookie'", "nullable", "None") if word in text] == []


def test_a_method_calls_its_function(tmp_path: Path) -> None:
    slow = {"x-amazon-apigateway-integration": {"type": "aws_proxy", "timeoutInMillis": 2500}}
    uri = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Route0Function.Arn}"
    assert body_of(tmp_path, made(route("ANY", "/{proxy+}", **slow), flavor="rest"))["paths"] == {
        "/{proxy+}": {
            "x-amazon-apigateway-any-method": {
                "responses": {},
                "x-amazon-apigateway-integration": {
                    "type": "aws_proxy",
                    "httpMethod": "POST",
                    "passthroughBehavior": "when_no_match",
                    "uri": {"Fn::Sub": f"{uri}/invocations"},
                    "timeoutInMillis": 2500,
                },
                "parameters": [{"name": "proxy", "in": "path", "required": True, "schema": {"type": "string"}}],
            }
        }
    }


@pytest.mark.parametrize("binary", [False, True])
def test_preflight_is_answered_by_the_mock_that_runs_locally(tmp_path: Path, binary: bool) -> None:
    types = {"x-amazon-apigateway-binary-media-types": ["*/*"]} if binary else {}
    project = project_of(
        tmp_path / "project", changed(FEATURES["rest cors"], spec={"x-amazon-apigateway-cors": CORS, **types})
    )
    body = build_template(project)["Resources"]["Api"]["Properties"]["Body"]
    assert project.api.cors is not None
    expected = preflight_method(project.api.cors)
    if binary:
        expected["x-amazon-apigateway-integration"]["contentHandling"] = "CONVERT_TO_TEXT"
    assert body["paths"]["/things/{id}"]["options"] == expected
    responses = body["x-amazon-apigateway-gateway-responses"]
    assert set(responses) == {"DEFAULT_4XX", "DEFAULT_5XX"}
    header = "gatewayresponse.header.Access-Control-Allow-Origin"
    named = {each["responseParameters"][header] for each in responses.values()}
    assert named == {"'https://a.example.com'"}


def test_gateway_responses_and_binary_types_are_the_specs(tmp_path: Path) -> None:
    body = body_of(tmp_path, FEATURES["gateway responses"])
    assert body["x-amazon-apigateway-binary-media-types"] == ["image/*"]
    assert body["x-amazon-apigateway-gateway-responses"] == {
        "THROTTLED": {
            "statusCode": "503",
            "responseParameters": {"gatewayresponse.header.Retry-After": "'1'"},
            "responseTemplates": {"application/json": '{"message": $context.error.messageString}'},
        }
    }


@pytest.mark.parametrize(
    ("feature", "header", "said"),
    [
        (
            "token authorizer",
            "X-Token",
            {"type": "token", "authorizerResultTtlInSeconds": 300, "identityValidationExpression": "^t.*$"},
        ),
        (
            "request authorizer",
            "Unused",
            {
                "type": "request",
                "authorizerResultTtlInSeconds": 300,
                "identitySource": "method.request.header.Authorization, method.request.querystring.who",
            },
        ),
    ],
)
def test_a_lambda_authorizer_is_asked_as_the_spec_says(
    tmp_path: Path, feature: str, header: str, said: dict[str, Any]
) -> None:
    body = body_of(tmp_path, FEATURES[feature])
    [(name, scheme)] = body["components"]["securitySchemes"].items()
    authorizer = dict(scheme["x-amazon-apigateway-authorizer"])
    assert "${AskedFunction.Arn}/invocations" in authorizer.pop("authorizerUri")["Fn::Sub"]
    assert (name, scheme["type"], scheme["in"], scheme["name"]) == ("asked", "apiKey", "header", header)
    assert scheme["x-amazon-apigateway-authtype"] == "custom"
    assert authorizer == said
    assert body["paths"]["/things/{id}"]["get"]["security"] == [{"asked": []}]


def test_an_api_key_is_asked_for_beside_an_authorizer_of_the_same_name(tmp_path: Path) -> None:
    schemes = {
        "apiKey": FEATURES["token authorizer"].schemes["asked"],
        "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
    }
    project = changed(
        FEATURES["token authorizer"], routes=(route(security=[{"apiKey": [], "key": []}]),), schemes=schemes
    )
    body = body_of(tmp_path, project)
    assert body["paths"]["/things/{id}"]["get"]["security"] == [{"apiKeyInHeader": []}, {"apiKey": []}]
    assert body["components"]["securitySchemes"]["apiKeyInHeader"]["name"] == "x-api-key"


def test_a_stage_has_method_settings(tmp_path: Path) -> None:
    stage = resources_of(tmp_path, FEATURES["rest settings"])["ApiStage"]["Properties"]
    common = {"LoggingLevel": "ERROR", "DataTraceEnabled": False, "MetricsEnabled": False}
    assert stage["MethodSettings"] == [
        {
            "ResourcePath": "/*",
            "HttpMethod": "*",
            **common,
            "ThrottlingRateLimit": 10000,
            "ThrottlingBurstLimit": 5000,
        },
        {
            "ResourcePath": "/~1things~1{id}",
            "HttpMethod": "GET",
            **common,
            "ThrottlingRateLimit": 2,
            "ThrottlingBurstLimit": 1,
        },
        {"ResourcePath": "/", "HttpMethod": "GET", **common, "ThrottlingRateLimit": 3, "ThrottlingBurstLimit": 1},
    ]
    assert (stage["StageName"], stage["TracingEnabled"], stage["Variables"]) == ("v1", True, {"colour": "blue"})


def test_a_change_of_the_definition_and_nothing_else_makes_a_deployment(tmp_path: Path) -> None:
    plain = deployment_of(tmp_path / "a", FEATURES["plain rest"])
    assert deployment_of(tmp_path / "b", changed(FEATURES["plain rest"], stage={"memory": 512})) == plain
    assert deployment_of(tmp_path / "c", changed(FEATURES["plain rest"], stage={"cors": CORS})) != plain


def test_the_accounts_own_log_role_is_left_to_resources_yaml(tmp_path: Path) -> None:
    account = {"Type": "AWS::ApiGateway::Account", "Properties": {"CloudWatchRoleArn": "arn:aws:iam::1:role/r"}}
    template = build_template(
        project_of(tmp_path / "project", made(flavor="rest", resources={"Resources": {"Account": account}}))
    )
    assert "ApiGatewayLogRole" not in template["Parameters"]
    assert "ApiAccount" not in template["Resources"]
    assert template["Resources"]["ApiStage"]["DependsOn"] == ["Account", "ExecutionLogGroup"]


@pytest.mark.stack
def test_integration_that_always_fails_is_not_deployed(tmp_path: Path) -> None:
    faulty: dict[str, Any] = {"x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "GET"}}
    with pytest.raises(ProjectError, match=r"^openapi.yaml:\d+: error: Lambda is invoked with POST"):
        body_of(tmp_path, made(route(**faulty), flavor="rest"))


def test_unused_schemes_are_no_part_of_the_definition(tmp_path: Path) -> None:
    assert "securitySchemes" not in str(body_of(tmp_path, changed(FEATURES["cognito"], routes=(route(),))))


def integration_of(root: Path, path: str, method: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A method of the feature with all integrations, and its integration."""
    found = body_of(root, FEATURES["rest integrations"])["paths"][path][method]
    return found, found["x-amazon-apigateway-integration"]


def test_mappings_are_deployed_as_they_are_written(tmp_path: Path) -> None:
    method, integration = integration_of(tmp_path, "/pages/{id}", "get")
    written = dict(MAPPED_HTTP["x-amazon-apigateway-integration"])
    assert integration == written
    assert method["responses"] == {
        "200": {"description": "200 response", "headers": {"X-Id": {"schema": {"type": "string"}}}},
        "404": {"description": "404 response"},
    }
    assert method["parameters"] == [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]


def test_a_function_of_a_custom_integration_is_the_stacks(tmp_path: Path) -> None:
    _, integration = integration_of(tmp_path, "/tasks/{id}", "post")
    assert (integration["type"], integration["httpMethod"]) == ("aws", "POST")
    assert integration["uri"]["Fn::Sub"].endswith(":lambda:path/2015-03-31/functions/${Route1Function.Arn}/invocations")
    assert "Route1Permission" in resources_of(tmp_path / "again", FEATURES["rest integrations"])


@pytest.mark.parametrize("operation", [MAPPED_HTTP, HTTP_PROXY])
def test_a_url_of_the_stack_is_deployed_as_it_is_written(tmp_path: Path, operation: Mapping[str, Any]) -> None:
    uri = {"Fn::Sub": "https://${AWS::Region}.example.com/"}
    changed_one = {**operation, INTEGRATION: {**operation[INTEGRATION], "uri": uri}}
    project = project_of(tmp_path, made(route("GET", "/pages/{id}/{proxy+}", **changed_one), flavor="rest"))
    paths = build_template(project)["Resources"]["Api"]["Properties"]["Body"]["paths"]
    assert paths["/pages/{id}/{proxy+}"]["get"][INTEGRATION]["uri"] == uri


def test_a_service_is_that_of_the_stacks_account(tmp_path: Path) -> None:
    _, integration = integration_of(tmp_path, "/jobs/{id}", "put")
    assert integration["uri"] == {"Fn::Sub": "arn:aws:apigateway:us-east-1:sqs:path/${AWS::AccountId}/{id}"}
    assert integration["credentials"] == {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/sends-jobs"}


def test_mocks_and_http_proxies_are_deployed(tmp_path: Path) -> None:
    _, mock = integration_of(tmp_path, "/fixed", "get")
    assert mock == {
        "type": "mock",
        "passthroughBehavior": "when_no_match",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {"2..": {"statusCode": "200"}},
    }
    _, proxy = integration_of(tmp_path / "again", "/site/{proxy+}", "x-amazon-apigateway-any-method")
    assert proxy == {**HTTP_PROXY["x-amazon-apigateway-integration"], "passthroughBehavior": "when_no_match"}
