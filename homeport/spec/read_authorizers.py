"""``x-amazon-apigateway-authorizer``: who decides whether a request may pass.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html
"""

from __future__ import annotations

import re
import warnings
from typing import Literal

from homeport.spec.cloud_text import cloud_text, cloud_texts
from homeport.spec.handlers import Handler, Handlers
from homeport.spec.model import Authorizer, Function
from homeport.spec.names import kebab_case
from homeport.spec.read_ours import Ours, read_ours
from homeport.spec.view import View

Flavor = Literal["http", "rest"]

AUTHORIZER = "x-amazon-apigateway-authorizer"
_KINDS: dict[str, Literal["jwt", "cognito", "request", "token"]] = {
    "jwt": "jwt",
    "cognito_user_pools": "cognito",
    "request": "request",
    "token": "token",
}
_KNOWN = (
    "authorizerCredentials",
    "authorizerPayloadFormatVersion",
    "authorizerResultTtlInSeconds",
    "authorizerUri",
    "enableSimpleResponses",
    "identitySource",
    "identityValidationExpression",
    "jwtConfiguration",
    "providerARNs",
    "type",
    "x-homeport",
)
FUNCTION_ARN = r":function:([A-Za-z0-9_-]+)"
_IDENTITY = (
    r"(?:\$|method\.)(request\.(?:header|querystring)\.[^\s,]+)"
    r"|\$?(context\.[A-Za-z0-9_.]+|stageVariables\.[A-Za-z0-9_]+)"
)
_CONFIGURATION = "/.well-known/openid-configuration"
_LONGEST_CACHE = 3600
_CACHE = 300


def read_authorizer(
    name: str, scheme: View, flavor: Flavor, handlers: Handlers
) -> tuple[Authorizer, Function | None] | None:
    """The authorizer of a security scheme and its Lambda function; None if its type is not to be read."""
    view = scheme.map(AUTHORIZER)
    view.only(_KNOWN, AUTHORIZER)
    kind = _kind(view)
    if kind is None:
        return None
    function = _function(name, scheme, view, handlers) if kind in ("request", "token") else None
    sources = _identity_sources(scheme, view, kind, flavor)
    issuer, audience = _issuer(scheme, view) if kind == "jwt" else (None, ())
    authorizer = Authorizer(
        name=name,
        kind=kind,
        source=scheme.source,
        identity_sources=sources,
        function=function.name if function is not None else None,
        ttl=_ttl(view, sources),
        payload_format=_payload_format(view, flavor),
        simple=view.flag("enableSimpleResponses"),
        issuer=issuer,
        audience=audience,
        validation_expression=_expression(view),
        provider_arns=_listed(view.at("providerARNs")),
    )
    return authorizer, function


def _kind(view: View) -> Literal["jwt", "cognito", "request", "token"] | None:
    word = view.text("type")
    kind = _KINDS.get(word.lower())
    if kind is None and not word:
        view.error(f"{AUTHORIZER} needs a 'type'", f"one of {', '.join(_KINDS)}")
    elif kind is None:
        view.choice("type", _KINDS, "")
    return kind


def _function(name: str, scheme: View, view: View, handlers: Handlers) -> Function | None:
    beside = view if view.has("x-homeport") else scheme
    ours = read_ours(beside.at("x-homeport"), operation=False)
    arn_name = function_in(view.at("authorizerUri"))
    handler = _handler(ours, arn_name, view, handlers)
    if handler is None:
        return None
    return Function(
        name=ours.group or arn_name or kebab_case(name),
        handler=handler.setting,
        source=view.source,
        memory=ours.memory,
        timeout=ours.timeout,
        reserved_concurrency=ours.reserved_concurrency,
        access=ours.access or {},
        policies=ours.policies,
    )


def _handler(ours: Ours, arn_name: str | None, view: View, handlers: Handlers) -> Handler | None:
    if ours.handler is not None:
        return handlers.named(ours.handler)
    if arn_name is not None:
        return handlers.default(arn_name, view.at("authorizerUri"))
    place = view.at("authorizerUri") if view.has("authorizerUri") else view
    place.error(
        "the authorizer names no Lambda function",
        "let authorizerUri end with :function:NAME/invocations, or put x-homeport: {handler: NAME} beside it",
    )
    return None


def function_in(view: View) -> str | None:
    """The function's name in ``arn:…:function:my-authorizer/invocations``, also inside an ``Fn::Sub``."""
    value = view.value
    if isinstance(value, dict):
        value = value.get("Fn::Sub")
        value = value[0] if isinstance(value, list) and value else value
    elif value is not None and not view.is_a(str, "text"):
        return None
    found = re.search(FUNCTION_ARN, value) if isinstance(value, str) else None
    return found.group(1) if found else None


def _identity_sources(scheme: View, view: View, kind: str, flavor: Flavor) -> tuple[str, ...]:
    given = view.at("identitySource")
    written = view.texts("identitySource") if isinstance(given.value, list) else _split(view.text("identitySource"))
    sources = [_identity_source(given, source, flavor) for source in written]
    if sources:
        return tuple(source for source in sources if source is not None)
    # The header of the scheme is the token's; only `request` may do without.
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html
    if scheme.value.get("type") == "apiKey" and isinstance(scheme.value.get("name"), str):
        header = scheme.value["name"]
        place = "querystring" if scheme.value.get("in") == "query" else "header"
        return () if header == "Unused" else (_expressed(f"request.{place}.{header}", flavor),)
    return () if kind == "request" else (_expressed("request.header.Authorization", flavor),)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _identity_source(view: View, written: str, flavor: Flavor) -> str | None:
    found = re.fullmatch(_IDENTITY, written)
    if found is None:
        example = "$request.header.Authorization" if flavor == "http" else "method.request.header.Authorization"
        view.error(f"{written!r} is no identity source", f"write it as {example}")
        return None
    return _expressed(found.group(1) or found.group(2), flavor)


def _expressed(source: str, flavor: Flavor) -> str:
    """A source in the flavor's own words, so that one document serves both."""
    if flavor == "http":
        return f"${source}"
    return f"method.{source}" if source.startswith("request.") else source


def _issuer(scheme: View, view: View) -> tuple[str | None, tuple[str, ...]]:
    configuration = view.map("jwtConfiguration")
    configuration.only(("issuer", "audience"), "jwtConfiguration")
    issuer = cloud_text(configuration.at("issuer"))
    if not issuer and scheme.value.get("type") == "openIdConnect":
        issuer = scheme.text("openIdConnectUrl").removesuffix(_CONFIGURATION)
    audience = configuration.at("audience")
    if isinstance(audience.value, (str, dict)):
        return issuer or None, tuple(text for text in [cloud_text(audience)] if text)
    return issuer or None, _listed(audience)


def _listed(view: View) -> tuple[str, ...]:
    return tuple(cloud_texts(view)) if view.value is not None and view.is_a(list, "a list") else ()


def _ttl(view: View, sources: tuple[str, ...]) -> int:
    """Seconds; without identity sources there is nothing to tell results apart by, so nothing is cached."""
    given = view.at("authorizerResultTtlInSeconds")
    if given.value is None:
        return _CACHE if sources else 0
    text = str(given.value)
    if isinstance(given.value, bool) or not text.isascii() or not text.isdecimal() or len(text) > 4:
        given.error(f"{given.name!r} must be seconds from 0 to {_LONGEST_CACHE}, not {given.value!r}")
        return _CACHE
    seconds = int(text)
    if seconds > _LONGEST_CACHE:
        given.error(f"{given.name!r} must be seconds from 0 to {_LONGEST_CACHE}, not {seconds}")
    elif seconds and not sources:
        given.error("results can't be cached without an identitySource", "name one, or set 0")
    return seconds


def _payload_format(view: View, flavor: Flavor) -> Literal["1.0", "2.0"]:
    given = view.at("authorizerPayloadFormatVersion")
    version = "2.0" if given.value is None else str(given.value)
    if version not in ("1.0", "2.0"):
        given.error(f"{given.name!r} can't be {given.value!r}", 'write "1.0" or "2.0"')
    if flavor == "http" and version == "1.0" and view.value.get("enableSimpleResponses") is True:
        view.at("enableSimpleResponses").error("simple responses need payload format 2.0", "change one of the two")
    return "1.0" if flavor == "rest" or version == "1.0" else "2.0"


def _expression(view: View) -> str | None:
    text = view.text("identityValidationExpression")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        view.at("identityValidationExpression").error(f"{text!r} is no regular expression: {error}")
        return None
    return text or None
