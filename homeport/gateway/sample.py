"""Sample events: the event that a function would get for a request that is described and not sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from homeport.errors import HomeportError
from homeport.gateway.assembly import call_opener, deployment_of
from homeport.gateway.auth import Authorization
from homeport.gateway.auth.iam import sample_authorization
from homeport.gateway.auth.identity import read_identity_sources
from homeport.gateway.auth.lambda_authorizer import event_builder
from homeport.gateway.context import Exchange, Match
from homeport.gateway.http.message import Request
from homeport.gateway.integrations.lambda_proxy import event_module
from homeport.gateway.routing import METHODS
from homeport.gateway.steps.usage import api_key_entries, find_api_key
from homeport.http_headers import Header, drop_headers
from homeport.issuer.trust import DEFAULT_AUDIENCE, trust_of
from homeport.project.model import Api, Authorizer, Operation
from homeport.project.names import did_you_mean
from homeport.project.project import Project

_VARIABLE = re.compile(r"\{([^}+]+)(\+?)\}")
_DEFAULTS: tuple[Header, ...] = (("Host", "127.0.0.1:8080"), ("User-Agent", "homeport"), ("Accept", "*/*"))
_JSON: Header = ("Content-Type", "application/json")


@dataclass(frozen=True, slots=True)
class Sample:
    """A request to an operation.

    ``path`` and ``query`` are not encoded yet. ``method`` is for an operation of any method. ``claims`` are the result
    of the authorizer: claims of a token, added to the usual ones, or the context of a Lambda authorizer.
    """

    path: Mapping[str, str] = field(default_factory=dict)
    query: Sequence[tuple[str, str]] = ()
    headers: Sequence[Header] = ()
    body: bytes = b""
    method: str = ""
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SampleInputs:
    """Inputs that differ each time: ``now`` is seconds since the epoch, ``random_bytes(n)`` n random bytes."""

    now: float
    random_bytes: Callable[[int], bytes]


def sample_event(project: Project, operation: Operation, sample: Sample, inputs: SampleInputs) -> dict[str, Any]:
    """Return the event that the operation's function would get. Raises HomeportError for an incomplete request."""
    exchange = sample_exchange(project, operation, sample, inputs)
    module = event_module(exchange.context.deployment, operation.integration)
    event: dict[str, Any] = module.build_event(exchange.request, exchange.match, exchange.context)
    return event


def sample_exchange(project: Project, operation: Operation, sample: Sample, inputs: SampleInputs) -> Exchange:
    """Return the request as it reaches the integration, authorized. Raises HomeportError for an incomplete one."""
    exchange = _exchange(project, operation, sample, inputs)
    authorization = _authorization(project, operation, sample, inputs)
    return replace(exchange, context=replace(exchange.context, authorization=authorization))


def sample_authorizer_event(
    project: Project, operation: Operation, sample: Sample, inputs: SampleInputs
) -> dict[str, Any]:
    """Return the event that the operation's Lambda authorizer would get. Raises HomeportError."""
    authorizer = _authorizer(project.api, operation)
    if authorizer is None or authorizer.function is None:
        raise HomeportError(f"{operation.id} has no Lambda authorizer")
    exchange = _exchange(project, operation, sample, inputs)
    flavor = project.stage.flavor
    identity = [source.value(exchange) or "" for source in read_identity_sources(authorizer, flavor)]
    return dict(event_builder(authorizer, flavor)(exchange, identity))


def _exchange(project: Project, operation: Operation, sample: Sample, inputs: SampleInputs) -> Exchange:
    values = _path_values(operation, sample.path)
    path = "/" if operation.path == "/$default" else _VARIABLE.sub(lambda found: values[found[1]], operation.path)
    full_path = f"{project.stage.base_path}{path}"
    query = urlencode(sample.query)
    request = Request(
        method=_method(operation, sample.method),
        target=f"{full_path}?{query}" if query else full_path,
        headers=_headers(sample),
        body=sample.body,
        source_ip="127.0.0.1",
        protocol="HTTP/1.1",
        received=inputs.now,
    )
    context = call_opener(deployment_of(project.api, project.stage), inputs.random_bytes)(request)
    if operation.api_key_required and (key := request.header("x-api-key")):
        entry = find_api_key(api_key_entries(project.stage), key)
        context = replace(context, api_key=key, api_key_id=entry.id if entry else None)
    return Exchange(request, context, Match(operation, values, path, full_path))


def _path_values(operation: Operation, given: Mapping[str, str]) -> dict[str, str]:
    """Return the path's variables, percent-encoded, in the template's order."""
    variables = {name: bool(greedy) for name, greedy in _VARIABLE.findall(operation.path)}
    for name in given:
        if name not in variables:
            raise HomeportError(f"{operation.path} has no variable {name!r}", did_you_mean(name, variables))
    missing = [name for name in variables if name not in given]
    if missing:
        options = " ".join(f"--path {name}=VALUE" for name in missing)
        raise HomeportError(f"{operation.id} needs the path's variables: {', '.join(missing)}", f"add {options}")
    return {name: quote(given[name], safe="/" if greedy else "") for name, greedy in variables.items()}


def _method(operation: Operation, method: str) -> str:
    if operation.method != "ANY":
        if method not in ("", operation.method):
            raise HomeportError(f"{operation.id} is {operation.route_key}", "leave --method out")
        return operation.method
    if method and method not in METHODS:
        raise HomeportError(f"API Gateway knows no method {method!r}", did_you_mean(method, METHODS))
    return method or "GET"


def _headers(sample: Sample) -> tuple[Header, ...]:
    names = {name.lower() for name, _ in sample.headers}
    usual = (*_DEFAULTS, _JSON) if sample.body else _DEFAULTS
    given = [(name, value.encode().decode("latin-1")) for name, value in sample.headers]
    return (*drop_headers(usual, names), *given)


def _authorizer(api: Api, operation: Operation) -> Authorizer | None:
    return api.authorizers.get(operation.authorizer or "")


def _authorization(
    project: Project, operation: Operation, sample: Sample, inputs: SampleInputs
) -> Authorization | None:
    if operation.iam and not sample.claims:
        return sample_authorization(project.stage.iam, deployment_of(project.api, project.stage))
    authorizer = _authorizer(project.api, operation)
    if authorizer is None:
        if sample.claims:
            raise HomeportError(f"{operation.id} has no authorizer", "leave --claim out")
        return None
    if authorizer.kind in ("request", "token"):
        return Authorization("lambda", sample.claims, principal_id=str(sample.claims.get("sub", "user-1")))
    claims = _claims(project, authorizer, operation.scopes, sample, inputs)
    return Authorization("cognito" if authorizer.kind == "cognito" else "jwt", claims, scopes=operation.scopes or None)


def _claims(
    project: Project, authorizer: Authorizer, scopes: tuple[str, ...], sample: Sample, inputs: SampleInputs
) -> Mapping[str, Any]:
    from homeport.issuer.mint import TokenKind, TokenRequest, token_claims

    trust = trust_of(authorizer, project.stage)
    kind: TokenKind = "jwt" if authorizer.kind == "jwt" else "access" if scopes else "id"
    request = TokenRequest(
        sub="user-1",
        kind=kind,
        scopes=scopes,
        audience=trust.audience[:1] or (DEFAULT_AUDIENCE,),
        claims={"iss": trust.issuers[0], **sample.claims},
    )
    return token_claims(request, now=inputs.now, token_id=inputs.random_bytes(16).hex())
