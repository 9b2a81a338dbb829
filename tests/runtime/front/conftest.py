"""Both places in which a function's calls to AWS are decided, for one suite: Python's hook, and the front."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

import botocore.session
import pytest
from botocore.config import Config

from homeport.permissions.role import Role
from homeport.runtime.api import AwsServiceCall, DynamoDBRequest
from homeport.runtime.faults import Fault, Faults, fault_rules, parse_fault
from homeport.runtime.front.environment_calls import FrontCalls
from homeport.runtime.front.server import AwsFront
from homeport.runtime.function_config import LOCAL_CREDENTIALS, FunctionConfig
from homeport.runtime.worker.aws_calls import AwsCalls
from homeport.runtime.worker.faults import FaultInjector
from homeport.runtime.worker.trace import Trace
from tests.support.endpoint import Endpoint
from tests.support.runtime import TABLES, make_config

REGION = "eu-west-1"


@cache
def _session() -> botocore.session.Session:
    """Return the session of all callers: its data files and its own handlers take most of a client's time."""
    return botocore.session.get_session()


class _HookCalls:
    """The calls that the hook decides about, with what the gateway makes of their trace."""

    def __init__(self, calls: AwsCalls) -> None:
        self._calls = calls

    def take_checks(self) -> Sequence[tuple[str, str, bool]]:
        return self._calls.take_checks()

    def take_requests(self) -> Sequence[DynamoDBRequest]:
        return list(map(DynamoDBRequest.from_trace, self._calls.take_requests()))

    def take_service_calls(self) -> Sequence[AwsServiceCall]:
        return list(map(AwsServiceCall.from_trace, self._calls.take_service_calls()))


class Calls(Protocol):
    """The calls of a function that are decided in one of the places."""

    def take_checks(self) -> Sequence[tuple[str, str, bool]]: ...

    def take_requests(self) -> Sequence[DynamoDBRequest]: ...

    def take_service_calls(self) -> Sequence[AwsServiceCall]: ...


@dataclass
class Caller:
    """A function that calls AWS, as an SDK of botocore does. ``begin`` begins an invocation with rules of faults."""

    calls: Calls
    begin: Callable[[Mapping[str, Any] | None, str], None]
    session: botocore.session.Session
    options: Mapping[str, Any]
    log: Callable[[], list[str]] = field(default=list)

    def client(self, service: str = "dynamodb", **options: Any) -> Any:
        """Return a client that does not try again, but for other ``options``."""
        config = Config(**{"retries": {"max_attempts": 0}, "read_timeout": 20, **options.pop("config", {})})
        return self.session.create_client(service, config=config, **{**self.options, **options})

    def meet(self, *faults: str | Fault, seed: int = 0, request_id: str = "request", call: int = 1) -> None:
        """Begin an invocation whose calls meet faults."""
        parsed = tuple(parse_fault(each) if isinstance(each, str) else each for each in faults)
        rules = fault_rules(Faults(parsed, seed), TABLES)
        self.begin(None if rules is None else {**rules, "call": call}, request_id)


MakeCaller = Callable[..., Caller]


@pytest.fixture
def front() -> Iterator[AwsFront]:
    front = AwsFront()
    try:
        yield front
    finally:
        front.close()


@pytest.fixture(params=["hook", "front"])
def caller(request: pytest.FixtureRequest, dynamodb: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeCaller]:
    """Make callers whose calls are decided by the hook, and then by the front."""
    if request.param == "front":
        front: AwsFront = request.getfixturevalue("front")
        yield lambda **config: front_caller(front.open(function_at(dynamodb.url, **config)))
        return
    for name, value in {**LOCAL_CREDENTIALS, "AWS_REGION": REGION}.items():
        monkeypatch.setenv(name, value)
    with ExitStack() as stack:
        yield lambda **config: _hook_caller(dynamodb.url, make_config("probe.handler", **config), stack)


def function_at(url: str, **config: Any) -> FunctionConfig:
    """Return the configuration of a function whose DynamoDB is at ``url``."""
    return make_config("probe.handler", environment={"AWS_ENDPOINT_URL_DYNAMODB": url}, **config)


def front_caller(calls: FrontCalls) -> Caller:
    """Return a caller with the credentials of an environment."""
    lines = lambda: [line.decode().rstrip("\n") for _, line in calls.take_log()]  # noqa: E731
    return Caller(calls, calls.begin, _session(), _options(calls.variables["AWS_ENDPOINT_URL"], calls.variables), lines)


def _hook_caller(url: str, config: FunctionConfig, stack: ExitStack) -> Caller:
    lines: list[str] = []
    faults = FaultInjector(lines.append, config.function_name)
    role = Role(config.permissions, config.policies, config.partition_keys, config.principal, config.boundary)
    calls = AwsCalls(role, True, faults, Trace(config.bodies) if config.traced else None, config.arns)
    stack.callback(calls.close)
    session = _session()
    # A client has copies of the handlers that its session has when the client is made.
    events: Any = session
    for event, handler in (
        ("before-send", calls.before_send),
        ("before-parameter-build", calls.before_parameter_build),
        ("before-call.dynamodb", calls.before_call),
        ("response-received", calls.response_received),
    ):
        events.register(event, handler)
        stack.callback(events.unregister, event, handler)
    return Caller(_HookCalls(calls), faults.set, session, _options(url, LOCAL_CREDENTIALS), lambda: lines)


def _options(url: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Return the options of a client with credentials."""
    return {
        "region_name": REGION,
        "endpoint_url": url,
        "aws_access_key_id": variables["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": variables["AWS_SECRET_ACCESS_KEY"],
        "aws_session_token": variables["AWS_SESSION_TOKEN"],
    }
