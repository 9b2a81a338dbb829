"""What lets a contract run in: tokens of the local issuer, and the stage's API keys.

Only the run's own stage takes them, so only a local URL gets them. A Lambda authorizer's credentials are the project's
secret: ``[auth.openapi.NAME]`` in its schemathesis.toml says them.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from homeport.issuer.keys import FOLDER, SigningKey, signing_key
from homeport.issuer.mint import TokenRequest, mint
from homeport.issuer.trust import trust_of
from homeport.spec.model import Authorizer
from homeport.spec.project import Project

VARIABLE = "HOMEPORT_CONTRACT_CREDENTIALS"
_USER = "contract-run"
# Longer than any run.
_LIFETIME = 24 * 60 * 60
_SOURCE = re.compile(r"(?:\$|method\.)request\.(header|querystring)\.(.+)")


@dataclass(frozen=True, slots=True)
class Credential:
    """A header or query parameter that satisfies a security scheme."""

    place: Literal["header", "query"]
    name: str
    value: str

    def plain(self) -> dict[str, str]:
        """As JSON has it."""
        return asdict(self)


def credentials(project: Project) -> dict[str, Credential]:
    """Those of each security scheme that the kit can satisfy in the project's stage. Raises HomeportError."""
    found = dict(_api_keys(project))
    able = {name: a for name, a in project.api.authorizers.items() if a.kind in ("jwt", "cognito")}
    local = {name: a for name, a in able.items() if trust_of(a, project.stage).is_local}
    if local:
        key = signing_key(project.root / FOLDER)
        now, token_id = time.time(), str(uuid.uuid4())
        found |= {name: _token(a, project, key, now, token_id) for name, a in local.items()}
    return found


def _token(authorizer: Authorizer, project: Project, key: SigningKey, now: float, token_id: str) -> Credential:
    audience = trust_of(authorizer, project.stage).audience
    scopes = _scopes(authorizer, project)
    kind: Literal["jwt", "id", "access"] = "jwt"
    if authorizer.kind == "cognito":
        kind = "access" if scopes else "id"
    request = TokenRequest(_USER, kind, scopes, audience[:1], _LIFETIME)
    token = mint(request, key, now=now, token_id=token_id)
    source = _SOURCE.fullmatch(authorizer.identity_sources[0]) if authorizer.identity_sources else None
    place: Literal["header", "query"] = "query" if source and source[1] == "querystring" else "header"
    return Credential(place, source[2] if source else "Authorization", f"Bearer {token}" if kind == "jwt" else token)


def _scopes(authorizer: Authorizer, project: Project) -> tuple[str, ...]:
    """All that any operation asks for."""
    asked = (security for operation in project.api.operations for security in operation.security)
    return tuple(dict.fromkeys(scope for one in asked if one.scheme == authorizer.name for scope in one.scopes))


def _api_keys(project: Project) -> Iterator[tuple[str, Credential]]:
    usable = [key.value for key in project.stage.api_keys.values() if key.enabled and key.usage_plan is not None]
    for name, scheme in _schemes(project).items():
        header = scheme.get("name", "")
        if usable and scheme.get("type") == "apiKey" and name not in project.api.authorizers:
            yield name, Credential("header", header, usable[0])


def _schemes(project: Project) -> Mapping[str, Mapping[str, str]]:
    components: Mapping[str, Mapping[str, Mapping[str, str]]] = project.api.document.get("components", {})
    return components.get("securitySchemes", {})
