"""Rules for features that are deployed but not emulated, or neither: each is named, none is skipped silently.

An HTTP API ignores extensions of REST APIs, which is a warning: the same document may serve a REST stage.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vs-rest.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from homeport.errors import Problem
from homeport.project.cloudformation.tables import TABLE_TYPE
from homeport.project.load import Project
from homeport.project.openapi.gateway import (
    API_KEY_SOURCE,
    BINARY_MEDIA_TYPES,
    GATEWAY_RESPONSES,
    VALIDATOR,
    VALIDATORS,
)
from homeport.project.stages.stages import LOCAL

_REST_ONLY = {
    VALIDATORS: "request validators: bodies and parameters reach the function unchecked",
    VALIDATOR: "request validators: bodies and parameters reach the function unchecked",
    GATEWAY_RESPONSES: "gateway responses: its errors keep AWS's own wording",
    BINARY_MEDIA_TYPES: "binary media types: what is no text arrives as base64 by itself",
    API_KEY_SOURCE: "API keys",
}

_MADE_BY_KIT = ("the kit makes the API from openapi.yaml", "remove it")
_NOT_DEPLOYABLE: tuple[tuple[str, str, str], ...] = (
    ("AWS::DynamoDB::GlobalTable", "global tables are not emulated", "use AWS::DynamoDB::Table"),
    ("AWS::Serverless::", "SAM's resources need its transform", "use the CloudFormation resource"),
    ("AWS::ApiGatewayV2::", *_MADE_BY_KIT),
    ("AWS::ApiGateway::", *_MADE_BY_KIT),
    ("AWS::WAF", "AWS WAF is not emulated", "keep it in a stack of its own"),
)
ACCOUNT_SETTINGS = "AWS::ApiGateway::Account"
"""The account's role for API Gateway's logs, which is no part of an API."""

_SECRET = re.compile(r"(^|_)(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_KEY|ACCESS_KEY|CREDENTIALS)$", re.IGNORECASE)


def rest_extensions(project: Project) -> Iterator[Problem]:
    """An HTTP API ignores the extensions that only a REST API acts upon."""
    if project.stage.flavor == "rest":
        return
    spec = project.documents.spec
    places: list[tuple[str, ...]] = [(key,) for key in _REST_ONLY]
    places += [(*operation.document_path, VALIDATOR) for operation in project.api.operations]
    reported: set[str] = set()
    for place in places:
        feature = _REST_ONLY[place[-1]]
        if spec.find(place) is not None and feature not in reported:
            reported.add(feature)
            yield spec.at(*place).warning(
                f"an HTTP API has no {feature}", "fine if other stages are REST, else remove it"
            )


def resources(project: Project) -> Iterator[Problem]:
    """Resources other than tables are deployed, but not emulated."""
    document = project.documents.resources
    declared = project.resources.document.get("Resources")
    for name, resource in declared.items() if isinstance(declared, dict) else ():
        kind = resource.get("Type") if isinstance(resource, dict) else None
        if not isinstance(kind, str) or kind == TABLE_TYPE:
            continue
        at = document.at("Resources", name, "Type")
        problems = [(message, hint) for start, message, hint in _NOT_DEPLOYABLE if kind.startswith(start)]
        if problems and kind != ACCOUNT_SETTINGS:
            yield at.error(f"{kind}: {problems[0][0]}", problems[0][1])
        else:
            yield at.warning(f"{name} ({kind}) is deployed, but not emulated", "locally, functions must do without it")


def policies(project: Project) -> Iterator[Problem]:
    """Permissions on services other than DynamoDB are deployed, but not enforced."""
    for name, function in project.api.functions.items():
        for policy in function.policies:
            actions = policy.get("Action", policy.get("NotAction", ()))
            named = ", ".join(map(str, actions)) if isinstance(actions, list) else str(actions)
            if "dynamodb:" in named.lower():
                message, hint = f"{name} has DynamoDB rights in policies, which are not enforced here", "use access"
            else:
                message, hint = (
                    f"{named} of {name} is deployed, but the service is not emulated",
                    "expect no answer here",
                )
            yield Problem(message, function.source.file, function.source.line, hint, "warning")


def web_sockets(project: Project) -> Iterator[Problem]:
    """WebSocket APIs are not emulated."""
    document = project.documents.spec
    found = document.value.get("servers")
    for index, server in enumerate(found if isinstance(found, list) else ()):
        url = server.get("url") if isinstance(server, dict) else None
        if isinstance(url, str) and url.startswith(("ws://", "wss://")):
            yield document.at("servers", str(index), "url").error(
                "WebSocket APIs are not emulated", "describe an HTTP or REST API"
            )


def references(project: Project) -> Iterator[Problem]:
    """A local stage holds no reference that only AWS resolves."""
    if project.stage.key != LOCAL:
        return
    for key, values in (("environment", project.stage.environment), ("variables", project.stage.variables)):
        for name, value in values.items():
            if "{{resolve:" in value:
                yield project.documents.stage.at(key, name).warning(
                    f"{name} refers to a parameter of AWS, which is not looked up here: it stays as it is written",
                    "give the stage local a value of its own",
                )


def secrets(project: Project) -> Iterator[Problem]:
    """A stage that is deployed holds no secret written out."""
    if project.stage.key == LOCAL:
        return
    for name, value in project.stage.environment.items():
        looked_up = f"environment.{name}" in project.stage.secrets or "{{resolve:" in value
        if _SECRET.search(name) and value and not looked_up:
            yield project.documents.stage.at("environment", name).error(
                f"{name} looks like a secret and is written out", "write ${NAME_OF_A_VARIABLE} or {{resolve:ssm:…}}"
            )
