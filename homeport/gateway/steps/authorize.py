"""The step ``authorize``: calls the authorizer of the matched operation; each is built once, with the pipeline."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.errors import HomeportError
from homeport.gateway.auth.identity import read_identity_sources
from homeport.gateway.auth.lambda_authorizer import lambda_authorizer
from homeport.gateway.authorization import Authorization
from homeport.gateway.context import Deployment, Exchange, Step
from homeport.issuer.trust import trust_of
from homeport.project.model import Api, Authorizer, Operation, Stage
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
    seconds that never go back. Raises HomeportError for an operation whose security scheme has no authorizer.
    """
    authorizers = _Authorizers(api, stage, deployment, runtime, cache(keys), clock, timeout).by_operation()

    def step(exchange: Exchange) -> Exchange:
        authorizer = authorizers.get(exchange.require_match().operation.id)
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


@dataclass(frozen=True, slots=True)
class _Authorizers:
    """Builds the authorizers of an API's operations."""

    api: Api
    stage: Stage
    deployment: Deployment
    runtime: Runtime
    keys: Callable[[], KeySource]
    clock: Callable[[], float]
    timeout: float | None

    def by_operation(self) -> Mapping[str, Authorize]:
        """Return the authorizer of each protected operation by the operation's id."""
        shared = {
            name: self._lambda(authorizer)
            for name, authorizer in self.api.authorizers.items()
            if authorizer.kind in ("request", "token")
        }
        authorizers = {}
        for operation in self.api.operations:
            if operation.security:
                authorizer = self._authorizer(operation)
                authorizers[operation.id] = shared.get(authorizer.name) or self._for_tokens(
                    authorizer, operation.scopes
                )
        return authorizers

    def _authorizer(self, operation: Operation) -> Authorizer:
        name = operation.authorizer or ""
        authorizer = self.api.authorizers.get(name)
        if authorizer is None:
            where = operation.source
            raise HomeportError(
                f"{where.file}:{where.line}: nothing checks the security scheme {name!r} of {operation.route_key}",
                "give the scheme an x-amazon-apigateway-authorizer",
            )
        return authorizer

    def _for_tokens(self, authorizer: Authorizer, scopes: tuple[str, ...]) -> Authorize:
        from homeport.gateway.auth.token_authorizers import token_authorizer

        return token_authorizer(
            authorizer,
            source=read_identity_sources(authorizer, self.deployment.flavor)[0],
            trust=trust_of(authorizer, self.stage),
            keys=self.keys(),
            clock=self.clock,
            scopes=scopes,
            expression=_expression(authorizer),
        )

    def _lambda(self, authorizer: Authorizer) -> Authorize:
        return lambda_authorizer(
            authorizer,
            flavor=self.deployment.flavor,
            sources=read_identity_sources(authorizer, self.deployment.flavor),
            expression=_expression(authorizer),
            runtime=self.runtime,
            clock=self.clock,
            timeout=self.timeout,
        )


def _expression(authorizer: Authorizer) -> re.Pattern[str] | None:
    return re.compile(authorizer.validation_expression) if authorizer.validation_expression else None
