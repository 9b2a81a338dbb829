"""Projects to make templates of: one for each thing that a template can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from homeport.project.load import load_project
from homeport.project.project import Project
from tests.support.made_project import Made, Route, authorizer_uri, lambda_scheme, write_project

STAGE = "prod"
SECRET = "a-secret-of-more-than-twenty-characters"
TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"

TABLE: Mapping[str, Any] = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "status", "AttributeType": "S"},
        ],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "byStatus",
                "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    },
}
TABLES: Mapping[str, Any] = {"Resources": {"ThingsTable": TABLE}}
ACCESS = {"access": {"ThingsTable": ["GetItem", "PutItem"], "ThingsTable/byStatus": ["Query"]}}
CORS = {
    "allowOrigins": ["https://a.example.com", "https://b.example.com"],
    "allowMethods": ["GET", "POST"],
    "allowHeaders": ["content-type"],
    "exposeHeaders": ["x-total"],
    "maxAge": 600,
    "allowCredentials": True,
}
JWT = {
    "type": "oauth2",
    "flows": {"clientCredentials": {"tokenUrl": "https://id.example.com/token", "scopes": {"read": "Read."}}},
    "x-amazon-apigateway-authorizer": {
        "type": "jwt",
        "jwtConfiguration": {"issuer": "https://id.example.com", "audience": ["things"]},
    },
}
POOL = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "x-amazon-apigateway-authtype": "cognito_user_pools",
    "x-amazon-apigateway-authorizer": {
        "type": "cognito_user_pools",
        "providerARNs": ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abcdefghi"],
    },
}
AUTHORIZER = "def handler(event, context):\n    return {'isAuthorized': True}\n"
THING = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {"id": {"type": "string", "maxLength": 20}, "parent": {"$ref": "#/components/schemas/Thing"}},
}
BODY = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
VALIDATORS = {
    "x-amazon-apigateway-request-validators": {"all": {"validateRequestBody": True, "validateRequestParameters": True}},
    "x-amazon-apigateway-request-validator": "all",
    "components": {"schemas": {"Thing": THING}},
}


def route(method: str = "GET", path: str = "/things/{id}", **extra: Any) -> Route:
    """A route with extra fields; ``ours`` is its x-homeport."""
    ours = extra.pop("ours", None)
    return Route(method, path, extra={**extra, **({"x-homeport": ours} if ours else {})})


def made(*routes: Route, **fields: Any) -> Made:
    """A project whose stage is deployed."""
    return Made(routes=routes or (route(),), stage_key=STAGE, **fields)


def secured(name: str, *scopes: str) -> dict[str, Any]:
    """A route's ``security``."""
    return {"security": [{name: list(scopes)}]}


def integrated(integration: Mapping[str, Any]) -> dict[str, Any]:
    """A route's integration."""
    return {"x-amazon-apigateway-integration": dict(integration)}


SHOP_PROXY: Mapping[str, Any] = {
    "type": "http_proxy",
    "httpMethod": "ANY",
    "uri": "https://${stageVariables.shop}/v1/{proxy}",
    "payloadFormatVersion": "1.0",
    "timeoutInMillis": 5000,
    "requestParameters": {"append:header.x-call": "$context.requestId", "remove:querystring.debug": "''"},
    "responseParameters": {"500": {"overwrite:statuscode": "503", "append:header.x-shop": "down"}},
}
SEND_ORDER: Mapping[str, Any] = {
    "type": "aws_proxy",
    "integrationSubtype": "SQS-SendMessage",
    "payloadFormatVersion": "1.0",
    "credentials": {"Fn::GetAtt": ["Sender", "Arn"]},
    "requestParameters": {"QueueUrl": {"Ref": "Orders"}, "MessageBody": "$request.body"},
}
MAPPED_FUNCTION: Mapping[str, Any] = {
    "type": "aws_proxy",
    "payloadFormatVersion": "2.0",
    "requestParameters": {"overwrite:header.x-path": "$request.path"},
}
QUEUE_AND_ROLE: Mapping[str, Any] = {
    "Resources": {
        "Orders": {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"},
        "Sender": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "apigateway.amazonaws.com"},
                            "Action": "sts:AssumeRole",
                        }
                    ],
                },
                "Policies": [
                    {
                        "PolicyName": "send",
                        "PolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": [
                                {
                                    "Effect": "Allow",
                                    "Action": "sqs:SendMessage",
                                    "Resource": {"Fn::GetAtt": ["Orders", "Arn"]},
                                }
                            ],
                        },
                    }
                ],
            },
        },
    }
}

_LISTED = {"name": "status", "in": "query", "required": True, "schema": {"type": "string"}}
_COOKIE = {"name": "session", "in": "cookie", "schema": {"type": "string"}}

LAYER_ARN = "arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313-arm64:7"
OWN_CODE: Mapping[str, Any] = {
    "code": "src/orders",
    "handler": "app.lambda_handler",
    "runtime": "python3.12",
    "architecture": "x86_64",
    "layers": ["layers/shared", LAYER_ARN],
    "environment": {"TABLE": {"Ref": "ThingsTable"}, "LEVEL": "debug", "MODE": "fast"},
    **ACCESS,
}
OWN_FILES = {
    "src/orders/app.py": "def lambda_handler(event, context):\n    return {'statusCode': 200}\n",
    "src/orders/tests/words.py": "",
    "layers/shared/python/shared.py": "",
}

NODE_FILES = {
    "src/scripts/index.mjs": "export const handler = async () => ({ statusCode: 200 });\n",
    "src/typed/api/add.ts": "export const handler = async (): Promise<object> => ({ statusCode: 200 });\n",
    "layers/scripts/nodejs/node_modules/words/index.js": "exports.word = 1;\n",
}

_RESPONSES = {
    "responses": {
        "200": {"description": "ok", "headers": {"X-Id": {"schema": {"type": "string"}}}},
        "404": {"description": "none"},
    }
}
_GATEWAY_INTEGRATION = "x-amazon-apigateway-integration"
_MAPPED = {
    "passthroughBehavior": "never",
    "contentHandling": "CONVERT_TO_TEXT",
    "timeoutInMillis": 2500,
    "requestTemplates": {"application/json": '{"id": "$input.params(\'id\')", "stage": "${stageVariables.host}"}'},
    "requestParameters": {"integration.request.path.id": "method.request.path.id"},
    "responses": {
        "default": {
            "statusCode": "200",
            "responseParameters": {"method.response.header.X-Id": "context.requestId"},
            "responseTemplates": {"application/json": "$input.json('$')"},
        },
        ".*none.*": {"statusCode": "404", "contentHandling": "CONVERT_TO_TEXT"},
    },
}
MAPPED_MOCK: Mapping[str, Any] = {
    **_RESPONSES,
    _GATEWAY_INTEGRATION: {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {"2..": {"statusCode": "200"}},
    },
}
REST_FUNCTION: Mapping[str, Any] = {
    **_RESPONSES,
    _GATEWAY_INTEGRATION: {**_MAPPED, "type": "aws", "httpMethod": "POST", "uri": authorizer_uri("work")},
}
MAPPED_SERVICE: Mapping[str, Any] = {
    **_RESPONSES,
    _GATEWAY_INTEGRATION: {
        **_MAPPED,
        "type": "aws",
        "httpMethod": "POST",
        "uri": "arn:aws:apigateway:us-east-1:sqs:path/000000000000/{id}",
        "credentials": "arn:aws:iam::000000000000:role/sends-jobs",
    },
}
MAPPED_HTTP: Mapping[str, Any] = {
    **_RESPONSES,
    _GATEWAY_INTEGRATION: {
        **_MAPPED,
        "type": "http",
        "httpMethod": "GET",
        "uri": "https://${stageVariables.host}/{id}",
    },
}
HTTP_PROXY: Mapping[str, Any] = {
    _GATEWAY_INTEGRATION: {
        "type": "http_proxy",
        "httpMethod": "ANY",
        "uri": "https://example.com/{proxy}",
        "requestParameters": {"integration.request.path.proxy": "method.request.path.proxy"},
    }
}


def _with_settings(operation: Mapping[str, Any], **settings: Any) -> dict[str, Any]:
    """An operation whose integration has more settings."""
    return {**operation, _GATEWAY_INTEGRATION: {**operation[_GATEWAY_INTEGRATION], **settings}}


FEATURES: Mapping[str, Made] = {
    "plain http": made(route(), route("POST", "/things"), route("ANY", "/more/{id}")),
    "plain rest": made(route(), route("POST", "/things"), route("ANY", "/more/{id}"), flavor="rest"),
    "payload 1.0": made(payload_format="1.0", stage_name="v1"),
    "tables": made(route(ours=ACCESS), route("PUT", ours={"access": {"ThingsTable": ["PutItem"]}}), resources=TABLES),
    "protected tables": made(route(ours=ACCESS), resources=TABLES, stage={"deletionProtection": True}),
    "own code": made(
        route(ours=OWN_CODE),
        route("POST", "/things"),
        resources=TABLES,
        stage={"snapStart": True, "environment": {"LEVEL": "info", "WORD": "${WORD}"}},
        files=OWN_FILES,
    ),
    "own code alone": made(
        route("ANY", "/{proxy+}", ours={"code": "src/orders", "handler": "app.lambda_handler"}),
        flavor="rest",
        files=OWN_FILES,
    ),
    "in node": made(
        route(ours={"code": "src/scripts", "handler": "index.handler", "layers": ["layers/scripts"], **ACCESS}),
        route("POST", "/things", ours={"code": "src/typed", "handler": "api/add.handler", "runtime": "nodejs24.x"}),
        resources=TABLES,
        stage={"runtime": "nodejs22.x", "snapStart": True},
        files=NODE_FILES,
    ),
    "proxy and default": made(route("ANY", "/{proxy+}"), route("ANY", "/$default"), route("GET", "/")),
    "rest integrations": made(
        route("GET", "/fixed", **MAPPED_MOCK),
        route("POST", "/tasks/{id}", **REST_FUNCTION),
        route("PUT", "/jobs/{id}", **MAPPED_SERVICE),
        route("GET", "/pages/{id}", **MAPPED_HTTP),
        route("ANY", "/site/{proxy+}", **HTTP_PROXY),
        route("GET", "/news/{proxy+}", **_with_settings(HTTP_PROXY, responseTransferMode="STREAM")),
        flavor="rest",
        stage={"variables": {"host": "example.com"}},
    ),
    "rest cache": made(
        route(**integrated({"type": "aws_proxy", "cacheKeyParameters": ["method.request.path.id"]})),
        route("POST", "/things"),
        route("GET", "/pages/{id}", **_with_settings(MAPPED_HTTP, cacheKeyParameters=["integration.request.path.id"])),
        route("GET", "/site/{proxy+}", **_with_settings(HTTP_PROXY, cacheNamespace="site")),
        flavor="rest",
        stage={
            "variables": {"host": "example.com"},
            "cache": {
                "cacheClusterSize": 1.6,
                "cacheTtlInSeconds": 60,
                "cacheDataEncrypted": True,
                "routes": {"POST /things": {"cacheTtlInSeconds": 10}, "GET /pages/{id}": {"cachingEnabled": False}},
            },
        },
    ),
    "rest proxy": made(route("ANY", "/{proxy+}"), route("GET", "/"), flavor="rest"),
    "http backends": made(
        route("ANY", "/shop/{proxy+}", **integrated(SHOP_PROXY)),
        route("POST", "/orders", **integrated(SEND_ORDER)),
        route("GET", "/mapped", **integrated(MAPPED_FUNCTION)),
        resources=QUEUE_AND_ROLE,
        stage={"variables": {"shop": "shop.example.com"}},
    ),
    "http cors": made(spec={"x-amazon-apigateway-cors": CORS}),
    "rest cors": made(spec={"x-amazon-apigateway-cors": CORS}, flavor="rest"),
    "jwt": made(route(**secured("people", "read")), route("POST", "/things"), schemes={"people": JWT}),
    "cognito": made(route(**secured("people", "read")), schemes={"people": POOL}, flavor="rest"),
    "cognito of the stage": made(
        route(**secured("people")),
        schemes={"people": POOL},
        flavor="rest",
        stage={"auth": {"people": {"issuer": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abcdefghi"}}},
    ),
    "simple authorizer": made(
        route(**secured("asked")),
        schemes={"asked": lambda_scheme("request", "asked", enableSimpleResponses=True)},
        modules={"asked": AUTHORIZER},
    ),
    "policy authorizer without cache": made(
        route(**secured("asked")),
        schemes={
            "asked": lambda_scheme(
                "request", "asked", authorizerPayloadFormatVersion="1.0", authorizerResultTtlInSeconds=0
            )
        },
        modules={"asked": AUTHORIZER},
    ),
    "token authorizer": made(
        route(**secured("asked")),
        schemes={"asked": lambda_scheme("token", "asked", header="X-Token", identityValidationExpression="^t.*$")},
        modules={"asked": AUTHORIZER},
        flavor="rest",
    ),
    "request authorizer": made(
        route(**secured("asked")),
        schemes={
            "asked": lambda_scheme(
                "request",
                "asked",
                identitySource="method.request.header.Authorization, method.request.querystring.who",
            )
        },
        modules={"asked": AUTHORIZER},
        flavor="rest",
    ),
    "validators": made(
        route("POST", "/things", requestBody=BODY, parameters=[_LISTED, _COOKIE]),
        route(**{"x-amazon-apigateway-request-validator": "all"}),
        spec=VALIDATORS,
        flavor="rest",
    ),
    "api keys": made(
        route(**secured("key")),
        schemes={"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}},
        flavor="rest",
        stage={
            "usagePlans": {"basic": {"rate": 10, "burst": 5, "quota": {"limit": 1000, "period": "DAY"}}, "free": {}},
            "apiKeys": {
                "partner": {"value": "${PARTNER_KEY}", "usagePlan": "basic"},
                "looked-up": {"value": "{{resolve:ssm:/keys/partner:1}}", "enabled": False},
            },
        },
    ),
    "gateway responses": made(
        flavor="rest",
        spec={
            "x-amazon-apigateway-binary-media-types": ["image/*"],
            "x-amazon-apigateway-gateway-responses": {
                "THROTTLED": {
                    "statusCode": 503,
                    "responseParameters": {"gatewayresponse.header.Retry-After": "'1'"},
                    "responseTemplates": {"application/json": '{"message": $context.error.messageString}'},
                }
            },
        },
    ),
    "groups": made(
        *(route(method, "/things", ours={"function": "things", **ACCESS}) for method in ("GET", "POST")),
        route("DELETE", ours={"function": "things"}),
        resources=TABLES,
    ),
    "http snap start": made(stage={"snapStart": True, "architecture": "x86_64"}),
    "rest snap start": made(stage={"snapStart": True, "environment": {"WORD": "${WORD}"}}, flavor="rest"),
    "http domain": made(
        stage={"domain": {"name": "api.example.com", "certificateArn": CERTIFICATE, "basePath": "v1/things"}}
    ),
    "rest domain with record": made(
        flavor="rest",
        stage={"domain": {"name": "api.example.com", "certificateArn": CERTIFICATE, "hostedZoneId": "Z2FDTNDATAQYW2"}},
    ),
    "http alarms": made(
        *(route("GET", f"/things{number}", ours=ACCESS) for number in range(12)),
        resources=TABLES,
        stage={"alarms": {"topic": TOPIC, "latency": 800}},
    ),
    "rest alarms": made(
        flavor="rest",
        stage={"alarms": {"topic": "Alarms"}},
        resources={
            "Resources": {"Alarms": {"Type": "AWS::SNS::Topic", "Properties": {"KmsMasterKeyId": "alias/aws/sns"}}}
        },
    ),
    "secrets": made(
        route(ours=ACCESS),
        resources=TABLES,
        stage={
            "environment": {
                "API_TOKEN": "${TOKEN}",
                "GREETING": "hello ${NAME}",
                "PASSWORD": "{{resolve:ssm:/things/password:1}}",
            },
            "variables": {"colour": "${COLOUR}"},
            "alarms": {"topic": "${TOPIC}"},
            "domain": {"name": "${DOMAIN}", "certificateArn": "${CERTIFICATE}"},
        },
        spec={"x-amazon-apigateway-cors": CORS},
    ),
    "secret origins": made(
        flavor="rest",
        stage={"cors": {"allowOrigins": ["${ORIGIN}", "https://b.example.com"]}},
        spec={"x-amazon-apigateway-cors": CORS},
    ),
    "settings": made(
        route(ours={"memory": 512, "timeout": 20, "reservedConcurrency": 5, "throttle": {"rate": 0.5, "burst": 1}}),
        route(
            "POST",
            "/things",
            **{"x-amazon-apigateway-integration": {"type": "aws_proxy", "timeoutInMillis": 2500}},
        ),
        stage={
            "runtime": "python3.12",
            "logFormat": "JSON",
            "tracing": True,
            "variables": {"colour": "blue"},
            "environment": {"LEVEL": "info"},
            "accessLog": {"format": {"id": "$context.requestId"}, "retention": 30},
            "logRetentionDays": 90,
        },
    ),
    "rest settings": made(
        route(ours={"throttle": {"rate": 2, "burst": 1}}),
        route("GET", "/", ours={"throttle": {"rate": 3, "burst": 1}}),
        route("ANY", "/more", **{"x-amazon-apigateway-integration": {"type": "aws_proxy", "timeoutInMillis": 2500}}),
        flavor="rest",
        stage_name="v1",
        stage={
            "tracing": True,
            "variables": {"colour": "blue"},
            "canary": {"percent": 12.5, "variables": {"colour": "red"}},
            "reservedConcurrency": 3,
            "logFormat": "JSON",
        },
        spec={"x-amazon-apigateway-minimum-compression-size": 1024},
    ),
    "further resources": made(
        route(
            ours={
                **ACCESS,
                "policies": [
                    {
                        "Effect": "Allow",
                        "Action": ["sqs:SendMessage"],
                        "Resource": {"Fn::GetAtt": ["Queue", "Arn"]},
                    },
                    {
                        "Effect": "Allow",
                        "Action": "s3:GetObject",
                        "Resource": {"Fn::Sub": "${Files.Arn}/*"},
                    },
                ],
            }
        ),
        resources={
            "Parameters": {
                "Stage": {"Type": "String", "Default": "local"},
                "DeletionProtection": {"Type": "String", "Default": "false"},
                "Days": {"Type": "Number", "Default": 4},
            },
            "Mappings": {"Sizes": {"prod": {"delay": 5}, "local": {"delay": 0}}},
            "Conditions": {"Live": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
            "Resources": {
                "ThingsTable": {
                    **TABLE,
                    "Properties": {**TABLE["Properties"], "DeletionProtectionEnabled": {"Ref": "DeletionProtection"}},
                },
                "Queue": {
                    "Type": "AWS::SQS::Queue",
                    "Properties": {
                        "DelaySeconds": {"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "delay"]},
                        "MessageRetentionPeriod": {"Fn::If": ["Live", 345600, {"Ref": "AWS::NoValue"}]},
                    },
                    "DeletionPolicy": "Delete",
                    "UpdateReplacePolicy": "Delete",
                },
                "Files": {
                    "Type": "AWS::S3::Bucket",
                    "DeletionPolicy": "Retain",
                    "UpdateReplacePolicy": "Retain",
                    "Properties": {
                        "LifecycleConfiguration": {
                            "Rules": [{"Status": "Enabled", "ExpirationInDays": {"Ref": "Days"}}]
                        }
                    },
                },
                "News": {"Type": "AWS::SNS::Topic"},
            },
            "Outputs": {"QueueUrl": {"Value": {"Ref": "Queue"}}},
        },
        stage={"environment": {"LEVEL": "info"}},
    ),
    "long names": made(
        Route("GET", "/things", extra={"operationId": "route0", "x-homeport": {"function": "f" * 60}}),
        stage={"stackName": "s" * 60},
    ),
}
"""By what each has that the others lack."""

ENVIRON = {
    "PARTNER_KEY": SECRET,
    "TOKEN": SECRET,
    "NAME": SECRET,
    "COLOUR": SECRET,
    "TOPIC": TOPIC,
    "DOMAIN": "secret.example.com",
    "CERTIFICATE": CERTIFICATE,
    "ORIGIN": "https://secret.example.com",
    "WORD": SECRET,
}


def project_of(root: Path, made: Made) -> Project:
    """The project, written and read."""
    return load_project(write_project(root, made), made.stage_key, ENVIRON)


def changed(made: Made, **fields: Any) -> Made:
    """The same project with something else."""
    return replace(made, **fields)
