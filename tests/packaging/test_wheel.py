"""The wheel, from an empty folder: it makes a project, and the project works."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.packaging.pythons import interpreters, supported
from tests.support.packages import ROOT, build_wheel, make_environment, run
from tests.support.served import first_answer


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def homeport(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The command of an environment with the wheel and none of its extras."""
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    return str(make_environment(folder, sys.executable, str(wheel)) / "homeport")


def test_the_wheel_holds_each_file_of_the_package_and_of_the_projects(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    listed = run(["git", "ls-files", "homeport", "examples"], ROOT).split() if (ROOT / ".git").exists() else []
    assert {file for file in listed if file.startswith("homeport/") and (ROOT / file).exists()} <= held
    projects = [file for file in listed if file.startswith("examples/") and file.endswith((".py", ".yaml", ".json"))]
    wanted = {
        f"homeport/_projects/{file}" for file in projects if Path(file).parts[2] in ("service", "deploy", "tests")
    }
    in_node = {
        f"homeport/_projects/{file}" for file in listed if file.startswith("examples/nodejs/") and "/service/" in file
    }
    assert in_node
    assert wanted | in_node <= held
    assert {"homeport/_projects/openapi.yaml", "homeport/_projects/tests/contract/schemathesis.toml"} <= held


def test_the_wheel_holds_nothing_that_was_made_and_no_test_of_the_kit(wheel: Path) -> None:
    held = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in held if "__pycache__" in name or name.endswith("_validators.py")]
    assert not [name for name in held if "tests/contract_kit" in name]


def test_the_source_archive_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    run([sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)], ROOT, 120)
    shutil.unpack_archive(next(tmp_path.glob("*.tar.gz")), tmp_path)
    source = next(place for place in tmp_path.iterdir() if place.is_dir())
    run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(source)],
        source,
        120,
    )
    again = next(tmp_path.glob("*.whl"))
    assert again.name == wheel.name
    assert sorted(zipfile.ZipFile(again).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())


def test_the_version_is_known_without_git(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(ROOT / "homeport", tree / "homeport", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(tree)],
        tmp_path,
        120,
    )
    assert [file.name for file in tmp_path.glob("*.whl")] == ["homeport-0.1.0-py3-none-any.whl"]


def test_a_command_that_lacks_an_extra_prints_how_to_install_it(homeport: str, wheel: Path, tmp_path: Path) -> None:
    run([homeport, "init", "bare"], tmp_path)
    done = subprocess.run([homeport, "dev"], cwd=tmp_path / "bare", capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"pip install 'homeport[local] @ {wheel.as_uri()}'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_project_of_the_wheel_passes_its_own_tests_and_serves(homeport: str, wheel: Path, tmp_path: Path) -> None:
    # Its contract is the shortest of those with a table; that of the reference project has its test here already.
    assert "made " in run([homeport, "init", "my-things", "--from", "hits"], tmp_path)
    project = tmp_path / "my-things"
    assert run([homeport, "check"], project).endswith("0 errors, 0 warnings\n")
    assert f"./vendor/{wheel.name}[" in (project / "requirements.txt").read_text()
    # A clean machine has nothing but the repository, wherever it is.
    project = project.rename(tmp_path / "elsewhere")
    assert " passed" in run(["make", "test", f"PYTHON={sys.executable}"], project, 800)
    assert "title: My things" in (project / "openapi.yaml").read_text()
    status, body = first_answer(str(project / ".venv" / "bin" / "homeport"), project, "/stats")
    assert (status, json.loads(body)["routes"]) == (200, [])
    assert [file for file in project.iterdir() if file.name.startswith("._")] == []


def test_each_supported_python_is_one_of_the_classifiers_and_this_one_is_found() -> None:
    assert supported() == ["3.11", "3.12", "3.13", "3.14"]
    assert interpreters()["{}.{}".format(*sys.version_info[:2])] == sys.executable
