"""The recorded cases of HTTP APIs' integrations, over a socket: a backend keeps what it gets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.errors import ProjectError
from tests.support import fidelity
from tests.support.fidelity import Case
from tests.support.http_integration_cases import (
    assert_integration_request,
    document_of,
    load_http_cases,
    prepare,
    request_headers,
    stage_of,
)
from tests.support.recording_backend import Backend, running_backend
from tests.support.served_api import served_api

CASES = load_http_cases()
REFUSED = [case for case in CASES if "expect_import" in case]
SERVED = [case for case in CASES if "expect_import" not in case]


@pytest.fixture
def backend() -> Iterator[Backend]:
    with running_backend() as backend:
        yield backend


@pytest.mark.parametrize("case", SERVED, ids=lambda case: case["id"])
def test_an_integration_behaves_as_recorded(case: Case, backend: Backend, tmp_path: Path) -> None:
    prepare(backend, case["backend"] if "backend" in case else case["service"]["answers"])
    service = case.get("service", {}).get("name")
    wire = case["request"]
    with served_api(
        tmp_path,
        document_of(case, backend),
        stages=stage_of(case),
        service_url=lambda name: backend.url if name == service else None,
    ) as api:
        body = wire["body"].encode() if wire["body"] is not None else None
        answer = api.ask(wire["method"], wire["path"], request_headers(case), body)
    fidelity.assert_response(case, answer.status, answer.headers, answer.body)
    assert len(backend.seen) == 1
    assert_integration_request(case.get("expect_integration_request", {}), backend.last)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["id"])
def test_a_document_that_aws_refuses_is_an_error_at_its_line(case: Case, backend: Backend, tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as refused, served_api(tmp_path, document_of(case, backend)):
        pass
    [problem] = refused.value.problems
    assert problem.severity == "error"
    assert problem.file == "openapi.yaml"
    assert "is reserved and can't be mapped" in problem.message
