"""Credentials for requests of the inspector: what an operation asks of its callers, and the same made on this machine.

Tokens come from the local issuer, API keys and callers from the stage, a Lambda authorizer's from the project's
``tests/contract/schemathesis.toml``; contract runs use the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from homeport.contract.fuzz.credentials import (
    API_KEY_HEADER,
    best_key,
    can_make_credential,
    identity_source,
    operation_credentials,
)
from homeport.contract.signing import named_key, sign
from homeport.errors import HomeportError
from homeport.gateway.auth.sigv4 import AccessKey
from homeport.gateway.routing import Router
from homeport.http_headers import HttpHeaders, header_value
from homeport.issuer.trust import trust_of
from homeport.project.model import Authorizer, Operation, Security
from homeport.project.project import Project

DEFAULT_USER = "user-1"
_CONFIG = "tests/contract/schemathesis.toml"


@dataclass(frozen=True, slots=True)
class CredentialNeed:
    """A credential that an operation asks for, in words. ``made``: the inspector can add it."""

    text: str
    made: bool = True


@dataclass(frozen=True, slots=True)
class CredentialChoice:
    """The credentials that a person has chosen: a token's subject and scopes, and the caller who signs.

    ``scopes`` None: the operation's own; ``caller`` ``""``: the first that may call it.
    """

    user: str = DEFAULT_USER
    scopes: tuple[str, ...] | None = None
    caller: str = ""

    @classmethod
    def from_json(cls, sent: Any) -> CredentialChoice | None:
        """Return the choice that a page has sent, None for none."""
        if not isinstance(sent, dict):
            return None
        scopes = sent.get("scopes")
        return cls(
            user=str(sent.get("user") or DEFAULT_USER),
            scopes=tuple(str(scopes).split()) if scopes is not None else None,
            caller=str(sent.get("caller") or ""),
        )


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request with its credentials; ``added`` says in words which ones."""

    method: str
    target: str
    headers: HttpHeaders
    body: bytes
    added: tuple[str, ...] = ()


def credential_needs(operation: Operation, project: Project) -> tuple[CredentialNeed, ...]:
    """Return what an operation asks of its callers; nothing for an open one."""
    return tuple(_needs(operation, project))


def all_needs(project: Project) -> tuple[CredentialNeed, ...]:
    """Return what any operation of an API asks for, without the scopes, which are each operation's own."""
    bare = (
        replace(each, security=tuple(Security(one.scheme) for one in each.security)) for each in project.api.operations
    )
    return tuple(dict.fromkeys(need for each in bare for need in _needs(each, project)))


def all_scopes(project: Project) -> tuple[str, ...]:
    """Return the scopes that any operation of an API asks for."""
    return tuple(sorted({scope for operation in project.api.operations for scope in operation.scopes}))


def has_tokens(project: Project) -> bool:
    """Return whether an authorizer of an API checks tokens."""
    return any(each.kind in ("jwt", "cognito") for each in project.api.authorizers.values())


def find_operation(project: Project, method: str, target: str) -> Operation | None:
    """Return the operation that a request reaches; ``target`` is the path below the stage."""
    found = Router(project.api.operations, project.stage.flavor, "$default").match(method, target)
    return found.operation if found else None


def add_credentials(
    prepared: PreparedRequest, project: Project, base: str, choice: CredentialChoice
) -> PreparedRequest:
    """Return a request to the API at ``base`` with the credentials that its operation asks for. Raises HomeportError.

    A header or query parameter that is there already stays as it is.
    """
    operation = find_operation(project, prepared.method, prepared.target)
    if operation is None:
        return prepared
    made = operation_credentials(project, operation, choice.user, choice.scopes)
    added = []
    for name, value in made.header.items():
        if header_value(prepared.headers, name) is None:
            prepared = replace(prepared, headers=(*prepared.headers, (name, value)))
            added.append(name)
    for name, value in made.query.items():
        if not _has_parameter(prepared.target, name):
            joint = "&" if "?" in prepared.target else "?"
            prepared = replace(prepared, target=f"{prepared.target}{joint}{urlencode({name: value})}")
            added.append(f"?{name}")
    key = _signing_key(operation, project, made.key, choice.caller)
    if key is not None and header_value(prepared.headers, "authorization") is None:
        signed = sign(key, prepared.method, base.rstrip("/") + prepared.target, prepared.headers, prepared.body)
        prepared = replace(prepared, headers=(*prepared.headers, *signed))
        added.append("AWS4-HMAC-SHA256 signature")
    return replace(prepared, added=tuple(added))


def _signing_key(operation: Operation, project: Project, first: AccessKey | None, caller: str) -> AccessKey | None:
    if not operation.iam:
        return None
    return named_key(project, caller) if caller else first


def _needs(operation: Operation, project: Project) -> Iterator[CredentialNeed]:
    authorizer = project.api.authorizers.get(operation.authorizer or "")
    if authorizer is not None:
        yield _authorizer_need(authorizer, operation, project)
    if operation.api_key_required:
        key = best_key(project.stage) if project.api.api_key_source == "HEADER" else None
        if key is not None:
            yield CredentialNeed(f"the API key {key.name} of the stage, in {API_KEY_HEADER}")
        else:
            yield CredentialNeed(f"an API key in {API_KEY_HEADER}: the stage has none with a usage plan", made=False)
    if operation.iam:
        callers = ", ".join(project.stage.iam)
        if callers:
            yield CredentialNeed(f"a signature (AWS_IAM) of one of the stage's callers: {callers}")
        else:
            yield CredentialNeed("a signature (AWS_IAM): write iam.callers into deploy/stages.yaml", made=False)
    if operation.denied:
        yield CredentialNeed(f"nothing helps: every call is refused, for {operation.denied}", made=False)


def _authorizer_need(authorizer: Authorizer, operation: Operation, project: Project) -> CredentialNeed:
    place, name = identity_source(authorizer)
    where = f"the query parameter {name}" if place == "query" else name
    scopes = f" with one of the scopes {', '.join(operation.scopes)}" if operation.scopes else ""
    made = can_make_credential(project, authorizer)
    if authorizer.kind in ("jwt", "cognito"):
        issuer = "the local issuer" if made else _issuers(authorizer, project)
        hint = "" if made else ": get one there, and write it into the headers"
        return CredentialNeed(f"a token of {issuer} for {authorizer.name}, in {where}{scopes}{hint}", made)
    if made:
        return CredentialNeed(f"what {_CONFIG} has for the Lambda authorizer {authorizer.name}, in {where}")
    return CredentialNeed(
        f"what the Lambda authorizer {authorizer.name} takes, in {where}: write it into the headers, or for every "
        f"request into {_CONFIG} under [auth.openapi.{authorizer.name}]",
        made=False,
    )


def _issuers(authorizer: Authorizer, project: Project) -> str:
    try:
        return " or ".join(trust_of(authorizer, project.stage).issuers)
    except HomeportError:
        return "an issuer that only the deployed stack knows"


def _has_parameter(target: str, name: str) -> bool:
    pairs = target.partition("?")[2].split("&")
    return any(pair.partition("=")[0] == name for pair in pairs)
