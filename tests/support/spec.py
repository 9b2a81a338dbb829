"""Project directories to read: a small valid one, and others made from a document."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from homeport.errors import Problem
from homeport.project.check import check_project
from homeport.project.load import load_project, read_project
from homeport.project.project import Project

HANDLER = "def handler(event, context):\n    return {'statusCode': 200}\n"

SPEC = """\
openapi: 3.0.3
info: {title: Things API, version: "1.0"}
paths:
  /things:
    get:
      operationId: listThings
      responses:
        "200": {description: The things.}
    post:
      operationId: createThing
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: "#/components/schemas/Thing"}
      responses:
        "201": {description: Made.}
      x-homeport:
        access: {ThingsTable: [PutItem]}
  /things/{thingId}:
    parameters:
      - {name: thingId, in: path, required: true, schema: {type: string}}
    get:
      operationId: getThing
      responses:
        "200": {description: The thing.}
      x-homeport:
        access: {ThingsTable: [GetItem], ThingsTable/byOwner: [Query]}
components:
  schemas:
    Thing:
      type: object
      properties:
        name: {type: string}
        parts: {type: array, items: {$ref: "#/components/schemas/Thing"}}
"""

RESOURCES = """\
Resources:
  ThingsTable:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - {AttributeName: thingId, AttributeType: S}
        - {AttributeName: owner, AttributeType: S}
      KeySchema:
        - {AttributeName: thingId, KeyType: HASH}
      GlobalSecondaryIndexes:
        - IndexName: byOwner
          KeySchema: [{AttributeName: owner, KeyType: HASH}]
          Projection: {ProjectionType: ALL}
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
"""


def write_project(
    root: Path,
    *,
    spec: str = SPEC,
    stages: str | None = None,
    resources: str | None = RESOURCES,
    handlers: Mapping[str, str] | tuple[str, ...] = ("list_things", "create_thing", "get_thing"),
    files: Mapping[str, str] | None = None,
) -> Path:
    """A project directory; ``handlers`` are module names, with their text where it is not the usual one."""
    sources = handlers if isinstance(handlers, Mapping) else dict.fromkeys(handlers, HANDLER)
    contents: dict[str, str] = {"openapi.yaml": spec, **(files or {})}
    contents |= {f"service/handlers/{name}.py": source for name, source in sources.items()}
    if stages is not None:
        contents["deploy/stages.yaml"] = dedent(stages)
    if resources is not None:
        contents["deploy/resources.yaml"] = resources
    for name, content in contents.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content, encoding="utf-8")
    return root


def load(root: Path, stage: str = "local", environ: Mapping[str, str] | None = None) -> Project:
    """The project, with an environment of its own."""
    return load_project(root, stage, environ or {})


def errors(root: Path, stage: str = "local", environ: Mapping[str, str] | None = None) -> list[str]:
    """Return the problems of a reading, each as one line."""
    return [str(problem) for problem in read_project(root, stage, environ or {})[1]]


def check_problems(root: Path, stage: str = "local") -> list[Problem]:
    """Return the problems that ``check`` reports of a project that can be read."""
    return list(check_project(load(root, stage)))


def line_of(text: str, part: str) -> int:
    """The line on which a text first holds ``part``."""
    return text[: text.index(part)].count("\n") + 1


def operation(**more: Any) -> dict[str, Any]:
    """An operation without anything special, served by service/handlers/act.py unless ``more`` says otherwise."""
    return {"operationId": "act", "responses": {"200": {"description": "Done."}}, **more}


def document(paths: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """An OpenAPI document with these paths."""
    return {"openapi": "3.0.3", "info": {"title": "Test", "version": "1"}, "paths": dict(paths), **more}


def write_document(
    root: Path,
    spec: Mapping[str, Any],
    *,
    flavor: str = "http",
    stages: str | None = None,
    resources: str | None = None,
    handlers: tuple[str, ...] = ("act",),
) -> Path:
    """A project directory from an OpenAPI document as a value; without ``stages`` it has one, of ``flavor``."""
    return write_project(
        root,
        spec=json.dumps(spec, indent=1),
        stages=stages or json.dumps({"stages": {"local": {"flavor": flavor}}}),
        resources=resources,
        handlers=handlers,
    )


def change_copy(value: Mapping[str, Any], change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Return a copy of a value, changed by ``change``."""
    copied = copy.deepcopy(dict(value))
    change(copied)
    return copied


ID: dict[str, Any] = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
"""A declared path parameter."""


def report(root: Path, spec: Mapping[str, Any], flavor: str = "http", *handlers: str) -> list[str]:
    """Return the problems of a document with severity and hint, without file and line."""
    problems = check_problems(write_document(root, spec, flavor=flavor, handlers=("act", *handlers)))
    assert all(problem.file == "openapi.yaml" and problem.line > 0 for problem in problems)
    return [str(problem).partition(": ")[2] for problem in problems]


def acts(*paths: str) -> dict[str, Any]:
    """Paths that each have one GET operation, which declares its path parameters."""
    found: dict[str, Any] = {}
    for number, path in enumerate(paths):
        names = dict.fromkeys(part[1:-1].removesuffix("+") for part in path.split("/") if part.startswith("{"))
        found[path] = {
            "get": operation(
                operationId=f"act{number}",
                parameters=[{**ID, "name": name} for name in names],
                **{"x-homeport": {"handler": "act"}},
            )
        }
    return found


AUTHORIZER = "x-amazon-apigateway-authorizer"
ARN = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:1:function:{}/invocations"


def scheme(kind: str, *, name: str = "Authorization", place: str = "header", **settings: Any) -> dict[str, Any]:
    """A security scheme with an authorizer, as AWS's own examples write it."""
    return {"type": "apiKey", "in": place, "name": name, AUTHORIZER: {"type": kind, **settings}}


def secured_document(schemes: dict[str, Any], security: Any = None) -> dict[str, Any]:
    """A document with one operation behind some of these schemes."""
    act = operation() if security is None else operation(security=security)
    return document({"/a": {"get": act}}, components={"securitySchemes": schemes})
