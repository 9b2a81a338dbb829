"""The authorizers of an HTTP API, and what protects a route.

https://www.serverless.com/framework/docs/providers/aws/events/http-api#jwt-authorizers
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from homeport.project.names import did_you_mean
from homeport.project.serverless.logical_names import function_id, normal_name
from homeport.project.serverless.service import (
    Content,
    ServerlessService,
    ServiceTemplate,
    arn_of,
    invocation_uri,
    optional,
    text_of,
)
from homeport.project.source.builder import Placed
from homeport.project.source.cursor import Cursor


def add_authorizers(
    service: ServerlessService, settings: Cursor, api: Any, template: ServiceTemplate
) -> dict[str, Cursor]:
    """Add the authorizers of an API; return their settings by name."""
    found: dict[str, Cursor] = {}
    for name, authorizer in settings.at("authorizers").items():
        if not authorizer.is_map("an authorizer, a map"):
            continue
        found[name] = authorizer
        kind = text_of(authorizer.at("type")).lower()
        properties: Content = {
            "ApiId": api,
            "Name": text_of(authorizer.at("name")) or name,
            "IdentitySource": list_at(authorizer.at("identitySource"), ()),
        }
        if kind == "request":
            properties |= {
                "AuthorizerType": "REQUEST",
                "AuthorizerPayloadFormatVersion": Placed(
                    text_of(authorizer.at("payloadVersion")) or "2.0", authorizer.at("payloadVersion")
                ),
                "EnableSimpleResponses": optional(authorizer.at("enableSimpleResponses")),
                "AuthorizerResultTtlInSeconds": optional(authorizer.at("resultTtlInSeconds")),
                "AuthorizerUri": _authorizer_uri(service, authorizer),
            }
        else:
            configuration = {
                "Audience": list_at(authorizer.at("audience"), ()),
                "Issuer": optional(authorizer.at("issuerUrl")),
            }
            given = {key: value for key, value in configuration.items() if value is not None}
            properties |= {"AuthorizerType": "JWT", "JwtConfiguration": given}
            if properties["IdentitySource"] is None:
                authorizer.error("the authorizer has no identitySource", "write $request.header.Authorization")
        template.add(_authorizer_id(name, authorizer), "AWS::ApiGatewayV2::Authorizer", properties, authorizer)
    return found


def _authorizer_uri(service: ServerlessService, authorizer: Cursor) -> Any:
    if authorizer.has("functionArn"):
        return Placed(invocation_uri(authorizer.at("functionArn")), authorizer.at("functionArn"))
    name = text_of(authorizer.at("functionName"))
    if service.function(name) is None:
        names = [function.key for function in service.functions]
        authorizer.error(f"the authorizer's function {name!r} is none of this service", did_you_mean(name, names))
    return Placed(invocation_uri(arn_of(function_id(name))), authorizer.at("functionName"))


def _authorizer_id(name: str, authorizer: Cursor) -> str:
    return f"HttpApiAuthorizer{normal_name(text_of(authorizer.at('name')) or name)}"


def route_protection(at: Cursor, authorizers: dict[str, Cursor]) -> Content:
    """Return the properties of a route that say who may call it, of its setting ``authorizer``.

    One that can't be read lets nobody through.
    """
    if at.value is None or at.value is False or at.value == "":
        return {}
    settings = at if isinstance(at.value, dict) else at._replace(value={})
    kind = text_of(settings.at("type")).lower()
    name = text_of(settings.at("name")) if settings.value else text_of(at)
    if "aws_iam" in (kind, name.lower()):
        return {"AuthorizationType": Placed("AWS_IAM", at)}
    scopes = settings.at("scopes")
    shared: Content = {"AuthorizationScopes": list_at(scopes, ())} if scopes.value else {}
    if settings.has("id"):
        word = "CUSTOM" if kind == "request" else "JWT"
        return {"AuthorizationType": Placed(word, at), "AuthorizerId": settings.at("id"), **shared}
    if name not in authorizers:
        at.error(f"there is no authorizer {name!r} in provider.httpApi.authorizers", did_you_mean(name, authorizers))
        return {"AuthorizationType": Placed("CUSTOM", at), "AuthorizerId": "none"}
    authorizer = authorizers[name]
    word = "CUSTOM" if text_of(authorizer.at("type")).lower() == "request" else "JWT"
    reference = {"Ref": _authorizer_id(name, authorizer)}
    return {"AuthorizationType": Placed(word, at), "AuthorizerId": reference, **shared}


def list_at(at: Cursor, default: Iterable[str]) -> Any:
    """Return a list of texts: as it is written, of a single text, or the default; None for an empty one."""
    if isinstance(at.value, list):
        return at
    if isinstance(at.value, str):
        return Placed([at.value], at)
    return list(default) or None
