"""The values that travel through the pipeline with a request. Times, ids and random parts are in them already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from homeport.gateway.auth import Authorization
from homeport.gateway.backend_request import ServiceRequest
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply, Request
from homeport.http_client import HttpResponse
from homeport.http_headers import HttpHeaders
from homeport.project.model import Flavor, GatewayResponse, Operation
from homeport.runtime.api import FunctionResponse, Invocation


@dataclass(frozen=True, slots=True)
class Deployment:
    """The API as deployed to its stage, the same for every call.

    ``name`` is the logical id of an API of a template, ``""`` for openapi.yaml.
    ``is_canary`` says that it is the stage's canary, which gets a part of the calls.
    ``stage`` is API Gateway's stage name (``$default``, ``prod``). ``binary_media_types`` and ``gateway_responses`` are
    REST APIs' alone.
    """

    flavor: Flavor
    payload_format: Literal["1.0", "2.0"]
    region: str
    account_id: str
    api_id: str
    stage: str
    deployment_id: str = ""
    stage_variables: Mapping[str, str] = field(default_factory=dict)
    binary_media_types: tuple[str, ...] = ()
    gateway_responses: Mapping[str, GatewayResponse] = field(default_factory=dict)
    name: str = ""
    is_canary: bool = False

    @property
    def execute_arn(self) -> str:
        """Return the beginning of method ARNs: ``arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod``."""
        return f"arn:aws:execute-api:{self.region}:{self.account_id}:{self.api_id}/{self.stage}"


@dataclass(frozen=True, slots=True)
class CallContext:
    """The context of a call, as far as it is not in the request: ``$context`` and ``requestContext`` are made of it.

    ``request_id`` is API Gateway's (``requestContext.requestId``): a UUID in REST APIs, in HTTP APIs the short one that
    ends in ``=``, which is ``extended_request_id`` in both. ``trace_id`` is the value of X-Amzn-Trace-Id as functions
    see it (``Root=1-…``), ``segment_id`` the 16 hexadecimal digits that a REST API's reply adds to it as ``Parent``.
    ``domain_name`` is the host that was called, ``port`` and ``scheme`` how. ``received`` is seconds since the epoch.
    """

    deployment: Deployment
    request_id: str
    extended_request_id: str
    trace_id: str
    segment_id: str
    domain_name: str
    source_ip: str
    received: float
    port: int = 443
    scheme: str = "https"
    authorization: Authorization | None = None
    api_key: str | None = None
    api_key_id: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """The operation that takes a request.

    ``path_parameters`` are still percent-encoded, in the template's order. ``path`` is the path without the stage,
    ``full_path`` the one with it, both still encoded. For a request to a custom domain ``base_path`` is that of its API
    mapping (``/shop``, or ``""``) and ``full_path`` begins with it in place of the stage; else it is None.
    """

    operation: Operation
    path_parameters: Mapping[str, str]
    path: str
    full_path: str
    base_path: str | None = None


@dataclass(frozen=True, slots=True)
class BackendCall:
    """The answer of a backend that is no function: its status, and how many milliseconds it took."""

    status: int
    duration_ms: float


@dataclass(frozen=True, slots=True)
class MappingNote:
    """A step of the mappings of a custom integration: what it is, names with values, and a text."""

    title: str
    pairs: HttpHeaders = ()
    text: str = ""


@dataclass(slots=True)
class CallNotes:
    """Further notes on a call that is recorded: the steps of its mappings, and its call of a service of AWS.

    Of the service's call there are the request, the response, and when it ended, in seconds since the epoch. ``made``
    has what the integration made besides: its id, the call in words, and when.
    """

    mapping: list[MappingNote] = field(default_factory=list)
    service: tuple[ServiceRequest, HttpResponse, float] | None = None
    made: list[tuple[str, str, float]] = field(default_factory=list)


@dataclass(slots=True)
class CallTrace:
    """Notes on a call for the observers; no step reads them.

    ``event`` and ``invocation`` are those of the route's function, ``backend`` is the call of another backend.
    ``response`` is that of the route's function, from which ``complete`` makes ``invocation``.
    ``authorizer_function``, ``authorizer_event`` and ``authorizer`` are those of a Lambda authorizer.
    ``authorizer_latency`` is the milliseconds that an authorizer of any kind took, None without one,
    ``authenticate_latency`` those of the check of a signature. ``error`` is the reason of a gateway response.
    ``cached`` says that the reply is the response cache's.
    ``step_times`` are the ticks, in seconds, at which the pipeline began and each of its steps ended. ``notes`` is None
    for a call that nobody records.
    """

    event: bytes = b""
    invocation: Invocation | None = None
    backend: BackendCall | None = None
    authorizer: Invocation | None = None
    error: GatewayError | None = None
    authorizer_function: str = ""
    authorizer_event: bytes = b""
    authorizer_latency: int | None = None
    authenticate_latency: int | None = None
    step_times: list[float] = field(default_factory=list)
    notes: CallNotes | None = None
    cached: bool = False
    response: FunctionResponse | None = None

    def complete(self) -> None:
        """Set ``invocation``."""
        if self.response is not None and self.invocation is None:
            self.invocation = self.response.invocation()


class AnsweredCall(NamedTuple):
    """A call whose reply was sent ``at``, in seconds since the epoch; ``ticks`` is that on the pipeline's clock."""

    exchange: Exchange
    reply: Reply
    at: float
    ticks: float

    @property
    def size(self) -> int:
        """The bytes of its bodies."""
        return len(self.exchange.request.body) + len(self.reply.body)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request on its way through the pipeline. ``match`` is the route, None until the step ``match`` found it."""

    request: Request
    context: CallContext
    match: Match | None = None
    trace: CallTrace = field(default_factory=CallTrace, compare=False)

    def require_match(self) -> Match:
        """Return the route. Raises GatewayError (NO_ROUTE) where there is none."""
        if self.match is None:
            raise GatewayError(GatewayResponseType.NO_ROUTE)
        return self.match


Step = Callable[[Exchange], Exchange | Reply]
"""A step of the pipeline: returns the exchange for the next step, or the reply; raises GatewayError."""


def skip(exchange: Exchange) -> Exchange:
    """Let every request through: the step of an API that has no use for it."""
    return exchange
