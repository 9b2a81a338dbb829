"""CloudFormation's functions in openapi.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.spec import errors, load, scheme, secured_document, write_document

POOL = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/p"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"Fn::GetAtt": ["Pool", "Arn"]}, "${Pool.Arn}"),
        ({"Fn::GetAtt": "Pool.Arn"}, "${Pool.Arn}"),
        ({"Fn::Sub": "${Pool.Arn}"}, "${Pool.Arn}"),
        ({"Ref": "PoolArn"}, "${PoolArn}"),
        (
            "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/p",
            "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/p",
        ),
    ],
)
def test_a_user_pool_may_be_one_that_the_stack_makes(tmp_path: Path, written: Any, read: str) -> None:
    spec = secured_document({"users": scheme("cognito_user_pools", providerARNs=[written])}, [{"users": []}])
    project = load(write_document(tmp_path, spec, flavor="rest", handlers=("act",)))
    assert project.api.authorizers["users"].provider_arns == (read,)


def test_issuer_and_audience_may_be_what_the_stack_makes(tmp_path: Path) -> None:
    issuer = {"Fn::Sub": "https://cognito-idp.${AWS::Region}.amazonaws.com/${Pool}"}
    configuration = {"issuer": issuer, "audience": [{"Ref": "Client"}]}
    spec = secured_document({"users": scheme("jwt", jwtConfiguration=configuration)}, [{"users": []}])
    users = load(write_document(tmp_path, spec, handlers=("act",))).api.authorizers["users"]
    assert (users.issuer, users.audience) == (issuer["Fn::Sub"], ("${Client}",))


@pytest.mark.parametrize("written", [{"Fn::Join": ["", ["a"]]}, {"Fn::Sub": ["${a}", {"a": "b"}]}, {}])
def test_an_unsupported_function_of_cloudformation_is_an_error(tmp_path: Path, written: Any) -> None:
    spec = secured_document({"users": scheme("cognito_user_pools", providerARNs=[written])}, [{"users": []}])
    (line,) = errors(write_document(tmp_path, spec, flavor="rest", handlers=("act",)))
    assert "has no function of CloudFormation that gives a text" in line
