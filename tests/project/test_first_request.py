"""The first request that a start and a new project propose."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.project.first_request import first_request
from tests.support.spec import SPEC, load, write_project

pytestmark = pytest.mark.unit
URL = "http://127.0.0.1:8080"


def test_first_request_is_one_that_an_open_route_answers(tmp_path: Path) -> None:
    project = load(write_project(tmp_path))
    assert first_request(project, URL) == "curl http://127.0.0.1:8080/things"
    assert first_request(project, "https://127.0.0.1:8080") == "curl -k https://127.0.0.1:8080/things"


def test_no_request_is_proposed_where_each_route_needs_something(tmp_path: Path) -> None:
    root = write_project(tmp_path, spec=SPEC.replace("  /things:\n    get:", "  /things:\n    put:"))
    assert first_request(load(root), URL) == ""


def test_a_new_project_without_an_open_get_is_proposed_a_post(tmp_path: Path) -> None:
    root = write_project(tmp_path, spec=SPEC.replace("  /things:\n    get:", "  /things:\n    put:"))
    request = first_request(load(root), URL, writes=True)
    assert request.startswith("curl -X POST http://127.0.0.1:8080/things -H 'content-type: application/json' -d '{")
