"""No template loses what protects it: authorizers, scopes, API keys and CORS are as SAM's translator writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from homeport.project.cloudformation.template.template import read_template
from homeport.project.cloudformation.template.transforms import apply_transforms
from homeport.project.integrations.rest_api import MappedMock
from homeport.project.model import Api, Operation
from homeport.project.project import Project
from homeport.project.source.cursor import Diagnostics
from tests.support.sam_cases import HTTP_CASES, REST_CASES, SamCase
from tests.support.templates import ReadTemplate, read_template_text

CASES = [*REST_CASES, *HTTP_CASES]
NAMES = [*(f"REST: {case.name}" for case in REST_CASES), *(f"HTTP: {case.name}" for case in HTTP_CASES)]

AUTHORIZER = "x-amazon-apigateway-authorizer"


@pytest.fixture(scope="module", params=CASES, ids=NAMES)
def case(request: pytest.FixtureRequest) -> SamCase:
    """Return each case."""
    found: SamCase = request.param
    return found


@pytest.fixture(scope="module")
def read(case: SamCase, tmp_path_factory: pytest.TempPathFactory) -> ReadTemplate:
    """Return the case's template as a project."""
    return read_template_text(tmp_path_factory.mktemp("project"), case.text)


@pytest.fixture(scope="module")
def translated(read: ReadTemplate) -> Mapping[str, Any]:
    """Return the definition that the translator makes of the case's API."""
    document = read_template(read.project.root, "template.yaml", Diagnostics())
    assert document is not None
    plain = apply_transforms(read.project.root, document, {}, "us-east-1", Diagnostics())
    assert plain is not None
    bodies = [
        it["Properties"]["Body"] for it in plain.value["Resources"].values() if "Body" in it.get("Properties", {})
    ]
    (body,) = bodies
    found: Mapping[str, Any] = json.loads(json.dumps(body))
    return found


def protection(operation: Operation, api: Api) -> str:
    """Return in words what the model lets through to an operation."""
    if operation.denied:
        return "denied"
    policy = [] if api.resource_policy is None else ["policy"]
    signed = ["IAM"] if operation.iam else []
    asked = [" ".join([operation.authorizer, *sorted(operation.scopes)])] if operation.authorizer else []
    return " + ".join([*policy, *signed, *asked, *(["key"] if operation.api_key_required else [])]) or "open"


def written_schemes(definition: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the security schemes of a definition in OpenAPI 2.0 or 3.0."""
    return {**definition.get("securityDefinitions", {}), **definition.get("components", {}).get("securitySchemes", {})}


def written_protection(definition: Mapping[str, Any], operation: Mapping[str, Any]) -> str:
    """Return in words what the translator asks for an operation."""
    schemes = written_schemes(definition)
    policy = ["policy"] if definition.get("x-amazon-apigateway-policy", {}).get("Statement") else []
    asked, key = [], []
    for requirement in operation.get("security", definition.get("security", [])):
        for name, scopes in requirement.items():
            scheme = schemes.get(name, {})
            if "awsSigv4" in str(scheme.get("x-amazon-apigateway-authtype")):
                asked.append("IAM")
            elif str(scheme.get("name")).lower() == "x-api-key":
                key = ["key"]
            elif name != "NONE":
                asked.append(" ".join([name, *sorted(scopes)]))
    return " + ".join([*policy, *asked, *key]) or "open"


def operations(definition: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the operations of a definition by their route keys."""
    for path, item in definition["paths"].items():
        for method, operation in item.items():
            name = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
            yield ("$default" if path.endswith("$default") else f"{name} {path}"), operation


def test_each_route_is_protected_as_sam_says(case: SamCase, read: ReadTemplate) -> None:
    api = read.project.api
    found = {operation.route_key: protection(operation, api) for operation in api.operations}
    assert found == case.protection
    assert not read.errors


def test_each_route_is_protected_as_the_translator_writes(read: ReadTemplate, translated: Mapping[str, Any]) -> None:
    api = read.project.api
    found = {operation.route_key: protection(operation, api) for operation in api.operations}
    assert found == {route: written_protection(translated, operation) for route, operation in operations(translated)}


def test_each_authorizer_is_what_the_translator_writes(read: ReadTemplate, translated: Mapping[str, Any]) -> None:
    written = {name: scheme for name, scheme in written_schemes(translated).items() if AUTHORIZER in scheme}
    assert set(read.project.api.authorizers) == set(written)
    for name, scheme in written.items():
        check_authorizer(read.project, name, scheme, scheme[AUTHORIZER])


def check_authorizer(project: Project, name: str, scheme: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    """Compare an authorizer of the model with that of the translator, setting by setting."""
    authorizer = project.api.authorizers[name]
    kinds = {"cognito_user_pools": "cognito"}
    assert authorizer.kind == kinds.get(said["type"].lower(), said["type"].lower())
    sources = [re.sub(r"^(\$|method\.)", "", source) for source in authorizer.identity_sources]
    identity = said.get("identitySource")
    given = identity if isinstance(identity, list) else (identity or "").split(",")
    wanted = [re.sub(r"^(\$|method\.)", "", source.strip()) for source in given if source.strip()]
    if not wanted and authorizer.kind != "request":
        wanted = [f"request.header.{scheme['name']}"]
    assert sources == wanted
    if "authorizerResultTtlInSeconds" in said:
        assert authorizer.ttl == int(said["authorizerResultTtlInSeconds"])
    assert authorizer.validation_expression == said.get("identityValidationExpression")
    assert authorizer.provider_arns == tuple(said.get("providerARNs", ()))
    assert authorizer.simple == said.get("enableSimpleResponses", False)
    if "authorizerUri" in said:
        assert authorizer.function == "Door"
    configuration = said.get("jwtConfiguration", {})
    assert authorizer.audience == tuple(configuration.get("audience", ()))
    if authorizer.kind == "jwt":
        assert authorizer.issuer == "https://issuer.example.com"


def test_cors_is_what_the_translator_writes(read: ReadTemplate, translated: Mapping[str, Any]) -> None:
    api = read.project.api
    written = translated.get("x-amazon-apigateway-cors")
    if written is None:
        assert api.cors is None
    else:
        assert api.cors is not None
        found = {
            "allowOrigins": list(api.cors.allow_origins),
            "allowMethods": list(api.cors.allow_methods),
            "allowHeaders": list(api.cors.allow_headers),
            "exposeHeaders": list(api.cors.expose_headers),
            "maxAge": api.cors.max_age,
            "allowCredentials": api.cors.allow_credentials,
        }
        assert {key: value for key, value in found.items() if value} == written
    for route, operation in operations(translated):
        if route.startswith("OPTIONS "):
            check_preflight(api, route, operation)


def check_preflight(api: Api, route: str, operation: Mapping[str, Any]) -> None:
    """Compare the headers of a mock's reply with those that the translator writes."""
    found = next(each for each in api.operations if each.route_key == route)
    assert isinstance(found.integration, MappedMock)
    response = operation["x-amazon-apigateway-integration"]["responses"]["default"]
    prefix = "method.response.header."
    (read,) = found.integration.mapping.responses
    assert {f"{prefix}{name}": value.text for name, value in read.headers} == response["responseParameters"]
