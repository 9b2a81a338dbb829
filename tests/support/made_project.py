"""Whole project folders made of tables: routes with their handlers, authorizers, and what the files say beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

ECHO = """
import json

def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event)}
"""
ANSWERS_BODY = """
import base64
import json

def handler(event, context):
    body = event["body"]
    return json.loads(base64.b64decode(body) if event["isBase64Encoded"] else body)
"""
RAISES = """
def handler(event, context):
    raise RuntimeError("on purpose")
"""


def returns(value: Any) -> str:
    """A handler that always answers with this value."""
    return f"def handler(event, context):\n    return {value!r}\n"


def sleeps(seconds: float) -> str:
    """A handler that takes its time."""
    return f"import time\n\ndef handler(event, context):\n    time.sleep({seconds})\n    return 'late'\n"


@dataclass(frozen=True)
class Route:
    """A method of a path; ``method`` ANY is x-amazon-apigateway-any-method. ``extra`` adds to the operation.

    ``code`` is the module that operationId names.
    """

    method: str
    path: str
    code: str = ECHO
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Made:
    """A project. ``spec`` and ``stage`` add to openapi.yaml and to the settings of the stage ``stage_key``.

    ``resources`` is deploy/resources.yaml. ``schemes`` are the security schemes, ``modules`` further files of
    service/handlers by module name, ``files`` any other ones by their path.
    """

    routes: tuple[Route, ...]
    flavor: Literal["http", "rest"] = "http"
    payload_format: str = "2.0"
    stage_name: str | None = None
    spec: Mapping[str, Any] = field(default_factory=dict)
    stage: Mapping[str, Any] = field(default_factory=dict)
    schemes: Mapping[str, Any] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)
    stage_key: str = "local"
    resources: Mapping[str, Any] | None = None
    files: Mapping[str, str] = field(default_factory=dict)


def write_project(root: Path, made: Made) -> Path:
    """Write the project's files."""
    handlers, deploy = root / "service" / "handlers", root / "deploy"
    for folder in (handlers, deploy):
        folder.mkdir(parents=True)
    for number, route in enumerate(made.routes):
        (handlers / f"route{number}.py").write_text(route.code)
    for name, code in made.modules.items():
        (handlers / f"{name}.py").write_text(code)
    (root / "openapi.yaml").write_text(_yaml(_spec(made)))
    (deploy / "stages.yaml").write_text(_yaml({"stages": {made.stage_key: _stage(made)}}))
    if made.resources is not None:
        (deploy / "resources.yaml").write_text(_yaml(dict(made.resources)))
    for name, text in made.files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def _yaml(value: Any) -> str:
    return yaml.dump(value, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False)


def lambda_scheme(kind: str, function: str, *, header: str = "Authorization", **settings: Any) -> dict[str, Any]:
    """A security scheme with a Lambda authorizer, as AWS's documentation writes it."""
    return {
        "type": "apiKey",
        "name": header,
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {"type": kind, "authorizerUri": authorizer_uri(function), **settings},
    }


def authorizer_uri(function: str) -> str:
    """The ARN by which API Gateway calls a function."""
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{function}"
    return f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"


def path_parameters(path: str) -> list[dict[str, Any]]:
    """The declarations of a path's variables."""
    names: Iterable[str] = re.findall(r"\{([^}+]+)\+?\}", path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _spec(made: Made) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for number, route in enumerate(made.routes):
        method = "x-amazon-apigateway-any-method" if route.method == "ANY" else route.method.lower()
        extra = dict(route.extra)
        parameters = [*path_parameters(route.path), *extra.pop("parameters", ())]
        operation: dict[str, Any] = {"operationId": f"route{number}"}
        if parameters:
            operation["parameters"] = parameters
        operation |= {"responses": {"default": {"description": "Whatever the function says."}}, **extra}
        paths.setdefault(route.path, {})[method] = operation
    head = {"openapi": "3.0.3", "info": {"title": "Made", "version": "1.0.0"}}
    components: dict[str, Any] = {"securitySchemes": dict(made.schemes)} if made.schemes else {}
    components |= made.spec.get("components", {})
    return {**head, **made.spec, "paths": paths, **({"components": components} if components else {})}


def _stage(made: Made) -> dict[str, Any]:
    stage: dict[str, Any] = {"flavor": made.flavor}
    if made.flavor == "http":
        stage["payloadFormat"] = made.payload_format
    if made.stage_name is not None:
        stage["stageName"] = made.stage_name
    # Every case is about something else than the rate of requests, unless it says so.
    return {**stage, "throttle": {"rate": 10_000, "burst": 5_000}, **made.stage}
