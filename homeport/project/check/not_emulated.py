"""Rules for features that are deployed but not emulated, or neither: each is named, none is skipped silently.

An HTTP API ignores extensions of REST APIs, which is a warning: the same document may serve a REST stage.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vs-rest.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from homeport.errors import Problem
from homeport.project.aws_services import find_service
from homeport.project.cloudformation.permissions.policies import role_statements, unknown_parts
from homeport.project.cloudformation.tables.table_rules import TABLE_TYPE
from homeport.project.features import (
    FILES,
    Feature,
    ResourceType,
    find_resource_type,
    resource_types,
    template_types,
)
from homeport.project.integrations.http_api import HttpApiService
from homeport.project.languages import language_of
from homeport.project.model import LOCAL_ACCOUNT
from homeport.project.names import nearest
from homeport.project.openapi.extensions import INTEGRATION
from homeport.project.openapi.gateway import (
    API_KEY_SOURCE,
    BINARY_MEDIA_TYPES,
    GATEWAY_RESPONSES,
    MINIMUM_COMPRESSION_SIZE,
    VALIDATOR,
    VALIDATORS,
)
from homeport.project.openapi.resource_policy import POLICY
from homeport.project.project import Project
from homeport.project.source.cursor import Cursor
from homeport.project.source.document import Position
from homeport.project.stages.stages import LOCAL

_REST_ONLY = {
    VALIDATORS: "request validators: bodies and parameters reach the function unchecked",
    VALIDATOR: "request validators: bodies and parameters reach the function unchecked",
    GATEWAY_RESPONSES: "gateway responses: its errors keep AWS's own wording",
    BINARY_MEDIA_TYPES: "binary media types: what is no text arrives as base64 by itself",
    API_KEY_SOURCE: "API keys",
    POLICY: "resource policies: this one closes no route",
    MINIMUM_COMPRESSION_SIZE: "payload compression: the function may compress",
}

_TRANSFORMED = "AWS::Serverless::"
_RESOURCE_TYPE = re.compile(r"[A-Za-z0-9]+(::[\w@-]+)+")
_DEPLOYED_SETTINGS = {"snapStart": "SnapStart", "tracing": "TracingConfig"}
"""Settings of a stage, and the property of functions that each is deployed as."""

_LOCAL_HINT = "locally, functions must do without it"
WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"
"""The variable that names a script which starts the runtime."""
ACCOUNT_SETTINGS = "AWS::ApiGateway::Account"
"""The account's role for API Gateway's logs, which is no part of an API."""

_NEVER_SENT = {
    "EXPIRED_TOKEN": ("callers have no temporary credentials", "the deployed API uses it"),
    "REQUEST_TOO_LARGE": ("API Gateway answers a body over 10 MB in its own words", "remove it"),
    "RESOURCE_NOT_FOUND": ("a request without a route gets MISSING_AUTHENTICATION_TOKEN", "customize that"),
    "WAF_FILTERED": ("AWS WAF is not emulated", "the deployed API uses it"),
}
"""Gateway responses that are never sent here, each with the reason and a hint."""

_SECRET = re.compile(r"(^|_)(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_KEY|ACCESS_KEY|CREDENTIALS)$", re.IGNORECASE)


def rest_extensions(project: Project) -> Iterator[Problem]:
    """An HTTP API ignores the extensions that only a REST API acts upon, unless another stage is one."""
    if project.stage.flavor == "rest" or _has_rest_stage(project):
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
                f"an HTTP API has no {feature}", "remove it, or have a stage with flavor: rest"
            )


def _has_rest_stage(project: Project) -> bool:
    """Return whether the API is a REST API in any stage of deploy/stages.yaml."""
    root = Cursor.root(project.documents.stages)
    sections = (root.map("defaults"), *(stage for _, stage in root.map("stages").items()))
    return any(section.at("flavor").value == "rest" for section in sections)


def resources(project: Project) -> Iterator[Problem]:
    """Resources other than tables are deployed, but not emulated; those that the kit makes are none of the owner's."""
    for name, kind, properties in _resource_cursors(project):
        at = project.documents.resources.at("Resources", name, "Type")
        found = find_resource_type(kind)
        if kind.startswith(_TRANSFORMED):
            yield at.error(f"{kind}: SAM's resources need its transform", "use the CloudFormation resource")
        elif kind.startswith("AWS::WAF"):
            yield at.error(f"{kind}: AWS WAF is not emulated", "keep it in a stack of its own")
        elif found is None and kind in template_types().of_services | template_types().of_no_effect:
            continue
        elif found is None:
            yield _unknown_type(name, kind, at)
        elif found.fate == "deployed":
            reason = f": {found.reason}" if found.reason else ""
            yield at.warning(f"{name} ({kind}) is deployed, but not emulated{reason}", found.hint or _LOCAL_HINT)
        elif found.fate == "rejected":
            reason = found.reason or f"the kit makes the API, and this from {found.made_by}"
            yield at.error(f"{kind}: {reason}", found.hint or _instead(found, properties))
            for feature, property_at in _find_features(properties, found) if found.made_by else ():
                if feature.fate == "rejected":
                    yield property_at.error(f"{kind}: {feature.path}: {feature.reason}", feature.hint or "remove it")


def _instead(found: ResourceType, properties: Cursor) -> str:
    settings = [f"{it.path} by {it.setting}" for it, _ in _find_features(properties, found) if it.setting]
    return f"remove it, and set {', '.join(settings)}" if settings else "remove it"


def properties(project: Project) -> Iterator[Problem]:
    """Properties of tables that have a meaning on AWS only are deployed as they are written."""
    for name, kind, written in _resource_cursors(project):
        found = find_resource_type(kind) if kind == TABLE_TYPE else None
        for feature, at in _find_features(written, found) if found is not None else ():
            if feature.fate == "deployed":
                message = f"{name}: {feature.path} is deployed, but not emulated: {feature.reason}"
                yield at.warning(message, feature.hint)


def _unknown_type(name: str, kind: str, at: Position) -> Problem:
    """Return the problem of a type that the kit's table does not have: misspelt, or of another service."""
    if not _RESOURCE_TYPE.fullmatch(kind):
        return at.error(f"{kind!r} is no resource type", f"write one as {TABLE_TYPE}")
    if kind.lower().startswith(tuple(start.lower() for start in FILES)):
        near = nearest(kind, resource_types())
        return at.warning(
            f"{name}: the kit knows no resource type {kind}", f"did you mean {near}?" if near else _LOCAL_HINT
        )
    return at.warning(f"{name} ({kind}) is deployed, but not emulated", _LOCAL_HINT)


def _resource_cursors(project: Project) -> Iterator[tuple[str, str, Cursor]]:
    """Yield the name, the type and the properties of each resource in deploy/resources.yaml."""
    for name, resource in Cursor.root(project.documents.resources).map("Resources").items():
        kind = resource.at("Type").value
        if isinstance(kind, str):
            yield name, kind, resource.map("Properties")


def _find_features(cursor: Cursor, found: ResourceType) -> Iterator[tuple[Feature, Position]]:
    """Yield the features of a resource type that are written below a cursor, each once, a part of one that is named."""
    seen: set[str] = set()
    for path, place in _paths(cursor, ""):
        feature = found.features.get(path)
        if feature is not None and path not in seen:
            seen.add(path)
            parent = found.features.get(path.rpartition(".")[0])
            if parent is None or (parent.fate, parent.reason) != (feature.fate, feature.reason):
                yield feature, place


def _paths(cursor: Cursor, above: str) -> Iterator[tuple[str, Position]]:
    for entry in cursor.entries():
        yield from _paths(entry, above)
    for key, child in cursor.items():
        # Fn::If and its like stand for the value that they give.
        path = above if key.startswith("Fn::") else f"{above}.{key}".lstrip(".")
        if path != above:
            yield path, child.position
        yield from _paths(child, path)


def gateway_responses(project: Project) -> Iterator[Problem]:
    """A gateway response that is never sent here is named."""
    for kind in project.api.gateway_responses if project.stage.flavor == "rest" else ():
        if kind in _NEVER_SENT:
            reason, hint = _NEVER_SENT[kind]
            at = project.documents.spec.at(GATEWAY_RESPONSES, kind)
            yield at.warning(f"the gateway response {kind} is never sent here: {reason}", hint)


def settings(project: Project) -> Iterator[Problem]:
    """A setting that changes the deployed functions alone is named."""
    written = project.documents.stage.value or {}
    for key, path in _DEPLOYED_SETTINGS.items():
        found = find_resource_type("AWS::Lambda::Function") if written.get(key) else None
        if found is not None:
            feature = found.features[path]
            message = f"{key} is deployed, but not emulated: {feature.reason}"
            yield project.documents.stage.at(key).warning(message, feature.hint)


def domain(project: Project) -> Iterator[Problem]:
    """A custom domain has its base path here, but no DNS, except for names that lead to this machine anyhow."""
    if project.stage.domain is not None and not project.stage.domain["name"].endswith(".localhost"):
        path = project.stage.domain_base_path
        below = f" and paths below {path}" if path else ""
        yield project.documents.stage.at("domain").warning(
            "the domain has no DNS here",
            f"the header Host with its name{below} lead to it; homeport dev --tls has a certificate for it",
        )


def services(project: Project) -> Iterator[Problem]:
    """The service of an integration runs here."""
    for operation in project.api.operations:
        match operation.integration:
            case HttpApiService(subtype=subtype, service=service) if find_service(service) is None:
                yield project.operation_at(operation, INTEGRATION).warning(
                    f"{subtype} is deployed, but the service does not run here: each call of {operation.label} fails",
                    "call the deployed API",
                )


def policies(project: Project) -> Iterator[Problem]:
    """Permissions on services that do not run here are named."""
    for name, function in project.api.functions.items():
        for policy in function.policies:
            written = policy.get("Action", policy.get("NotAction", ()))
            actions = [str(each) for each in written] if isinstance(written, list) else [str(written)]
            missing = [each for each in actions if not _runs_here(each)]
            named = ", ".join(missing)
            if missing and len(missing) == len(actions):
                message = f"{named} of {name} is deployed, but the service is not emulated"
                yield Problem(message, function.source.file, function.source.line, "expect no answer here", "warning")


def _runs_here(action: str) -> bool:
    service = action.partition(":")[0].lower()
    return service == "dynamodb" or find_service(service) is not None


def _may_run_here(action: str) -> bool:
    return "*" in action.partition(":")[0] or _runs_here(action)


def unknown_permissions(project: Project) -> Iterator[Problem]:
    """Some conditions on services that run here can't be evaluated."""
    for name, function in project.api.functions.items():
        source = function.role_source or function.source
        policies = (*function.policies, *(function.boundary or ()))
        for statement in role_statements(policies, project.stage, project.resources, LOCAL_ACCOUNT):
            if not any(_may_run_here(str(action)) for action in statement.get("Action", ["*"])):
                continue
            for part in unknown_parts(statement):
                effect = "denies" if statement["Effect"] == "Deny" else "does not allow"
                message = f"{part} in policies of {name} is deployed, but can't be evaluated here"
                yield Problem(
                    message, source.file, source.line, f"here the statement {effect} what it is about", "warning"
                )


def wrapper_scripts(project: Project) -> Iterator[Problem]:
    """A wrapper script begins functions in Node.js; those in Python begin without it here."""
    for name, function in project.api.functions.items():
        variables, source = {**project.stage.environment, **function.environment}, function.source
        runtime = function.runtime or project.stage.runtime
        if WRAPPER in variables and language_of(runtime) == "python":
            message = f"{WRAPPER} of {name} is deployed, but not emulated: {runtime} starts without it here"
            yield Problem(message, source.file, source.line, "functions must do without it", "warning")


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
