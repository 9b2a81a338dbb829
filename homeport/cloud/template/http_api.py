"""An HTTP API: routes and integrations as resources, so that a change set shows each of them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGatewayV2.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from homeport.cloud.template.functions import attribute, permissions, ref, resource, sub
from homeport.cloud.template.integrations import http_integration, invocation_uri
from homeport.cloud.template.monitoring import access_log, access_log_settings
from homeport.cloud.template.names import Names
from homeport.errors import Problem, ProjectError
from homeport.project.cors import Cors
from homeport.project.model import Authorizer, Operation, StageAuth, Throttle
from homeport.project.project import Project

_V2 = "AWS::ApiGatewayV2::"
_WHOLE = re.compile(r"\$\{(?P<name>[A-Za-z0-9:]+)(?:\.(?P<attribute>[A-Za-z0-9.]+))?\}")


def http_api(project: Project, names: Names) -> dict[str, Any]:
    """Return the API, its authorizers, integrations, routes, permissions, stage and access log."""
    shown = _authorizers(project)
    ids = {name: f"{names.authorizers[name]}Authorizer" for name in shown}
    sources = {
        authorizer.function: f"authorizers/${{{ids[name]}}}"
        for name, authorizer in shown.items()
        if authorizer.function is not None
    }
    return {
        "Api": _api(project),
        **{ids[name]: _authorizer(authorizer, project, names) for name, authorizer in shown.items()},
        **permissions(project, names, sources),
        **_integrations(project, names),
        **{
            f"{names.operations[operation.id]}Route": _route(operation, project, names, ids)
            for operation in project.api.operations
        },
        **access_log(project),
        "ApiStage": _stage(project, names),
    }


def _api(project: Project) -> dict[str, Any]:
    return resource(
        f"{_V2}Api",
        Name=ref("AWS::StackName"),
        Description=f"{project.api.title} {project.api.version}".strip(),
        ProtocolType="HTTP",
        CorsConfiguration=(_cors(project.api.cors) if project.api.cors is not None else None) or None,
    )


def _cors(cors: Cors) -> dict[str, Any]:
    lists = {
        "AllowOrigins": cors.allow_origins,
        "AllowMethods": cors.allow_methods,
        "AllowHeaders": cors.allow_headers,
        "ExposeHeaders": cors.expose_headers,
    }
    said: dict[str, Any] = {key: list(values) for key, values in lists.items() if values}
    if cors.max_age is not None:
        said["MaxAge"] = cors.max_age
    if cors.allow_credentials:
        said["AllowCredentials"] = True
    return said


def _authorizers(project: Project) -> dict[str, Authorizer]:
    """Return the authorizers of the routes, and every Lambda authorizer: its function is deployed in any case."""
    used = project.api.used_authorizers
    return {
        name: authorizer
        for name, authorizer in project.api.authorizers.items()
        if name in used or authorizer.kind == "request"
    }


def _authorizer(authorizer: Authorizer, project: Project, names: Names) -> dict[str, Any]:
    properties: dict[str, Any]
    if authorizer.kind == "jwt":
        properties = {
            "AuthorizerType": "JWT",
            "JwtConfiguration": {"Issuer": issuer(authorizer, project), "Audience": audience(authorizer, project)},
        }
    else:
        properties = {
            "AuthorizerType": "REQUEST",
            "AuthorizerUri": invocation_uri(project, names, authorizer.function or ""),
            "AuthorizerPayloadFormatVersion": authorizer.payload_format,
            "AuthorizerResultTtlInSeconds": authorizer.ttl,
            "EnableSimpleResponses": authorizer.simple,
        }
    sources = list(authorizer.identity_sources) or None
    return resource(f"{_V2}Authorizer", ApiId=ref("Api"), Name=authorizer.name, IdentitySource=sources, **properties)


def _integrations(project: Project, names: Names) -> dict[str, Any]:
    found = (http_integration(operation, project, names) for operation in project.api.operations)
    return {integration.logical_id: integration.resource for integration in found}


def _route(operation: Operation, project: Project, names: Names, authorizers: Mapping[str, str]) -> dict[str, Any]:
    integration = http_integration(operation, project, names)
    name = operation.authorizer
    security: dict[str, Any] = {"AuthorizationType": "AWS_IAM"} if operation.iam else {}
    if name is not None:
        security = {
            "AuthorizationType": "JWT" if project.api.authorizers[name].kind == "jwt" else "CUSTOM",
            "AuthorizerId": ref(authorizers[name]),
            "AuthorizationScopes": list(operation.scopes) or None,
        }
    return resource(
        f"{_V2}Route",
        {"DependsOn": list(integration.depends_on)} if integration.depends_on else {},
        ApiId=ref("Api"),
        RouteKey=operation.route_key,
        Target=sub(f"integrations/${{{integration.logical_id}}}"),
        **security,
    )


def _stage(project: Project, names: Names) -> dict[str, Any]:
    stage = project.stage
    throttled = [(operation, operation.throttle) for operation in project.api.operations if operation.throttle]
    routes = sorted(f"{names.operations[operation.id]}Route" for operation, _ in throttled)
    return resource(
        f"{_V2}Stage",
        {"DependsOn": routes} if routes else {},
        ApiId=ref("Api"),
        StageName=stage.stage_name,
        AutoDeploy=True,
        AccessLogSettings=access_log_settings(project),
        DefaultRouteSettings=None if stage.throttle is None else throttling(stage.throttle),
        RouteSettings={each.route_key: throttling(limit) for each, limit in throttled} or None,
        StageVariables=dict(stage.variables) or None,
    )


def throttling(throttle: Throttle) -> dict[str, Any]:
    """Return a token bucket as API Gateway's settings."""
    rate = int(throttle.rate) if throttle.rate.is_integer() else throttle.rate
    return {"ThrottlingRateLimit": rate, "ThrottlingBurstLimit": throttle.burst}


def issuer(authorizer: Authorizer, project: Project) -> Any:
    """Return the issuer of a JWT authorizer's tokens. Raises ProjectError without one."""
    named = stage_auth(authorizer, project).issuer or authorizer.issuer
    if not named:
        raise no_issuer(authorizer, project)
    return cloud_value(named)


def audience(authorizer: Authorizer, project: Project) -> list[Any]:
    """Return the values of ``aud`` or ``client_id``. Raises ProjectError without any: the field is required."""
    accepted = stage_auth(authorizer, project).audience or authorizer.audience
    if not accepted:
        raise authorizer_error(
            authorizer,
            f"the JWT authorizer {authorizer.name!r} has no audience in stage {project.stage.key!r}",
            f"set jwtConfiguration.audience, or auth: {{{authorizer.name}: {{audience: […]}}}} in deploy/stages.yaml",
        )
    return [cloud_value(name) for name in accepted]


def cloud_value(text: str) -> Any:
    """Return a text of the spec for the template, with references to resources as intrinsic functions.

    The spec refers to resources of the same stack as ``Fn::Sub`` does: ``${UserPool.Arn}``.
    """
    whole = _WHOLE.fullmatch(text)
    if whole is None:
        return sub(text) if "${" in text else text
    return attribute(whole["name"], whole["attribute"]) if whole["attribute"] else ref(whole["name"])


def stage_auth(authorizer: Authorizer, project: Project) -> StageAuth:
    """Return the stage's settings of an authorizer."""
    return project.stage.auth.get(authorizer.name) or StageAuth()


def no_issuer(authorizer: Authorizer, project: Project) -> ProjectError:
    """Return the error of an authorizer without an issuer."""
    return authorizer_error(
        authorizer,
        f"no one issues the tokens of {authorizer.name!r} in stage {project.stage.key!r}",
        f"set auth: {{{authorizer.name}: {{issuer: …}}}} in deploy/stages.yaml",
    )


def authorizer_error(authorizer: Authorizer, message: str, hint: str) -> ProjectError:
    """Return an error at an authorizer's line."""
    return ProjectError([Problem(message, authorizer.source.file, authorizer.source.line, hint)])
