"""Assembly: ``build_pipeline`` builds the pipeline of one API in one stage, each step with what it needs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import TIMEOUT_MAX

from homeport.gateway import ids
from homeport.gateway.context import CallContext, Deployment, Exchange, Step, skip
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.http_api import gateway_responses as http_responses
from homeport.gateway.http_api.cors import apply_cors, http_cors
from homeport.gateway.integrations import build_integration, integrate
from homeport.gateway.integrations.aws_call import ServiceUrl, no_service
from homeport.gateway.pipeline import Pipeline, PipelineSteps
from homeport.gateway.rest_api import gateway_responses as rest_responses
from homeport.gateway.rest_api.compression import compress_replies, decompress_requests
from homeport.gateway.rest_api.cors import preflight_operations, with_cors
from homeport.gateway.routing import ApiMapping, Router, match, require_rest_route, require_route
from homeport.gateway.steps.authorize import authorize, pool_urls, project_keys
from homeport.gateway.steps.limits import arn_limit, limits
from homeport.gateway.steps.usage import Quotas, api_key, throttle
from homeport.gateway.steps.validate import validate
from homeport.project.integrations import cache_key_of
from homeport.project.model import LOCAL_ACCOUNT, Api, Canary, Stage
from homeport.project.names import api_id
from homeport.runtime.api import Runtime


@dataclass(frozen=True, slots=True)
class PipelineDependencies:
    """The pipeline's inputs from outside.

    ``project`` holds the local issuer's keys. ``clock`` gives seconds since the epoch, ``ticks`` seconds that never go
    back, ``random_bytes(n)`` n random bytes. ``quotas`` counts the requests of API keys. ``debugging`` says that a
    debugger may hold a function: then no time limit applies to functions. ``service_url`` finds the AWS services that
    integrations call. ``recorded`` says that each call is recorded, with notes on its mappings.
    """

    project: Path
    runtime: Runtime
    clock: Callable[[], float]
    ticks: Callable[[], float]
    random_bytes: Callable[[int], bytes]
    quotas: Quotas
    debugging: bool = False
    service_url: ServiceUrl = no_service
    recorded: bool = False


def deployment_of(api: Api, stage: Stage) -> Deployment:
    """Return the API as if it was deployed to a stage; its ids are the same at every start."""
    name = api.name or api.title
    rest = stage.flavor == "rest"
    return Deployment(
        flavor=stage.flavor,
        payload_format="1.0" if rest else stage.payload_format,
        region=stage.region,
        account_id=LOCAL_ACCOUNT,
        api_id=api_id(name, stage.stack_name),
        stage=stage.stage_name,
        deployment_id=hashlib.sha256(f"{name}/{stage.stack_name}".encode()).hexdigest()[10:16],
        stage_variables=stage.variables,
        binary_media_types=api.binary_media_types if rest else (),
        gateway_responses=with_cors(api.gateway_responses, api.cors) if rest else {},
        name=api.name,
    )


def build_pipeline(api: Api, stage: Stage, dependencies: PipelineDependencies) -> Pipeline:
    """Return the pipeline of an API in a stage. Raises HomeportError for an unusable authorizer or model."""
    deployment = deployment_of(api, stage)
    return Pipeline(
        steps=_steps(api, stage, deployment, dependencies).in_order(),
        open_call=call_opener(deployment, dependencies.random_bytes, stage.canary),
        error_reply=rest_responses.error_reply if stage.flavor == "rest" else http_responses.error_reply,
        finish=_finish(api, stage),
        recorded=dependencies.recorded,
    )


def _finish(api: Api, stage: Stage) -> Callable[[Exchange, Reply], Reply]:
    cors = api.cors
    if stage.flavor == "rest":
        return compress_replies(api.minimum_compression_size)
    return lambda exchange, reply: reply if cors is None else apply_cors(cors, exchange.request, reply)


def _steps(api: Api, stage: Stage, deployment: Deployment, dependencies: PipelineDependencies) -> PipelineSteps:
    rest = stage.flavor == "rest"
    mapping = ApiMapping(stage.domain["name"], stage.domain_base_path) if stage.domain is not None else None
    operations = (*api.operations, *(preflight_operations(api) if rest else ()))
    integration_of = partial(
        build_integration,
        api=api,
        stage=stage,
        deployment=deployment,
        runtime=dependencies.runtime,
        debugging=dependencies.debugging,
        service_url=dependencies.service_url,
    )
    return PipelineSteps(
        limits=limits(stage.flavor),
        match=match(Router(operations, stage.flavor, stage.stage_name, mapping)),
        cors=skip if rest else http_cors(api.cors),
        require_route=require_rest_route if rest else require_route,
        arn_limit=arn_limit if rest else skip,
        authorize=authorize(
            api,
            stage,
            deployment,
            dependencies.runtime,
            project_keys(dependencies.project, dependencies.clock, pool_urls(api, stage, dependencies.service_url)),
            dependencies.clock,
            timeout=TIMEOUT_MAX if dependencies.debugging else None,
        ),
        api_key=api_key(api, stage),
        throttle=throttle(api, stage, dependencies.ticks, dependencies.quotas),
        decompress=decompress_requests(api.minimum_compression_size if rest else None),
        validate=validate(api) if rest else skip,
        integrate=_with_cache(
            integrate({operation.id: integration_of(operation.integration) for operation in operations}),
            api,
            stage,
            deployment,
            dependencies.ticks,
        ),
    )


def _with_cache(step: Step, api: Api, stage: Stage, deployment: Deployment, ticks: Callable[[], float]) -> Step:
    """Return the last step with the response cache of the stage, which few stages have."""
    if stage.cache is None or stage.flavor != "rest":
        return step
    found = [(one, stage.cache.settings_of(one.method, one.path, one.id)) for one in api.operations]
    if not any(settings.caches for _, settings in found):
        return step
    from homeport.gateway.auth.iam import cache_invalidator
    from homeport.gateway.auth.resource_policy import api_policy
    from homeport.gateway.integrations.response_cache import CachedMethod, ResponseCache, with_cache

    may_invalidate = cache_invalidator(stage.iam, api_policy(api.resource_policy, deployment), deployment)
    methods = {
        one.id: CachedMethod(settings, cache_key_of(one.integration)) for one, settings in found if settings.caches
    }
    return with_cache(step, methods, may_invalidate, ResponseCache(ticks))


def call_opener(
    deployment: Deployment, random_bytes: Callable[[int], bytes], canary: Canary | None = None
) -> Callable[[Request], CallContext]:
    """Return a function that makes the context of a call, with ids of its own, in the stage or in its canary."""
    rest = deployment.flavor == "rest"
    split = _canary_of(deployment, canary)

    def open_call(request: Request) -> CallContext:
        random = random_bytes(64)
        short = ids.short_id(random[:11])
        return CallContext(
            deployment=split(random[47:51]) if split is not None else deployment,
            request_id=ids.uuid_id(random[23:39]) if rest else short,
            extended_request_id=short,
            trace_id=ids.trace_id(request.header("x-amzn-trace-id"), request.received, random[11:23]),
            segment_id=random[39:47].hex(),
            domain_name=_host_name(request),
            source_ip=request.source_ip,
            received=request.received,
        )

    return open_call


def _canary_of(deployment: Deployment, canary: Canary | None) -> Callable[[bytes], Deployment] | None:
    """Return a function from four random bytes to the deployment of a call, None for a stage without a canary."""
    if canary is None:
        return None
    variables = {**deployment.stage_variables, **canary.variables}
    other, limit = replace(deployment, stage_variables=variables, is_canary=True), canary.percent / 100 * 2**32
    return lambda random: other if int.from_bytes(random, "big") < limit else deployment


def _host_name(request: Request) -> str:
    host = request.header("host") or "localhost"
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
