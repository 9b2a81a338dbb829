"""The recorded cases of signatures and resource policies, over a raw socket."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from homeport.gateway.auth.sigv4 import AccessKey, signed_headers
from homeport.gateway.http.message import Request
from homeport.project.load import load_project
from homeport.project.model import LOCAL_ACCOUNT
from tests.support import fidelity
from tests.support.backend import running_backend
from tests.support.gateway_server import served_gateway
from tests.support.integration_cases import (
    Case,
    CaseRuntime,
    assert_answer,
    assert_integration_request,
    load_cases,
    request_of,
    set_up_backend,
    write_case,
)
from tests.support.wire import ask

REGION = "us-east-1"
KEY, SECRET = "AKIACASE", "the secret of the case"
POLICIES: dict[str, dict[str, list[str]]] = {
    "allow": {"allow": [f"arn:aws:execute-api:{REGION}:{LOCAL_ACCOUNT}:*"]},
    "none": {},
    "deny": {"allow": ["*"], "deny": [f"arn:aws:execute-api:{REGION}:*:*"]},
}


def give_caller(root: Path, case: Case) -> None:
    """Write the caller with the policy of the case into the stage."""
    policy = POLICIES[case["request"].get("sign", {}).get("identity_policy", "allow")]
    file = root / "deploy" / "stages.yaml"
    stages: Any = yaml.safe_load(file.read_text())
    stage = stages["stages"]["local"]
    stage["iam"] = {"callers": {"case": {"accessKeyId": KEY, "secretAccessKey": SECRET, **policy}}}
    if case["product"] == "HTTP API":
        stage |= {"flavor": "http", "stageName": case["stage"]}
    file.write_text(yaml.safe_dump(stages))


def signed(case: Case, host: str) -> tuple[str, str, list[tuple[str, str]], bytes | None]:
    """Return the case's request, signed as it says."""
    method, target, headers, body = request_of(case)
    sign = case["request"].get("sign")
    if sign is None:
        return method, target, headers, body
    received = time.time() + sign.get("clock_offset_seconds", 0)
    request = Request(method, target, (("Host", host), *headers), body or b"", "", "HTTP/1.1", received)
    key = {"valid": KEY, "wrong-secret": KEY, "unknown": "AKIAUNKNOWN"}[sign["credentials"]]
    secret = "another" if sign["credentials"] == "wrong-secret" else SECRET
    added = signed_headers(request, AccessKey(key, secret, REGION))
    return method, target, [*headers, *added], body


@pytest.mark.parametrize("case", load_cases("rest_iam_policy"), ids=lambda case: case["id"])
def test_gateway_decides_as_recorded(case: Case, tmp_path: Path) -> None:
    with running_backend() as backend:
        root = write_case(tmp_path, case, backend.url)
        give_caller(root, case)
        set_up_backend(backend, case)
        project = load_project(root, environ={})
        runtime = CaseRuntime(case)
        with served_gateway(project, runtime, service_url=lambda _: backend.url) as gateway:
            host = gateway.url.partition("://")[2].partition("/")[0]
            answer = ask(gateway.url, *signed(case, host))
        assert_integration_request(case, backend.seen, runtime.calls)
    fidelity.assert_response(case, answer.status, answer.headers, answer.body)
    assert_answer(case, answer)


def test_presigned_url_and_clock_are_checked_over_the_socket(tmp_path: Path) -> None:
    case = next(each for each in load_cases("rest_iam_policy") if each["id"] == "policy-iam-table-a-allow-allow")
    root = write_case(tmp_path, case, "http://127.0.0.1:9")
    give_caller(root, case)
    project = load_project(root, environ={})
    old = {**case, "request": {**case["request"], "sign": {**case["request"]["sign"], "clock_offset_seconds": -900}}}
    with served_gateway(project, CaseRuntime(case), service_url=lambda _: "") as gateway:
        host = gateway.url.partition("://")[2].partition("/")[0]
        assert ask(gateway.url, *presigned(case, host)).status == 200
        late = ask(gateway.url, *signed(old, host))
    assert late.status == 403
    assert late.json()["message"].startswith("Signature expired: ")


def presigned(case: Case, host: str) -> tuple[str, str, list[tuple[str, str]], bytes | None]:
    """Return the request of the case as a URL that botocore has signed."""
    from botocore.auth import SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    method, target, headers, body = request_of(case)
    made = AWSRequest(method, f"http://{host}{target}", headers={"Host": host})
    SigV4QueryAuth(Credentials(KEY, SECRET), "execute-api", REGION, expires=60).add_auth(made)
    return method, str(made.url).partition(host)[2], headers, body
