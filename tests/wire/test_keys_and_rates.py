"""API keys, usage plans, stage and route rates over a plain socket: 403 and 429 as AWS words them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.made_project import Made, Route, lambda_scheme
from tests.support.wire import Answer
from tests.wire.conftest import Serve, Served

FORBIDDEN = (403, b'{"message":"Forbidden"}', "ForbiddenException")
TOO_MANY = (429, b'{"message":"Too Many Requests"}', "TooManyRequestsException")
EXHAUSTED = (429, b'{"message":"Limit Exceeded"}', "LimitExceededException")
KEY = {"type": "apiKey", "name": "X-API-Key", "in": "header"}
DENIES = 'def handler(event, context):\n    raise Exception("Unauthorized")\n'
PLANS: dict[str, Any] = {
    "usagePlans": {
        "free": {},
        "slow": {"rate": 0.001, "burst": 2},
        "few": {"rate": 100, "burst": 100, "quota": {"limit": 3, "period": "DAY"}},
    },
    "apiKeys": {
        "good": {"value": "good", "usagePlan": "free"},
        "planless": {"value": "planless"},
        "off": {"value": "off", "usagePlan": "free", "enabled": False},
        "slow": {"value": "slow", "usagePlan": "slow"},
        "few": {"value": "few", "usagePlan": "few"},
    },
}


@pytest.fixture(scope="module")
def keyed(serve: Serve) -> Served:
    asked: dict[str, Any] = {"security": [{"key": []}]}
    both: dict[str, Any] = {"security": [{"who": [], "key": []}]}
    routes = (Route("GET", "/x", extra=asked), Route("GET", "/both", extra=both), Route("GET", "/free"))
    schemes = {"key": KEY, "who": lambda_scheme("token", "denies")}
    made = Made(routes, flavor="rest", stage_name="dev", schemes=schemes, modules={"denies": DENIES}, stage=PLANS)
    return serve(made)


def refused(answer: Answer) -> tuple[int, bytes, str | None]:
    assert not answer.values("Retry-After")
    return answer.status, answer.body, answer.header("x-amzn-ErrorType")


@pytest.mark.parametrize("key", [None, "", "wrong", "Good", "good ,", "planless", "off"])
def test_without_a_good_key_a_call_is_forbidden(keyed: Served, key: str | None) -> None:
    assert refused(keyed.ask("GET", "/dev/x", [("x-api-key", key)] if key is not None else [])) == FORBIDDEN


def test_a_good_key_lets_in_and_is_told_to_the_function(keyed: Served) -> None:
    answer = keyed.ask("GET", "/dev/x", [("X-API-KEY", "good")])
    identity = answer.json()["requestContext"]["identity"]
    assert (answer.status, identity["apiKey"]) == (200, "good")
    assert identity["apiKeyId"]
    assert "apiKey" not in keyed.ask("GET", "/dev/free").json()["requestContext"]["identity"]


@pytest.mark.parametrize("key", ["good", "wrong"])
def test_the_authorizer_is_asked_before_the_key(keyed: Served, key: str) -> None:
    assert keyed.ask("GET", "/dev/both", [("x-api-key", key)]).status == 401
    assert keyed.ask("GET", "/dev/both", [("x-api-key", key), ("Authorization", "x")]).status == 401


def test_a_plan_has_a_rate_for_each_key(keyed: Served) -> None:
    answers = [keyed.ask("GET", "/dev/x", [("x-api-key", "slow")]) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 429, 429]
    assert refused(answers[-1]) == TOO_MANY
    assert keyed.ask("GET", "/dev/x", [("x-api-key", "good")]).status == 200


def test_a_plan_has_a_quota_for_each_key(keyed: Served) -> None:
    answers = [keyed.ask("GET", "/dev/x", [("x-api-key", "few")]) for _ in range(5)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    assert refused(answers[-1]) == EXHAUSTED


def test_rest_has_a_rate_for_the_stage_and_for_a_route(serve: Serve) -> None:
    own = {"x-homeport": {"throttle": {"rate": 0, "burst": 1}}}
    routes = (Route("GET", "/own", extra=own), Route("GET", "/a"), Route("GET", "/b"))
    served = serve(Made(routes, flavor="rest", stage_name="dev", stage={"throttle": {"rate": 0.001, "burst": 2}}))
    assert [served.ask("GET", "/dev/own").status for _ in range(2)] == [200, 429]
    assert [served.ask("GET", f"/dev/{name}").status for name in "aba"] == [200, 200, 429]
    assert refused(served.ask("GET", "/dev/b")) == TOO_MANY
    assert served.ask("GET", "/dev/nowhere").status == 403


def test_http_has_a_rate_for_the_stage_and_for_a_route(serve: Serve) -> None:
    own = {"x-homeport": {"throttle": {"rate": 0, "burst": 1}}}
    routes = (Route("GET", "/own", extra=own), Route("GET", "/a"), Route("GET", "/b"))
    throttle = {"rate": 0.001, "burst": 2, "routes": {"GET /b": {"rate": 0.001, "burst": 1}}}
    served = serve(Made(routes, stage={"throttle": throttle}))
    assert [served.ask("GET", "/own").status for _ in range(2)] == [200, 429]
    assert [served.ask("GET", "/b").status for _ in range(2)] == [200, 429]
    assert [served.ask("GET", "/a").status for _ in range(3)] == [200, 200, 429]
    answer = served.ask("GET", "/a")
    assert (answer.status, answer.body) == (429, b'{"message":"Too Many Requests"}')
    assert len(answer.values("Apigw-Requestid")) == 1 and not answer.values("x-amzn-ErrorType")
