"""The keys of API Gateway's extensions of OpenAPI: CORS, validators, gateway responses, integrations, authorizers.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html

The readers of integrations and authorizers read many of the values themselves, since they depend on each other and on
the kind of API; a ``FreeValue`` says what an editor may propose.
"""

from __future__ import annotations

from typing import Any

from homeport.project.features import words
from homeport.project.integrations import TYPES
from homeport.project.keys.section import Section, SectionKey
from homeport.project.keys.values import FlagValue, FreeValue, ListValue, MapValue, TextValue, WholeValue

RESPONSE_TYPES = words("gateway responses")

_TEXTS = ListValue(TextValue())
_CORS_LISTS = (
    SectionKey("allowOrigins", _TEXTS, "The origins whose pages may read responses; `*` stands for all."),
    SectionKey("allowMethods", _TEXTS, "The methods that a preflight request allows; `*` stands for all."),
    SectionKey("allowHeaders", _TEXTS, "The headers that a preflight request allows; `*` stands for all."),
    SectionKey("exposeHeaders", _TEXTS, "The headers of responses that a page may read."),
)
CORS_LISTS = tuple(key.name for key in _CORS_LISTS)
CORS_CONFIGURATION = Section(
    "the CORS configuration",
    (
        *_CORS_LISTS,
        SectionKey("maxAge", WholeValue(-1, 86_400, "seconds"), "How long a browser keeps a preflight response."),
        SectionKey("allowCredentials", FlagValue(), "Whether pages may send cookies and credentials.", default=False),
    ),
)

REQUEST_VALIDATOR = Section(
    "a request validator",
    (
        SectionKey("validateRequestBody", FlagValue(), "Whether the body is held to its model.", default=False),
        SectionKey(
            "validateRequestParameters",
            FlagValue(),
            "Whether required parameters, headers and query strings must be there.",
            default=False,
        ),
    ),
)

_MAPPINGS = {"type": "object", "additionalProperties": {"type": "string"}}
GATEWAY_RESPONSE = Section(
    "the gateway response {name}",
    (
        SectionKey(
            "statusCode",
            FreeValue({"type": ["string", "integer"], "pattern": "^[1-5][0-9][0-9]$"}, "an HTTP status"),
            "The status.",
            absent="the status of the type",
        ),
        SectionKey(
            "responseParameters",
            FreeValue(_MAPPINGS, "a map from `gatewayresponse.header.NAME` to mapping expressions"),
            "Headers.",
        ),
        SectionKey("responseTemplates", MapValue(TextValue(), "a media type"), "The body by media type."),
    ),
)


def _one_of(*names: str) -> FreeValue:
    """Return a value that an editor proposes: API Gateway takes these words in any case."""
    return FreeValue({"anyOf": [{"enum": list(names)}, {"type": "string"}]}, " or ".join(f"`{it}`" for it in names))


_TEXT_OR_FUNCTION = {"type": ["string", "object"]}
_TEMPLATES = FreeValue({"type": "object"}, "a map from media types to templates")
_URI = FreeValue(_TEXT_OR_FUNCTION, "an ARN, a URL, or `Fn::Sub`")
INTEGRATION_SECTION = Section(
    "x-amazon-apigateway-integration",
    (
        SectionKey(
            "type",
            _one_of(*TYPES),
            "The kind: `aws_proxy` is a Lambda proxy, which the kit makes where an operation has no integration.",
        ),
        SectionKey("uri", _URI, "The backend: the invocation ARN of a function, an action of a service, or a URL."),
        SectionKey("httpMethod", TextValue(shape="a method"), "The method of the call to the backend."),
        SectionKey(
            "integrationSubtype",
            TextValue(shape="such as `SQS-SendMessage`"),
            "The action of a service that an HTTP API calls.",
            flavor="http",
        ),
        SectionKey(
            "payloadFormatVersion",
            FreeValue({"enum": ["1.0", "2.0", 1.0, 2.0]}, '`"1.0"` or `"2.0"`'),
            "The format of an HTTP API's events.",
        ),
        SectionKey("timeoutInMillis", FreeValue({"type": "integer"}, "milliseconds"), "The timeout of the call."),
        SectionKey("credentials", FreeValue(_TEXT_OR_FUNCTION, "the ARN of a role"), "The role that makes the call."),
        SectionKey(
            "requestParameters",
            FreeValue({"type": "object"}, "a map of mapping expressions"),
            "Parameters, headers and query strings of the call.",
        ),
        SectionKey("requestTemplates", _TEMPLATES, "Mapping templates of the request's body.", flavor="rest"),
        SectionKey(
            "passthroughBehavior",
            _one_of("when_no_match", "when_no_templates", "never"),
            "Whether a body without a template is passed through.",
            flavor="rest",
        ),
        SectionKey(
            "contentHandling",
            _one_of("CONVERT_TO_TEXT", "CONVERT_TO_BINARY"),
            "How the body is converted.",
            flavor="rest",
        ),
        SectionKey(
            "responses",
            FreeValue({"type": "object"}, "a map from a pattern or `default` to a response"),
            "Integration responses: `statusCode`, `responseParameters`, `responseTemplates`, `contentHandling`.",
            flavor="rest",
        ),
        SectionKey(
            "responseParameters",
            FreeValue({"type": "object"}, "a map from statuses to changes"),
            "Changes of the response.",
            flavor="http",
        ),
        SectionKey(
            "responseTransferMode",
            _one_of("BUFFERED", "STREAM"),
            "Whether the response is streamed.",
            flavor="rest",
        ),
        SectionKey(
            "cacheKeyParameters",
            FreeValue({"type": "array", "items": {"type": "string"}}, "a list of `method.request.…`"),
            "The parameters that a cached response depends on.",
            flavor="rest",
        ),
        SectionKey("cacheNamespace", TextValue(), "The name that operations with a common cache share.", flavor="rest"),
        SectionKey("connectionType", _one_of("INTERNET"), "How the backend is reached. VPC links are not emulated."),
        SectionKey("connectionId", FreeValue({}, "an id"), "The VPC link. Not emulated."),
        SectionKey("tlsConfig", FreeValue({}, "a map"), "TLS settings of the backend. Not emulated."),
    ),
)
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html"""

_AUDIENCE: dict[str, Any] = {"type": ["string", "array", "object"]}
JWT_CONFIGURATION = Section(
    "jwtConfiguration",
    (
        SectionKey("issuer", FreeValue(_TEXT_OR_FUNCTION, "a URL"), "The issuer of the tokens."),
        SectionKey("audience", FreeValue(_AUDIENCE, "text, or a list"), "The audiences that a token may have."),
    ),
)
AUTHORIZER_SECTION = Section(
    "x-amazon-apigateway-authorizer",
    (
        SectionKey(
            "type",
            _one_of("jwt", "request", "token", "cognito_user_pools"),
            "The kind: tokens of an issuer, a function that gets the request or its token, or user pools.",
        ),
        SectionKey(
            "jwtConfiguration",
            FreeValue(JWT_CONFIGURATION.schema(), "a map"),
            "`issuer` and `audience`.",
            flavor="http",
        ),
        SectionKey(
            "identitySource",
            FreeValue({"type": ["string", "array"]}, "text, or a list"),
            "Where the token or the identity stands in the request.",
        ),
        SectionKey(
            "identityValidationExpression",
            TextValue(shape="a regular expression"),
            "The pattern that a token matches.",
            flavor="rest",
        ),
        SectionKey("authorizerUri", _URI, "The function; `x-homeport.handler` beside the authorizer does as well."),
        SectionKey("authorizerCredentials", FreeValue({}, "the ARN of a role"), "The role that calls the function."),
        SectionKey(
            "authorizerPayloadFormatVersion",
            FreeValue({"enum": ["1.0", "2.0", 1.0, 2.0]}, '`"1.0"` or `"2.0"`'),
            "The format of the function's events.",
            default="2.0",
            flavor="http",
        ),
        SectionKey(
            "authorizerResultTtlInSeconds",
            FreeValue({"type": ["integer", "string"]}, "0 to 3600 seconds"),
            "How long a result is kept.",
            absent="300; 0 without an `identitySource`",
        ),
        SectionKey(
            "enableSimpleResponses",
            FreeValue({"type": "boolean"}, "`true` or `false`"),
            "Whether the function may answer `{isAuthorized: true}`.",
            flavor="http",
        ),
        SectionKey("providerARNs", FreeValue({"type": "array"}, "a list of ARNs"), "The user pools.", flavor="rest"),
        SectionKey("x-homeport", FreeValue({"type": "object"}, "a map"), "Settings of the function."),
    ),
)
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html"""
