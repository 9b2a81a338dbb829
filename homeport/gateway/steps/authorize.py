"""The step ``authorize``: calls the authorizer of the matched operation; each is built once, with the pipeline."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.errors import HomeportError
from homeport.gateway.auth import Authorization
from homeport.gateway.auth.identity import read_identity_sources
from homeport.gateway.auth.lambda_authorizer import lambda_authorizer
from homeport.gateway.auth.resource_policy import ApiPolicy, api_policy
from homeport.gateway.context import Deployment, Exchange, Step
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.issuer.trust import trust_of
from homeport.project.model import Api, Authorizer, Operation, Stage
from homeport.project.stages.stages import LOCAL
from homeport.runtime.api import Runtime

# The modules that check tokens import cryptography, which takes 0.1 s: only APIs that need them import them.
if TYPE_CHECKING:
    from homeport.gateway.auth.jwt import KeySource

Authorize = Callable[[Exchange], Authorization]


def authorize(
    api: Api,
    stage: Stage,
    deployment: Deployment,
    runtime: Runtime,
    keys: Callable[[], KeySource],
    clock: Callable[[], float],
    *,
    timeout: float | None = None,
    ticks: Callable[[], float] = time.perf_counter,
) -> Step:
    """Return the step for one deployed API.

    ``keys`` is called once if an authorizer checks tokens (``project_keys``). ``clock`` gives seconds since the epoch.
    ``timeout`` is the seconds that a Lambda authorizer may take, None for API Gateway's own limits. ``ticks`` gives
    seconds that never go back. Raises HomeportError for an operation whose security scheme has no authorizer. The step
    raises GatewayError: what the authorizers raise, ACCESS_DENIED by the API's resource policy, and MISSING_SIGNATURE
    for a route that is ``denied``.
    """
    policy = api_policy(api.resource_policy, deployment)
    authorizers = _authorizers(api, stage, deployment, runtime, keys, clock, timeout, policy)

    def step(exchange: Exchange) -> Exchange:
        operation = exchange.require_match().operation
        if operation.denied:
            raise GatewayError(GatewayResponseType.MISSING_SIGNATURE, operation.denied)
        authorizer = authorizers.get(operation.id)
        if authorizer is None:
            if policy is not None:
                policy.check(exchange)
            return exchange
        started = ticks()
        try:
            authorization = authorizer(exchange)
        finally:
            latency = round((ticks() - started) * 1000)
            if operation.iam:
                exchange.trace.authenticate_latency = latency
            else:
                exchange.trace.authorizer_latency = latency
        return replace(exchange, context=replace(exchange.context, authorization=authorization))

    return step


def _authorizers(
    api: Api,
    stage: Stage,
    deployment: Deployment,
    runtime: Runtime,
    keys: Callable[[], KeySource],
    clock: Callable[[], float],
    timeout: float | None,
    policy: ApiPolicy | None,
) -> dict[str, Authorize]:
    """Return the authorizers of the operations that have one, by the operation's id."""
    cached_keys = cache(keys)
    # All operations of a Lambda authorizer share its cached responses.
    of_lambda: dict[str, Authorize] = {
        name: lambda_authorizer(authorizer, deployment.flavor, runtime, clock, timeout, policy)
        for name, authorizer in api.authorizers.items()
        if authorizer.kind in ("request", "token")
    }

    @cache
    def of_signed() -> Authorize:
        from homeport.gateway.auth.iam import IamAuthorizer, signed_callers

        return IamAuthorizer(signed_callers(stage.iam, deployment), policy, deployment, clock)

    def build(operation: Operation) -> Authorize:
        if operation.iam:
            return of_signed()
        authorizer = _find_authorizer(api, operation)
        if authorizer.name in of_lambda:
            return of_lambda[authorizer.name]
        from homeport.gateway.auth.token_authorizers import CognitoAuthorizer, JwtAuthorizer

        (source,) = read_identity_sources(authorizer, deployment.flavor)[:1]
        trust, scopes = trust_of(authorizer, stage), operation.scopes
        if authorizer.kind == "jwt":
            return JwtAuthorizer(authorizer.name, source, trust, cached_keys(), clock, scopes)
        expression = authorizer.validation_expression
        cognito = CognitoAuthorizer(authorizer.name, source, trust, cached_keys(), clock, scopes, expression)
        return cognito if policy is None else _then_allowed(cognito, policy)

    return {one.id: build(one) for one in api.operations if one.security or one.iam}


def _then_allowed(authorizer: Authorize, policy: ApiPolicy) -> Authorize:
    """Return the authorizer whose callers the API's own policy must allow too, as those of a user pool."""

    def check(exchange: Exchange) -> Authorization:
        authorization = authorizer(exchange)
        policy.check(exchange)
        return authorization

    return check


def project_keys(
    project: Path, clock: Callable[[], float], pools: Mapping[str, str | None] | None = None
) -> Callable[[], KeySource]:
    """Return a function that makes the keys of a project's gateway (``issuer_keys``)."""

    def make() -> KeySource:
        from homeport.gateway.auth.keys import issuer_keys

        return issuer_keys(project, clock, pools)

    return make


def pool_urls(api: Api, stage: Stage, service_url: Callable[[str], str | None]) -> dict[str, str | None]:
    """Return the issuers of the project's user pools, each with the URL at which its keys are on this machine."""
    if stage.key != LOCAL:
        return {}
    url = service_url("cognito-idp")
    return {
        issuer: f"{url}/{issuer.rpartition('/')[2]}" if url is not None else None
        for authorizer in api.authorizers.values()
        for issuer in authorizer.pool_issuers
    }


def _find_authorizer(api: Api, operation: Operation) -> Authorizer:
    name = operation.authorizer or ""
    authorizer = api.authorizers.get(name)
    if authorizer is None:
        where = operation.source
        raise HomeportError(
            f"{where.file}:{where.line}: nothing checks the security scheme {name!r} of {operation.route_key}",
            "give the scheme an x-amazon-apigateway-authorizer",
        )
    return authorizer
