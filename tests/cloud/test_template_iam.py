"""Signed routes and resource policies in the deployed template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.cloud.template.build import build_template
from tests.support.spec import load, secured_document, write_document

SIGNED = {"type": "apiKey", "in": "header", "name": "Authorization", "x-amazon-apigateway-authtype": "awsSigv4"}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"},
    ],
}


def template(root: Path, flavor: str, **more: Any) -> dict[str, Any]:
    spec = {**secured_document({"mine": SIGNED}, [{"mine": []}]), **more}
    write_document(root, spec, flavor=flavor)
    resources: dict[str, Any] = build_template(load(root))["Resources"]
    return resources


def test_route_of_an_http_api_asks_for_a_signature(tmp_path: Path) -> None:
    (route,) = [each for each in template(tmp_path, "http").values() if each["Type"] == "AWS::ApiGatewayV2::Route"]
    assert route["Properties"]["AuthorizationType"] == "AWS_IAM"
    assert "AuthorizerId" not in route["Properties"]


@pytest.mark.parametrize("policy", [POLICY, None], ids=["policy", "none"])
def test_method_of_a_rest_api_asks_for_a_signature_and_the_policy_is_deployed(
    tmp_path: Path, policy: dict[str, Any] | None
) -> None:
    more = {} if policy is None else {"x-amazon-apigateway-policy": policy}
    body = template(tmp_path, "rest", **more)["Api"]["Properties"]["Body"]
    assert body["paths"]["/a"]["get"]["security"] == [{"sigv4": []}]
    assert body["components"]["securitySchemes"] == {"sigv4": SIGNED}
    assert body.get("x-amazon-apigateway-policy") == policy


def test_callers_of_this_machine_are_not_deployed(tmp_path: Path) -> None:
    spec = secured_document({"mine": SIGNED}, [{"mine": []}])
    caller = "{accessKeyId: AKIAANN, secretAccessKey: s3cret, allow: '*'}"
    write_document(tmp_path, spec, stages=f"stages: {{local: {{flavor: rest, iam: {{callers: {{ann: {caller}}}}}}}}}\n")
    text = str(build_template(load(tmp_path)))
    assert "AKIAANN" not in text and "s3cret" not in text
