"""A Chalice app is read in a process of its own: routes, functions, faults of the app, and its stages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from homeport.project.load import read_project
from homeport.project.project import Project
from tests.support.project import write_files

pytestmark = pytest.mark.stack

APP = """
from chalice import Chalice
from chalicelib.more import more

app = Chalice(app_name="notes")
app.register_blueprint(more, url_prefix="/more")


@app.authorizer()
def guard(request):
    return None


@app.route("/notes/{noteId}", methods=["GET"], authorizer=guard, cors=True)
def read(noteId):
    return {}


@app.route("/keys", api_key_required=True)
def keys():
    return {}


@app.schedule("rate(1 hour)")
def hourly(event):
    return None
"""
MORE = """
from chalice import Blueprint

more = Blueprint(__name__)


@more.route("/things", methods=["POST"], content_types=["text/plain"])
def things():
    return {}
"""
CONFIG = {
    "version": "2.0",
    "app_name": "notes",
    "stages": {
        "dev": {"api_gateway_stage": "api", "environment_variables": {"STAGE": "dev"}},
        "prod": {"api_gateway_stage": "v1", "environment_variables": {"STAGE": "prod"}},
    },
}


def app(root: Path, text: str = APP) -> Path:
    files = {"app.py": text, "chalicelib/__init__.py": "", "chalicelib/more.py": MORE}
    return write_files(root, {**files, ".chalice/config.json": json.dumps(CONFIG)})


def read_app(root: Path, stage: str = "local") -> Project:
    project, problems = read_project(root, stage, {})
    assert project is not None, problems
    return project


def test_routes_and_functions_of_the_app_are_the_project(tmp_path: Path) -> None:
    project = read_app(app(tmp_path))
    operations = {each.label: each for each in project.api.operations}
    assert set(operations) >= {"GET /notes/{noteId}", "OPTIONS /notes/{noteId}", "GET /keys", "POST /more/things"}
    assert operations["GET /notes/{noteId}"].authorizer == "guard"
    assert operations["GET /keys"].api_key_required
    place = operations["POST /more/things"].source
    assert (place.file, place.line) == ("chalicelib/more.py", 7)
    functions = project.api.functions
    assert {name: each.handler for name, each in functions.items()} == {
        "APIHandler": "app.app",
        "Guard": "app.guard",
        "Hourly": "app.hourly",
    }
    code = functions["APIHandler"].code
    assert code is not None and code.root == tmp_path
    assert functions["APIHandler"].environment["STAGE"] == "dev"
    assert set(project.template_files) >= {"app.py", "chalicelib/more.py", ".chalice/config.json"}
    assert not (tmp_path / "chalicelib/__pycache__").exists()


def test_a_stage_of_the_configuration_is_chosen_by_its_name(tmp_path: Path) -> None:
    project = read_app(app(tmp_path), "prod")
    assert project.api.functions["APIHandler"].environment["STAGE"] == "prod"
    assert project.stage.key == "prod"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("import json\n\nimport nothing_of_it\n", 3, "No module named 'nothing_of_it'"),
        ("value = 1\nthing = (\n", 2, "SyntaxError"),
        ("value = 1\n", 1, "it has no variable app"),
        ("raise SystemExit(3)\n", 1, "SystemExit: 3"),
    ],
)
def test_an_app_that_can_not_be_imported_is_a_problem_of_its_line(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    project, problems = read_project(app(tmp_path, text), environ={})
    assert project is None
    (problem,) = problems
    assert (problem.file, problem.line) == ("app.py", line)
    assert message in problem.message


def test_an_app_that_was_saved_is_read_again(tmp_path: Path) -> None:
    root = app(tmp_path)
    assert len(read_app(root).api.operations) == 4
    app(tmp_path, APP.replace('"/keys"', '"/other-keys"'))
    assert "GET /other-keys" in {each.label for each in read_app(root).api.operations}
