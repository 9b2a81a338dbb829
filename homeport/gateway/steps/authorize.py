"""The step ``authorize``: calls the authorizer of the matched operation; each is built once, with the pipeline."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.errors import HomeportError
from homeport.gateway.auth import Authorization
from homeport.gateway.auth.identity import read_identity_sources
from homeport.gateway.auth.lambda_authorizer import lambda_authorizer, method_arn
from homeport.gateway.context import Deployment, Exchange, Step
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.issuer.trust import trust_of
from homeport.project.model import Api, Authorizer, Operation, Stage
from homeport.runtime.api import Runtime

# The modules that check tokens import cryptography, which takes 0.1 s: only APIs that need them import them.
if TYPE_CHECKING:
    from homeport.gateway.auth.jwt import KeySource

# The number of an account in an ARN: API Gateway shows the end of it.
_ACCOUNT = re.compile(r":\d{8}(\d{4}):")

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
    raises GatewayError: what the authorizers raise, and MISSING_SIGNATURE or, by a resource policy, ACCESS_DENIED
    for a route that is ``denied``.
    """
    cached_keys = cache(keys)
    # All operations of a Lambda authorizer share its cached responses.
    of_lambda: dict[str, Authorize] = {
        name: lambda_authorizer(authorizer, deployment.flavor, runtime, clock, timeout)
        for name, authorizer in api.authorizers.items()
        if authorizer.kind in ("request", "token")
    }

    def build(operation: Operation) -> Authorize:
        authorizer = _find_authorizer(api, operation)
        if authorizer.name in of_lambda:
            return of_lambda[authorizer.name]
        from homeport.gateway.auth.token_authorizers import CognitoAuthorizer, JwtAuthorizer

        (source,) = read_identity_sources(authorizer, deployment.flavor)[:1]
        trust, scopes = trust_of(authorizer, stage), operation.scopes
        if authorizer.kind == "jwt":
            return JwtAuthorizer(authorizer.name, source, trust, cached_keys(), clock, scopes)
        expression = authorizer.validation_expression
        return CognitoAuthorizer(authorizer.name, source, trust, cached_keys(), clock, scopes, expression)

    authorizers = {operation.id: build(operation) for operation in api.operations if operation.security}

    def step(exchange: Exchange) -> Exchange:
        operation = exchange.require_match().operation
        if operation.denied_by_policy:
            # https://repost.aws/knowledge-center/api-gateway-403-error-lambda-authorizer; the account recorded so at
            # https://github.com/ASFHyP3/hyp3/issues/2283
            shown = _ACCOUNT.sub(r":********\1:", method_arn(exchange, deployment.flavor), count=1)
            message = f"User: anonymous is not authorized to perform: execute-api:Invoke on resource: {shown}"
            raise GatewayError(GatewayResponseType.ACCESS_DENIED, operation.denied, message=message)
        if operation.denied:
            raise GatewayError(GatewayResponseType.MISSING_SIGNATURE, operation.denied)
        authorizer = authorizers.get(operation.id)
        if authorizer is None:
            return exchange
        started = ticks()
        try:
            authorization = authorizer(exchange)
        finally:
            exchange.trace.authorizer_latency = round((ticks() - started) * 1000)
        return replace(exchange, context=replace(exchange.context, authorization=authorization))

    return step


def project_keys(project: Path, clock: Callable[[], float]) -> Callable[[], KeySource]:
    """Return a function that makes the keys of a project's gateway (``issuer_keys``)."""

    def make() -> KeySource:
        from homeport.gateway.auth.keys import issuer_keys

        return issuer_keys(project, clock)

    return make


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
