"""A stage, with what callers need in it: keys, plans, tokens, signatures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

from homeport.project.integrations.caching import StageCache
from homeport.project.languages import DEFAULT_RUNTIMES, language_of
from homeport.project.model.resources import ExistingTable

Flavor = Literal["http", "rest"]
LOCAL_ACCOUNT = "000000000000"
"""The account in local ARNs, the same as LocalStack's for dummy credentials."""
_LONGEST_FUNCTION_NAME = 64


@dataclass(frozen=True, slots=True)
class Throttle:
    """A token bucket: ``rate`` requests per second refill it, ``burst`` is its size."""

    rate: float
    burst: int


@dataclass(frozen=True, slots=True)
class Quota:
    """The quota of a usage plan: ``limit`` requests per ``period`` and key."""

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
    """An API key of a REST API, its secret resolved.

    ``generated`` says that its template gives it no value: AWS makes one up, and so does the kit, the same at every
    start. ``homeport dev`` prints it at its start.
    """

    name: str
    value: str
    enabled: bool = True
    usage_plan: str | None = None
    generated: bool = False


@dataclass(frozen=True, slots=True)
class Canary:
    """The canary of a REST API's stage: ``percent`` of its requests, for which ``variables`` replace the stage's own.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/canary-release.html
    """

    percent: float
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StageAuth:
    """The issuer and audience of a security scheme's tokens in a stage; None: the kit's own issuer (``local``)."""

    issuer: str | None = None
    audience: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IamCaller:
    """A caller of routes with AWS_IAM: the user ``name`` with its access key, or the session ``name`` of a ``role``.

    ``session_token`` is that of temporary credentials, ``""`` for a long-lived access key.

    ``allow`` and ``deny`` are the ARNs of methods that its identity-based policy names, ``invalidate`` those whose
    cached responses it may have renewed. ``account`` is ``""`` for the account of the API.
    """

    name: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    account: str = ""
    invalidate: tuple[str, ...] = ()
    session_token: str = field(default="", repr=False)
    role: str = ""


@dataclass(frozen=True)
class Stage:
    """A stage of deploy/stages.yaml, merged with the defaults.

    ``key`` is the name in stages.yaml, ``stage_name`` API Gateway's (``$default``, ``prod``).

    ``memory`` is MB, ``timeout`` seconds. ``cors`` overrides parts of the spec's, by AWS's key names; ``Api.cors`` has
    them already. ``tables`` are those of deploy/resources.yaml that its stack does not make, by their logical ids.
    ``iam`` has those who may sign requests here, by name. ``secrets`` names the settings whose value came
    from an environment variable (``environment.PARTNER_KEY``, ``apiKeys.partner.value``): never to be printed, bundled
    or rendered.
    """

    key: str
    stage_name: str
    flavor: Flavor
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
    iam: Mapping[str, IamCaller] = field(default_factory=dict)
    usage_plans: Mapping[str, UsagePlan] = field(default_factory=dict)
    api_keys: Mapping[str, ApiKey] = field(default_factory=dict)
    reserved_concurrency: int | None = None
    deletion_protection: bool = False
    tables: Mapping[str, ExistingTable] = field(default_factory=dict)
    alarms: Mapping[str, Any] | None = None
    domain: Mapping[str, Any] | None = None
    canary: Canary | None = None
    cache: StageCache | None = None
    secrets: frozenset[str] = frozenset()

    @property
    def python_runtime(self) -> str:
        """The runtime of functions in Python that name none."""
        return self.runtime if language_of(self.runtime) == "python" else DEFAULT_RUNTIMES["python"]

    @property
    def base_path(self) -> str:
        """The part of a URL before the route: ``""`` for ``$default``, else ``/prod``."""
        return "" if self.stage_name == "$default" else f"/{self.stage_name}"

    @property
    def domain_base_path(self) -> str:
        """The part of a URL before the route at the stage's custom domain: ``""`` without one, else ``/shop/v1``."""
        path = str((self.domain or {}).get("basePath", "")).strip("/")
        return f"/{path}" if path else ""

    def function_name(self, function: str) -> str:
        """Return the name of a function in this stage; a name that is too long for Lambda ends in a hash.

        https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
        """
        return physical_name(self.stack_name, function, _LONGEST_FUNCTION_NAME)


def physical_name(stack_name: str, resource: str, longest: int) -> str:
    """Return the name of a resource that its template does not name; one that would be too long ends in a hash."""
    name = f"{stack_name}-{resource}"
    if len(name) <= longest:
        return name
    digest = sha256(name.encode()).hexdigest()[:8]
    return f"{name[: longest - len(digest) - 1]}-{digest}"
