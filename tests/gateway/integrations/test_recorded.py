"""The recorded cases of REST integrations, over raw sockets on both sides: client, gateway, backend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.errors import ProjectError
from homeport.project.load import load_project
from tests.support import fidelity
from tests.support.backend import Backend, running_backend
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

CASES = load_cases(
    "rest_vtl", "rest_mock", "rest_http", "rest_aws_lambda", "rest_aws_services", "rest_content_handling"
)
REFUSED = [case for case in CASES if case.get("expect_import", {}).get("refused")]
ANSWERED = [case for case in CASES if case not in REFUSED]


@pytest.fixture
def backend() -> Iterator[Backend]:
    with running_backend() as backend:
        yield backend


@pytest.mark.parametrize("case", ANSWERED, ids=lambda case: case["id"])
def test_an_integration_behaves_as_recorded(case: Case, backend: Backend, tmp_path: Path) -> None:
    project = load_project(write_case(tmp_path, case, backend.url), environ={})
    set_up_backend(backend, case)
    runtime = CaseRuntime(case)
    with served_gateway(project, runtime, service_url=lambda _: backend.url) as gateway:
        answer = ask(gateway.url, *request_of(case))
    assert_integration_request(case, backend.seen, runtime.calls)
    fidelity.assert_response(case, answer.status, answer.headers, answer.body)
    assert_answer(case, answer)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["id"])
def test_a_document_that_api_gateway_refuses_is_a_finding_with_its_line(case: Case, tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as refused:
        load_project(write_case(tmp_path, case, "http://127.0.0.1:9"), environ={})
    found = [problem for problem in refused.value.problems if problem.severity == "error"]
    assert all(problem.file == "openapi.yaml" and problem.line for problem in found)
    assert any(case["expect_import"].get("message_contains", "") in problem.message for problem in found)
