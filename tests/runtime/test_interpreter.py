from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.project.languages import PYTHON_RUNTIMES as RUNTIMES
from homeport.runtime.host import launch
from homeport.runtime.host.interpreter import Interpreter, RememberedVersions, find_interpreter, named_version

pytestmark = pytest.mark.stack

OWN = "{}.{}".format(*sys.version_info[:2])


def make_python(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{says}\n")
    path.chmod(0o755)
    return path


def test_the_kits_own_interpreter_is_taken_where_it_is_of_the_runtimes_version(tmp_path: Path) -> None:
    make_python(tmp_path / f"python{OWN}", f"echo {OWN}")
    assert find_interpreter(f"python{OWN}", str(tmp_path), tmp_path) == Interpreter(sys.executable, OWN)


def test_another_version_is_found_on_the_path(tmp_path: Path) -> None:
    python = make_python(tmp_path / "bin" / "python3.99", "echo 3.99")
    assert find_interpreter("python3.99", f"/nowhere:{tmp_path}/bin", tmp_path) == Interpreter(str(python), "3.99")


def test_an_interpreter_that_does_not_work_or_is_another_version_is_passed_over(tmp_path: Path) -> None:
    make_python(tmp_path / "a" / "python3.99", "exit 127")
    make_python(tmp_path / "b" / "python3.99", "echo 3.98")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "python3.99").write_text("not executable")
    good = make_python(tmp_path / "d" / "python3.99", "echo 3.99")
    path = ":".join(str(tmp_path / name) for name in "abcd")
    assert find_interpreter("python3.99", path, tmp_path).path == str(good)


def test_an_interpreter_of_pyenv_is_found_although_it_is_not_active(tmp_path: Path) -> None:
    make_python(tmp_path / "shims" / "python3.99", "exit 127")
    python = make_python(tmp_path / ".pyenv/versions/3.99.1/bin/python3.99", "echo 3.99")
    assert find_interpreter("python3.99", str(tmp_path / "shims"), tmp_path) == Interpreter(str(python), "3.99")


def test_the_kits_own_interpreter_is_taken_with_a_warning_where_no_other_is_found(tmp_path: Path) -> None:
    found = find_interpreter("python3.99", "", tmp_path)
    warning = f"python3.99 is not installed here: functions run on Python {OWN}, on AWS on 3.99"
    assert found == Interpreter(sys.executable, OWN, warning)


def test_the_nearest_interpreter_is_taken_where_that_of_the_runtime_is_not_installed(tmp_path: Path) -> None:
    python = make_python(tmp_path / "python3.98", "echo 3.98")
    make_python(tmp_path / "python3.90", "echo 3.90")
    warning = "python3.99 is not installed here: functions run on Python 3.98, on AWS on 3.99"
    assert find_interpreter("python3.99", str(tmp_path), tmp_path) == Interpreter(str(python), "3.98", warning)


def test_a_runtime_that_boto3_does_not_support_gets_the_oldest_interpreter_that_it_does(tmp_path: Path) -> None:
    make_python(tmp_path / "python3.8", "echo 3.8")
    python = make_python(tmp_path / "python3.10", "echo 3.10")
    warning = "python3.8 is older than boto3 supports: functions run on Python 3.10, on AWS on 3.8"
    assert find_interpreter("python3.8", str(tmp_path), tmp_path) == Interpreter(str(python), "3.10", warning)


def test_a_runtime_that_boto3_does_not_support_gets_the_kits_own_interpreter_without_an_older_one(
    tmp_path: Path,
) -> None:
    found = find_interpreter("python3.8", "", tmp_path)
    assert (found.path, found.version) == (sys.executable, OWN)
    assert found.warning


def test_an_interpreter_whose_version_is_remembered_runs_again_only_when_it_is_another_one(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    python = make_python(tmp_path / "python3.99", f"echo run >>{runs}; echo 3.99")
    file = tmp_path / "cache" / "interpreters.json"
    for _ in range(2):
        assert RememberedVersions(file)(python) == "3.99"
    assert runs.read_text() == "run\n"
    make_python(python, f"echo again >>{runs}; echo 3.98")
    assert RememberedVersions(file)(python) == "3.98"
    assert runs.read_text() == "run\nagain\n"


@pytest.mark.parametrize("content", ["", "[]", '{"PYTHON": 1}'])
def test_a_file_of_versions_that_says_nothing_is_written_anew(tmp_path: Path, content: str) -> None:
    python = make_python(tmp_path / "python3.99", "echo 3.99")
    file = tmp_path / "interpreters.json"
    file.write_text(content.replace("PYTHON", str(python)))
    assert RememberedVersions(file)(python) == "3.99"
    assert str(python) in json.loads(file.read_text())


def test_a_version_is_taken_from_the_name_without_a_run(tmp_path: Path) -> None:
    python = make_python(tmp_path / "python3.99", "exit 127")
    assert find_interpreter("python3.99", str(tmp_path), tmp_path, named_version) == Interpreter(str(python), "3.99")


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_worker_can_be_loaded_by_the_interpreter_of_each_runtime(runtime: str) -> None:
    python = find_interpreter(runtime, os.environ.get("PATH", ""), Path.home())
    if python.warning:
        pytest.skip(python.warning)
    worker = Path(launch.__file__).parents[1] / "worker"
    names = [file.stem for file in worker.glob("*.py") if file.stem not in ("__init__", "start", "preload")]
    code = (
        "import importlib, sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); "
        "from start import PACKAGE, load_package; load_package(Path(sys.argv[1])); "
        "modules = [importlib.import_module(f'{PACKAGE}.{name}') for name in sys.argv[2:]]; "
        "[module.RequestLog(sys.stdout, 'Text').install('INFO') for module in modules if hasattr(module, 'RequestLog')]"
    )
    done = subprocess.run([python.path, "-I", "-S", "-c", code, str(worker), *names], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
