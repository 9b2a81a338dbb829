"""The `http` events of a service as a REST API."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.project.project import ProjectInputs
from tests.support.serverless import HEAD, read_service_project, read_service_text, service_problems

pytestmark = pytest.mark.unit


def service(events: str, provider: str = "", more: str = "") -> str:
    return (
        f"service: notes\nprovider: {{name: aws, runtime: python3.13{provider}}}\n{more}"
        f"functions:\n  guard: {{handler: app.handler}}\n  get:\n    handler: app.handler\n    events: [{events}]\n"
    )


def test_every_form_of_an_event_is_a_route(tmp_path: Path) -> None:
    text = service(
        "{http: GET /a}, {http: 'post b/'}, {http: {method: put, path: '/c/{id}'}}, "
        "{http: {method: '*', path: 'd/{proxy+}'}}, {http: ANY /}"
    )
    project, problems = read_service_project(tmp_path, text)
    assert [operation.route_key for operation in project.api.operations] == [
        "GET /a",
        "POST /b",
        "PUT /c/{id}",
        "ANY /d/{proxy+}",
        "ANY /",
    ]
    assert project.stage.stage_name == "dev"
    assert problems == []


def test_resources_have_the_frameworks_logical_ids(tmp_path: Path) -> None:
    read = read_service_text(tmp_path, service("{http: 'GET items/{itemId}/sub-parts'}"))
    made = [name for name in read.resources if name.startswith("ApiGateway")]
    assert made == [
        "ApiGatewayRestApi",
        "ApiGatewayResourceItems",
        "ApiGatewayResourceItemsItemidVar",
        "ApiGatewayResourceItemsItemidVarSubDashparts",
        "ApiGatewayMethodItemsItemidVarSubDashpartsGet",
        "ApiGatewayDeployment",
    ]
    assert read.properties("ApiGatewayRestApi")["Name"] == "dev-notes"


def test_paths_that_differ_in_other_characters_stay_two(tmp_path: Path) -> None:
    project, _ = read_service_project(tmp_path, service("{http: GET a_b}, {http: GET ab}"))
    assert [operation.path for operation in project.api.operations] == ["/a_b", "/ab"]


@pytest.mark.parametrize(
    ("authorizer", "kind"),
    [
        ("guard", "token"),
        ("{name: guard}", "token"),
        ("{name: guard, type: request, identitySource: method.request.header.X}", "request"),
        ("'arn:aws:cognito-idp:us-east-1:1:userpool/us-east-1_abc'", "cognito"),
        ("{arn: !GetAtt Pool.Arn, name: pool, type: COGNITO_USER_POOLS, scopes: [notes/read]}", "cognito"),
        ("{name: pool, arn: !GetAtt Pool.Arn, type: COGNITO_USER_POOLS}", "cognito"),
    ],
)
def test_every_form_of_an_authorizer_protects_the_route(tmp_path: Path, authorizer: str, kind: str) -> None:
    resources = "resources: {Resources: {Pool: {Type: AWS::Cognito::UserPool, Properties: {}}}}\n"
    text = service(f"{{http: {{method: get, path: a, authorizer: {authorizer}}}}}", more=resources)
    project, _ = read_service_project(tmp_path, text)
    (operation,) = project.api.operations
    assert operation.authorizer is not None
    assert project.api.authorizers[operation.authorizer].kind == kind
    assert operation.scopes == (("notes/read",) if "scopes" in authorizer else ())


def test_aws_iam_protects_the_route(tmp_path: Path) -> None:
    for written in ("aws_iam", "{type: AWS_IAM}"):
        text = service(f"{{http: {{method: get, path: a, authorizer: {written}}}}}")
        project, _ = read_service_project(tmp_path, text)
        assert project.api.operations[0].iam


@pytest.mark.parametrize("authorizer", ["other", "{name: other}", "{}", "[guard]", "{type: request}", "'${env:GUARD}'"])
def test_an_authorizer_that_is_not_there_is_an_error_with_its_line(tmp_path: Path, authorizer: str) -> None:
    problems = service_problems(tmp_path, service(f"{{http: {{method: get, path: a, authorizer: {authorizer}}}}}"))
    assert any(problem.startswith("serverless.yml:7:") and "authorizer" in problem for problem in problems)


@pytest.mark.parametrize(
    "authorizer", ["'arn:aws:lambda:us-east-1:1:function:outside'", "{type: TOKEN, authorizerId: abc}"]
)
def test_an_authorizer_of_elsewhere_lets_nobody_through(tmp_path: Path, authorizer: str) -> None:
    text = service(f"{{http: {{method: get, path: a, authorizer: {authorizer}}}}}")
    project, problems = read_service_project(tmp_path, text)
    (operation,) = project.api.operations
    assert operation.authorizer is not None or operation.denied
    assert problems


def test_api_keys_and_usage_plans_are_kept(tmp_path: Path) -> None:
    provider = (
        ", apiGateway: {apiKeys: [{name: one, value: 0123456789012345678901}, two], "
        "usagePlan: {quota: {limit: 10, period: DAY}, throttle: {burstLimit: 5, rateLimit: 2}}}"
    )
    project, _ = read_service_project(tmp_path, service("{http: {method: get, path: a, private: true}}", provider))
    assert project.api.operations[0].api_key_required
    assert {name: key.usage_plan for name, key in project.stage.api_keys.items()} == {
        "one": "notes-dev",
        "two": "notes-dev",
    }
    plan = project.stage.usage_plans["notes-dev"]
    assert plan.quota is not None
    assert plan.throttle is not None
    assert (plan.quota.limit, plan.quota.period, plan.throttle.burst) == (10, "DAY", 5)


def test_keys_of_several_plans_belong_to_their_plan(tmp_path: Path) -> None:
    provider = (
        ", apiGateway: {apiKeys: [{free: [{name: f, value: 0123456789012345678901}]}, {paid: [p]}], "
        "usagePlan: [{free: {quota: {limit: 1, period: DAY}}}, {paid: {throttle: {burstLimit: 5, rateLimit: 2}}}]}"
    )
    project, _ = read_service_project(tmp_path, service("{http: {method: get, path: a, private: true}}", provider))
    assert {name: key.usage_plan for name, key in project.stage.api_keys.items()} == {
        "f": "notes-free-dev",
        "p": "notes-paid-dev",
    }


def test_cors_of_the_events_of_a_path_is_one_preflight(tmp_path: Path) -> None:
    text = service(
        "{http: {method: get, path: a, cors: true}}, "
        "{http: {method: post, path: a, cors: {origins: [https://one.example, https://*.two.example], "
        "allowCredentials: true, maxAge: 60, headers: [X-One]}}}"
    )
    read = read_service_text(tmp_path, text)
    response = read.properties("ApiGatewayMethodAOptions")["Integration"]["IntegrationResponses"][0]
    mapped = {key.rpartition(".")[2]: value for key, value in response["ResponseParameters"].items()}
    assert mapped["Access-Control-Allow-Origin"] == "'https://one.example'"
    assert mapped["Access-Control-Allow-Methods"] == "'OPTIONS,POST,GET'"
    assert mapped["Access-Control-Allow-Headers"].startswith("'X-One,Content-Type,")
    assert (mapped["Access-Control-Allow-Credentials"], mapped["Access-Control-Max-Age"]) == ("'true'", "'60'")
    assert 'matches("https://.+[.]two[.]example")' in response["ResponseTemplates"]["application/json"]


def test_request_schemas_and_required_parameters_are_validated(tmp_path: Path) -> None:
    provider = ", apiGateway: {request: {schemas: {note-create: {name: NoteCreate, schema: {type: object}}}}}"
    events = (
        "{http: {method: post, path: a, request: {schemas: {application/json: note-create}}}}, "
        "{http: {method: post, path: b, request: {schema: {application/json: '${file(b.json)}'}}}}, "
        "{http: {method: get, path: c, request: {parameters: {querystrings: {q: true, r: false}}}}}, "
        "{http: {method: get, path: d, request: {parameters: {querystrings: {q: false}}}}}"
    )
    project, problems = read_service_project(tmp_path, service(events, provider), {"b.json": '{"type": "array"}'})
    assert problems == []
    validated = {each.path: each.validator for each in project.api.operations}
    assert [path for path, validator in validated.items() if validator is not None] == ["/a", "/b", "/c"]


def test_lambda_integration_has_templates_statuses_and_headers(tmp_path: Path) -> None:
    events = (
        "{http: {method: post, path: a, integration: lambda, "
        "request: {template: {application/json: '{}', application/x-www-form-urlencoded: null}}, "
        "response: {headers: {X-A: \"'1'\"}, template: $input.path('$'), "
        "statusCodes: {201: {pattern: '', headers: {X-B: \"'2'\"}}, 404: {pattern: '.*not.*', template: none}}}}}, "
        "{http: {method: get, path: b, async: true}}, "
        "{http: {method: get, path: c, integration: mock, request: {template: {application/json: x}}, "
        "response: {template: ok}}}, "
        "{http: {method: get, path: d, integration: http-proxy, request: {uri: 'https://example.com/{x}'}}}"
    )
    read = read_service_text(tmp_path, service(events))
    assert read.messages == []
    integration = read.properties("ApiGatewayMethodAPost")["Integration"]
    assert (integration["Type"], integration["PassthroughBehavior"]) == ("AWS", "NEVER")
    assert integration["RequestTemplates"] == {"application/json": "{}"}
    assert [each["StatusCode"] for each in integration["IntegrationResponses"]] == ["201", "404"]
    assert integration["IntegrationResponses"][0]["ResponseParameters"] == {
        "method.response.header.X-A": "'1'",
        "method.response.header.X-B": "'2'",
    }
    assert integration["IntegrationResponses"][1]["ResponseTemplates"] == {"application/json": "none"}
    asynchronous = read.properties("ApiGatewayMethodBGet")["Integration"]
    assert asynchronous["RequestParameters"] == {"integration.request.header.X-Amz-Invocation-Type": "'Event'"}
    assert len(asynchronous["IntegrationResponses"]) == 9
    assert read.properties("ApiGatewayMethodCGet")["Integration"]["Type"] == "MOCK"
    assert read.properties("ApiGatewayMethodDGet")["Integration"]["Uri"] == "https://example.com/{x}"


def test_the_apis_own_settings_are_kept(tmp_path: Path) -> None:
    provider = (
        ", endpointType: private, apiName: mine, tracing: {apiGateway: true}, "
        "logs: {restApi: {format: $context.requestId}}, "
        "apiGateway: {binaryMediaTypes: [image/png], minimumCompressionSize: 100, apiKeySourceType: authorizer, "
        "resourcePolicy: [{Effect: Allow, Principal: '*', Action: 'execute-api:Invoke', Resource: 'execute-api:/*'}]}"
    )
    read = read_service_text(tmp_path, service("{http: GET a}", provider))
    assert read.properties("ApiGatewayRestApi") == {
        "Name": "mine",
        "BinaryMediaTypes": ["image/png"],
        "MinimumCompressionSize": 100,
        "EndpointConfiguration": {"Types": ["PRIVATE"]},
        "ApiKeySourceType": "AUTHORIZER",
        "Policy": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
            ],
        },
    }
    assert read.properties("ApiGatewayDeployment")["StageDescription"] == {
        "AccessLogSetting": {"Format": "$context.requestId"},
        "TracingEnabled": True,
    }


def test_an_api_of_another_stack_is_served_here_and_named(tmp_path: Path) -> None:
    provider = ", apiGateway: {restApiId: !ImportValue shared, restApiRootResourceId: r}"
    project, problems = read_service_project(tmp_path, service("{http: GET a}", provider))
    assert len(project.api.operations) == 1
    assert any("one of another stack" in problem for problem in problems)


def test_an_api_of_the_owners_resources_has_the_routes(tmp_path: Path) -> None:
    provider = ", apiGateway: {restApiId: !Ref Mine, restApiRootResourceId: !GetAtt Mine.RootResourceId}"
    resources = "resources: {Resources: {Mine: {Type: AWS::ApiGateway::RestApi, Properties: {Name: mine}}}}\n"
    project, problems = read_service_project(tmp_path, service("{http: GET a}", provider, resources))
    assert (project.api.name, len(project.api.operations), problems) == ("Mine", 1, [])


@pytest.mark.parametrize(
    "event",
    [
        "5",
        "[GET, a]",
        "{method: get}",
        "{path: a}",
        "FETCH a",
        "{method: get, path: a, integration: soap}",
        "{method: 5, path: 7}",
    ],
)
def test_an_event_that_is_none_is_an_error_and_no_traceback(tmp_path: Path, event: str) -> None:
    problems = service_problems(tmp_path, service(f"{{http: {event}}}"))
    assert any(problem.startswith("serverless.yml:7:") for problem in problems), problems


def test_the_stage_option_names_the_stage_of_the_api(tmp_path: Path) -> None:
    project, _ = read_service_project(tmp_path, service("{http: GET a}"), stage="prod")
    assert project.stage.stage_name == "prod"
    given = ProjectInputs(imports=(("opt:stage", "local"),))
    project, _ = read_service_project(tmp_path, service("{http: GET a}"), inputs=given)
    assert project.stage.stage_name == "local"


def test_a_problem_of_the_model_has_the_owners_line(tmp_path: Path) -> None:
    text = f"{HEAD}functions:\n  get:\n    handler: missing.handler\n    events:\n      - http: GET a\n"
    problems = service_problems(tmp_path, text)
    assert len(problems) == 1
    assert problems[0].startswith("serverless.yml:5: the Handler of GetLambdaFunction is missing.handler")
