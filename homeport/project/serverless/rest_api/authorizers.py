"""The authorizers of a REST API, and what protects a method.

https://www.serverless.com/framework/docs/providers/aws/events/apigateway#http-endpoints-with-custom-authorizers
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from homeport.project.names import did_you_mean
from homeport.project.serverless.logical_names import function_id, normal_name
from homeport.project.serverless.rest_api.http_event import HttpEvent
from homeport.project.serverless.service import (
    Content,
    ServerlessService,
    ServiceTemplate,
    arn_of,
    invocation_uri,
    is_set,
    optional,
    text_of,
)
from homeport.project.source.builder import Placed
from homeport.project.source.cursor import Cursor

_POOL = re.compile(r"arn:[\w-]*:cognito-idp:.*:userpool/.*")
_HEADER = "method.request.header.Authorization"
_DEFAULT_TTL = 300


class MethodProtection(NamedTuple):
    """The properties of a method that say who may call it, and the claims that its template shows."""

    properties: Content
    claims: tuple[str, ...] = ()


class RestAuthorizers:
    """Makes the authorizers that methods name, each once."""

    def __init__(self, service: ServerlessService, api: Any, template: ServiceTemplate) -> None:
        self._service = service
        self._api = api
        self._template = template

    def method(self, event: HttpEvent) -> MethodProtection:
        """Return what protects the method of an event. One whose protection can't be read lets nobody through."""
        at = event.settings.at("authorizer")
        if at.value is None or at.value is False or at.value == "":
            return MethodProtection({"AuthorizationType": Placed("NONE", event.at)})
        match at.value:
            case str():
                return self._by_name(at)
            case dict():
                return self._by_map(at)
        at.error("an authorizer is a name, an ARN or a map", "write authorizer: FUNCTION")
        return _nobody(at)

    def _by_name(self, at: Cursor) -> MethodProtection:
        text = text_of(at)
        if text.upper() == "AWS_IAM":
            return MethodProtection({"AuthorizationType": Placed("AWS_IAM", at)})
        if ":" in text:
            return self._add(at, at._replace(value={}), text, re.split(r"[:/-]", text)[-1], "")
        return self._of_function(at, at._replace(value={}), text)

    def _by_map(self, at: Cursor) -> MethodProtection:
        kind = text_of(at.at("type")).upper()
        if kind and at.has("authorizerId"):
            word = "CUSTOM" if kind in ("TOKEN", "REQUEST") else kind
            properties: Content = {"AuthorizationType": Placed(word, at), "AuthorizerId": at.at("authorizerId")}
            return MethodProtection({**properties, **_scopes(at, word)})
        if kind == "AWS_IAM":
            return MethodProtection({"AuthorizationType": Placed("AWS_IAM", at)})
        if at.has("arn"):
            arn = at.at("arn")
            name = text_of(at.at("name")) or re.split(r"[:/-]", text_of(arn))[-1] or "Authorizer"
            return self._add(at, at, text_of(arn) or arn, name, kind)
        if at.has("name"):
            return self._of_function(at.at("name"), at, text_of(at.at("name")))
        at.error("an authorizer has neither a name nor an ARN", "write name: FUNCTION or arn: ARN")
        return _nobody(at)

    def _of_function(self, at: Cursor, settings: Cursor, name: str) -> MethodProtection:
        if self._service.function(name) is None:
            names = [function.key for function in self._service.functions]
            at.error(f"the authorizer {name!r} is no function of this service", did_you_mean(name, names))
            return _nobody(at)
        kind = text_of(settings.at("type")).upper()
        return self._add(at, settings, arn_of(function_id(name)), name, kind)

    def _add(self, at: Cursor, settings: Cursor, arn: Any, name: str, kind: str) -> MethodProtection:
        """Return the protection by an authorizer that is made here, of a function's or a pool's ARN."""
        is_pool = kind == "COGNITO_USER_POOLS" or (isinstance(arn, str) and _POOL.fullmatch(arn) is not None)
        logical_id = f"{normal_name(name)}ApiGatewayAuthorizer"
        ttl = settings.at("resultTtlInSeconds")
        properties: Content = {"Name": name, "RestApiId": self._api}
        if isinstance(settings.value, dict) and settings.value:
            is_number = isinstance(ttl.value, int) or text_of(ttl).isdecimal()
            properties["AuthorizerResultTtlInSeconds"] = ttl if is_number else _DEFAULT_TTL
        source = settings.at("identitySource")
        if is_set(source):
            properties["IdentitySource"] = source
        elif not (kind == "REQUEST" and text_of(ttl) == "0"):
            properties["IdentitySource"] = _HEADER
        if is_pool:
            properties |= {"Type": "COGNITO_USER_POOLS", "ProviderARNs": [Placed(arn, at)]}
        else:
            properties["Type"] = kind if kind in ("TOKEN", "REQUEST") else "TOKEN"
            properties["AuthorizerUri"] = Placed(invocation_uri(arn), at)
            properties["IdentityValidationExpression"] = optional(settings.at("identityValidationExpression"))
        self._template.add(logical_id, "AWS::ApiGateway::Authorizer", properties, at)
        word = "COGNITO_USER_POOLS" if is_pool else "CUSTOM"
        method: Content = {"AuthorizationType": Placed(word, at), "AuthorizerId": {"Ref": logical_id}}
        claims = tuple(text_of(claim) for claim in settings.at("claims").entries() if text_of(claim))
        return MethodProtection({**method, **_scopes(settings, word)}, claims)


def _scopes(settings: Cursor, kind: str) -> Content:
    scopes = settings.at("scopes")
    if kind != "COGNITO_USER_POOLS" or not scopes.value:
        return {}
    return {"AuthorizationScopes": Placed([scopes.value], scopes) if isinstance(scopes.value, str) else scopes}


def _nobody(at: Cursor) -> MethodProtection:
    """Return the protection of a method whose authorizer is not there: API Gateway lets nobody through."""
    return MethodProtection({"AuthorizationType": Placed("CUSTOM", at), "AuthorizerId": "none"})
