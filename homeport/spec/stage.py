"""A stage of deploy/stages.yaml, merged with the defaults, as a frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

from homeport.spec.model import Throttle

_LONGEST_FUNCTION_NAME = 64


@dataclass(frozen=True, slots=True)
class Quota:
    """``limit`` requests per ``period`` and key."""

    limit: int
    period: Literal["DAY", "WEEK", "MONTH"]


@dataclass(frozen=True, slots=True)
class UsagePlan:
    """A usage plan of a REST API."""

    name: str
    throttle: Throttle | None = None
    quota: Quota | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key of a REST API, its secret resolved."""

    name: str
    value: str
    enabled: bool = True
    usage_plan: str | None = None


@dataclass(frozen=True, slots=True)
class StageAuth:
    """Who issues the tokens of one security scheme in this stage; None: the kit's own issuer (stage ``local``)."""

    issuer: str | None = None
    audience: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stage:
    """``key`` is the name in stages.yaml, ``stage_name`` API Gateway's (``$default``, ``prod``).

    ``memory`` is MB, ``timeout`` seconds. ``cors`` overrides parts of the spec's, by AWS's key names; ``Api.cors`` has
    them already. ``secrets`` names the settings whose value came from an environment variable
    (``environment.PARTNER_KEY``, ``apiKeys.partner.value``): never to be printed, bundled or rendered.
    """

    key: str
    stage_name: str
    flavor: Literal["http", "rest"]
    payload_format: Literal["1.0", "2.0"]
    region: str
    stack_name: str
    runtime: str = "python3.13"
    architecture: str = "arm64"
    memory: int = 256
    timeout: int = 10
    variables: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    throttle: Throttle | None = None
    cors: Mapping[str, Any] = field(default_factory=dict)
    access_log: Mapping[str, Any] = field(default_factory=dict)
    log_retention_days: int = 14
    log_format: Literal["Text", "JSON"] = "Text"
    tracing: bool = False
    snap_start: bool = False
    auth: Mapping[str, StageAuth] = field(default_factory=dict)
    usage_plans: Mapping[str, UsagePlan] = field(default_factory=dict)
    api_keys: Mapping[str, ApiKey] = field(default_factory=dict)
    reserved_concurrency: int | None = None
    deletion_protection: bool = False
    alarms: Mapping[str, Any] | None = None
    domain: Mapping[str, Any] | None = None
    secrets: frozenset[str] = frozenset()

    @property
    def base_path(self) -> str:
        """What a URL of this stage has before the route: ``""`` for ``$default``, else ``/prod``."""
        return "" if self.stage_name == "$default" else f"/{self.stage_name}"

    def table_name(self, logical_id: str) -> str:
        """The physical name of a table of deploy/resources.yaml in this stage."""
        return f"{self.stack_name}-{logical_id}"

    def function_name(self, function: str) -> str:
        """The name of a function of the spec in this stage; one that is too long for Lambda ends in a hash.

        https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
        """
        name = f"{self.stack_name}-{function}"
        if len(name) <= _LONGEST_FUNCTION_NAME:
            return name
        mark = sha256(name.encode()).hexdigest()[:8]
        return f"{name[: _LONGEST_FUNCTION_NAME - len(mark) - 1]}-{mark}"
