"""Lambda authorizers of both flavors, in gateways of nothing else."""

from __future__ import annotations

from typing import Any

from homeport.gateway.auth import Authorization
from homeport.gateway.http.message import Reply
from homeport.project.model import Authorizer
from tests.support.auth import FakeRuntime, Gateway, make_api, make_authorizer, make_gateway, make_stage

HTTP_ARN = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/$default/GET/items"
REST_ARN = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/GET/items"

UNAUTHORIZED = (401, b'{"message":"Unauthorized"}')


def policy(effect: str = "Allow", resource: Any = "*", **more: Any) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    return {"principalId": "user-1", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}, **more}


def http(answer: Any, **authorizer: Any) -> tuple[Gateway, FakeRuntime]:
    runtime = FakeRuntime({"guard": answer})
    api = make_api(make_authorizer(kind="request", **authorizer))
    return make_gateway(api=api, runtime=runtime), runtime


def rest_authorizer(kind: Any = "token", **changes: Any) -> Authorizer:
    usual = {"identity_sources": ("method.request.header.Authorization",), "payload_format": "1.0"}
    return make_authorizer(kind=kind, **{**usual, **changes})


def rest(answer: Any, **authorizer: Any) -> tuple[Gateway, FakeRuntime]:
    runtime = FakeRuntime({"guard": answer})
    api = make_api(rest_authorizer(**authorizer))
    return make_gateway(api=api, stage=make_stage(flavor="rest"), runtime=runtime), runtime


def status_and_body(reply: Reply) -> tuple[int, bytes]:
    return reply.status, reply.body


def found(gateway: Gateway) -> Authorization:
    authorization = gateway.passed[-1].context.authorization
    assert authorization is not None
    return authorization
