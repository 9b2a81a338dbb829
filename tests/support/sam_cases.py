"""SAM templates that cover what can protect a route, and how each route is protected by SAM's rules.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-controlling-access-to-apis.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

SAM = "AWS::Serverless-2016-10-31"
POOL = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_example"
COGNITO = {"UserPoolArn": POOL}
JWT = {
    "IdentitySource": "$request.header.Authorization",
    "JwtConfiguration": {"issuer": "https://issuer.example.com", "audience": ["notes"]},
}
DOOR_ARN = {"Fn::GetAtt": ["Door", "Arn"]}
URI = "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Notes.Arn}/invocations"
GET: Mapping[str, Mapping[str, Any]] = {"GET /notes": {}}


class SamCase(NamedTuple):
    """A template, and what protects each of its routes: ``open``, ``IAM``, ``Staff notes/read + key``."""

    name: str
    template: Mapping[str, Any]
    protection: Mapping[str, str]

    @property
    def text(self) -> str:
        """The template's text; JSON is YAML too."""
        return json.dumps(self.template, indent=1)


def function(**events: Any) -> dict[str, Any]:
    """Return a function with these events."""
    properties = {"CodeUri": "src/", "Handler": "app.handler", "Runtime": "python3.13", "Events": events}
    return {"Type": "AWS::Serverless::Function", "Properties": properties}


def sam(
    kind: str,
    events: Mapping[str, Mapping[str, Any]],
    api: Mapping[str, Any] | None = None,
    in_globals: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a template with one API (implicit if ``api`` is None), whose routes have what ``events`` say of them."""
    reference = {} if api is None else {"RestApiId" if kind == "Api" else "ApiId": {"Ref": "Api"}}
    called = {}
    for number, (route, properties) in enumerate(events.items()):
        method, _, path = route.partition(" ")
        where = {} if route == "$default" else {"Path": path, "Method": method.lower()}
        called[f"Call{number}"] = {"Type": kind, "Properties": {**where, **reference, **properties}}
    resources = {"Notes": function(**called), "Door": function()}
    if api is not None:
        stage = {"StageName": "live"} if kind == "Api" else {}
        resources["Api"] = {"Type": f"AWS::Serverless::{kind}", "Properties": {**stage, **api}}
    template = {"Transform": SAM, "Resources": resources}
    return template if in_globals is None else {**template, "Globals": {kind: in_globals}}


def auth(default: str | None = None, /, authorizers: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return the property Auth."""
    chosen = {} if default is None else {"DefaultAuthorizer": default}
    return {"Auth": {**chosen, **({} if authorizers is None else {"Authorizers": authorizers}), **more}}


def door(**properties: Any) -> dict[str, Any]:
    """Return a Lambda authorizer."""
    return {"FunctionArn": DOOR_ARN, **properties}


def body(version: Mapping[str, str], integration: Mapping[str, Any]) -> dict[str, Any]:
    """Return an own definition with GET /notes."""
    proxy = {"type": "aws_proxy", "httpMethod": "POST", "uri": {"Fn::Sub": URI}, **integration}
    operation = {"responses": {}, "x-amazon-apigateway-integration": proxy}
    return {**version, "info": {"title": "notes", "version": "1"}, "paths": {"/notes": {"get": operation}}}


_STAFF = {"Staff": COGNITO}
_BOTH = {"Staff": COGNITO, "Door": door()}
_NONE = {"Auth": {"Authorizer": "NONE"}}

REST_CASES = (
    SamCase("a Cognito authorizer", sam("Api", GET, auth("Staff", _STAFF)), {"GET /notes": "Staff"}),
    SamCase(
        "scopes of a Cognito authorizer",
        sam("Api", GET, auth("Staff", {"Staff": {**COGNITO, "AuthorizationScopes": ["notes/read", "notes/all"]}})),
        {"GET /notes": "Staff notes/all notes/read"},
    ),
    SamCase(
        "scopes of an event",
        sam(
            "Api",
            {**GET, "POST /notes": {"Auth": {"Authorizer": "Staff", "AuthorizationScopes": ["notes/write"]}}},
            auth("Staff", {"Staff": {**COGNITO, "AuthorizationScopes": ["notes/read"]}}),
        ),
        {"GET /notes": "Staff notes/read", "POST /notes": "Staff notes/write"},
    ),
    SamCase(
        "an event without the default authorizer",
        sam("Api", {**GET, "GET /health": _NONE}, auth("Staff", _STAFF)),
        {"GET /notes": "Staff", "GET /health": "open"},
    ),
    SamCase(
        "an authorizer of one event",
        sam("Api", {**GET, "POST /notes": {"Auth": {"Authorizer": "Staff"}}}, auth(None, _STAFF)),
        {"GET /notes": "open", "POST /notes": "Staff"},
    ),
    SamCase(
        "two authorizers",
        sam("Api", {**GET, "POST /notes": {"Auth": {"Authorizer": "Door"}}}, auth("Staff", _BOTH)),
        {"GET /notes": "Staff", "POST /notes": "Door"},
    ),
    SamCase("Globals of the implicit API", sam("Api", GET, None, auth("Staff", _STAFF)), {"GET /notes": "Staff"}),
    SamCase("Globals and the API's own", sam("Api", GET, auth(None, _STAFF), auth("Staff")), {"GET /notes": "Staff"}),
    SamCase(
        "a TOKEN authorizer",
        sam(
            "Api",
            GET,
            auth(
                "Door",
                {
                    "Door": door(
                        Identity={"Header": "X-Door", "ValidationExpression": "^door-.*", "ReauthorizeEvery": 30}
                    )
                },
            ),
        ),
        {"GET /notes": "Door"},
    ),
    SamCase(
        "a REQUEST authorizer",
        sam(
            "Api",
            GET,
            auth(
                "Door",
                {
                    "Door": door(
                        FunctionPayloadType="REQUEST",
                        Identity={
                            "Headers": ["X-Door"],
                            "QueryStrings": ["door"],
                            "StageVariables": ["colour"],
                            "Context": ["identity.sourceIp"],
                            "ReauthorizeEvery": 0,
                        },
                    )
                },
            ),
        ),
        {"GET /notes": "Door"},
    ),
    SamCase("API keys", sam("Api", GET, auth(ApiKeyRequired=True)), {"GET /notes": "key"}),
    SamCase(
        "an API key of one event",
        sam("Api", {**GET, "POST /notes": {"Auth": {"ApiKeyRequired": True}}}, {}),
        {"GET /notes": "open", "POST /notes": "key"},
    ),
    SamCase(
        "an API key of an event of the implicit API",
        sam("Api", {"GET /notes": {"Auth": {"ApiKeyRequired": True}}}),
        {"GET /notes": "key"},
    ),
    SamCase(
        "an event without the API key",
        sam("Api", {**GET, "GET /health": {"Auth": {"ApiKeyRequired": False}}}, auth(ApiKeyRequired=True)),
        {"GET /notes": "key", "GET /health": "open"},
    ),
    SamCase(
        "an authorizer and an API key",
        sam("Api", GET, auth("Staff", _STAFF, ApiKeyRequired=True)),
        {"GET /notes": "Staff + key"},
    ),
    SamCase(
        "a usage plan of the API",
        sam("Api", GET, auth(ApiKeyRequired=True, UsagePlan={"CreateUsagePlan": "PER_API"})),
        {"GET /notes": "key"},
    ),
    SamCase("IAM", sam("Api", GET, auth("AWS_IAM")), {"GET /notes": "IAM"}),
    SamCase(
        "IAM of one event",
        sam("Api", {**GET, "POST /notes": {"Auth": {"Authorizer": "AWS_IAM", "InvokeRole": "CALLER_CREDENTIALS"}}}, {}),
        {"GET /notes": "open", "POST /notes": "IAM"},
    ),
    SamCase(
        "a policy for other addresses",
        sam("Api", GET, auth(ResourcePolicy={"IpRangeWhitelist": ["10.0.0.0/8"]})),
        {"GET /notes": "policy"},
    ),
    SamCase(
        "a policy for one account",
        sam("Api", GET, auth(ResourcePolicy={"AwsAccountWhitelist": ["111122223333"]})),
        {"GET /notes": "policy"},
    ),
    SamCase(
        "a preflight behind the authorizer",
        sam("Api", GET, {"Cors": "'https://www.example.com'", **auth("Staff", _STAFF)}),
        {"GET /notes": "Staff", "OPTIONS /notes": "Staff"},
    ),
    SamCase(
        "a preflight before the authorizer",
        sam("Api", GET, {"Cors": "'*'", **auth("Staff", _STAFF, AddDefaultAuthorizerToCorsPreflight=False)}),
        {"GET /notes": "Staff", "OPTIONS /notes": "open"},
    ),
    SamCase(
        "a preflight without the API key",
        sam("Api", GET, {"Cors": "'*'", **auth(ApiKeyRequired=True, AddApiKeyRequiredToCorsPreflight=False)}),
        {"GET /notes": "key", "OPTIONS /notes": "open"},
    ),
    SamCase(
        "any method",
        sam("Api", {"ANY /notes": {}, "GET /notes": _NONE, "ANY /{proxy+}": {}}, auth("Staff", _STAFF)),
        {"ANY /notes": "Staff", "GET /notes": "open", "ANY /{proxy+}": "Staff"},
    ),
    SamCase(
        "OpenAPI 3.0", sam("Api", GET, {"OpenApiVersion": "3.0.1", **auth("Staff", _STAFF)}), {"GET /notes": "Staff"}
    ),
    SamCase(
        "an own definition",
        sam("Api", GET, {"DefinitionBody": body({"swagger": "2.0"}, {}), **auth("Door", _BOTH, ApiKeyRequired=True)}),
        {"GET /notes": "Door + key"},
    ),
)

HTTP_CASES = (
    SamCase("a JWT authorizer", sam("HttpApi", GET, auth("Staff", {"Staff": JWT})), {"GET /notes": "Staff"}),
    SamCase(
        "scopes of a JWT authorizer",
        sam("HttpApi", GET, auth("Staff", {"Staff": {**JWT, "AuthorizationScopes": ["notes/read"]}})),
        {"GET /notes": "Staff notes/read"},
    ),
    SamCase(
        "scopes of an event",
        sam(
            "HttpApi",
            {**GET, "POST /notes": {"Auth": {"Authorizer": "Staff", "AuthorizationScopes": ["notes/write", "x"]}}},
            auth("Staff", {"Staff": {**JWT, "AuthorizationScopes": ["notes/read"]}}),
        ),
        {"GET /notes": "Staff notes/read", "POST /notes": "Staff notes/write x"},
    ),
    SamCase(
        "an event without the default authorizer",
        sam("HttpApi", {**GET, "GET /health": _NONE}, auth("Staff", {"Staff": JWT})),
        {"GET /notes": "Staff", "GET /health": "open"},
    ),
    SamCase(
        "a Lambda authorizer with simple answers",
        sam(
            "HttpApi",
            GET,
            auth(
                "Door",
                {
                    "Door": door(
                        AuthorizerPayloadFormatVersion="2.0",
                        EnableSimpleResponses=True,
                        Identity={"Headers": ["X-Door"], "QueryStrings": ["door"], "ReauthorizeEvery": 60},
                    )
                },
            ),
        ),
        {"GET /notes": "Door"},
    ),
    SamCase(
        "a Lambda authorizer with policies",
        sam("HttpApi", GET, auth("Door", {"Door": door(AuthorizerPayloadFormatVersion=1.0)})),
        {"GET /notes": "Door"},
    ),
    SamCase("IAM", sam("HttpApi", GET, auth("AWS_IAM", EnableIamAuthorizer=True)), {"GET /notes": "IAM"}),
    SamCase(
        "IAM of one event",
        sam(
            "HttpApi",
            {**GET, "POST /notes": {"Auth": {"Authorizer": "AWS_IAM"}}},
            auth(None, {}, EnableIamAuthorizer=True),
        ),
        {"GET /notes": "open", "POST /notes": "IAM"},
    ),
    SamCase(
        "Globals of the implicit API",
        sam("HttpApi", GET, None, {**auth("Staff", {"Staff": JWT}), "CorsConfiguration": {"AllowOrigins": ["*"]}}),
        {"GET /notes": "Staff"},
    ),
    SamCase(
        "CORS",
        sam(
            "HttpApi",
            GET,
            {
                "CorsConfiguration": {
                    "AllowOrigins": ["https://www.example.com"],
                    "AllowMethods": ["GET"],
                    "AllowHeaders": ["authorization"],
                    "ExposeHeaders": ["etag"],
                    "MaxAge": 600,
                    "AllowCredentials": True,
                },
                **auth("Staff", {"Staff": JWT}),
            },
        ),
        {"GET /notes": "Staff"},
    ),
    SamCase(
        "the default route",
        sam("HttpApi", {"$default": {}, "GET /notes": {}}, auth("Staff", {"Staff": JWT})),
        {"$default": "Staff", "GET /notes": "Staff"},
    ),
    SamCase(
        "an own definition",
        sam(
            "HttpApi",
            GET,
            {
                "DefinitionBody": body({"openapi": "3.0.1"}, {"payloadFormatVersion": "2.0"}),
                **auth("Staff", {"Staff": JWT}),
            },
        ),
        {"GET /notes": "Staff"},
    ),
    SamCase(
        "an own definition with routes of both kinds",
        sam(
            "HttpApi",
            GET,
            {
                "DefinitionBody": {
                    **body({"openapi": "3.0.1"}, {"payloadFormatVersion": "1.0"}),
                    "components": {
                        "securitySchemes": {
                            "Own": {
                                "type": "openIdConnect",
                                "openIdConnectUrl": "https://issuer.example.com/.well-known/openid-configuration",
                                "x-amazon-apigateway-authorizer": {
                                    "type": "jwt",
                                    "identitySource": "$request.querystring.token",
                                    "jwtConfiguration": {"audience": ["notes"]},
                                },
                            }
                        }
                    },
                    "security": [{"Own": ["notes/read"]}],
                }
            },
        ),
        {"GET /notes": "Own notes/read"},
    ),
)
