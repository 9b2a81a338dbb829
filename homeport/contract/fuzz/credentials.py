"""Credentials of a run: for each operation the tokens of the local issuer, and the API key, that it asks for.

Only the run's own stage takes them, so only a local URL gets them. There are two users, so that one can ask for a
resource of the other. A Lambda authorizer's credentials are the project's secret: its schemathesis.toml has them, under
``[auth.openapi.NAME]``.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field

from homeport.contract.fuzz.operations import labels
from homeport.issuer.keys import FOLDER, signing_key
from homeport.issuer.mint import DEFAULT_AUDIENCE, TokenRequest, mint, trust_of
from homeport.project.load import Project
from homeport.project.model import ApiKey, Authorizer, Operation, Stage

CREDENTIALS_VARIABLE = "HOMEPORT_CONTRACT_CREDENTIALS"
USERS = ("contract-run", "contract-run-2")
API_KEY_HEADER = "x-api-key"
# Longer than any run, in seconds.
_LIFETIME = 24 * 60 * 60
_SOURCE = re.compile(r"(?:\$|method\.)request\.(header|querystring)\.(.+)")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Headers and query parameters, by name, that go with an operation's requests."""

    header: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


Users = Mapping[str, Mapping[str, Credentials]]
"""Each user's credentials by operation, ``GET /cart``; the first user makes the run's requests."""


def users_to_json(users: Users) -> str:
    """Return the users as JSON, for the process that fuzzes."""
    return json.dumps({name: {label: asdict(one) for label, one in by.items()} for name, by in users.items()})


def users_from_json(text: str) -> Users:
    """Return the users that ``users_to_json`` wrote."""
    return {name: {label: Credentials(**one) for label, one in by.items()} for name, by in json.loads(text).items()}


def make_users(project: Project, headers: Collection[str] = ()) -> Users:
    """Return the users of a run in the project's stage; ``headers`` are names of those that every request has anyway.

    There is one user where nothing distinguishes two, and none where no operation asks for credentials. Raises
    HomeportError.
    """
    builder = _CredentialsBuilder(project, frozenset(name.lower() for name in headers))
    found: dict[str, dict[str, Credentials]] = {}
    for user in USERS:
        # A path's own method overrides its route of any method, so it comes later.
        for operation in sorted(project.api.operations, key=lambda one: one.method != "ANY"):
            made = builder.credentials(operation, user)
            for label in labels(operation) if made.header or made.query else ():
                found.setdefault(user, {})[label] = made
    if found and found[USERS[0]] == found[USERS[1]]:
        del found[USERS[1]]
    return found


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

    def credentials(self, operation: Operation, user: str) -> Credentials:
        header: dict[str, str] = {}
        query: dict[str, str] = {}
        authorizer = self._project.api.authorizers.get(operation.authorizer or "")
        if authorizer is not None and self._is_mintable(authorizer):
            place, name = _identity_source(authorizer)
            token = self._token(authorizer, user, operation.scopes)
            if place == "query":
                query[name] = token
            elif name.lower() not in self._sent:
                header[name] = f"Bearer {token}" if authorizer.kind == "jwt" else token
        if operation.api_key_required and self._key is not None:
            header[API_KEY_HEADER] = self._key.value
        return Credentials(header, query)

    def _is_mintable(self, authorizer: Authorizer) -> bool:
        return authorizer.kind in ("jwt", "cognito") and trust_of(authorizer, self._project.stage).is_local

    def _token(self, authorizer: Authorizer, user: str, scopes: tuple[str, ...]) -> str:
        wanted = (authorizer.name, user, scopes)
        if wanted not in self._tokens:
            request = TokenRequest(
                sub=user,
                kind="jwt" if authorizer.kind == "jwt" else "access" if scopes else "id",
                scopes=scopes,
                audience=trust_of(authorizer, self._project.stage).audience[:1] or (DEFAULT_AUDIENCE,),
                lifetime=_LIFETIME,
            )
            key = signing_key(self._project.root / FOLDER)
            self._tokens[wanted] = mint(request, key, now=time.time(), token_id=str(uuid.uuid4()))
        return self._tokens[wanted]


def _identity_source(authorizer: Authorizer) -> tuple[str, str]:
    source = _SOURCE.fullmatch(authorizer.identity_sources[0]) if authorizer.identity_sources else None
    return ("query" if source and source[1] == "querystring" else "header"), source[2] if source else "Authorization"
