"""homeport adopt: an adopted API is never more open than the original."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homeport.errors import HomeportError
from homeport.project.source.document import Document
from homeport.project.source.yaml_text import long_form, read_yaml
from homeport.scaffold.adopted.adoption import Adoption, check_structure
from homeport.scaffold.adopted.document import STRUCTURE, adopt_document, flavor_of


def read(text: str) -> Document:
    parsed = read_yaml(text, long_form)
    assert not parsed.errors
    return Document("template.yaml", parsed.value, parsed.source_map)


def adopt_openapi(text: str) -> Adoption:
    document = read(text)
    adoption = Adoption(copy.deepcopy(document.value), document, flavor=flavor_of(document.value))
    adopt_document(adoption)
    return adoption


def asked_of(adoption: Adoption, path: str = "/notes", method: str = "get") -> Any:
    """The ``security`` of a route, of its own or of the document."""
    return adoption.spec["paths"][path][method].get("security", adoption.spec.get("security"))


OPENAPI = "openapi: 3.0.1\ninfo: {title: notes, version: '1'}\n"
NOTES = "paths: {/notes: {get: {responses: {'200': {description: ok}}}}}\n"
REJECTED_OF_DOCUMENTS = {
    "x-amazon-apigateway-endpoint-configuration: {disableExecuteApiEndpoint: true}": "switched-off endpoints",
    "x-amazon-apigateway-endpoint-configuration: {vpcEndpointIds: [vpce-1], types: [PRIVATE]}": "private",
    "servers: [{url: /, x-amazon-apigateway-endpoint-configuration: {types: [PRIVATE]}}]": "private",
}


@pytest.mark.parametrize(("line", "said"), REJECTED_OF_DOCUMENTS.items(), ids=range(len(REJECTED_OF_DOCUMENTS)))
def test_an_extension_that_closes_a_document_s_api_is_rejected_by_its_line(line: str, said: str) -> None:
    problems = adopt_openapi(f"{OPENAPI}{NOTES}{line}\n").rejected
    assert [(problem.line, said in problem.message) for problem in problems] == [(4, True)]


@pytest.mark.parametrize(
    "line", ["x-amazon-apigateway-endpoint-configuration: {types: [REGIONAL], disableExecuteApiEndpoint: false}"]
)
def test_an_extension_that_closes_nothing_is_noted(line: str) -> None:
    adoption = adopt_openapi(f"{OPENAPI}{NOTES}{line}\n")
    assert (adoption.rejected, len(adoption.unmapped)) == ([], 1)


@pytest.mark.parametrize("policy", ["{Statement: [{Effect: Deny, Action: '*'}]}", "{'Fn::Sub': text}"])
def test_resource_policy_of_a_document_stays_as_it_is(policy: str) -> None:
    adoption = adopt_openapi(f"{OPENAPI}{NOTES}x-amazon-apigateway-policy: {policy}\n")
    assert (adoption.rejected, adoption.unmapped) == ([], [])
    assert adoption.spec["x-amazon-apigateway-policy"] == read(f"a: {policy}").value["a"]


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


def test_iam_authorization_stays_beside_an_api_key() -> None:
    operation = "{security: [{key: []}], x-amazon-apigateway-auth: {type: AWS_IAM}, responses: {}}"
    adoption = adopt_openapi(f"{OPENAPI}paths: {{/notes: {{get: {operation}}}}}\n{SCHEMES}")
    assert asked_of(adoption) == [{"key": []}]
    assert adoption.spec["paths"]["/notes"]["get"]["x-amazon-apigateway-auth"] == {"type": "AWS_IAM"}
    assert adoption.authorizers == {}


def test_iam_authorization_of_a_route_without_requirements_takes_none_from_the_top() -> None:
    operation = "{x-amazon-apigateway-auth: {type: AWS_IAM, extra: 1}, responses: {}}"
    adoption = adopt_openapi(f"{OPENAPI}security: [{{pool: []}}]\npaths: {{/notes: {{get: {operation}}}}}\n{SCHEMES}")
    assert asked_of(adoption) == []
    assert adoption.spec["paths"]["/notes"]["get"]["x-amazon-apigateway-auth"] == {"type": "AWS_IAM"}


def test_authorization_of_another_type_lets_nobody_in() -> None:
    operation = "{security: [{key: []}], x-amazon-apigateway-auth: {type: CUSTOM}, responses: {}}"
    adoption = adopt_openapi(f"{OPENAPI}paths: {{/notes: {{get: {operation}}}}}\n{SCHEMES}")
    assert asked_of(adoption) == [{"key": []}, {"formerlyProtected": []}]
    assert "formerly_protected_authorizer" in adoption.authorizers


def test_a_signature_and_an_authorizer_are_no_alternatives() -> None:
    security = "[{pool: []}, {iam: []}]"
    paths = f"paths: {{/notes: {{get: {{security: {security}, responses: {{'200': {{description: ok}}}}}}}}}}\n"
    adoption = adopt_openapi(OPENAPI + paths + SCHEMES)
    assert asked_of(adoption) == [{"pool": []}]
    assert any("the alternative iam: one authorizer a route" in line for line in adoption.unmapped)


ARN = "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5"


@pytest.mark.parametrize(
    ("statement", "resource"),
    [
        (f"{{Effect: Allow, Resource: '{ARN}/*/GET/notes'}}", "execute-api:/*/GET/notes"),
        (f"{{Effect: Allow, Resource: ['{ARN}/prod/*', 'execute-api:/x']}}", ["execute-api:/prod/*", "execute-api:/x"]),
        ("{Effect: Deny, Resource: 'arn:aws:execute-api:*:*:*/*'}", "execute-api:/*"),
        ("{Effect: Deny, Resource: '*'}", "*"),
    ],
)
def test_resources_of_a_policy_lose_the_api_of_the_export(statement: str, resource: Any) -> None:
    adoption = adopt_openapi(f"{OPENAPI}{NOTES}x-amazon-apigateway-policy: {{Statement: [{statement}]}}\n")
    assert adoption.rejected == []
    assert adoption.spec["x-amazon-apigateway-policy"]["Statement"][0]["Resource"] == resource


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (f"[{{Effect: Deny, Resource: '{ARN}/prod/*'}}]", "has a denial for the stage prod alone"),
        (f"{{Effect: Allow, NotResource: '{ARN}/prod/GET/admin'}}", "has a denial for the stage prod alone"),
        (f"[{{Resource: '{ARN}/*'}}, {{Resource: '{ARN[:-1]}6/*'}}]", "names several APIs"),
    ],
)
def test_a_policy_that_would_close_less_is_rejected(statements: str, reason: str) -> None:
    adoption = adopt_openapi(f"{OPENAPI}{NOTES}x-amazon-apigateway-policy: {{Statement: {statements}}}\n")
    (problem,) = adoption.rejected
    assert reason in problem.message


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
