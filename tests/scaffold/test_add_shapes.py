"""Operations of ``homeport add`` pass ``check`` in every shape: methods, paths, keys, authorizers, languages."""

from __future__ import annotations

import tempfile
from pathlib import Path

import yaml
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from homeport.project.check import examine_project
from homeport.project.load import load_project
from homeport.scaffold.add import add_operation
from homeport.scaffold.new_operation import NewOperation, parse_access, parse_operation
from homeport.scaffold.remove import remove_operation
from tests.support.scaffold import write_notes

SPEC = """
openapi: 3.0.3
info: {title: Shapes, version: 1.0.0}
SECURITYpaths:
  /orders/{user}:
    parameters: [{name: user, in: path, required: true, schema: {type: string, maxLength: 40}}]
    get:
      operationId: getNote
      responses: {"200": {description: Ok.}, "404": {$ref: "#/components/responses/Missing"}}
  /{proxy+}:
    x-amazon-apigateway-any-method:
      operationId: putNote
      parameters: [{name: proxy, in: path, required: true, schema: {type: string}}]
      responses: {"204": {description: Ok.}}
components:
  responses:
    Missing: {description: There is none.}
SCHEMES"""
JWT = """  securitySchemes:
    users:
      type: oauth2
      flows: {}
      x-amazon-apigateway-authorizer:
        type: jwt
        identitySource: $request.header.Authorization
        jwtConfiguration: {issuer: "https://issuer.example.com", audience: [api]}
"""
COGNITO = """  securitySchemes:
    users:
      type: apiKey
      name: Authorization
      in: header
      x-amazon-apigateway-authtype: cognito_user_pools
      x-amazon-apigateway-authorizer:
        type: cognito_user_pools
        providerARNs: ["arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_abcdefghi"]
"""
RESOURCES = """
Resources:
  OneTable:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
  OrdersTable:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - {AttributeName: user, AttributeType: S}
        - {AttributeName: at, AttributeType: N}
        - {AttributeName: name, AttributeType: S}
      KeySchema: [{AttributeName: user, KeyType: HASH}, {AttributeName: at, KeyType: RANGE}]
      GlobalSecondaryIndexes:
        - IndexName: byName
          KeySchema: [{AttributeName: name, KeyType: HASH}, {AttributeName: at, KeyType: RANGE}]
          Projection: {ProjectionType: ALL}
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
"""
ON_TABLES = ("PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem")
PATHS = (
    "/",
    "/things",
    "/things/{thingId}",
    "/orders/{user}",
    "/orders/{user}/{at}",
    "/orders/{user}/lines/{lineId}",
    "/a-b/{id}/c.d/{rest+}",
)


@st.composite
def operations(draw: st.DrawFn) -> NewOperation:
    """An operation that may be asked for, by the words of the command."""
    tables = draw(st.lists(st.sampled_from(("OneTable", "OrdersTable", "OrdersTable/byName")), max_size=2, unique=True))
    access = [f"{table}:{','.join(draw(actions_of(table)))}" for table in tables]
    method = draw(st.sampled_from(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")))
    name = draw(st.sampled_from(("createThing", "list_all", "X", "doIt2")))
    return parse_operation(name, method, draw(st.sampled_from(PATHS)), parse_access(access), None)


def actions_of(table: str) -> st.SearchStrategy[list[str]]:
    known = ("Query", "Scan") if "/" in table else ON_TABLES
    return st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    new=operations(),
    flavor=st.sampled_from(("http", "rest")),
    runtime=st.sampled_from(("python3.13", "nodejs22.x")),
    secured=st.booleans(),
)
def test_an_operation_of_any_shape_is_added_without_a_problem_and_removed_without_a_trace(
    new: NewOperation, flavor: str, runtime: str, secured: bool
) -> None:
    if (new.method, new.path) == ("GET", "/orders/{user}"):
        return
    event(f"{new.method} {flavor} {runtime}")
    schemes = (JWT if flavor == "http" else COGNITO) if secured else ""
    spec = SPEC.replace("SECURITY", "security: [{users: []}]\n" if secured else "").replace("SCHEMES", schemes)
    with tempfile.TemporaryDirectory() as folder:
        root = write_notes(Path(folder) / "shapes", spec)
        (root / "deploy" / "resources.yaml").write_text(RESOURCES)
        (root / "deploy" / "stages.yaml").write_text(
            f"defaults: {{flavor: {flavor}, runtime: {runtime}}}\nstages: {{local: {{}}}}\n"
        )
        known = examine_project(root)
        add_operation(root, "local", new)
        assert {problem.message for problem in examine_project(root)} <= {problem.message for problem in known}
        operation = next(found for found in load_project(root).api.operations if found.id == new.id)
        assert (operation.method, operation.path) == (new.method, new.path)
        assert set(new.variables) <= {it.name for it in operation.parameters if it.place == "path"}
        remove_operation(root, "local", new.id)
        assert yaml.safe_load((root / "openapi.yaml").read_text()) == yaml.safe_load(spec)
