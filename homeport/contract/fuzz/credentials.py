"""Credentials of a run: for each operation the tokens of the local issuer, and the API key, that it asks for.

Only the run's own stage takes them, so only a local URL gets them. There are two users, so that one can ask for a
resource of the other. A Lambda authorizer's credentials are the project's secret: its schemathesis.toml has them, under
``[auth.openapi.NAME]``.
"""

from __future__ import annotations

import json
import os
import re
import time
import uuid
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from homeport.contract.fuzz.operations import labels
from homeport.contract.fuzz.schemathesis_settings import read_settings, usual_credentials
from homeport.contract.signing import caller_keys
from homeport.errors import HomeportError
from homeport.gateway.auth.sigv4 import AccessKey
from homeport.issuer.keys import FOLDER, signing_key
from homeport.issuer.mint import TokenRequest, mint
from homeport.issuer.trust import DEFAULT_AUDIENCE, trust_of
from homeport.project.model import ApiKey, Authorizer, Operation, Stage
from homeport.project.project import Project
from homeport.recordings.redaction import credential_names, is_secret_header

CREDENTIALS_VARIABLE = "HOMEPORT_CONTRACT_CREDENTIALS"
USERS = ("contract-run", "contract-run-2")
API_KEY_HEADER = "x-api-key"
# Longer than any run, in seconds.
_LIFETIME = 24 * 60 * 60
_SOURCE = re.compile(r"(?:\$|method\.)request\.(header|querystring)\.(.+)")


class MissingCredential(HomeportError):
    """A recorded request had a credential, and there is none to send now."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Headers and query parameters, by name, that go with an operation's requests.

    ``key`` is that of the caller who signs them, None for requests that are not signed.
    """

    header: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    key: AccessKey | None = None


Users = Mapping[str, Mapping[str, Credentials]]
"""Each user's credentials by operation, ``GET /cart``; the first user makes the run's requests."""


def users_to_json(users: Users) -> str:
    """Return the users as JSON, for the process that fuzzes."""
    return json.dumps({name: {label: asdict(one) for label, one in by.items()} for name, by in users.items()})


def users_from_json(text: str) -> Users:
    """Return the users that ``users_to_json`` wrote."""
    return {name: {label: _from_json(one) for label, one in by.items()} for name, by in json.loads(text).items()}


def _from_json(value: Mapping[str, Any]) -> Credentials:
    return Credentials(**{**value, "key": AccessKey(**value["key"]) if value["key"] else None})


def make_users(project: Project, headers: Collection[str] = ()) -> Users:
    """Return the users of a run in the project's stage; ``headers`` are names of those that every request has anyway.

    There is one user where nothing distinguishes two, and none where no operation asks for credentials. Those of a
    Lambda authorizer are the project's own, from its schemathesis.toml. Raises HomeportError.
    """
    builder = _CredentialsBuilder(project, frozenset(name.lower() for name in headers))
    found: dict[str, dict[str, Credentials]] = {}
    for user in USERS:
        # A path's own method overrides its route of any method, so it comes later.
        for operation in sorted(project.api.operations, key=lambda one: one.method != "ANY"):
            made = builder.credentials(operation, user)
            for label in labels(operation) if made != Credentials() else ():
                found.setdefault(user, {})[label] = made
    if found and found[USERS[0]] == found[USERS[1]]:
        del found[USERS[1]]
    return found


def hidden_names(project: Project, headers: Collection[str], *, minted: bool) -> tuple[str, ...]:
    """Return the names of headers and query parameters, in lower case, whose values no report of a run has.

    ``headers`` are names of those that the run was given. Tokens that it ``minted`` itself stay: they are worth nothing
    elsewhere, and a request needs them to be repeated here. Raises HomeportError.
    """
    names = credential_names(project)
    given = {name.lower() for name in headers if is_secret_header(name, names)}
    configured = read_settings(project.root).get("auth", {}).get("openapi", {})
    authorizers = project.api.used_authorizers.values()
    own = {
        identity_source(one)[1].lower(): minted and one.name not in configured and _is_mintable(one, project)
        for one in sorted(authorizers, key=lambda one: _is_mintable(one, project), reverse=True)
    }
    shown = {name for name, is_own in own.items() if is_own} - given
    return tuple(sorted({*usual_credentials(), *names.headers, *names.query, *given} - shown))


def operation_credentials(
    project: Project, operation: Operation, user: str, scopes: tuple[str, ...] | None = None
) -> Credentials:
    """Return the credentials with which a user may call an operation in the project's stage. Raises HomeportError.

    ``scopes`` are those of the token, None: the operation's own.
    """
    return _CredentialsBuilder(project, frozenset()).credentials(operation, user, scopes)


def can_make_credential(project: Project, authorizer: Authorizer) -> bool:
    """Return whether a local run has a credential for an authorizer: a token, or what schemathesis.toml has."""
    return _is_mintable(authorizer, project) or bool(_configured_credential(project, authorizer.name))


def best_key(stage: Stage) -> ApiKey | None:
    """Return the API key whose usage plan limits a run the least: by its quota, then by its rate."""

    def limits(key: ApiKey) -> tuple[float, float]:
        plan = stage.usage_plans[key.usage_plan or ""]
        unlimited = float("inf")
        return plan.quota.limit if plan.quota else unlimited, plan.throttle.rate if plan.throttle else unlimited

    # Without a usage plan a key opens nothing:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
    usable = [key for key in stage.api_keys.values() if key.enabled and key.usage_plan in stage.usage_plans]
    return max(usable, key=limits, default=None)


class _CredentialsBuilder:
    def __init__(self, project: Project, sent: frozenset[str]) -> None:
        self._project, self._sent = project, sent
        key = best_key(project.stage) if project.api.api_key_source == "HEADER" else None
        self._key = key if API_KEY_HEADER not in sent else None
        self._tokens: dict[tuple[str, str, tuple[str, ...]], str] = {}

    def credentials(self, operation: Operation, user: str, scopes: tuple[str, ...] | None = None) -> Credentials:
        header: dict[str, str] = {}
        query: dict[str, str] = {}
        authorizer = self._project.api.authorizers.get(operation.authorizer or "")
        if authorizer is not None and _is_mintable(authorizer, self._project):
            place, name = identity_source(authorizer)
            token = self._token(authorizer, user, operation.scopes if scopes is None else scopes)
            if place == "query":
                query[name] = token
            elif name.lower() not in self._sent:
                header[name] = f"Bearer {token}" if authorizer.kind == "jwt" else token
        elif authorizer is not None and (configured := _configured_credential(self._project, authorizer.name)):
            place, name = identity_source(authorizer)
            if place == "query":
                query[name] = configured
            elif name.lower() not in self._sent:
                header[name] = configured
        if operation.api_key_required and self._key is not None:
            header[API_KEY_HEADER] = self._key.value
        keys = caller_keys(self._project, operation)
        number = USERS.index(user) if user in USERS else 0
        return Credentials(header, query, keys[min(number, len(keys) - 1)] if keys else None)

    def _token(self, authorizer: Authorizer, user: str, scopes: tuple[str, ...]) -> str:
        wanted = (authorizer.name, user, scopes)
        if wanted not in self._tokens:
            self._tokens[wanted] = mint_token(self._project, authorizer, user, scopes)
        return self._tokens[wanted]


def _is_mintable(authorizer: Authorizer, project: Project) -> bool:
    return authorizer.kind in ("jwt", "cognito") and trust_of(authorizer, project.stage).is_local


def mint_token(project: Project, authorizer: Authorizer, user: str, scopes: tuple[str, ...]) -> str:
    """Return a token of the local issuer that the authorizer accepts."""
    request = TokenRequest(
        sub=user,
        kind="jwt" if authorizer.kind == "jwt" else "access" if scopes else "id",
        scopes=scopes,
        audience=trust_of(authorizer, project.stage).audience[:1] or (DEFAULT_AUDIENCE,),
        lifetime=_LIFETIME,
    )
    return mint(request, signing_key(project.root / FOLDER), now=time.time(), token_id=str(uuid.uuid4()))


def find_credential(project: Project, scheme: str, user: str, scopes: tuple[str, ...], *, is_local: bool) -> str:
    """Return a credential for a security scheme, without a word such as ``Bearer`` before it.

    It comes from ``HOMEPORT_CREDENTIAL_`` and the scheme's name, or else, for a local API, from the local issuer, the
    stage's API keys or the project's schemathesis.toml.
    Raises MissingCredential.
    """
    variable = "HOMEPORT_CREDENTIAL_" + re.sub(r"\W", "_", scheme).upper()
    found = os.environ.get(variable, "")
    authorizer = project.api.authorizers.get(scheme)
    schemes = project.api.document.get("components", {}).get("securitySchemes", {})
    if not found and is_local:
        if authorizer is None:
            key = best_key(project.stage) if scheme in schemes else None
            found = key.value if key else ""
        elif _is_mintable(authorizer, project):
            found = mint_token(project, authorizer, user, scopes)
        else:
            found = _configured_credential(project, scheme)
    if not found:
        raise MissingCredential(f"the recorded request had a credential, which is not kept: set {variable}")
    return re.sub(r"^(?:Bearer|Basic|Token) ", "", found)


def _configured_credential(project: Project, scheme: str) -> str:
    """Return what the project's schemathesis.toml has for a security scheme, ``""`` where it has nothing.

    https://schemathesis.readthedocs.io/en/stable/guides/auth/
    """
    entry = read_settings(project.root).get("auth", {}).get("openapi", {}).get(scheme, {})
    bearer = entry.get("bearer")
    return str(entry.get("api_key") or (f"Bearer {bearer}" if bearer else ""))


def identity_source(authorizer: Authorizer) -> tuple[str, str]:
    """Return where a client sends the credential of an authorizer: ``header`` or ``query``, and its name there."""
    source = _SOURCE.fullmatch(authorizer.identity_sources[0]) if authorizer.identity_sources else None
    return ("query" if source and source[1] == "querystring" else "header"), source[2] if source else "Authorization"
