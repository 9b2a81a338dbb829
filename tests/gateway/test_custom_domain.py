"""A stage's custom domain: its host and its base path lead to the routes, as on AWS.

https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from homeport.gateway.assembly import PipelineDependencies, build_pipeline
from homeport.gateway.context import Exchange, Match
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.http_api import event as format_2
from homeport.gateway.http_api import event_v1 as format_1
from homeport.gateway.observers.access_log import LoggedCall, access_log
from homeport.gateway.rest_api import event as rest
from homeport.gateway.routing import ApiMapping, Router
from homeport.gateway.steps.usage import Quotas
from tests.support.auth import FakeRuntime, make_api, make_stage
from tests.support.auth import make_operation as make_route
from tests.support.gateway import make_context, make_deployment, make_operation, make_request

Flavor = Literal["http", "rest"]
STAGES: dict[Flavor, str] = {"http": "$default", "rest": "prod"}
DOMAIN = "api.example.com"


def router(*routes: str, flavor: Flavor = "http", base_path: str = "/shop/v1", domain: str = DOMAIN) -> Router:
    operations = [make_operation(method=route.split()[0], path=route.split()[1], id=route) for route in routes]
    return Router(operations, flavor, STAGES[flavor], ApiMapping(domain, base_path))


def found(match: Match | None) -> tuple[str, dict[str, str]] | None:
    return None if match is None else (match.operation.id, dict(match.path_parameters))


def matched(flavor: Flavor, target: str, *, stage: str = "", base_path: str = "/shop/v1", host: str = "") -> Match:
    operation = make_operation(method="GET", path="/items/{id}")
    match = Router([operation], flavor, stage or STAGES[flavor], ApiMapping(DOMAIN, base_path)).match(
        "GET", target, host
    )
    assert match is not None
    return match


@pytest.mark.parametrize("flavor", ["http", "rest"])
@pytest.mark.parametrize("host", ["127.0.0.1", DOMAIN, "API.Example.com"])
def test_path_below_the_base_path_reaches_its_route(flavor: Flavor, host: str) -> None:
    routes = router("GET /items/{id}", "GET /", flavor=flavor)
    assert found(routes.match("GET", "/shop/v1/items/1?a=b", host)) == ("GET /items/{id}", {"id": "1"})
    assert found(routes.match("GET", "/shop/v1", host)) == ("GET /", {})
    assert found(routes.match("GET", "/shop/v1/", host)) == ("GET /", {})


@pytest.mark.parametrize("flavor", ["http", "rest"])
def test_default_endpoint_answers_beside_the_domain(flavor: Flavor) -> None:
    stage = "" if flavor == "http" else "/prod"
    match = router("GET /items/{id}", flavor=flavor).match("GET", f"{stage}/items/1", "127.0.0.1")
    assert match is not None and match.base_path is None and match.full_path == f"{stage}/items/1"


@pytest.mark.parametrize("flavor", ["http", "rest"])
def test_host_of_the_domain_needs_the_base_path(flavor: Flavor) -> None:
    stage = "" if flavor == "http" else "/prod"
    for target in (f"{stage}/items/1", "/shop/v10/items/1", "/shop"):
        with pytest.raises(GatewayError) as caught:
            router("GET /items/{id}", flavor=flavor).match("GET", target, DOMAIN)
        assert caught.value.type is GatewayResponseType.NO_STAGE


def test_whole_domain_leads_to_the_stage_without_its_name() -> None:
    routes = router("GET /items/{id}", flavor="rest", base_path="")
    assert found(routes.match("GET", "/items/1", DOMAIN)) == ("GET /items/{id}", {"id": "1"})
    assert routes.match("GET", "/prod/items/1", DOMAIN) is None
    with pytest.raises(GatewayError):
        routes.match("GET", "/items/1", "127.0.0.1")


def test_wildcard_stands_for_one_label() -> None:
    routes = router("GET /items/{id}", flavor="rest", base_path="", domain="*.example.com")
    assert routes.match("GET", "/items/1", "shop.example.com") is not None
    for host in ("example.com", "a.shop.example.com"):
        with pytest.raises(GatewayError):
            routes.match("GET", "/items/1", host)


def test_route_of_the_same_name_is_not_hidden_by_the_base_path() -> None:
    routes = router("GET /items", "GET /items/{id}", base_path="/items")
    assert found(routes.match("GET", "/items", "127.0.0.1")) == ("GET /items", {})
    assert found(routes.match("GET", "/items/1", "127.0.0.1")) == ("GET /items/{id}", {"id": "1"})
    assert found(routes.match("GET", "/items/items/1", "127.0.0.1")) == ("GET /items/{id}", {"id": "1"})


def test_unknown_route_below_the_base_path_is_no_missing_stage() -> None:
    assert router("GET /items", flavor="rest").match("GET", "/shop/v1/nothing", "127.0.0.1") is None


def test_rest_event_keeps_the_base_path_and_has_no_stage_in_its_paths() -> None:
    match = matched("rest", "/shop/v1/items/1")
    context = make_context(deployment=make_deployment(flavor="rest", stage="prod"))
    event: dict[str, Any] = rest.build_event(make_request(target="/shop/v1/items/1"), match, context)
    assert (event["path"], event["resource"]) == ("/shop/v1/items/1", "/items/{id}")
    assert event["requestContext"]["path"] == "/shop/v1/items/1"
    assert event["requestContext"]["stage"] == "prod"
    arn = rest.method_arn(make_request(target="/shop/v1/items/1"), match, context)
    assert arn.endswith("/prod/GET/items/1")


@pytest.mark.parametrize(("stage", "path"), [("$default", "/items/1"), ("prod", "/prod/items/1")])
def test_format_2_has_no_base_path(stage: str, path: str) -> None:
    match = matched("http", "/shop/v1/items/1", stage=stage)
    context = make_context(deployment=make_deployment(flavor="http", stage=stage))
    event = format_2.build_event(make_request(target="/shop/v1/items/1"), match, context)
    assert (event["rawPath"], event["requestContext"]["http"]["path"]) == (path, path)


@pytest.mark.parametrize("stage", ["$default", "prod"])
def test_format_1_has_the_base_path(stage: str) -> None:
    match = matched("http", "/shop/v1/items/1", stage=stage)
    context = make_context(deployment=make_deployment(flavor="http", stage=stage))
    event = format_1.build_event(make_request(target="/shop/v1/items/1"), match, context)
    assert (event["path"], event["requestContext"]["path"]) == ("/shop/v1/items/1", "/shop/v1/items/1")


def answer(flavor: Flavor, target: str, host: str, project: Path) -> tuple[Exchange, Reply]:
    """Return what a whole pipeline answers, whose stage has a domain."""
    domain = {"name": DOMAIN, "basePath": "shop/v1"}
    stage = replace(make_stage(key="local", flavor=flavor, auth={}), domain=domain)
    api = replace(make_api(None, [make_route(security=())]), authorizers={})
    dependencies = PipelineDependencies(
        project=project,
        runtime=FakeRuntime({"work": {"statusCode": 200, "body": "made"}}),
        clock=time.time,
        ticks=time.monotonic,
        random_bytes=os.urandom,
        quotas=Quotas(None),
    )
    request = Request("GET", target, (("Host", host),), b"", "192.0.2.1", "HTTP/1.1", time.time())
    return build_pipeline(api, stage, dependencies).handle(request)


@pytest.mark.parametrize("flavor", ["http", "rest"])
def test_stage_with_a_domain_answers_at_its_base_path(flavor: Flavor, tmp_path: Path) -> None:
    for host in ("127.0.0.1:8080", f"{DOMAIN}:8080"):
        exchange, reply = answer(flavor, "/shop/v1/items", host, tmp_path)
        assert (reply.status, reply.body) == (200, b"made")
        line = access_log("$context.customDomain.basePathMatched", flavor)(LoggedCall(exchange, reply, time.time()))
        assert line == "shop/v1"


@pytest.mark.parametrize("flavor", ["http", "rest"])
def test_host_of_the_domain_is_forbidden_outside_of_the_base_path(flavor: Flavor, tmp_path: Path) -> None:
    _, reply = answer(flavor, "/items", DOMAIN, tmp_path)
    assert reply.status == (403 if flavor == "rest" else 404)
