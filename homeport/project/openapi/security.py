"""Security schemes and requirements: API keys, authorizers (``x-amazon-apigateway-authorizer``), and nothing unchecked.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from homeport.project.cloudformation.stack.cloud_text import cloud_text, cloud_texts
from homeport.project.model import Authorizer, Security
from homeport.project.names import did_you_mean
from homeport.project.openapi.extension_keys import AUTHORIZER_SECTION, JWT_CONFIGURATION
from homeport.project.openapi.extensions import AUTHORIZER
from homeport.project.openapi.function_lookup import FunctionLookup
from homeport.project.source.cursor import Cursor

Flavor = Literal["http", "rest"]

_KINDS: dict[str, Literal["jwt", "cognito", "request", "token"]] = {
    "jwt": "jwt",
    "cognito_user_pools": "cognito",
    "request": "request",
    "token": "token",
}
_IDENTITY = (
    r"(?:\$|method\.)(request\.(?:header|querystring)\.[^\s,]+)"
    r"|\$?(context\.[A-Za-z0-9_.]+|stageVariables\.[A-Za-z0-9_]+)"
)
_CONFIGURATION = "/.well-known/openid-configuration"
_LONGEST_CACHE = 3600
_CACHE = 300

_AUTH = "x-amazon-apigateway-auth"
_AUTH_TYPE = "x-amazon-apigateway-authtype"
_IAM_TYPE = "awssigv4"
_TYPES = ("apiKey", "http", "oauth2", "openIdConnect")


def read_authorizer(name: str, scheme: Cursor, flavor: Flavor, functions: FunctionLookup) -> Authorizer | str:
    """Read the authorizer of a security scheme, or return why nothing here can be it; "" if that is reported."""
    cursor = scheme.map(AUTHORIZER)
    AUTHORIZER_SECTION.check_names(cursor)
    kind = _kind(cursor)
    if kind is None:
        return ""
    function = functions.of_authorizer(name, scheme) if kind in ("request", "token") else None
    if isinstance(function, str):
        return function
    sources = _identity_sources(scheme, cursor, kind, flavor)
    issuer, audience = _issuer(scheme, cursor) if kind == "jwt" else (None, ())
    return Authorizer(
        name=name,
        kind=kind,
        source=scheme.source,
        identity_sources=sources,
        function=function.name if function is not None else None,
        ttl=_ttl(cursor, sources),
        payload_format=_payload_format(cursor, flavor),
        simple=cursor.flag("enableSimpleResponses"),
        issuer=issuer,
        audience=audience,
        validation_expression=_expression(cursor),
        provider_arns=_cloud_text_list(cursor.at("providerARNs")),
    )


def _kind(cursor: Cursor) -> Literal["jwt", "cognito", "request", "token"] | None:
    word = cursor.text("type")
    kind = _KINDS.get(word.lower())
    if kind is None and not word:
        cursor.error(f"{AUTHORIZER} needs a 'type'", f"one of {', '.join(_KINDS)}")
    elif kind is None:
        cursor.choice("type", _KINDS, "")
    return kind


def _identity_sources(scheme: Cursor, cursor: Cursor, kind: str, flavor: Flavor) -> tuple[str, ...]:
    given = cursor.at("identitySource")
    written = cursor.texts("identitySource") if isinstance(given.value, list) else _split(cursor.text("identitySource"))
    sources = [_identity_source(given, source, flavor) for source in written]
    if sources:
        return tuple(source for source in sources if source is not None)
    # The header of the scheme is the token's; only `request` may do without.
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html
    if scheme.value.get("type") == "apiKey" and isinstance(scheme.value.get("name"), str):
        header = scheme.value["name"]
        place = "querystring" if scheme.value.get("in") == "query" else "header"
        return () if header == "Unused" else (_in_flavor(f"request.{place}.{header}", flavor),)
    return () if kind == "request" else (_in_flavor("request.header.Authorization", flavor),)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _identity_source(cursor: Cursor, written: str, flavor: Flavor) -> str | None:
    found = re.fullmatch(_IDENTITY, written)
    if found is None:
        example = "$request.header.Authorization" if flavor == "http" else "method.request.header.Authorization"
        cursor.error(f"{written!r} is no identity source", f"write it as {example}")
        return None
    return _in_flavor(found.group(1) or found.group(2), flavor)


def _in_flavor(source: str, flavor: Flavor) -> str:
    """Return an identity source as the flavor writes it, so that one document serves both."""
    if flavor == "http":
        return f"${source}"
    return f"method.{source}" if source.startswith("request.") else source


def _issuer(scheme: Cursor, cursor: Cursor) -> tuple[str | None, tuple[str, ...]]:
    configuration = cursor.map("jwtConfiguration")
    JWT_CONFIGURATION.check_names(configuration)
    issuer = cloud_text(configuration.at("issuer"))
    if not issuer and scheme.value.get("type") == "openIdConnect":
        issuer = scheme.text("openIdConnectUrl").removesuffix(_CONFIGURATION)
    audience = configuration.at("audience")
    if isinstance(audience.value, (str, dict)):
        return issuer or None, tuple(text for text in [cloud_text(audience)] if text)
    return issuer or None, _cloud_text_list(audience)


def _cloud_text_list(cursor: Cursor) -> tuple[str, ...]:
    return tuple(cloud_texts(cursor)) if cursor.value is not None and cursor.is_a(list, "a list") else ()


def _ttl(cursor: Cursor, sources: tuple[str, ...]) -> int:
    """Read the seconds for which results are cached: none without identity sources, which are the cache's key."""
    given = cursor.at("authorizerResultTtlInSeconds")
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


def _payload_format(cursor: Cursor, flavor: Flavor) -> Literal["1.0", "2.0"]:
    given = cursor.at("authorizerPayloadFormatVersion")
    version = "2.0" if given.value is None else str(given.value)
    if version not in ("1.0", "2.0"):
        given.error(f"{given.name!r} can't be {given.value!r}", 'write "1.0" or "2.0"')
    if flavor == "http" and version == "1.0" and cursor.value.get("enableSimpleResponses") is True:
        cursor.at("enableSimpleResponses").error("simple responses need payload format 2.0", "change one of the two")
    return "1.0" if flavor == "rest" or version == "1.0" else "2.0"


def _expression(cursor: Cursor) -> str | None:
    text = cursor.text("identityValidationExpression")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        cursor.at("identityValidationExpression").error(f"{text!r} is no regular expression: {error}")
        return None
    return text or None


class Schemes(NamedTuple):
    """The security schemes of a document: authorizers, and the names of those of API keys and of IAM.

    ``unusable`` maps a scheme that nothing checks to the reason and a hint.
    """

    authorizers: Mapping[str, Authorizer]
    api_keys: frozenset[str]
    iam: frozenset[str]
    unusable: Mapping[str, tuple[str, str]]

    @property
    def names(self) -> list[str]:
        """The names of all schemes."""
        return [*self.authorizers, *self.api_keys, *self.iam, *self.unusable]


def read_schemes(components: Cursor, flavor: Flavor, functions: FunctionLookup) -> Schemes:
    """Read ``components.securitySchemes``."""
    authorizers: dict[str, Authorizer] = {}
    api_keys: set[str] = set()
    iam: set[str] = set()
    unusable: dict[str, tuple[str, str]] = {}
    for name, entry in components.map("securitySchemes").items():
        scheme = entry.target_map("a security scheme, a map")
        if scheme is None:
            unusable[name] = ("", "")
        elif scheme.has(AUTHORIZER):
            authorizer = read_authorizer(name, scheme, flavor, functions)
            if isinstance(authorizer, str):
                unusable[name] = (authorizer, "")
            else:
                authorizers[name] = authorizer
        elif str(scheme.value.get(_AUTH_TYPE, "")).lower() == _IAM_TYPE:
            iam.add(name)
        elif _is_api_key(scheme):
            api_keys.add(name)
        else:
            unusable[name] = _reason(name, scheme)
    return Schemes(authorizers, frozenset(api_keys), frozenset(iam), unusable)


def _is_api_key(scheme: Cursor) -> bool:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-key-source.html
    return (
        scheme.value.get("type") == "apiKey"
        and scheme.value.get("in") == "header"
        and str(scheme.value.get("name")).lower() == "x-api-key"
    )


def _reason(name: str, scheme: Cursor) -> tuple[str, str]:
    """Return the reason why nothing would check a scheme without an authorizer, and the hint."""
    kind = scheme.choice("type", _TYPES, "")
    if kind == "apiKey":
        return (
            f"the scheme {name!r} is an API key outside of the header x-api-key, where API Gateway does not look",
            f"use in: header, name: x-api-key, or give it an {AUTHORIZER}",
        )
    return f"nothing would check the scheme {name!r}: it has no {AUTHORIZER}", f"give it an {AUTHORIZER}"


class Requirements(NamedTuple):
    """The requirements of a ``security`` list: authorizers, and whether an API key or a signature is one of them.

    ``denied`` says why no request can meet them here, ``""`` where requests can.
    """

    authorizers: tuple[Security, ...] = ()
    api_key: bool = False
    iam: bool = False
    denied: str = ""


class _Unmet(NamedTuple):
    place: Cursor
    message: str
    hint: str = ""


def read_requirements(cursor: Cursor, schemes: Schemes, *, in_template: bool = False) -> Requirements:
    """Read a ``security`` list. What nothing here can check is an error, and in a template ``denied``."""
    if cursor.value is None or not cursor.is_a(list, "a list"):
        return Requirements()
    entries = [entry for entry in cursor.entries() if entry.is_a(dict, "a map from a security scheme to its scopes")]
    named = [(name, scopes) for entry in entries for name, scopes in entry.items()]
    # SAM writes NONE for a route without an authorizer, and no scheme of that name.
    ignored = {"NONE"} - set(schemes.names) if in_template else set()
    unmet = list(_unmet(cursor, entries, schemes, ignored))
    for place, message, hint in unmet if not in_template else ():
        if message:
            place.error(message, hint)
    return Requirements(
        tuple(Security(name, tuple(_texts(scopes))) for name, scopes in named if name in schemes.authorizers),
        any(name in schemes.api_keys for name, _ in named),
        any(name in schemes.iam for name, _ in named),
        (unmet[0].message or "its security can't be read") if unmet and in_template else "",
    )


def _texts(scopes: Cursor) -> Iterator[str]:
    if scopes.value is not None and scopes.is_a(list, "a list"):
        yield from (entry.value for entry in scopes.entries() if entry.is_a(str, "text"))


def _unmet(cursor: Cursor, entries: list[Cursor], schemes: Schemes, ignored: set[str]) -> Iterator[_Unmet]:
    """Yield the requirements that nothing here can check; the message of one that is reported already is empty."""
    for entry in entries:
        if not entry.value:
            hint = "remove the {}, or split the route into two"
            yield _Unmet(entry, "API Gateway can't make authorization optional", hint)
        for name, scopes in entry.items():
            if name in schemes.unusable:
                yield _Unmet(scopes, *schemes.unusable[name])
            elif name not in schemes.names and name not in ignored:
                yield _Unmet(scopes, f"there is no security scheme {name!r}", did_you_mean(name, schemes.names))
    checking = {*schemes.authorizers, *schemes.iam}
    if len({name for entry in entries for name in entry.value if name in checking}) > 1:
        yield _Unmet(cursor, "API Gateway takes one authorizer a route", "keep one of the security schemes")


def asks_for_iam(operation: Cursor, *, in_template: bool = False) -> bool:
    """Return whether ``x-amazon-apigateway-auth`` asks for a signature of IAM: ``{type: AWS_IAM}``."""
    auth = operation.map(_AUTH)
    if not in_template:
        auth.only(("type",), _AUTH)
    kind = auth.text("type", "NONE").upper()
    if kind not in ("NONE", "AWS_IAM"):
        auth.at("type").error(f"{_AUTH} knows no type {kind!r}", "write AWS_IAM, or NONE")
        return True
    return kind == "AWS_IAM"
