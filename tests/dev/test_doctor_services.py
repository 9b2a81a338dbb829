"""``homeport doctor`` on the services that a project uses, and on what invokes functions."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from homeport.dev.doctor_finding import DoctorContext, DoctorFinding
from homeport.dev.doctor_services import check_services
from homeport.dev.processes import DevOptions
from tests.support.project import notes_project, write_files

RESOURCES = """
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  Flow: {Type: AWS::StepFunctions::StateMachine, Properties: {Definition: {}}}
"""


def findings(root: Path, **changes: Any) -> list[DoctorFinding]:
    options = {"host": "127.0.0.1", "port": 0, "dynamodb": "embedded", "dynamodb_port": 0, "data": None, **changes}
    made = DevOptions(project=root, stage="local", in_process=False, reload=True, **options)
    return list(check_services(DoctorContext(made, root / "cache")))


def with_services(tmp_path: Path) -> Path:
    root = notes_project(tmp_path)
    file = root / "deploy" / "resources.yaml"
    own = file.read_text().partition("Resources:\n")[2] if file.exists() else ""
    return write_files(root, {"deploy/resources.yaml": RESOURCES + own})


@contextmanager
def localstack(**services: str) -> Iterator[str]:
    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if services else 404)
            self.end_headers()
            self.wfile.write(json.dumps({"services": services}).encode())

        def log_message(self, *_: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Health) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_project_without_services_is_not_asked_about(tmp_path: Path) -> None:
    assert findings(notes_project(tmp_path)) == []


def test_services_packages_and_port_are_reported(tmp_path: Path) -> None:
    used, packages, port = findings(with_services(tmp_path))
    assert (used.state, used.text) == ("ok", "the project uses sqs, states")
    assert (packages.state, packages.hint) == ("note", "homeport setup does that, online")
    assert packages.text == "the packages of the services are not installed yet"
    assert "port 4566" in port.text


def test_services_that_are_left_out_are_a_problem(tmp_path: Path) -> None:
    assert findings(with_services(tmp_path), aws="none")[1].state == "problem"


def test_endpoint_that_does_not_answer_is_a_problem(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    found = findings(with_services(tmp_path), aws=f"http://127.0.0.1:{port}")[1]
    assert (found.state, found.text) == (
        "problem",
        f"nothing answers at http://127.0.0.1:{port}, where --aws has the services",
    )


def test_service_that_localstack_does_not_have_is_a_problem(tmp_path: Path) -> None:
    root = with_services(tmp_path)
    with localstack(sqs="running", stepfunctions="disabled") as url:
        lacking = findings(root, aws=url)[1]
    assert (lacking.state, lacking.text) == ("problem", f"LocalStack at {url} does not have stepfunctions")
    assert lacking.hint == "start it with SERVICES=dynamodb,sqs,stepfunctions"
    with localstack(sqs="running", stepfunctions="available") as url:
        assert findings(root, aws=url)[1].text == f"LocalStack at {url} has sqs, stepfunctions"
    with localstack() as url:
        assert findings(root, aws=url)[1] == DoctorFinding("ok", f"the services at {url} answer")
