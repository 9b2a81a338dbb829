"""homeport adopt of SAM templates: what protects the API, its routes and its resources come along, or it is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from homeport.cloud.template.build import build_template
from homeport.contract.fixtures.stack import running_stack
from homeport.errors import HomeportError, ProjectError
from homeport.project.check import examine_project
from homeport.project.integrations.caching import CacheSettings, StageCache
from homeport.project.integrations.rest_api import HttpCustom, HttpProxy, LambdaCustom, MappedMock, ServiceIntegration
from homeport.project.load import load_project
from homeport.project.model import Canary, Operation, effective_settings
from homeport.project.openapi.extensions import INTEGRATION
from homeport.project.project import Project
from homeport.scaffold.adopt import AdoptionReport, adopt
from tests.support.sam_cases import HTTP_CASES, REST_CASES, SamCase
from tests.support.scaffold import KIT, contents
from tests.support.templates import HANDLER, read_template_text

SAM = "Transform: AWS::Serverless-2016-10-31\n"
POOL = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_example"
JWT = (
    "{IdentitySource: $request.header.Authorization, JwtConfiguration: {issuer: https://id.example.com, audience: [n]}}"
)
ON_FRONT = ", RestApiId: !Ref Front"
TABLE = "AttributeDefinitions: [{AttributeName: id, AttributeType: S}], KeySchema: [{AttributeName: id, KeyType: HASH}]"


def function(event: str, name: str = "ListNotes", **settings: str) -> str:
    """Return a function of a template with one event."""
    said = {"CodeUri": "src/", "Handler": "app.handler", "Runtime": "python3.12", **settings}
    properties = ", ".join(f"{key}: {value}" for key, value in said.items())
    return f"  {name}: {{Type: AWS::Serverless::Function, Properties: {{{properties}, Events: {{Call: {event}}}}}}}\n"


def event(kind: str = "Api", path: str = "/notes", method: str = "get", more: str = "") -> str:
    """Return an event of a route; ``more`` adds to its properties."""
    return f"{{Type: {kind}, Properties: {{Path: {path}, Method: {method}{more}}}}}"


def template(*resources: str, head: str = "") -> str:
    return f"{SAM}{head}Resources:\n{''.join(resources)}"


def adopted(folder: Path, text: str, **files: str) -> tuple[Project, AdoptionReport]:
    """Adopt a template with its code into another folder; return the project and the report."""
    source = folder / "theirs"
    for name, content in {"template.yaml": text, "src/app.py": HANDLER, **files}.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(content)
    report = adopt(source / "template.yaml", folder / "ours", KIT)
    assert [problem for problem in examine_project(folder / "ours") if problem.severity == "error"] == []
    return load_project(folder / "ours", "local", {}), report


def rejected(folder: Path, text: str) -> list[str]:
    """Return the errors for which a template is not adopted: nothing is written then."""
    (folder / "src").mkdir()
    (folder / "src" / "app.py").write_text(HANDLER)
    (folder / "template.yaml").write_text(text)
    before = contents(folder)
    with pytest.raises(HomeportError) as raised:
        adopt(folder / "template.yaml", folder / "ours", KIT)
    after = {name: content for name, content in contents(folder).items() if not name.startswith(".homeport")}
    assert after == before
    problems = raised.value.problems if isinstance(raised.value, ProjectError) else ()
    return [str(problem) for problem in problems if problem.severity == "error"] or [str(raised.value)]


def route(project: Project, key: str = "GET /notes") -> Operation:
    return next(operation for operation in project.api.operations if operation.route_key == key)


def resources_of(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((project.root / "deploy" / "resources.yaml").read_text())
    return found


def protection(operation: Operation) -> tuple[str, tuple[str, ...], bool, bool]:
    scopes = tuple(sorted(operation.scopes))
    return operation.authorizer or "", scopes, operation.api_key_required, operation.iam


@pytest.mark.parametrize("case", [*REST_CASES, *HTTP_CASES], ids=lambda case: case.name)
def test_each_route_is_protected_as_before_or_the_template_is_not_adopted(case: SamCase, tmp_path: Path) -> None:
    before = read_template_text(tmp_path / "theirs", case.text)
    try:
        adopt(tmp_path / "theirs" / "template.yaml", tmp_path / "ours", KIT)
    except HomeportError as error:
        assert "template.yaml" in str(error)
        assert not (tmp_path / "ours").exists()
        return
    after = load_project(tmp_path / "ours", "local", {})
    kept = {it.route_key: it for it in after.api.operations}
    for operation in before.project.api.operations:
        if operation.method == "OPTIONS" and operation.route_key not in kept:
            assert after.api.cors is not None
            continue
        assert not operation.denied, "a route that nobody reaches would be open"
        assert protection(kept[operation.route_key]) == protection(operation)
    assert (after.api.cors is not None) >= (before.project.api.cors is not None)
    assert (after.api.resource_policy is None) == (before.project.api.resource_policy is None)


@pytest.mark.parametrize(
    ("section", "kind", "authorizer"),
    [("Api", "Api", f"{{UserPoolArn: '{POOL}'}}"), ("HttpApi", "HttpApi", JWT)],
)
def test_auth_of_globals_protects_the_implicit_api(tmp_path: Path, section: str, kind: str, authorizer: str) -> None:
    cors = "CorsConfiguration: {AllowOrigins: [https://a.example.com]}, " if kind == "HttpApi" else ""
    auth = f"Auth: {{DefaultAuthorizer: Staff, Authorizers: {{Staff: {authorizer}}}}}"
    project, _ = adopted(tmp_path, template(function(event(kind)), head=f"Globals: {{{section}: {{{cors}{auth}}}}}\n"))
    assert route(project).authorizer == "Staff"
    assert (project.api.cors is not None) == bool(cors)


def test_auth_of_globals_is_merged_with_the_api_s(tmp_path: Path) -> None:
    api = rest_api(f"Auth: {{Authorizers: {{Staff: {{UserPoolArn: '{POOL}'}}}}}}")
    text = template(
        api,
        function(event(more=", RestApiId: !Ref Front")),
        head="Globals: {Api: {Auth: {DefaultAuthorizer: Staff}}}\n",
    )
    project, _ = adopted(tmp_path, text)
    assert route(project).authorizer == "Staff"


def rest_api(said: str, stage: str = "live") -> str:
    return f"  Front: {{Type: AWS::Serverless::Api, Properties: {{StageName: {stage}, {said}}}}}\n"


def http_api(auth: str) -> str:
    return f"  Front: {{Type: AWS::Serverless::HttpApi, Properties: {{Auth: {auth}}}}}\n"


def test_scopes_of_an_authorizer_are_asked_of_each_route(tmp_path: Path) -> None:
    scoped = "{AuthorizationScopes: [notes/read], " + JWT[1:]
    api = http_api(f"{{DefaultAuthorizer: Staff, Authorizers: {{Staff: {scoped}}}}}")
    project, _ = adopted(tmp_path, template(api, function(event("HttpApi", more=", ApiId: !Ref Front"))))
    assert route(project).scopes == ("notes/read",)


def test_identity_of_a_request_authorizer_and_its_function_come_along(tmp_path: Path) -> None:
    identity = "{Headers: [X-Key], ReauthorizeEvery: 0}"
    door = f"{{FunctionPayloadType: REQUEST, FunctionArn: !GetAtt Door.Arn, Identity: {identity}}}"
    api = rest_api(f"Auth: {{DefaultAuthorizer: Door, Authorizers: {{Door: {door}}}}}")
    said = "CodeUri: src/, Handler: door.check, Runtime: python3.12"
    guard = f"  Door: {{Type: AWS::Serverless::Function, Properties: {{{said}}}}}\n"
    text = template(api, guard, function(event(more=", RestApiId: !Ref Front")))
    project, _ = adopted(tmp_path, text, **{"src/door.py": "def check(event, context): ...\n"})
    authorizer = project.api.authorizers["Door"]
    assert (authorizer.identity_sources, authorizer.ttl) == (("method.request.header.X-Key",), 0)
    assert project.api.functions[authorizer.function or ""].handler == "door.check"


def test_a_method_stands_beside_any(tmp_path: Path) -> None:
    project, _ = adopted(tmp_path, template(function(event(method="any"), "AnyNotes"), function(event())))
    assert {it.route_key: it.function for it in project.api.operations} == {
        "ANY /notes": "any-notes",
        "GET /notes": "list-notes",
    }


def test_an_origin_by_parameter_has_its_default(tmp_path: Path) -> None:
    cors = "CorsConfiguration: {AllowOrigins: [!Ref Site], AllowMethods: [GET]}"
    api = f"  Front: {{Type: AWS::Serverless::HttpApi, Properties: {{{cors}}}}}\n"
    head = "Parameters: {Site: {Type: String, Default: https://a.example.com}}\n"
    text = template(api, function(event("HttpApi", more=", ApiId: !Ref Front")), head=head)
    project, _ = adopted(tmp_path, text)
    assert project.api.cors is not None
    assert project.api.cors.allow_origins == ("https://a.example.com",)


def test_a_path_with_a_parameter_is_worked_out(tmp_path: Path) -> None:
    head = "Parameters: {Version: {Type: String, Default: v1}}\n"
    project, _ = adopted(tmp_path, template(function(event(path='!Sub "/${Version}/notes"')), head=head))
    assert [operation.path for operation in project.api.operations] == ["/v1/notes"]


def test_a_route_of_an_api_of_another_stack_is_an_error_of_its_line(tmp_path: Path) -> None:
    head = "Parameters: {Shared: {Type: String}}\n"
    found = rejected(tmp_path, template(function(event(more=", RestApiId: !Ref Shared")), head=head))
    assert len(found) == 1
    assert found[0].startswith("template.yaml:4: error:")
    assert "RestApiId" in found[0]


def test_an_api_key_of_an_event_is_asked_for(tmp_path: Path) -> None:
    project, _ = adopted(tmp_path, template(function(event(more=", Auth: {ApiKeyRequired: true}"))))
    assert route(project).api_key_required


def test_a_table_comes_along_with_its_condition_and_the_parameter(tmp_path: Path) -> None:
    head = "Parameters: {Stage: {Type: String, Default: dev}}\nConditions: {Big: !Equals [!Ref Stage, prod]}\n"
    capacity = "!If [Big, {ReadCapacityUnits: 1, WriteCapacityUnits: 1}, !Ref 'AWS::NoValue']"
    billing = f"BillingMode: !If [Big, PROVISIONED, PAY_PER_REQUEST], ProvisionedThroughput: {capacity}"
    table = f"  Notes: {{Type: AWS::DynamoDB::Table, Properties: {{{TABLE}, {billing}}}}}\n"
    project, _ = adopted(tmp_path, template(table, function(event()), head=head))
    assert {section: [*entries] for section, entries in resources_of(project).items()} == {
        "Parameters": ["Stage"],
        "Conditions": ["Big"],
        "Resources": ["Notes"],
    }
    assert project.resources.tables["Notes"].properties["BillingMode"] == "PAY_PER_REQUEST"


def test_a_user_pool_of_a_rest_api_comes_along(tmp_path: Path) -> None:
    pool = "  Pool: {Type: AWS::Cognito::UserPool}\n"
    api = rest_api("Auth: {DefaultAuthorizer: Staff, Authorizers: {Staff: {UserPoolArn: !GetAtt Pool.Arn}}}")
    project, _ = adopted(tmp_path, template(pool, api, function(event(more=", RestApiId: !Ref Front"))))
    assert project.api.authorizers["Staff"].provider_arns == ("${Pool.Arn}",)
    assert resources_of(project) == {"Resources": {"Pool": {"Type": "AWS::Cognito::UserPool"}}}


def test_a_user_pool_of_an_issuer_comes_along_with_its_client(tmp_path: Path) -> None:
    pool = "  Pool: {Type: AWS::Cognito::UserPool}\n"
    pool += "  Client: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool}}\n"
    issuer = "!Sub 'https://cognito-idp.${AWS::Region}.amazonaws.com/${Pool}'"
    configuration = f"{{issuer: {issuer}, audience: [!Ref Client]}}"
    staff = f"{{IdentitySource: $request.header.Authorization, JwtConfiguration: {configuration}}}"
    api = http_api(f"{{DefaultAuthorizer: Staff, Authorizers: {{Staff: {staff}}}}}")
    project, _ = adopted(tmp_path, template(pool, api, function(event("HttpApi", more=", ApiId: !Ref Front"))))
    authorizer = project.api.authorizers["Staff"]
    assert (authorizer.issuer, authorizer.audience) == ("${Pool.ProviderURL}", ("${Client}",))
    assert resources_of(project)["Resources"].keys() == {"Pool", "Client"}


def test_a_key_of_a_table_comes_along(tmp_path: Path) -> None:
    key = "  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Version: '2012-10-17', Statement: []}}}\n"
    secure = "BillingMode: PAY_PER_REQUEST, SSESpecification: {SSEEnabled: true, KMSMasterKeyId: !GetAtt Key.Arn}"
    table = f"  Notes: {{Type: AWS::DynamoDB::Table, Properties: {{{TABLE}, {secure}}}}}\n"
    project, _ = adopted(tmp_path, template(key, table, function(event())))
    assert resources_of(project)["Resources"].keys() == {"Key", "Notes"}


def test_settings_of_a_function_come_along_or_are_named(tmp_path: Path) -> None:
    settings = {
        "Runtime": "python3.11",
        "Architectures": "[x86_64]",
        "Tracing": "Active",
        "ReservedConcurrentExecutions": "5",
        "EphemeralStorage": "{Size: 1024}",
        "AutoPublishAlias": "live",
        "FunctionName": "notes-list",
    }
    project, report = adopted(tmp_path, template(function(event(), **settings)))
    stage, served = project.stage, project.api.functions["list-notes"]
    assert (stage.runtime, stage.architecture, stage.tracing) == ("python3.11", "x86_64", True)
    assert served.reserved_concurrency == 5
    assert report.unmapped[-3:] == (
        "template.yaml:3: FunctionName of ListNotes",
        "template.yaml:3: EphemeralStorage of ListNotes",
        "template.yaml:3: the alias live of ListNotes",
    )


def test_description_models_and_gateway_responses_are_in_the_document(tmp_path: Path) -> None:
    responses = "{DEFAULT_4XX: {ResponseParameters: {Headers: {Access-Control-Allow-Origin: \"'*'\"}}}}"
    models = "{Note: {type: object, properties: {text: {type: string}}}}"
    said = (
        f"StageName: v1, Description: All notes, GatewayResponses: {responses}, Models: {models}, Tags: {{team: notes}}"
    )
    api = f"  Front: {{Type: AWS::Serverless::Api, Properties: {{{said}}}}}\n"
    project, report = adopted(tmp_path, template(api, function(event(more=", RestApiId: !Ref Front"))))
    assert project.api.document["info"]["description"] == "All notes"
    assert project.api.gateway_responses.keys() == {"DEFAULT_4XX"}
    assert [*project.api.document["components"]["schemas"].values()] == [
        {"type": "object", "properties": {"text": {"type": "string"}}}
    ]
    assert project.stage.stage_name == "v1"
    assert [line for line in report.unmapped if "Tags of" in line] != []


def test_a_function_in_another_language_is_an_error_of_its_line(tmp_path: Path) -> None:
    found = rejected(tmp_path, template(function(event(), Runtime="java21", Handler="a.B::c")))
    assert found == [
        "template.yaml:3: error: ListNotes can't be adopted: it runs on java21 "
        "(homeport dev runs the template's other functions in place)"
    ]


def backend(path: str, integration: str) -> str:
    """Return an API of SAM with one more route, POST, and its integration."""
    responses = "responses: {'200': {description: ok}}"
    method = f"post: {{{responses}, x-amazon-apigateway-integration: {{{integration}}}}}"
    paths = f"paths: {{{path}: {{{method}}}}}"
    return rest_api(f"DefinitionBody: {{openapi: 3.0.1, info: {{title: a, version: '1'}}, {paths}}}")


QUEUE = "  Jobs: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 40}}\n"
SENDER = """\
  Sender:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: x}, Action: "sts:AssumeRole"}]}
"""


def test_an_integration_with_a_service_comes_with_its_queue_and_role(tmp_path: Path) -> None:
    uri = "arn:${AWS::Partition}:apigateway:${AWS::Region}:sqs:path/${AWS::AccountId}/${Jobs.QueueName}"
    mapped = "integration.request.querystring.Action: \"'SendMessage'\""
    said = (
        f"type: aws, httpMethod: POST, uri: {{'Fn::Sub': '{uri}'}}, credentials: {{'Fn::GetAtt': [Sender, Arn]}}, "
        f"requestParameters: {{{mapped}}}, responses: {{default: {{statusCode: '200'}}}}"
    )
    project, _ = adopted(tmp_path, template(QUEUE, SENDER, backend("/jobs", said), function(event(more=ON_FRONT))))
    found = route(project, "POST /jobs").integration
    assert isinstance(found, ServiceIntegration)
    assert found.credentials == {"Fn::GetAtt": ["Sender", "Arn"]}
    assert str(found.written_uri["Fn::Sub"]).endswith("/${Jobs.QueueName}")
    assert found.uri.startswith("arn:aws:apigateway:us-east-1:sqs:path/000000000000/")
    assert set(resources_of(project)["Resources"]) == {"Jobs", "Sender"}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("type: http_proxy, httpMethod: ANY, uri: 'https://example.com/x'", HttpProxy),
        (
            "type: http, httpMethod: GET, uri: 'https://example.com', responses: {default: {statusCode: '200'}}",
            HttpCustom,
        ),
        (
            "type: mock, requestTemplates: {application/json: '{\"statusCode\": 200}'}, "
            "responses: {default: {statusCode: '200', responseTemplates: {application/json: '{}'}}}",
            MappedMock,
        ),
    ],
)
def test_an_integration_without_a_function_stays_as_it_is(tmp_path: Path, said: str, kind: type) -> None:
    text = template(backend("/other", said), function(event(more=ON_FRONT)))
    before = read_template_text(tmp_path / "before", text).operation("POST /other").integration
    project, _ = adopted(tmp_path, text)
    after = route(project, "POST /other").integration
    assert isinstance(after, kind)
    assert after == before


def test_a_function_with_mappings_keeps_them_and_its_code(tmp_path: Path) -> None:
    uri = "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${ListNotes.Arn}/invocations"
    said = (
        f"type: aws, httpMethod: POST, uri: {{'Fn::Sub': '{uri}'}}, requestTemplates: {{application/json: '{{}}'}}, "
        "responses: {default: {statusCode: '200'}}"
    )
    project, _ = adopted(tmp_path, template(backend("/mapped", said), function(event(more=ON_FRONT))))
    found = route(project, "POST /mapped")
    assert isinstance(found.integration, LambdaCustom)
    assert found.integration.mapping.templates == (("application/json", "{}"),)
    function_of_it = project.api.functions[found.function or ""]
    assert (function_of_it.handler, function_of_it.code is not None) == ("app.handler", True)


def test_the_name_of_a_resource_stays_a_reference_in_a_request_template(tmp_path: Path) -> None:
    said = (
        "type: aws, httpMethod: POST, uri: 'arn:aws:apigateway:us-east-1:sqs:action/SendMessage', "
        "credentials: 'arn:aws:iam::1:role/r', responses: {default: {statusCode: '200'}}, "
        "requestTemplates: {application/json: {'Fn::Sub': 'QueueUrl=${Jobs}&MessageBody=${!input.body}'}}"
    )
    project, _ = adopted(tmp_path, template(QUEUE, backend("/queue", said), function(event(more=ON_FRONT))))
    found = route(project, "POST /queue").integration
    assert isinstance(found, ServiceIntegration)
    written = {"Fn::Sub": "QueueUrl=${Jobs}&MessageBody=${!input.body}"}
    assert found.mapping.written_templates == {"application/json": written}
    ((_, text),) = found.mapping.templates
    assert text.startswith("QueueUrl=https://") and text.endswith("&MessageBody=${input.body}")
    assert "Jobs" in resources_of(project)["Resources"]
    methods = build_template(load_project(project.root, "prod", {}))["Resources"]["Api"]["Properties"]["Body"]["paths"]
    assert methods["/queue"]["post"][INTEGRATION]["requestTemplates"] == {"application/json": written}


def test_a_response_template_with_the_name_of_a_resource_is_an_error_of_its_line(tmp_path: Path) -> None:
    said = (
        "type: mock, requestTemplates: {application/json: '{}'}, "
        "responses: {default: {statusCode: '200', responseTemplates: {application/json: {'Fn::Sub': 'At ${Jobs}'}}}}"
    )
    (found,) = rejected(tmp_path, template(QUEUE, backend("/queue", said), function(event(more=ON_FRONT))))
    assert "POST /queue can't be adopted: its mappings hold the name of a resource" in found


def test_the_role_of_a_function_is_no_role_of_an_integration(tmp_path: Path) -> None:
    said = (
        "type: aws, httpMethod: POST, uri: 'arn:aws:apigateway:us-east-1:sqs:path/1/q', "
        "credentials: {'Fn::GetAtt': [ListNotesRole, Arn]}, responses: {default: {statusCode: '200'}}"
    )
    (found,) = rejected(tmp_path, template(backend("/queue", said), function(event(more=ON_FRONT))))
    assert "POST /queue can't be adopted: the role that API Gateway assumes for it is that of a function" in found


def test_a_cache_and_a_canary_are_adopted(tmp_path: Path) -> None:
    settings = (
        "CacheClusterEnabled: true, CacheClusterSize: '1.6', CanarySetting: {PercentTraffic: 5}, MethodSettings: ["
        "{ResourcePath: /*, HttpMethod: '*', CachingEnabled: true, CacheTtlInSeconds: 9},"
        "{ResourcePath: /~1notes, HttpMethod: GET, CachingEnabled: false}]"
    )
    project, _ = adopted(tmp_path, template(rest_api(settings), function(event(more=ON_FRONT))))
    assert project.stage.canary == Canary(5)
    assert project.stage.cache == StageCache(
        "1.6", {"* *": CacheSettings(enabled=True, ttl=9), "GET /notes": CacheSettings()}
    )


def test_an_older_runtime_becomes_the_oldest_one_that_the_kit_runs(tmp_path: Path) -> None:
    project, report = adopted(tmp_path, template(function(event(), Runtime="python3.8")))
    assert project.stage.runtime == "python3.10"
    assert "template.yaml:3: python3.8 of ListNotes, which is python3.10 now" in report.unmapped


def test_a_slash_at_the_end_of_a_path_stays(tmp_path: Path) -> None:
    project, _ = adopted(tmp_path, template(function(event(path="/notes/"))))
    assert [operation.path for operation in project.api.operations] == ["/notes/"]


LIST = "arn:aws:lambda:eu-west-1:111122223333:function:list"
URI = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{LIST}/invocations"


def exported(root: Path, more: str = "") -> Project:
    """Adopt an OpenAPI document with an integration of a REST API."""
    integration = f"x-amazon-apigateway-integration: {{type: aws_proxy, httpMethod: POST, uri: '{URI}'}}"
    ok = f"'200': {{description: ok{more}}}"
    paths = f"paths: {{/notes: {{get: {{responses: {{{ok}}}, {integration}}}}}}}\n"
    text = f"openapi: 3.0.1\ninfo: {{title: notes, version: '1'}}\n{paths}"
    (root / "api.yaml").write_text(text)
    adopt(root / "api.yaml", root / "ours", KIT)
    return load_project(root / "ours", "local", {})


def test_a_document_may_refer_to_the_model_empty(tmp_path: Path) -> None:
    schema = "{$ref: '#/components/schemas/Empty'}"
    project = exported(tmp_path, f", content: {{application/json: {{schema: {schema}}}}}")
    assert route(project).responses.keys() >= {"200"}


def test_a_document_without_payload_formats_is_a_rest_api_s(tmp_path: Path) -> None:
    assert exported(tmp_path).stage.flavor == "rest"


def test_code_layers_variables_and_rights_come_along(tmp_path: Path) -> None:
    table = f"  Notes: {{Type: AWS::DynamoDB::Table, Properties: {{{TABLE}, BillingMode: PAY_PER_REQUEST}}}}\n"
    layer = "  Shared: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer/}}\n"
    own = function(
        event(),
        Layers="[!Ref Shared]",
        Policies="[{DynamoDBReadPolicy: {TableName: !Ref Notes}}]",
        Environment="{Variables: {TABLE: !Ref Notes, ARN: !GetAtt Notes.Arn, LEVEL: info}}",
        MemorySize="512",
    )
    other = function(event(path="/other"), "Other")
    files = {
        "src/requirements.txt": "requests==2.32.3\n",
        "src/pkg/data.bin": "x",
        "src/__pycache__/a.pyc": "",
        "layer/python/shared.py": "",
    }
    project, report = adopted(tmp_path, template(table, layer, own, other), **files)
    root = project.root
    served = project.api.functions["list-notes"]
    assert served.code is not None
    assert (served.code.root, served.code.layers) == (root / "src", (root / "layer",))
    assert served.code.requirements == root / "src" / "requirements.txt"
    assert (root / "src" / "pkg" / "data.bin").is_file()
    assert not (root / "src" / "__pycache__").exists()
    name = project.resources.tables["Notes"].name
    assert served.environment["TABLE"] == name
    assert served.environment["ARN"].endswith(f":table/{name}")
    assert served.environment["LEVEL"] == "info"
    assert served.written_environment["TABLE"] == {"Ref": "Notes"}
    assert effective_settings(served, project.stage).memory == 512
    (policy,) = served.policies
    assert policy["Resource"] == [{"Fn::GetAtt": ["Notes", "Arn"]}, {"Fn::Sub": "${Notes.Arn}/index/*"}]
    assert {Path("src"), Path("layer")} <= {*report.written}


def test_code_in_the_template_and_a_built_layer_become_folders(tmp_path: Path) -> None:
    settings = "Handler: index.handler, Runtime: python3.12, Layers: [!Ref Shared]"
    code = f"InlineCode: 'def handler(event, context): ...', {settings}, Events: {{Call: {event()}}}"
    inline = f"  Inline: {{Type: AWS::Serverless::Function, Properties: {{{code}}}}}\n"
    properties = "Properties: {ContentUri: layer/}, Metadata: {BuildMethod: python3.12}"
    layer = f"  Shared: {{Type: AWS::Serverless::LayerVersion, {properties}}}\n"
    project, _ = adopted(tmp_path, template(layer, inline), **{"layer/shared.py": ""})
    served = project.api.functions["inline"]
    assert served.code is not None
    assert (served.code.root / "index.py").is_file()
    assert (served.code.layers[0] / "python" / "shared.py").is_file()
    assert served.code.root != served.code.layers[0]


def test_a_template_is_adopted_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(template(function(event(), CodeUri=".")))
    (tmp_path / "app.py").write_text(HANDLER)
    adopt(tmp_path / "template.yaml", tmp_path, KIT)
    project = load_project(tmp_path, "local", {})
    assert project.template == ""
    served = project.api.functions["list-notes"]
    assert served.code is not None
    assert (served.code.root / "app.py").is_file()


def test_one_of_several_apis_is_adopted(tmp_path: Path) -> None:
    apis = "  Shop: {Type: AWS::Serverless::HttpApi}\n"
    apis += "  Admin: {Type: AWS::Serverless::Api, Properties: {StageName: live}}\n"
    shop = function(event("HttpApi", more=", ApiId: !Ref Shop"), "Shopping")
    text = template(apis, shop, function(event(path="/admin", more=", RestApiId: !Ref Admin"), "Managing"))
    assert rejected(tmp_path, text) == [
        "template.yaml: the template has 2 APIs, and a project of this shape has one (adopt one of them: "
        "--api Shop or Admin; homeport dev runs them all in place)"
    ]
    adopt(tmp_path / "template.yaml", tmp_path / "ours", KIT, api="Admin")
    project = load_project(tmp_path / "ours", "local", {})
    assert [operation.route_key for operation in project.api.operations] == ["GET /admin"]


@pytest.mark.parametrize(
    ("said", "more", "message"),
    [
        (
            "EndpointConfiguration: {Type: PRIVATE, VPCEndpointIds: [vpce-1]}",
            "",
            "the private endpoint of Front has no counterpart",
        ),
        ("DisableExecuteApiEndpoint: true", "", "switched-off endpoints"),
        (
            "Auth: {ResourcePolicy: {CustomStatements: [{Effect: Allow, Principal: '*', Action: 'execute-api:Invoke', "
            "Resource: 'arn:aws:execute-api:eu-west-1:111122223333:abc/*'}]}}",
            "",
            "a resource of the resource policy of Front has no counterpart",
        ),
        (
            "Description: x",
            "  Wall: {Type: AWS::WAFv2::WebACLAssociation, Properties: {WebACLArn: x, ResourceArn: !Sub "
            "'arn:aws:apigateway:${AWS::Region}::/restapis/${Front}/stages/live'}}\n",
            "the firewall Wall has no counterpart",
        ),
    ],
)
def test_protection_without_a_counterpart_is_an_error_of_its_line(
    tmp_path: Path, said: str, more: str, message: str
) -> None:
    api = rest_api(said)
    found = rejected(tmp_path, template(api, function(event(more=", RestApiId: !Ref Front")), more))
    assert any(message in line for line in found)
    assert all(line.startswith("template.yaml:") for line in found)


def test_signatures_and_the_policy_of_an_api_are_adopted(tmp_path: Path) -> None:
    api = rest_api("Auth: {DefaultAuthorizer: AWS_IAM, ResourcePolicy: {IpRangeBlacklist: ['10.0.0.0/8']}}")
    project, _ = adopted(tmp_path, template(api, function(event(more=", RestApiId: !Ref Front"))))
    assert route(project).iam
    assert project.api.resource_policy is not None
    effects = [each["Effect"] for each in project.api.resource_policy["Statement"]]
    assert sorted(effects) == ["Allow", "Deny"]


def test_an_adopted_project_is_deployed_with_its_own_references(tmp_path: Path) -> None:
    table = f"  Notes: {{Type: AWS::DynamoDB::Table, Properties: {{{TABLE}, BillingMode: PAY_PER_REQUEST}}}}\n"
    own = function(
        event(),
        Environment="{Variables: {TABLE: !Ref Notes}}",
        Policies="[{DynamoDBReadPolicy: {TableName: !Ref Notes}}]",
    )
    project, _ = adopted(tmp_path, template(table, own))
    made = build_template(load_project(project.root, "dev", {}))
    properties = made["Resources"]["ListNotesFunction"]["Properties"]
    assert properties["Environment"]["Variables"]["TABLE"] == {"Ref": "Notes"}
    assert properties["Code"]["S3Key"] == {"Ref": "CodeSrcKey"}
    assert "000000000000" not in str(made)


WRITES = """
import json
import os

import boto3
from shared import NAME


def handler(event, context):
    table = boto3.client("dynamodb")
    table.put_item(TableName=os.environ["TABLE"], Item={"id": {"S": NAME}})
    found = table.scan(TableName=os.environ["TABLE"])["Items"]
    return {"statusCode": 200, "body": json.dumps([found, event["rawPath"], os.environ["LEVEL"]])}
"""


@pytest.mark.stack
def test_function_answers_after_the_adoption_as_in_place(tmp_path: Path) -> None:
    table = f"  Notes: {{Type: AWS::DynamoDB::Table, Properties: {{{TABLE}, BillingMode: PAY_PER_REQUEST}}}}\n"
    layer = "  Shared: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer/}}\n"
    own = function(
        event("HttpApi"),
        Layers="[!Ref Shared]",
        Timeout="20",
        Policies="[{DynamoDBCrudPolicy: {TableName: !Ref Notes}}]",
        Environment="{Variables: {TABLE: !Ref Notes, LEVEL: info}}",
    )
    files = {"src/app.py": WRITES, "layer/python/shared.py": "NAME = 'first'\n"}
    project, _ = adopted(tmp_path, template(table, layer, own), **files)
    answers = []
    for root in (tmp_path / "theirs", project.root):
        with running_stack(root, ("--no-data",)) as stack:
            answers.append(requests.get(f"{stack.url}/notes", timeout=60).json())
    assert answers == [[[{"id": {"S": "first"}}], "/notes", "info"]] * 2


def test_a_key_that_stands_twice_has_its_last_value_as_in_cloudformation(tmp_path: Path) -> None:
    text = template(function(event()).replace("Handler: app.handler", "Handler: lost.handler, Handler: app.handler"))
    project, _ = adopted(tmp_path, text)
    assert route(project).handler == "app.handler"
