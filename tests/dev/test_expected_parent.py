"""The worker parent that is started before the project is read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.dev.expected_parent import ExpectedParent, expected_parent, expected_runtime
from homeport.dev.worker_setup import prepare_workers
from homeport.project.load import load_project
from homeport.runtime.host.launch import BegunParent, ParentSetup
from tests.support.project import notes_project, write_files
from tests.support.runtime import own_interpreter, packages

OWN = "python{}.{}".format(*sys.version_info[:2])


def begin() -> tuple[ExpectedParent, subprocess.Popen[bytes]]:
    status, write = os.pipe()
    begun = BegunParent(Path.cwd(), sys.executable, packages(), status=write)
    os.close(write)
    return ExpectedParent(begun, status), begun.process


def test_a_parent_that_fits_gets_ready_with_its_setup(tmp_path: Path) -> None:
    expected, process = begin()
    setup = ParentSetup(own_interpreter(), packages(), tmp_path, tmp_path)
    taken = expected.take(setup)
    assert taken is not None
    assert (taken[0], os.read(taken[1], 64)) == (process, b"ready\n")
    assert setup.socket_path.is_socket()
    assert expected.take(setup) is None, "a parent that died is not taken again"
    os.close(taken[1])
    process.terminate()
    assert process.wait() == 0


def test_a_parent_of_other_packages_ends(tmp_path: Path) -> None:
    expected, process = begin()
    assert expected.take(ParentSetup(own_interpreter(), tmp_path, tmp_path, tmp_path)) is None
    assert process.returncode is not None


def test_a_parent_that_nobody_takes_ends() -> None:
    expected, process = begin()
    expected.close()
    assert process.returncode is not None


def test_a_parent_ends_with_a_supervisor_that_reads_the_project_still() -> None:
    code = (
        "import os, sys; from pathlib import Path; from homeport.runtime.host.launch import BegunParent; "
        "print(BegunParent(Path.cwd(), sys.executable, Path(sys.argv[1])).process.pid, flush=True); os._exit(0)"
    )
    # The parent has the standard error of the process that starts it: its end is the parent's.
    done = subprocess.run([sys.executable, "-c", code, str(packages())], capture_output=True, timeout=60, check=True)
    assert done.stderr == b""


def test_the_expected_parent_is_the_one_that_a_project_needs(tmp_path: Path) -> None:
    root = notes_project(tmp_path)
    needed = prepare_workers(load_project(root, "local"), tmp_path, lambda _: None)
    with expected_parent(root) as expected:
        assert expected.begun is not None and expected.begun.fits(needed)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("files", "runtime"),
    [
        ({}, "python3.13"),
        ({"template.yaml": "Runtime: python3.12\n"}, "python3.12"),
        ({"template.yaml": "Runtime: python3.12\nRuntime: python3.11\nRuntime: python3.11\n"}, "python3.11"),
        ({"template.yaml": "Runtime: nodejs22.x\nRuntime: nodejs22.x\nRuntime: python3.12\n"}, "python3.12"),
        ({"template.yaml": "Runtime: nodejs22.x\n"}, OWN),
        ({"serverless.yml": "provider: {runtime: python3.10}\n"}, "python3.10"),
        ({"main.tf": 'runtime = "python3.14"\n'}, "python3.14"),
        (
            {"deploy/stages.yaml": "defaults: {runtime: python3.11}\n", "main.tf": 'runtime = "python3.14"\n'},
            "python3.11",
        ),
    ],
)
def test_the_expected_runtime_is_the_one_that_files_name_most_often(
    tmp_path: Path, files: dict[str, str], runtime: str
) -> None:
    write_files(tmp_path, files)
    assert expected_runtime(tmp_path) == runtime
