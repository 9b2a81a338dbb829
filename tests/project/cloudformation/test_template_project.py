"""Templates as projects: one for each API, with all functions; routes that a reader once lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.errors import Problem
from homeport.issuer.trust import ISSUER, trust_of
from homeport.project.check import check_project
from homeport.project.integrations import LambdaProxy
from homeport.project.load import load_project
from homeport.project.project import ProjectInputs
from homeport.project.source.cursor import Diagnostics
from tests.support.templates import HANDLER, read_folder, read_template_text

FUNCTION = "{CodeUri: src/, Handler: app.handler, Runtime: python3.13"
TWO_APIS = f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  Shop: {{Type: AWS::Serverless::HttpApi}}
  Admin: {{Type: AWS::Serverless::Api, Properties: {{StageName: live}}}}
  List:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: app.handler
      Runtime: python3.13
      Events:
        Shop: {{Type: HttpApi, Properties: {{Path: /notes, Method: get, ApiId: !Ref Shop}}}}
        Admin: {{Type: Api, Properties: {{Path: /notes, Method: get, RestApiId: !Ref Admin}}}}
  Remove:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: app.handler
      Runtime: python3.13
      Events:
        Admin: {{Type: Api, Properties: {{Path: "/notes/{{id}}", Method: delete, RestApiId: !Ref Admin}}}}
  Nightly:
    Type: AWS::Serverless::Function
    Properties: {FUNCTION}}}
"""


def one_event(event: str, head: str = "", more: str = "") -> str:
    """Return a template with one function that has one event."""
    return f"""
Transform: AWS::Serverless-2016-10-31
{head}
Resources:
  {more}
  List:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: app.handler
      Runtime: python3.13
      Events:
        Call: {event}
"""


def problems_of(folder: Path, template: str) -> tuple[Problem, ...]:
    """Return the problems of a template that can't be read."""
    (folder / "template.yaml").write_text(template)
    diagnostics = Diagnostics()
    assert read_folder(folder, diagnostics) is None
    return diagnostics.all()


def test_each_api_is_a_project_with_all_functions(tmp_path: Path) -> None:
    found = read_template_text(tmp_path, TWO_APIS)
    assert not found.errors
    shop, admin = found.api("Shop"), found.api("Admin")
    assert [project.api.name for project in found.project.every_api] == ["Shop", "Admin"]
    assert (shop.stage.flavor, admin.stage.flavor) == ("http", "rest")
    assert (shop.stage.base_path, admin.stage.base_path) == ("", "/live")
    assert set(shop.api.functions) == set(admin.api.functions) == {"List", "Remove", "Nightly"}
    assert [operation.route_key for operation in admin.api.operations] == ["GET /notes", "DELETE /notes/{id}"]
    operations = {name: function.operations for name, function in admin.api.functions.items()}
    assert operations == {"List": ("getNotes",), "Remove": ("deleteNotesId",), "Nightly": ()}
    assert shop.api.functions["Remove"].operations == ()


def test_a_template_without_an_api_has_functions_to_invoke(tmp_path: Path) -> None:
    found = read_template_text(
        tmp_path, one_event("{Type: Schedule, Properties: {Schedule: rate(1 day)}}"), files={"samconfig.toml": ""}
    )
    assert not found.errors
    assert found.project.api.operations == ()
    assert set(found.project.api.functions) == {"List"}
    assert found.project.every_api == (found.project,)


def test_the_templates_of_nested_stacks_are_followed(tmp_path: Path) -> None:
    nested = "  Roles: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: nested/roles.yaml}}\n"
    files = {"nested/roles.yaml": "Resources: {Role: {Type: AWS::IAM::Role}}\n"}
    found = read_template_text(tmp_path, f"{TWO_APIS}{nested}", files=files)
    assert "nested/roles.yaml" in found.project.source_places.files


def test_load_project_reads_a_template(tmp_path: Path) -> None:
    read_template_text(tmp_path, TWO_APIS)
    project = load_project(tmp_path)
    assert [each.api.name for each in project.every_api] == ["Shop", "Admin"]
    assert project.requirements is None
    assert project.seed_file is None


def test_a_route_points_to_its_event(tmp_path: Path) -> None:
    found = read_template_text(tmp_path, TWO_APIS)
    for operation in found.api("Admin").api.operations:
        source = operation.source
        line = (tmp_path / source.file).read_text().splitlines()[source.line - 1]
        assert "Type: Api" in line


def test_the_method_any_leaves_the_others_alone(tmp_path: Path) -> None:
    more = f"""
  Any:
    Type: AWS::Serverless::Function
    Properties: {FUNCTION}, Events: {{Call: {{Type: Api, Properties: {{Path: /notes, Method: any}}}}}}}}
"""
    found = read_template_text(tmp_path, one_event("{Type: Api, Properties: {Path: /notes, Method: get}}", more=more))
    assert found.operation("GET /notes").integration == LambdaProxy("List")
    assert found.operation("ANY /notes").integration == LambdaProxy("Any")


def test_a_path_may_end_in_a_slash(tmp_path: Path) -> None:
    found = read_template_text(tmp_path, one_event("{Type: Api, Properties: {Path: /notes/, Method: get}}"))
    assert not found.errors
    assert found.operation("GET /notes/").function == "List"


def test_a_path_is_worked_out_with_parameters(tmp_path: Path) -> None:
    head = "Parameters: {Version: {Type: String, Default: v1}}"
    event = '{Type: Api, Properties: {Path: !Sub "/${Version}/notes", Method: get}}'
    found = read_template_text(tmp_path, one_event(event, head))
    assert not found.errors
    assert found.operation("GET /v1/notes").function == "List"
    assert any("SAM refuses a function in Path" in warning for warning in found.warnings)


def test_an_origin_is_a_parameter(tmp_path: Path) -> None:
    head = "Parameters: {Site: {Type: String, Default: https://www.example.com}}"
    more = "Api: {Type: AWS::Serverless::HttpApi, Properties: {CorsConfiguration: {AllowOrigins: [!Ref Site]}}}"
    event = "{Type: HttpApi, Properties: {Path: /notes, Method: get, ApiId: !Ref Api}}"
    inputs = ProjectInputs(parameters=(("Site", "https://beta.example.com"),))
    for given, origin in ((None, "https://www.example.com"), (inputs, "https://beta.example.com")):
        cors = read_template_text(tmp_path, one_event(event, head, more), given).project.api.cors
        assert cors is not None
        assert cors.allow_origins == (origin,)


def test_a_route_of_an_api_by_parameter_is_an_error_that_names_the_event(tmp_path: Path) -> None:
    head = "Parameters: {SharedApi: {Type: String}}"
    event = "{Type: Api, Properties: {Path: /notes, Method: get, RestApiId: !Ref SharedApi}}"
    errors = [each for each in problems_of(tmp_path, one_event(event, head)) if each.severity == "error"]
    (error,) = errors
    assert "Call of List" in error.message
    assert error.file == "template.yaml"
    assert "Call:" in (tmp_path / "template.yaml").read_text().splitlines()[error.line - 1]


def test_a_route_of_an_api_of_another_stack_is_named(tmp_path: Path) -> None:
    found = read_template_text(
        tmp_path,
        """
Parameters: {SharedApi: {Type: String, Default: a1b2c3d4e5}}
Resources:
  List:
    Type: AWS::Lambda::Function
    Properties: {Code: src/, Handler: app.handler, Runtime: python3.13, Role: "arn:aws:iam::111122223333:role/x"}
  Permission:
    Type: AWS::Lambda::Permission
    Properties:
      Action: lambda:InvokeFunction
      FunctionName: !Ref List
      Principal: apigateway.amazonaws.com
      SourceArn: !Sub arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${SharedApi}/*/GET/notes
""",
    )
    assert not found.errors
    (warning,) = [problem for problem in found.problems if "GET /notes" in problem.message]
    assert "List" in warning.message
    assert "a1b2c3d4e5" in warning.message
    assert warning.line == 13


@pytest.mark.parametrize(
    ("kind", "authorizer"),
    [
        ("Api", "{UserPoolArn: !GetAtt Pool.Arn}"),
        (
            "HttpApi",
            "{IdentitySource: $request.header.Authorization, JwtConfiguration: {audience: [!Ref Client],"
            ' issuer: !Sub "https://cognito-idp.${AWS::Region}.amazonaws.com/${Pool}"}}',
        ),
    ],
)
def test_local_tokens_are_those_of_the_local_issuer_and_of_the_pool(tmp_path: Path, kind: str, authorizer: str) -> None:
    stage = "StageName: live, " if kind == "Api" else ""
    more = f"""
  Pool: {{Type: AWS::Cognito::UserPool}}
  Client: {{Type: AWS::Cognito::UserPoolClient, Properties: {{UserPoolId: !Ref Pool}}}}
  Api:
    Type: AWS::Serverless::{kind}
    Properties:
      {{{stage}Auth: {{DefaultAuthorizer: Staff, Authorizers: {{Staff: {authorizer}}}}}}}
"""
    reference = "RestApiId" if kind == "Api" else "ApiId"
    event = f"{{Type: {kind}, Properties: {{Path: /notes, Method: get, {reference}: !Ref Api}}}}"
    found = read_template_text(tmp_path, one_event(event, more=more))
    assert not found.errors
    assert found.operation("GET /notes").authorizer == "Staff"
    trust = trust_of(found.project.api.authorizers["Staff"], found.project.stage)
    others = found.project.resources.others
    assert trust.issuers == (ISSUER, others["Pool"].attributes["ProviderURL"])
    assert kind == "Api" or others["Client"].physical_id in trust.audience


def test_a_condition_of_a_table_comes_with_its_parameter(tmp_path: Path) -> None:
    head = """
Parameters: {Stage: {Type: String, Default: dev}}
Conditions: {Big: !Equals [!Ref Stage, prod]}
"""
    more = """
  Notes:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: !If [Big, PROVISIONED, PAY_PER_REQUEST]
      ProvisionedThroughput: !If [Big, {ReadCapacityUnits: 1, WriteCapacityUnits: 1}, !Ref "AWS::NoValue"]
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
"""
    event = "{Type: Api, Properties: {Path: /notes, Method: get}}"
    found = read_template_text(tmp_path, one_event(event, head, more), files={"src/app.py": HANDLER})
    assert not found.errors
    properties = found.project.resources.tables["Notes"].properties
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert "ProvisionedThroughput" not in properties


@pytest.mark.parametrize(
    ("event", "count"), [("{Type: HttpApi}", 1), ("{Type: HttpApi, Properties: {Path: /a, Method: get}}", 0)]
)
def test_a_function_of_the_default_route_alone_gets_no_path_parameters(tmp_path: Path, event: str, count: int) -> None:
    code = "def handler(event, context):\n    return (event.get('pathParameters') or {}).get('id')\n"
    found = read_template_text(tmp_path, one_event(event), files={"src/app.py": code})
    assert not found.errors
    assert len([warning for warning in found.warnings if "event.pathParameters" in warning]) == count


def test_a_router_of_the_default_route_is_told_nothing(tmp_path: Path) -> None:
    found = read_template_text(tmp_path, one_event("{Type: HttpApi}"))
    assert found.warnings == []
    assert found.operation("$default").function == "List"


def test_a_template_that_aws_takes_is_no_error_for_what_changes_nothing(tmp_path: Path) -> None:
    api = """
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      ApiKeySourceType: AUTHORIZER
      Auth: {ApiKeyRequired: true}
      GatewayResponses:
        DEFAULT_4XX: {ResponseParameters: {Paths: {a: "'b'"}, QueryStrings: {c: "'d'"}, Headers: {e: "'f'"}}}
"""
    event = "{Type: Api, Properties: {Path: /notes, Method: get, RestApiId: !Ref Api}}"
    found = read_template_text(tmp_path, one_event(event, more=api))
    problems = [*found.problems, *check_project(found.project)]
    assert [problem for problem in problems if problem.severity == "error"] == []
    text = "\n".join(problem.message for problem in problems)
    assert "'gatewayresponse.path.a' changes no reply" in text
    assert "no Lambda authorizer could give the API key" in text
    assert found.project.api.gateway_responses["DEFAULT_4XX"].headers == {"e": "'f'"}
