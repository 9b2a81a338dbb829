"""Authorizers of a SAM API, as OpenAPI has them.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-apiauth.html
"""

from __future__ import annotations

from typing import Any

from homeport.scaffold.adopted.notes import Adoption, Flavor, Json
from homeport.spec.names import snake_case
from homeport.spec.read_authorizers import AUTHORIZER

_API_KEY = "apiKey"
_IAM = "AWS_IAM"


def add_authorizers(notes: Adoption, api: str, properties: Json, flavor: Flavor) -> None:
    """Write ``Auth`` into components and, for a DefaultAuthorizer, into ``security``."""
    auth = properties.get("Auth")
    if not isinstance(auth, dict):
        return
    schemes = notes.spec.setdefault("components", {}).setdefault("securitySchemes", {})
    authorizers = auth.get("Authorizers")
    for name, said in authorizers.items() if isinstance(authorizers, dict) else ():
        schemes.setdefault(name, _scheme(name, said if isinstance(said, dict) else {}, flavor))
    default = auth.get("DefaultAuthorizer")
    if auth.get("ApiKeyRequired") is True:
        schemes.setdefault(_API_KEY, {"type": "apiKey", "in": "header", "name": "x-api-key"})
    if default == _IAM or auth.get("EnableIamAuthorizer") is True:
        schemes.setdefault(_IAM, {"type": "apiKey", "in": "header", "name": "Authorization"})
    entry: Json = {
        name: [] for name in ([default] if default else []) + ([_API_KEY] if auth.get("ApiKeyRequired") else [])
    }
    if entry and "security" not in notes.spec:
        notes.spec["security"] = [entry]
    at = ("Resources", api, "Properties", "Auth")
    for key in sorted(
        auth.keys() & {"ResourcePolicy", "UsagePlan", "InvokeRole", "AddDefaultAuthorizerToCorsPreflight"}
    ):
        notes.note_original((*at, key), f"Auth.{key} of {api}")


def requirement_of(settings: Json, api: Json) -> list[Json] | None:
    """What an event asks for; None where it says nothing, so that the API's default holds."""
    auth = settings.get("Auth")
    if not isinstance(auth, dict):
        return None
    general = api.get("Auth") if isinstance(api.get("Auth"), dict) else {}
    name = auth.get("Authorizer", (general or {}).get("DefaultAuthorizer"))
    entry: Json = {} if name in (None, "NONE") else {str(name): list(auth.get("AuthorizationScopes") or ())}
    if auth.get("ApiKeyRequired") is True:
        entry[_API_KEY] = []
    return [entry] if entry else []


def _scheme(name: str, said: Json, flavor: Flavor) -> Json:
    header = ((said.get("Identity") or {}).get("Header")) or "Authorization"
    scheme: Json = {"type": "apiKey", "in": "header", "name": header}
    prefix = "$" if flavor == "http" else "method."
    source = said.get("IdentitySource") or f"{prefix}request.header.{header}"
    if "JwtConfiguration" in said:
        configuration: dict[str, Any] = {key.lower(): value for key, value in said["JwtConfiguration"].items()}
        return {**scheme, AUTHORIZER: {"type": "jwt", "identitySource": source, "jwtConfiguration": configuration}}
    if "UserPoolArn" in said:
        arns = said["UserPoolArn"]
        pools = arns if isinstance(arns, list) else [arns]
        return {**scheme, AUTHORIZER: {"type": "cognito_user_pools", "providerARNs": pools}}
    module = snake_case(name)
    kind = "token" if flavor == "rest" and said.get("FunctionPayloadType", "TOKEN") == "TOKEN" else "request"
    made: Json = {"type": kind, "identitySource": source, "x-homeport": {"handler": module}}
    if flavor == "http":
        made["authorizerPayloadFormatVersion"] = str(said.get("AuthorizerPayloadFormatVersion", "2.0"))
        made["enableSimpleResponses"] = said.get("EnableSimpleResponses") is True
    return {**scheme, AUTHORIZER: made}
