"""The stage that asks who calls: each operation's authorizer, made once, found by the operation's id."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.errors import HomeportError
from homeport.gateway.auth.identity import read_identity_sources, require_match
from homeport.gateway.auth.lambda_authorizer import lambda_authorizer
from homeport.gateway.authorization import Authorization
from homeport.gateway.context import Deployment, Exchange, Step
from homeport.issuer.trust import trust_of
from homeport.project.model import Api, Authorizer, Operation, Stage
from homeport.runtime.api import Runtime

# What checks tokens takes 0.1 s to import (cryptography), so it is imported for the APIs that need it.
if TYPE_CHECKING:
    from homeport.gateway.auth.keys import KeySource

Check = Callable[[Exchange], Authorization]


def authorize(
    api: Api,
    stage: Stage,
    deployment: Deployment,
    runtime: Runtime,
    keys: Callable[[], KeySource],
    clock: Callable[[], float],
    *,
    patience: float | None = None,
) -> Step:
    """The stage for one deployed API.

    ``keys`` is called once if an authorizer checks tokens (``project_keys``). ``clock`` gives seconds since the epoch.
    ``patience`` is how long a Lambda authorizer may take, in seconds, None for API Gateway's own limits. Raises
    HomeportError for an operation that nothing would authorize.
    """
    checks = _Workshop(api, stage, deployment, runtime, cache(keys), clock, patience).checks()

    def step(exchange: Exchange) -> Exchange:
        check = checks.get(require_match(exchange).operation.id)
        if check is None:
            return exchange
        return replace(exchange, context=replace(exchange.context, authorization=check(exchange)))

    return step


def project_keys(project: Path, clock: Callable[[], float]) -> Callable[[], KeySource]:
    """Makes the keys for a project's gateway: its own issuer's from its folder, any other's over HTTP."""

    def make() -> KeySource:
        from homeport.gateway.auth.keys import keys_of_project

        return keys_of_project(project, clock)

    return make


@dataclass(frozen=True, slots=True)
class _Workshop:
    api: Api
    stage: Stage
    deployment: Deployment
    runtime: Runtime
    keys: Callable[[], KeySource]
    clock: Callable[[], float]
    patience: float | None

    def checks(self) -> Mapping[str, Check]:
        """Each protected operation's check, by its id."""
        shared = {
            name: self._lambda(authorizer)
            for name, authorizer in self.api.authorizers.items()
            if authorizer.kind in ("request", "token")
        }
        checks = {}
        for operation in self.api.operations:
            if operation.security:
                authorizer, scopes = self._asked(operation)
                check = shared.get(authorizer.name) or self._for_tokens(authorizer, scopes)
                checks[operation.id] = check
        return checks

    def _asked(self, operation: Operation) -> tuple[Authorizer, tuple[str, ...]]:
        """The operation's authorizer and scopes."""
        name = operation.authorizer or ""
        authorizer = self.api.authorizers.get(name)
        if authorizer is None:
            where = operation.source
            raise HomeportError(
                f"{where.file}:{where.line}: nothing checks the security scheme {name!r} of {operation.route_key}",
                "give the scheme an x-amazon-apigateway-authorizer",
            )
        return authorizer, operation.scopes

    def _for_tokens(self, authorizer: Authorizer, scopes: tuple[str, ...]) -> Check:
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

    def _lambda(self, authorizer: Authorizer) -> Check:
        return lambda_authorizer(
            authorizer,
            flavor=self.deployment.flavor,
            sources=read_identity_sources(authorizer, self.deployment.flavor),
            expression=_expression(authorizer),
            runtime=self.runtime,
            clock=self.clock,
            patience=self.patience,
        )


def _expression(authorizer: Authorizer) -> re.Pattern[str] | None:
    return re.compile(authorizer.validation_expression) if authorizer.validation_expression else None
