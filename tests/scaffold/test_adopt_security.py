"""homeport adopt: an adopted API is never more open than the original."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homeport.errors import HomeportError, ProjectError
from homeport.project.source.document import Document
from homeport.project.source.yaml_text import long_form, read_yaml
from homeport.scaffold.adopt import adopt
from homeport.scaffold.adopted.adoption import Adoption, check_structure
from homeport.scaffold.adopted.document import STRUCTURE, adopt_document, flavor_of
from homeport.scaffold.adopted.sam import adopt_template, is_template, take_resources
from tests.support.scaffold import REQUIREMENT, contents

POOL = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_example"
FUNCTION = "Type: AWS::Serverless::Function, Properties: {Runtime: python3.12, Handler: a.b, CodeUri: src"
JWT = "{IdentitySource: $request.header.Authorization, JwtConfiguration: {issuer: https://issuer.example.com}}"


def read(text: str) -> Document:
    parsed = read_yaml(text, long_form)
    assert not parsed.errors
    return Document("template.yaml", parsed.value, parsed.source_map)


def adopt_sam(text: str) -> Adoption:
    document = read(text)
    adoption = adopt_template(document, Path(), "notes")
    adopt_document(adoption)
    take_resources(adoption, document)
    return adoption


def adopt_openapi(text: str) -> Adoption:
    document = read(text)
    adoption = Adoption(copy.deepcopy(document.value), document, flavor=flavor_of(document.value))
    adopt_document(adoption)
    return adoption


def route_of(api: str, auth: str = "", kind: str = "Api", path: str = "/notes") -> str:
    """A function with one route of an API; ``api`` is empty for the implicit one."""
    key = {"Api": "RestApiId", "HttpApi": "ApiId"}[kind]
    named = f", {key}: !Ref {api}" if api else ""
    event = f"{{Type: {kind}, Properties: {{Path: {path}, Method: get{named}{auth and f', Auth: {auth}'}}}}}"
    return f"  ListNotes: {{{FUNCTION}, Events: {{Call: {event}}}}}}}\n"


def api_of(properties: str, event_auth: str = "", kind: str = "Api") -> str:
    """A template with an API and one route of it; the properties of the API start in line 5."""
    head = f"Resources:\n  Front:\n    Type: AWS::Serverless::{kind}\n    Properties:\n"
    return f"{head}      {properties}\n{route_of('Front', event_auth, kind)}"


def asked_of(adoption: Adoption, path: str = "/notes", method: str = "get") -> Any:
    """The ``security`` of a route, of its own or of the document."""
    return adoption.spec["paths"][path][method].get("security", adoption.spec.get("security"))


def authorizer_of(adoption: Adoption, name: str) -> Any:
    return adoption.spec["components"]["securitySchemes"][name]["x-amazon-apigateway-authorizer"]


@pytest.mark.parametrize(("section", "kind"), [("Api", "Api"), ("HttpApi", "HttpApi")])
def test_auth_in_globals_protects_the_implicit_api(section: str, kind: str) -> None:
    authorizer = f"{{UserPoolArn: '{POOL}'}}" if kind == "Api" else JWT
    auth = f"{{DefaultAuthorizer: Staff, Authorizers: {{Staff: {authorizer}}}}}"
    adoption = adopt_sam(f"Globals: {{{section}: {{Auth: {auth}}}}}\nResources:\n{route_of('', kind=kind)}")
    assert not adoption.rejected
    assert asked_of(adoption) == [{"Staff": []}]
    assert authorizer_of(adoption, "Staff")["type"] == {"Api": "cognito_user_pools", "HttpApi": "jwt"}[kind]


def test_auth_in_globals_is_merged_with_that_of_the_api() -> None:
    text = (
        f"Globals: {{Api: {{Auth: {{DefaultAuthorizer: Staff, Authorizers: {{Door: {{UserPoolArn: '{POOL}'}}}}}}}}}}\n"
    )
    adoption = adopt_sam(text + api_of(f"Auth: {{Authorizers: {{Staff: {{UserPoolArn: '{POOL}'}}}}}}"))
    assert asked_of(adoption) == [{"Staff": []}]
    assert adoption.spec["components"]["securitySchemes"].keys() == {"Staff", "Door"}


def test_the_api_s_own_default_authorizer_replaces_that_of_globals() -> None:
    authorizers = f"{{Staff: {{UserPoolArn: '{POOL}'}}, Guests: {{UserPoolArn: '{POOL}'}}}}"
    text = f"Globals: {{Api: {{Auth: {{DefaultAuthorizer: Guests, Authorizers: {authorizers}}}}}}}\n"
    assert asked_of(adopt_sam(text + api_of("Auth: {DefaultAuthorizer: Staff}"))) == [{"Staff": []}]


def test_globals_of_functions_reach_each_function() -> None:
    text = "Globals: {Function: {MemorySize: 512, Timeout: 3}}\nResources:\n" + route_of("")
    assert adopt_sam(text).spec["paths"]["/notes"]["get"]["x-homeport"] == {"memory": 512, "timeout": 3}


SCOPES = "Auth: {DefaultAuthorizer: Staff, Authorizers: {Staff: {AuthorizationScopes: [a/read], " + JWT[1:] + "}}"


@pytest.mark.parametrize(
    ("event", "scopes"),
    [("", ["a/read"]), ("{AuthorizationScopes: [a/write]}", ["a/write"]), ("{Authorizer: Staff}", ["a/read"])],
)
def test_scopes_of_an_authorizer_hold_where_an_event_has_none(event: str, scopes: list[str]) -> None:
    assert asked_of(adopt_sam(api_of(SCOPES, event, "HttpApi"))) == [{"Staff": scopes}]


def test_a_request_authorizer_keeps_its_identity_sources_and_a_ttl_of_zero() -> None:
    identity = "{Headers: [X-Door, X-Key], QueryStrings: [door], StageVariables: [v], Context: [accountId]"
    door = f"{{FunctionPayloadType: REQUEST, FunctionArn: a, Identity: {identity}, ReauthorizeEvery: 0}}}}"
    adoption = adopt_sam(api_of(f"Auth: {{DefaultAuthorizer: Door, Authorizers: {{Door: {door}}}}}"))
    assert authorizer_of(adoption, "Door") == {
        "type": "request",
        "x-homeport": {"handler": "door"},
        "authorizerResultTtlInSeconds": 0,
        "identitySource": "method.request.header.X-Door, method.request.header.X-Key, "
        "method.request.querystring.door, stageVariables.v, context.accountId",
    }


def test_a_lambda_authorizer_of_an_http_api_keeps_its_identity_sources() -> None:
    door = "{FunctionArn: a, AuthorizerPayloadFormatVersion: '1.0', Identity: {Headers: [X-Door], Context: [path]}}"
    adoption = adopt_sam(api_of(f"Auth: {{DefaultAuthorizer: Door, Authorizers: {{Door: {door}}}}}", kind="HttpApi"))
    found = authorizer_of(adoption, "Door")
    assert found["identitySource"] == "$request.header.X-Door, $context.path"
    assert (found["authorizerPayloadFormatVersion"], found["enableSimpleResponses"]) == ("1.0", False)


@pytest.mark.parametrize("kind", ["FunctionArn: a", f"UserPoolArn: '{POOL}'"])
def test_a_token_authorizer_keeps_its_header_and_validation_expression(kind: str) -> None:
    identity = "{Header: X-Token, ValidationExpression: '^Bearer '}"
    adoption = adopt_sam(
        api_of(f"Auth: {{DefaultAuthorizer: T, Authorizers: {{T: {{{kind}, Identity: {identity}}}}}}}")
    )
    assert adoption.spec["components"]["securitySchemes"]["T"]["name"] == "X-Token"
    assert authorizer_of(adoption, "T")["identityValidationExpression"] == "^Bearer "


KEYED = f"Auth: {{ApiKeyRequired: true, DefaultAuthorizer: S, Authorizers: {{S: {{UserPoolArn: '{POOL}'}}}}}}"


@pytest.mark.parametrize(
    ("event", "asked"),
    [
        ("", [{"S": [], "apiKey": []}]),
        ("{Authorizer: S}", [{"S": [], "apiKey": []}]),
        ("{Authorizer: NONE}", [{"apiKey": []}]),
        ("{ApiKeyRequired: false}", [{"S": []}]),
        ("{Authorizer: NONE, ApiKeyRequired: false}", []),
    ],
)
def test_the_api_s_key_is_asked_for_unless_an_event_says_otherwise(event: str, asked: Any) -> None:
    assert asked_of(adopt_sam(api_of(KEYED, event))) == asked


def test_an_api_key_of_an_event_alone_has_its_scheme() -> None:
    adoption = adopt_sam("Resources:\n" + route_of("", "{ApiKeyRequired: true}"))
    assert asked_of(adoption) == [{"apiKey": []}]
    assert adoption.spec["components"]["securitySchemes"]["apiKey"]["name"] == "x-api-key"


@pytest.mark.parametrize(("kind", "event"), [("Api", "{Authorizer: AWS_IAM}"), ("HttpApi", "{Authorizer: AWS_IAM}")])
def test_iam_authorization_of_an_event_lets_nobody_in(kind: str, event: str) -> None:
    adoption = adopt_sam("Resources:\n" + route_of("", event, kind))
    assert asked_of(adoption) == [{"AWS_IAM": []}]
    assert "aws_iam_authorizer" in adoption.authorizers


def test_auth_of_an_event_reaches_an_operation_of_the_definition() -> None:
    definition = "DefinitionBody: {openapi: 3.0.1, paths: {/notes: {get: {responses: {}}}}}"
    auth = f"Auth: {{Authorizers: {{Staff: {{UserPoolArn: '{POOL}'}}}}}}"
    assert asked_of(adopt_sam(api_of(f"{definition}\n      {auth}", "{Authorizer: Staff}"))) == [{"Staff": []}]


def test_a_specific_method_stands_beside_any() -> None:
    event = "{Type: Api, Properties: {Path: /notes, Method: any}}"
    text = f"Resources:\n  Every: {{{FUNCTION}, Events: {{Call: {event}}}}}}}\n{route_of('')}"
    item = adopt_sam(text).spec["paths"]["/notes"]
    assert {method: found["operationId"] for method, found in item.items()} == {
        "x-amazon-apigateway-any-method": "every",
        "get": "listNotes",
    }


AUTHORIZERS = "Auth: {DefaultAuthorizer: Staff, Authorizers: {Staff: "
REJECTED_OF_APIS = {
    "Auth: {ResourcePolicy: {IpRangeWhitelist: [10.0.0.0/8]}}": "ResourcePolicy of Auth has no counterpart",
    "Auth: {Novelty: true}": "Novelty of Auth has no counterpart",
    "Auth: !If [Prod, {DefaultAuthorizer: Staff}, {}]": "Fn::If of Auth has no counterpart",
    "Auth: {DefaultAuthorizer: !If [Prod, Staff, NONE]}": "DefaultAuthorizer of Auth is worked out by CloudFormation",
    "Auth: {DefaultAuthorizer: !Ref Name}": "DefaultAuthorizer of Auth is worked out by CloudFormation",
    "Auth: {ApiKeyRequired: !Ref Keyed}": "ApiKeyRequired of Auth is worked out by CloudFormation",
    "Auth: some": "Auth is no map",
    AUTHORIZERS + f"{{UserPoolArn: '{POOL}', Novelty: 1}}}}}}": "Novelty of Staff has no counterpart",
    AUTHORIZERS + f"{{UserPoolArn: '{POOL}', Identity: {{Novelty: 1}}}}}}}}": "Novelty of Identity has no counterpart",
    AUTHORIZERS + f"{{UserPoolArn: '{POOL}', AuthorizationScopes: [!Ref S]}}}}}}": "is worked out by CloudFormation",
    AUTHORIZERS + "{FunctionArn: a, Identity: {ReauthorizeEvery: !Ref S}}}}": "is worked out by CloudFormation",
    AUTHORIZERS + "{FunctionArn: a, AuthorizationScopes: [a]}}}": "AuthorizationScopes of Staff has no counterpart",
    AUTHORIZERS + "{Fn::If: [Prod, {}, {}]}}}": "Fn::If of Staff has no counterpart",
    "EndpointConfiguration: {Type: PRIVATE}": "EndpointConfiguration of Front has no counterpart",
    "EndpointConfiguration: !Ref Kind": "EndpointConfiguration of Front has no counterpart",
    "DisableExecuteApiEndpoint: true": "DisableExecuteApiEndpoint of Front has no counterpart",
    "Domain: {DomainName: a.example.com, MutualTlsAuthentication: {TruststoreUri: s3://a/b}}": "Domain of Front has no",
    "Policy: {Statement: []}": "Policy of Front has no counterpart",
    "{Auth: {ApiKeyRequired: true}, DefinitionBody: {paths: {/a: {get: {security: []}}}}}": "security of its own",
}


@pytest.mark.parametrize(("properties", "said"), REJECTED_OF_APIS.items(), ids=range(len(REJECTED_OF_APIS)))
def test_protection_of_an_api_without_a_counterpart_is_rejected_by_its_line(properties: str, said: str) -> None:
    problem = adopt_sam(api_of(properties)).rejected[0]
    assert said in problem.message
    assert (problem.file, problem.line) == ("template.yaml", 5)


@pytest.mark.parametrize("auth", ["{ResourcePolicy: {}}", "{Authorizer: !Ref Name}", "{Novelty: 1}", "!Ref Some"])
def test_protection_of_an_event_without_a_counterpart_is_rejected_by_its_line(auth: str) -> None:
    problem = adopt_sam(api_of("StageName: live", auth)).rejected[0]
    assert "without it the API would be more open" in problem.message
    assert problem.line == 6


def test_protection_in_globals_without_a_counterpart_is_rejected_by_its_line() -> None:
    text = "Globals:\n  Api:\n    Auth:\n      ResourcePolicy: {IpRangeWhitelist: [10.0.0.0/8]}\nResources:\n"
    assert [problem.line for problem in adopt_sam(text + route_of("")).rejected] == [4]


def test_an_authorizer_of_both_the_definition_and_the_template_is_rejected() -> None:
    schemes = "components: {securitySchemes: {Staff: {type: http, scheme: basic}}}"
    auth = f"Auth: {{Authorizers: {{Staff: {{UserPoolArn: '{POOL}'}}}}}}"
    adoption = adopt_sam(api_of(f"{auth}\n      DefinitionBody: {{openapi: 3.0.1, {schemes}}}"))
    assert ["is in the definition as well" in problem.message for problem in adoption.rejected] == [True]


DEFINITION = (
    "{StageName: x, DefinitionBody: {openapi: 3.0.1, %s components: {securitySchemes: {Staff: {type: http, "
    "scheme: bearer}}}, paths: {/notes: {get: {%s responses: {'200': {description: x}}}}}}}"
)
DEFINED = [DEFINITION % ("", "security: [{Staff: []}],"), DEFINITION % ("security: [{Staff: []}],", "")]


@pytest.mark.parametrize("properties", DEFINED)
def test_auth_of_an_event_does_not_open_what_the_definition_protects(properties: str) -> None:
    adoption = adopt_sam(api_of(properties, "{InvokeRole: CALLER_CREDENTIALS}"))
    assert not adoption.rejected
    assert asked_of(adoption) == [{"Staff": []}]


@pytest.mark.parametrize("properties", DEFINED)
@pytest.mark.parametrize("auth", ["{ApiKeyRequired: true}", "{Authorizer: NONE}", "{AuthorizationScopes: [a]}"])
def test_auth_of_an_event_beside_security_of_the_definition_is_rejected(properties: str, auth: str) -> None:
    rejected = adopt_sam(api_of(properties, auth)).rejected
    assert ["the definition has security of its own" in str(problem) for problem in rejected] == [True]


@pytest.mark.parametrize("arn", ["!Sub 'arn:aws:apigateway:::/restapis/${Front}/stages/x'", "!Ref Front"])
def test_a_firewall_of_the_api_is_rejected_by_its_line(arn: str) -> None:
    wall = f"  Wall: {{Type: AWS::WAFv2::WebACLAssociation, Properties: {{ResourceArn: {arn}, WebACLArn: x}}}}\n"
    text = f"{api_of('StageName: x')}{wall}"
    (rejected,) = adopt_sam(text).rejected
    assert (rejected.line, "Wall (AWS::WAFv2::WebACLAssociation)" in str(rejected)) == (len(text.splitlines()), True)
    other = text.replace(arn, "arn:of:another")
    assert not adopt_sam(other).rejected


def test_two_events_of_one_route_are_an_error_of_the_second() -> None:
    text = "Resources:\n" + route_of("", "{ApiKeyRequired: true}") + route_of("").replace("ListNotes", "ListAgain")
    with pytest.raises(ProjectError, match=r"template\.yaml:3: error: GET /notes is there twice"):
        adopt_sam(text)


OPENAPI = "openapi: 3.0.1\ninfo: {title: notes, version: '1'}\n"
NOTES = "paths: {/notes: {get: {responses: {'200': {description: ok}}}}}\n"
REJECTED_OF_DOCUMENTS = {
    "x-amazon-apigateway-policy: {Statement: [{Effect: Deny, Principal: '*', Action: '*', Resource: '*'}]}": "policies",
    "x-amazon-apigateway-policy: {Statement: [{Effect: Allow, Principal: {AWS: '1'}, Action: '*'}]}": "policies",
    "x-amazon-apigateway-policy: {Fn::Sub: text}": "policies",
    "x-amazon-apigateway-endpoint-configuration: {disableExecuteApiEndpoint: true}": "switched-off endpoints",
    "x-amazon-apigateway-endpoint-configuration: {vpcEndpointIds: [vpce-1], types: [PRIVATE]}": "private",
    "servers: [{url: /, x-amazon-apigateway-endpoint-configuration: {types: [PRIVATE]}}]": "private",
}


@pytest.mark.parametrize(("line", "said"), REJECTED_OF_DOCUMENTS.items(), ids=range(len(REJECTED_OF_DOCUMENTS)))
def test_an_extension_that_closes_a_document_s_api_is_rejected_by_its_line(line: str, said: str) -> None:
    problems = adopt_openapi(f"{OPENAPI}{NOTES}{line}\n").rejected
    assert [(problem.line, said in problem.message) for problem in problems] == [(4, True)]


@pytest.mark.parametrize(
    "line",
    [
        "x-amazon-apigateway-policy: {Statement: [{Effect: Allow, Principal: '*', Action: '*', Resource: '*'}]}",
        "x-amazon-apigateway-endpoint-configuration: {types: [REGIONAL], disableExecuteApiEndpoint: false}",
    ],
)
def test_an_extension_that_closes_nothing_is_noted(line: str) -> None:
    adoption = adopt_openapi(f"{OPENAPI}{NOTES}{line}\n")
    assert (adoption.rejected, len(adoption.unmapped)) == ([], 1)


SCHEMES = """\
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: x-api-key}
    pool:
      {type: apiKey, in: header, name: A, x-amazon-apigateway-authorizer: {type: cognito_user_pools, providerARNs: [a]}}
    iam: {type: apiKey, in: header, name: A, x-amazon-apigateway-authtype: awsSigv4}
"""


@pytest.mark.parametrize("security", ["[{key: []}, {pool: []}]", "[{pool: []}, {key: []}]"])
def test_an_api_key_and_an_authorizer_in_one_list_are_both_asked_for(security: str) -> None:
    paths = f"paths: {{/notes: {{get: {{security: {security}, responses: {{'200': {{description: ok}}}}}}}}}}\n"
    asked = asked_of(adopt_openapi(OPENAPI + paths + SCHEMES))
    assert sorted(name for entry in asked for name in entry) == ["key", "pool"]


def test_iam_authorization_beside_an_api_key_lets_nobody_in() -> None:
    operation = "{security: [{key: []}], x-amazon-apigateway-auth: {type: AWS_IAM}, responses: {}}"
    adoption = adopt_openapi(f"{OPENAPI}paths: {{/notes: {{get: {operation}}}}}\n{SCHEMES}")
    assert asked_of(adoption) == [{"key": []}, {"formerlyIam": []}]
    assert "formerly_iam_authorizer" in adoption.authorizers


def preflight(origin: str) -> str:
    header = f"{{method.response.header.Access-Control-Allow-Origin: \"'{origin}'\"}}"
    integration = f"{{type: mock, responses: {{default: {{responseParameters: {header}}}}}}}"
    return f"{{options: {{responses: {{}}, x-amazon-apigateway-integration: {integration}}}, get: {{responses: {{}}}}}}"


def test_routes_that_allow_other_origins_are_rejected() -> None:
    paths = f"paths:\n  /a: {preflight('https://a.example.com')}\n  /b: {preflight('*')}\n"
    problems = adopt_openapi(OPENAPI + paths).rejected
    assert [(problem.line, "other origins" in problem.message) for problem in problems] == [(5, True)]


def test_an_integration_without_a_payload_format_makes_a_rest_api() -> None:
    integration = "x-amazon-apigateway-integration: {type: aws_proxy, uri: 'arn:aws:x:function:list/invocations'}"
    adoption = adopt_openapi(f"{OPENAPI}paths: {{/notes: {{get: {{responses: {{}}, {integration}}}}}}}\n")
    assert adoption.flavor == "rest"


def test_nothing_is_written_for_an_api_that_would_be_more_open(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(api_of("DisableExecuteApiEndpoint: true"))
    before = contents(tmp_path)
    with pytest.raises(ProjectError, match=r"template\.yaml:5: error: DisableExecuteApiEndpoint of Front"):
        adopt(tmp_path / "template.yaml", tmp_path / "into", REQUIREMENT)
    assert contents(tmp_path) == before


def test_a_private_api_in_json_is_rejected_by_its_line(tmp_path: Path) -> None:
    template = {
        "Resources": {"A": {"Type": "AWS::Serverless::Api", "Properties": {"EndpointConfiguration": "PRIVATE"}}}
    }
    (tmp_path / "template.json").write_text(json.dumps(template, indent=1))
    with pytest.raises(ProjectError, match=r"template\.json:6: error: EndpointConfiguration of A"):
        adopt(tmp_path / "template.json", tmp_path / "into", REQUIREMENT)


def damaged(value: Any, root: Any, at: tuple[Any, ...] = ()) -> Iterator[Any]:
    """Copies of ``root`` in which one value is of another type."""
    others: tuple[Any, ...] = (None, "text", [])
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        for other in others:
            made = owner = copy.deepcopy(root)
            for step in at:
                owner = owner[step]
            owner[key] = other
            yield made
        yield from damaged(inner, root, (*at, key))


@pytest.mark.stack  # Hundreds of documents: seconds.
def test_a_damaged_document_is_adopted_or_explained() -> None:
    parsed = read_yaml((Path(__file__).parent / "adopted" / "rest-export.json").read_text(), long_form)
    outcomes = set()
    for value in damaged(parsed.value, parsed.value):
        document = Document("export.json", value, {})
        try:
            check_structure(document, STRUCTURE)
            adopt_document(Adoption(value, document, flavor=flavor_of(value)))
            outcomes.add("adopted")
        except HomeportError:
            outcomes.add("explained")
    assert outcomes == {"adopted", "explained"}


@pytest.mark.stack  # Hundreds of templates: seconds.
@pytest.mark.parametrize("name", ["sam-rest.yaml", "sam-http.yaml"])
def test_a_damaged_template_is_adopted_or_explained(name: str) -> None:
    parsed = read_yaml((Path(__file__).parent / "adopted" / name).read_text(), long_form)
    outcomes = set()
    for value in damaged(parsed.value, parsed.value):
        if is_template(value):
            document = Document(name, value, {})
            try:
                adopt_document(adopt_template(document, Path(), "notes"))
                outcomes.add("adopted")
            except HomeportError:
                outcomes.add("explained")
    assert outcomes == {"adopted", "explained"}
