"""Builds the pipeline of one API in one stage: every step with exactly what it needs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from homeport.gateway import ids
from homeport.gateway.context import CallContext, Deployment, Exchange
from homeport.gateway.http_api import errors as http_errors
from homeport.gateway.http_api import event as http_event
from homeport.gateway.http_api import event_v1 as http_event_v1
from homeport.gateway.http_api import reply as http_reply
from homeport.gateway.message import Reply, Request
from homeport.gateway.pipeline import Pipeline, Steps
from homeport.gateway.rest_api import errors as rest_errors
from homeport.gateway.rest_api import event as rest_event
from homeport.gateway.rest_api import reply as rest_reply
from homeport.gateway.routing import Router
from homeport.gateway.stages.integrate import integrate
from homeport.gateway.stages.match import match, require_route
from homeport.runtime.api import Runtime
from homeport.spec.model import Api
from homeport.spec.stage import Stage

# The account in local ARNs; the embedded engine's and LocalStack's is the same.
LOCAL_ACCOUNT = "000000000000"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the pipeline takes from outside: the functions, the time (seconds since the epoch), and randomness."""

    runtime: Runtime
    clock: Callable[[], float]
    entropy: Callable[[int], bytes]
    replied: Callable[[Exchange, Reply], None]


def deployment_of(api: Api, stage: Stage) -> Deployment:
    """The API as if deployed to a stage; its ids are the same at every start."""
    digest = hashlib.sha256(f"{api.title}/{stage.stack_name}".encode()).hexdigest()
    return Deployment(
        flavor=stage.flavor,
        payload_format="1.0" if stage.flavor == "rest" else stage.payload_format,
        region=stage.region,
        account_id=LOCAL_ACCOUNT,
        api_id=digest[:10],
        stage=stage.stage_name,
        deployment_id=digest[10:16],
        stage_variables=stage.variables,
        binary_media_types=api.binary_media_types if stage.flavor == "rest" else (),
        gateway_responses=api.gateway_responses if stage.flavor == "rest" else {},
    )


def build_pipeline(api: Api, stage: Stage, around: Surroundings) -> Pipeline:
    """The pipeline of an API in a stage."""
    deployment = deployment_of(api, stage)
    rest = stage.flavor == "rest"
    steps = _steps(api, stage, deployment, around)

    def finish(exchange: Exchange, reply: Reply) -> Reply:
        around.replied(exchange, reply)
        return reply

    return Pipeline(
        steps=steps.in_order(),
        open_call=_opener(deployment, around.entropy),
        refuse=rest_errors.refuse if rest else http_errors.refuse,
        finish=finish,
    )


def _steps(api: Api, stage: Stage, deployment: Deployment, around: Surroundings) -> Steps:
    timeouts = {name: float(function.timeout or stage.timeout) for name, function in api.functions.items()}
    router = Router(api.operations, stage.flavor, stage.stage_name)
    to_reply = rest_reply.to_reply if stage.flavor == "rest" else http_reply.to_reply
    event = _event_module(deployment)
    return Steps(
        limits=_pass,
        match=match(router),
        cors=_pass,
        require_route=require_route(),
        authorize=_pass,
        api_key=_pass,
        throttle=_pass,
        validate=_pass,
        integrate=integrate(event.build_event, to_reply, around.runtime, stage.flavor, timeouts),
    )


def _pass(exchange: Exchange) -> Exchange:
    return exchange


def _event_module(deployment: Deployment) -> ModuleType:
    if deployment.flavor == "rest":
        return rest_event
    return http_event if deployment.payload_format == "2.0" else http_event_v1


def _opener(deployment: Deployment, entropy: Callable[[int], bytes]) -> Callable[[Request], CallContext]:
    rest = deployment.flavor == "rest"

    def open_call(request: Request) -> CallContext:
        random = entropy(64)
        short = ids.short_id(random[:11])
        trace = ids.trace_id(request.header("x-amzn-trace-id"), request.received, random[11:23])
        return CallContext(
            deployment=deployment,
            request_id=ids.uuid_id(random[23:39]) if rest else short,
            extended_request_id=short,
            trace_id=trace,
            segment_id=random[39:47].hex(),
            domain_name=_host_name(request),
            source_ip=request.source_ip,
            received=request.received,
        )

    return open_call


def _host_name(request: Request) -> str:
    host = request.header("host") or "localhost"
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
