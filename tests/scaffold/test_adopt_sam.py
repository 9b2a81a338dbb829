"""homeport adopt: what becomes of the parts of a SAM template beside its authorization."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.errors import ProjectError
from homeport.scaffold.adopt import adopt
from tests.scaffold.test_adopt_security import FUNCTION, POOL, adopt_openapi, adopt_sam, api_of, authorizer_of, route_of
from tests.support.scaffold import REQUIREMENT, contents

TABLE = "AttributeDefinitions: [{AttributeName: id, AttributeType: S}], KeySchema: [{AttributeName: id, KeyType: HASH}]"


def test_a_route_of_an_api_outside_the_template_is_named() -> None:
    text = "Parameters: {Shared: {Type: String}}\nResources:\n" + route_of("Shared")
    with pytest.raises(ProjectError, match=r"template\.yaml:3: error: GET /notes is of an API outside this template"):
        adopt_sam(text)


def test_routes_of_other_apis_are_noted() -> None:
    event = "{Type: HttpApi, Properties: {Path: /other, Method: post}}"
    text = api_of("StageName: live") + f"  Other: {{{FUNCTION}, Events: {{Call: {event}}}}}}}\n"
    adoption = adopt_sam(text)
    assert [*adoption.spec["paths"]] == ["/notes"]
    assert "template.yaml:7: POST /other of the API ServerlessHttpApi: Front is adopted" in adoption.unmapped


def test_a_parameter_s_default_fills_a_path() -> None:
    text = "Parameters: {Version: {Type: String, Default: v1}}\nResources:\n" + route_of(
        "", path="!Sub '/${Version}/notes'"
    )
    assert [*adopt_sam(text).spec["paths"]] == ["/v1/notes"]


def test_a_path_that_only_the_stack_knows_is_an_error_of_its_line() -> None:
    with pytest.raises(ProjectError, match=r"template\.yaml:2: error: the route is known to the stack only"):
        adopt_sam("Resources:\n" + route_of("", path="!Sub '/${AWS::StackName}/notes'"))


@pytest.mark.parametrize("origins", ["[!Ref Site]", "!Split [',', !Ref Site]", "!Ref Sites"])
def test_a_parameter_s_default_fills_an_origin(origins: str) -> None:
    default = "Default: 'https://a.example.com'"
    head = f"Parameters: {{Site: {{Type: String, {default}}}, Sites: {{Type: CommaDelimitedList, {default}}}}}\n"
    adoption = adopt_sam(head + api_of(f"CorsConfiguration: {{AllowOrigins: {origins}}}", kind="HttpApi"))
    assert adoption.spec["x-amazon-apigateway-cors"]["allowOrigins"] == ["https://a.example.com"]


def test_origins_that_a_condition_chooses_are_rejected_by_their_line() -> None:
    cors = "CorsConfiguration: {AllowOrigins: [!If [Open, '*', 'https://a.example.com']]}"
    adoption = adopt_sam("Conditions: {Open: !Equals [a, a]}\n" + api_of(cors, kind="HttpApi"))
    assert [(problem.line, "depends on a condition" in problem.message) for problem in adoption.rejected] == [(6, True)]


def test_encryption_in_globals_reaches_each_simple_table() -> None:
    text = "Globals: {SimpleTable: {SSESpecification: {SSEEnabled: true}}}\nResources:\n" + route_of("")
    adoption = adopt_sam(text + "  Notes: {Type: AWS::Serverless::SimpleTable}\n")
    assert adoption.resources["Resources"]["Notes"]["Properties"]["SSESpecification"] == {"SSEEnabled": True}


def test_a_user_pool_of_an_authorizer_comes_along() -> None:
    auth = "Auth: {DefaultAuthorizer: Staff, Authorizers: {Staff: {UserPoolArn: !GetAtt Pool.Arn}}}"
    adoption = adopt_sam(api_of(auth) + "  Pool: {Type: AWS::Cognito::UserPool}\n")
    assert authorizer_of(adoption, "Staff")["providerARNs"] == [{"Fn::GetAtt": ["Pool", "Arn"]}]
    assert adoption.resources == {"Resources": {"Pool": {"Type": "AWS::Cognito::UserPool"}}}
    assert not [line for line in adoption.unmapped if "Pool" in line]


def test_resources_of_an_issuer_come_along_with_their_own_references() -> None:
    configuration = "{issuer: !Sub 'https://cognito-idp.${AWS::Region}.amazonaws.com/${Pool}', audience: [!Ref Client]}"
    staff = f"{{IdentitySource: $request.header.Authorization, JwtConfiguration: {configuration}}}"
    text = api_of(f"Auth: {{DefaultAuthorizer: Staff, Authorizers: {{Staff: {staff}}}}}", kind="HttpApi")
    text += "  Pool: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: !Ref Name}}\n"
    text += "  Client: {Type: AWS::Cognito::UserPoolClient, DependsOn: [Wait], Properties: {UserPoolId: !Ref Pool}}\n"
    text += "  Wait: {Type: AWS::CloudFormation::WaitConditionHandle}\n"
    text += "Parameters: {Name: {Type: String, Default: notes}, Unused: {Type: String}}\n"
    adoption = adopt_sam(text)
    assert {section: {*names} for section, names in adoption.resources.items()} == {
        "Parameters": {"Name"},
        "Resources": {"Pool", "Client", "Wait"},
    }


def test_a_table_comes_along_with_conditions_mappings_and_keys() -> None:
    billing = "BillingMode: !If [Big, PROVISIONED, !FindInMap [Modes, Small, Mode]]"
    key = "SSESpecification: {SSEEnabled: true, KMSMasterKeyId: !GetAtt Key.Arn}"
    text = "Resources:\n" + route_of("")
    text += f"  Notes: {{Type: AWS::DynamoDB::Table, Properties: {{{TABLE}, {billing}, {key}}}}}\n"
    text += "  Key: {Type: AWS::KMS::Key}\n  Other: {Type: AWS::KMS::Key}\n"
    text += "Conditions: {Big: !And [!Condition Prod, !Equals [a, a]], Prod: !Equals [!Ref Stage, prod]}\n"
    text += "Parameters: {Stage: {Type: String, Default: dev}}\nMappings: {Modes: {Small: {Mode: PAY_PER_REQUEST}}}\n"
    adoption = adopt_sam(text)
    assert {section: {*names} for section, names in adoption.resources.items()} == {
        "Parameters": {"Stage"},
        "Mappings": {"Modes"},
        "Conditions": {"Big", "Prod"},
        "Resources": {"Notes", "Key"},
    }
    assert "template.yaml:5: Other (AWS::KMS::Key)" in adoption.unmapped


def test_a_table_that_refers_to_a_function_is_rejected() -> None:
    tags = "Tags: [{Key: a, Value: !Ref ListNotes}]"
    text = f"Resources:\n{route_of('')}  Notes: {{Type: AWS::DynamoDB::Table, Properties: {{{TABLE}, {tags}}}}}\n"
    assert ["refers to ListNotes" in problem.message for problem in adopt_sam(text).rejected] == [True]


def test_runtime_and_architecture_of_the_functions_are_those_of_the_stages() -> None:
    text = "Globals: {Function: {Architectures: [x86_64]}}\nResources:\n" + route_of("")
    assert adopt_sam(text).settings == {"runtime": "python3.12", "architecture": "x86_64"}


def test_a_function_of_another_runtime_than_the_first_is_noted() -> None:
    other = route_of("", path="/other").replace("ListNotes", "ListOther").replace("3.12", "3.11")
    adoption = adopt_sam("Resources:\n" + route_of("") + other)
    assert "template.yaml:3: Runtime python3.11 of ListOther: all functions have python3.12 here" in adoption.unmapped


def test_a_function_in_another_language_is_noted_as_such() -> None:
    adoption = adopt_sam("Resources:\n" + route_of("").replace("python3.12", "nodejs22.x"))
    assert (
        "template.yaml:2: Runtime of ListNotes: nodejs22.x is Node.js, which is not supported yet: functions are "
        "Python here; a Python handler answers in its place"
    ) in adoption.unmapped
    assert adoption.settings == {}


def test_each_setting_of_a_function_that_is_not_taken_is_noted() -> None:
    more = "FunctionName: a, Tracing: Active, EphemeralStorage: {Size: 1024}, AutoPublishAlias: live, Handler:"
    text = "Resources:\n" + route_of("").replace("Handler:", f"ReservedConcurrentExecutions: 5, {more}")
    adoption = adopt_sam(text)
    assert adoption.spec["paths"]["/notes"]["get"]["x-homeport"] == {"reservedConcurrency": 5}
    assert [line.partition(": ")[2] for line in adoption.unmapped] == [
        "FunctionName of ListNotes",
        "Tracing of ListNotes",
        "EphemeralStorage of ListNotes",
        "AutoPublishAlias of ListNotes",
        "CodeUri of ListNotes: a new handler answers in its place",
    ]


def test_settings_of_an_api_are_noted_with_the_file_that_has_their_place() -> None:
    responses = "GatewayResponses: {DEFAULT_4XX: {}}, Models: {Note: {}}, Variables: {a: b}, Tags: {team: notes}"
    adoption = adopt_sam(api_of(f"{{Description: All notes, ApiKeySourceType: AUTHORIZER, {responses}}}"))
    assert adoption.spec["info"]["description"] == "All notes"
    assert adoption.spec["x-amazon-apigateway-api-key-source"] == "AUTHORIZER"
    assert [line.partition(": ")[2] for line in adoption.unmapped[:4]] == [
        "GatewayResponses of Front: write x-amazon-apigateway-gateway-responses in openapi.yaml",
        "Models of Front: write components.schemas in openapi.yaml",
        "Variables of Front: see deploy/stages.yaml",
        "Tags of Front",
    ]


def test_a_setting_of_an_event_that_is_not_taken_is_noted() -> None:
    text = "Resources:\n" + route_of("").replace("Method: get", "Method: get, RequestModel: {Model: Note}")
    assert "template.yaml:2: RequestModel of GET /notes" in adopt_sam(text).unmapped


def test_the_models_that_each_rest_api_has_are_added_where_they_are_referred_to() -> None:
    content = "{application/json: {schema: {$ref: '#/components/schemas/Empty'}}}"
    integration = "x-amazon-apigateway-integration: {type: aws_proxy, uri: 'arn:aws:x:function:list/invocations'}"
    responses = f"{{'200': {{description: ok, content: {content}}}}}"
    text = f"openapi: 3.0.1\npaths: {{/notes: {{get: {{responses: {responses}, {integration}}}}}}}\n"
    assert adopt_openapi(text).spec["components"]["schemas"] == {"Empty": {"title": "Empty Schema", "type": "object"}}


BROKEN = {
    "empty segment": ("Resources:\n" + route_of("", path="/notes//a"), 2, "has an empty segment"),
    "origin": (api_of("CorsConfiguration: {AllowOrigins: [!Ref AWS::StackName]}", kind="HttpApi"), 5, "is no origin"),
    "unknown authorizer": (api_of("Auth: {DefaultAuthorizer: Nobody}"), 5, "Nobody"),
    "table": (
        f"Resources:\n{route_of('')}  Notes: {{Type: AWS::DynamoDB::Table, Properties: {{KeySchema: []}}}}\n",
        3,
        "",
    ),
    "parameter": (
        api_of("Auth: {DefaultAuthorizer: S, Authorizers: {S: {UserPoolArn: !Ref Pool}}}")
        + "Parameters:\n  Pool: {Type: String}\n",
        8,
        "has no Default",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_fault_that_check_finds_has_the_owner_s_file_and_line(tmp_path: Path, name: str) -> None:
    text, line, said = BROKEN[name]
    (tmp_path / "template.yaml").write_text(text)
    before = contents(tmp_path)
    with pytest.raises(ProjectError) as raised:
        adopt(tmp_path / "template.yaml", tmp_path / "into", REQUIREMENT)
    assert {(problem.file, problem.line) for problem in raised.value.problems} == {("template.yaml", line)}
    assert said in raised.value.problems[0].message
    assert contents(tmp_path) == before


def test_a_fault_of_a_document_that_check_finds_has_the_owner_s_line(tmp_path: Path) -> None:
    head = "# A comment.\nopenapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n  /a:\n    get: {responses: {}}\n"
    (tmp_path / "api.yaml").write_text(f"{head}  /b//c:\n    get: {{responses: {{}}}}\n")
    with pytest.raises(ProjectError, match=r"^api\.yaml:7: error: the path '/b//c' has an empty segment"):
        adopt(tmp_path / "api.yaml", tmp_path / "into", REQUIREMENT)


def test_a_user_pool_s_arn_stays_as_it_is_written() -> None:
    adoption = adopt_sam(api_of(f"Auth: {{DefaultAuthorizer: S, Authorizers: {{S: {{UserPoolArn: ['{POOL}']}}}}}}"))
    assert authorizer_of(adoption, "S")["providerARNs"] == [POOL]
