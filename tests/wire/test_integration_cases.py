"""The recorded cases of REST integrations against the whole product: a project made of each, and ``homeport dev``.

``make recorded-cases`` runs all of them; otherwise every eighth is run. Against the gateway in this process all are
unit tests (``tests/gateway/integrations/test_recorded.py``).
"""

from __future__ import annotations

import builtins
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.fixtures.stack import running_stack
from tests.support import fidelity
from tests.support.backend import Backend, running_backend
from tests.support.integration_cases import (
    Case,
    assert_answer,
    assert_integration_request,
    load_cases,
    request_of,
    set_up_backend,
    write_case,
)
from tests.support.waiting import wait_until
from tests.support.wire import ask

pytestmark = pytest.mark.slow

FILES = ("rest_mock", "rest_http", "rest_aws_lambda", "rest_aws_services", "rest_content_handling")
EVERY = [case for case in load_cases(*FILES) if not case.get("expect_import", {}).get("refused")]
CASES = EVERY if os.environ.get("EVERY_CASE") else EVERY[::8]
HANDLER = """
import json

{error_class}

def handler(event, context):
    print("event " + json.dumps(event))
    {behavior}
"""


def handler_of(said: Mapping[str, Any]) -> str:
    """The code of a function that behaves as the case says, and logs its event."""
    match said.get("behavior"):
        case "returns":
            behavior = f"return json.loads({json.dumps(json.dumps(said['value']))})"
        case "raises":
            behavior = f"raise {said['error_type']}({said['error_message']!r})"
        case _:
            behavior = "return event"
    name = said.get("error_type", "Exception")
    error_class = "" if hasattr(builtins, name) else f"class {name}(Exception):\n    pass"
    return HANDLER.format(error_class=error_class, behavior=behavior)


def events_in(output: Path, *, waits: bool) -> list[tuple[str, Any]]:
    """The events that the function has logged; ``waits``: there is one."""
    if waits:
        wait_until(lambda: "event {" in output.read_text())
    lines = output.read_text().splitlines()
    return [("fn", json.loads(line.partition("event ")[2])) for line in lines if "event {" in line]


@pytest.fixture
def backend() -> Iterator[Backend]:
    with running_backend() as backend:
        yield backend


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_an_integration_behaves_as_recorded(case: Case, backend: Backend, tmp_path: Path) -> None:
    root = write_case(tmp_path / "project", case, backend.url)
    (root / "service" / "handlers" / "fn.py").write_text(handler_of(case.get("lambda", {})))
    set_up_backend(backend, case)
    options = ("--no-data", "--dynamodb", backend.url, "--aws", backend.url)
    with running_stack(root, options) as stack:
        backend.seen.clear()
        answer = ask(stack.url, *request_of(case))
        calls = events_in(stack.output, waits="lambda_event" in case.get("expect_integration_request", {}))
    assert_integration_request(case, backend.seen, calls)
    fidelity.assert_response(case, answer.status, answer.headers, answer.body)
    assert_answer(case, answer)
