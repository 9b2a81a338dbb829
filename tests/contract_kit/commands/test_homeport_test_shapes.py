"""``homeport test`` on projects of other shapes than the reference API."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.contract.fuzz.schemathesis_run import EVENTS
from tests.support.commands import homeport_here
from tests.support.made_project import Made, Route, write_project

pytestmark = pytest.mark.stack

RESPONSES = {
    "200": {"description": "Fine.", "content": {"application/json": {"schema": {"type": "object"}}}},
    "400": {"description": "Refused."},
}
FINE = """
import json

def handler(event, context):
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps({"fine": True})}
"""
BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}}
    },
}
VALIDATED = {
    "x-amazon-apigateway-request-validators": {"all": {"validateRequestBody": True, "validateRequestParameters": True}},
    "x-amazon-apigateway-request-validator": "all",
}


def route(method: str, path: str, **extra: object) -> Route:
    return Route(method, path, FINE, {"responses": RESPONSES, **extra})


GROUPED = {"x-homeport": {"function": "both"}}
SHAPES = {
    "greedy": Made((route("GET", "/files/{proxy+}"),)),
    "any method": Made((route("ANY", "/{proxy+}"),)),
    "the default route": Made((route("GET", "/a"), route("ANY", "/$default"))),
    "one function for two": Made((route("GET", "/a", **GROUPED), route("GET", "/b/{id}", **GROUPED))),
    "a REST API in a named stage": Made(
        (route("GET", "/a/{id}"), route("POST", "/a", requestBody=BODY)), "rest", stage_name="v1", spec=VALIDATED
    ),
}


OFTEN = ("a REST API in a named stage",)


@pytest.mark.parametrize(
    "shape", [pytest.param(shape, marks=[] if shape in OFTEN else pytest.mark.slow) for shape in SHAPES]
)
def test_a_project_of_another_shape_is_tested_whole(tmp_path: Path, shape: str) -> None:
    project = write_project(tmp_path, SHAPES[shape])
    before = {one.name for one in project.iterdir()}
    call = [sys.executable, "-m", "homeport", "test", "--max-examples", "3"]
    done = subprocess.run(call, cwd=project, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Least privilege: proven, 0 rights used" in done.stdout
    assert {".homeport", "reports"} >= {one.name for one in project.iterdir()} - before
    events = (project / "reports" / "contract" / EVENTS).read_text().splitlines()
    finished = [
        event["ScenarioFinished"]["recorder"] for event in map(json.loads, events) if "ScenarioFinished" in event
    ]
    assert sum(len(recorder.get("interactions", {})) for recorder in finished) >= 5


def test_a_spec_under_another_of_its_names_is_found(tmp_path: Path) -> None:
    project = write_project(tmp_path, SHAPES["greedy"])
    (project / "openapi.yaml").rename(project / "openapi.yml")
    assert homeport_here(project, "test", "--phases", "document", "--without-cases").returncode == 0
