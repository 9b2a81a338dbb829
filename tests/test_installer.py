"""Installers: uv for what is locked, pip for everything, and their progress."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import sysconfig
import time
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from homeport.environment import EXTRA_MODULES, extra_of
from homeport.errors import SetupError
from homeport.installer import describe, draft_folder, is_locked, run_installer
from homeport.package_cache import package_set
from homeport.terminal import ProgressLine

ROOT = Path(__file__).parents[1]
PIN = re.compile(r"^[A-Za-z0-9._-]+==\S+", re.MULTILINE)
LOCKED = "tiny==1.0 \\\n    --hash=sha256:00\n"


class TerminalText(io.StringIO):
    def isatty(self) -> bool:
        return True


def show_twice(out: io.StringIO, seconds: float) -> str:
    clock = iter([0.0, seconds, 2 * seconds, 3 * seconds])
    progress = ProgressLine(out, lambda: next(clock))
    progress.show("collecting: 1 packages")
    progress.show("collecting: 2 packages")
    progress.end("done")
    return out.getvalue()


@pytest.mark.unit
def test_progress_is_one_line_of_a_terminal() -> None:
    assert show_twice(TerminalText(), 0.1).split("\r\x1b[K") == [
        "",
        "collecting: 1 packages",
        "collecting: 2 packages",
        "done\n",
    ]


@pytest.mark.unit
def test_progress_in_a_file_is_a_line_now_and_then() -> None:
    assert show_twice(io.StringIO(), 1) == "done\n"
    assert show_twice(io.StringIO(), 8) == "collecting: 2 packages\ndone\n"


@pytest.mark.unit
@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Collecting boto3>=1.40 (from homeport)", "7 packages, boto3>=1.40"),
        ("Processing /wheels/flask-3.1.3-py3-none-any.whl", "7 packages, flask"),
        ("  Downloading botocore-1.44.5-py3-none-any.whl (14.0 MB)", "7 packages, botocore (14.0 MB)"),
        ("Installing collected packages: a, b", "7 packages, writing them"),
        ("Requirement already satisfied: a", ""),
    ],
)
def test_lines_of_pip_are_told_in_a_few_words(line: str, shown: str) -> None:
    assert describe(line, 7) == shown


@pytest.mark.unit
def test_file_with_hashes_is_locked(tmp_path: Path) -> None:
    (tmp_path / "lock.txt").write_text(LOCKED)
    (tmp_path / "ranges.txt").write_text("tiny>=1\n")
    assert is_locked(tmp_path / "lock.txt")
    assert not is_locked(tmp_path / "ranges.txt")


@pytest.mark.stack
def test_failed_installer_is_an_error_with_its_last_lines() -> None:
    program = "import sys; print('Collecting a'); sys.exit('no such package')"
    with pytest.raises(SetupError, match="no such package"):
        run_installer([sys.executable, "-c", program], ProgressLine(io.StringIO()), "installing")


@pytest.mark.stack
def test_uv_installs_what_is_locked_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text('#!/bin/sh\nwhile [ "$1" != --target ]; do shift; done; touch "$2/by_uv.py"\n')
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", str(uv.parent), prepend=":")
    for name, text in (("locked", LOCKED), ("ranges", "./no-such-wheel.whl\n")):
        (tmp_path / name).write_text(text)
    said: list[str] = []
    found = package_set(tmp_path, "a", [tmp_path / "locked"], python=sys.executable, version="3", say=said.append)
    assert [file.name for file in found.iterdir()] == ["by_uv.py"]
    with pytest.raises(SetupError, match="pip could not install ranges"):
        package_set(tmp_path, "b", [tmp_path / "ranges"], python=sys.executable, version="3", say=said.append)


@pytest.mark.slow
def test_second_environment_is_made_of_the_wheels_of_the_first_and_what_is_there_stays(tmp_path: Path) -> None:
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("tiny.py", "x = 1\n")
        file.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        file.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr("tiny-1.0.dist-info/RECORD", "")
    (tmp_path / "requirements.txt").write_text(f"{wheel}\n")
    assert "installed 1 packages with pip" in fill(tmp_path, "first")
    wheel.unlink()
    assert "installed 1 packages with pip" in fill(tmp_path, "second")
    python = tmp_path / "second" / "bin" / "python"
    assert subprocess.run([python, "-c", "import tiny"], check=False).returncode == 0
    (tmp_path / "requirements.txt").write_text("tiny>=1\n")
    assert "found all packages of requirements.txt" in fill(tmp_path, "second")


def fill(folder: Path, name: str) -> str:
    """Make an environment that sees the kit and pip, and fill it; what is printed."""
    venv.create(folder / name, symlinks=True)
    variables = {
        "PATH": "/usr/bin:/bin",
        "HOMEPORT_CACHE_DIR": str(folder / "cache"),
        "PYTHONPATH": f"{ROOT}:{sysconfig.get_path('purelib')}",
    }
    python = str(folder / name / "bin" / "python")
    command = [python, "-m", "homeport.tool_environment", str(folder / "requirements.txt")]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.unit
@pytest.mark.parametrize(("part", "least"), [("requirements-run.lock", 30), ("requirements-build.lock", 5)])
def test_packages_of_a_part_are_locked_as_they_are_for_the_tests(part: str, least: int) -> None:
    own, every = (set(PIN.findall((ROOT / name).read_text())) for name in (part, "requirements.lock"))
    assert len(own) > least
    assert own - every == set()


@pytest.mark.unit
def test_the_wheel_needs_no_more_packages_than_a_start() -> None:
    build, run = (len(PIN.findall((ROOT / f"requirements-{part}.lock").read_text())) for part in ("build", "run"))
    assert build < run / 2


@pytest.mark.unit
def test_drafts_of_killed_installations_go_and_those_at_work_stay(tmp_path: Path) -> None:
    abandoned, fresh, other = tmp_path / ".functions-x1", tmp_path / ".functions-x2", tmp_path / "functions"
    for folder in (abandoned, fresh, other):
        folder.mkdir()
        (folder / "part.py").write_text("")
    old = time.time() - 7200
    os.utime(abandoned, (old, old))
    with draft_folder(tmp_path, "functions") as at_work:
        assert not abandoned.exists()
        assert fresh.exists() and other.exists()
        os.utime(at_work, (old, old))
        with draft_folder(tmp_path, "functions"):
            assert at_work.exists()
    assert sorted(each.name for each in tmp_path.iterdir()) == [".functions-x2", "functions"]


@pytest.mark.unit
def test_every_module_of_an_extra_is_named_with_it() -> None:
    assert (extra_of("flask"), extra_of("boto3.session"), extra_of("schemathesis")) == ("local", "local", "test")
    assert extra_of("nothing") is None
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    listed = {re.split(r"[\[<>=]", each)[0].replace("-", "_").lower() for each in project["local"]}
    # Modules by other names than those of their packages, or that come along with one.
    along = {"jwt", "botocore", "werkzeug"}
    assert set(EXTRA_MODULES["local"]) - along <= listed
