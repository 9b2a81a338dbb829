"""What AWS would refuse, or the kit does not emulate: ``check`` and ``dev`` name it, with file and line, and stop."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from homeport.cli import main
from tests.support.commands import homeport
from tests.support.invalid_projects import CASES, PATHS, Invalid, project

ROOT = Path(__file__).parents[2]
VERSIONS = [("3.2.0", "OpenAPI 3.2.0"), ("4.0.0", "OpenAPI 4.0.0")]


def check(root: Path) -> tuple[int, str]:
    with io.StringIO() as printed, redirect_stdout(printed), redirect_stderr(printed):
        return main(["check", "--project", str(root)]), printed.getvalue()


def dev(root: Path) -> tuple[int, str]:
    options = ("--port", "0", "--dynamodb", "none", "--no-data", "--no-reload")
    ended = homeport(root, "dev", *options)
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_check_names_it_with_file_and_line(tmp_path: Path, case: Invalid) -> None:
    root = project(tmp_path, case)
    status, printed = check(root)
    lines = (root / case.file).read_text().splitlines()
    wanted = [number for number, line in enumerate(lines, 1) if case.at in line]
    found = re.findall(rf"{re.escape(case.file)}:(\d+): error: (.*)", printed)
    assert [text for number, text in found if int(number) in wanted and case.message in text], printed
    assert status == 2
    assert "Traceback" not in printed


@pytest.mark.parametrize(("version", "said"), VERSIONS)
def test_another_openapi_is_refused(tmp_path: Path, version: str, said: str) -> None:
    root = project(tmp_path, Invalid("", PATHS, "", ""))
    (root / "openapi.yaml").write_text(f'openapi: {version}\ninfo: {{title: T, version: "1"}}\n{PATHS}')
    status, printed = check(root)
    assert (status, f"openapi.yaml:1: error: {said} is not what API Gateway imports" in printed) == (2, True)


STARTS = ["VPC links", "mock on HTTP", "kind of auth", "reference out", "mutual TLS", "conflicting siblings"]


@pytest.mark.parametrize("case", [case for case in CASES if case.name in STARTS], ids=lambda case: case.name)
def test_dev_does_not_start(tmp_path: Path, case: Invalid) -> None:
    root = project(tmp_path, case)
    status, printed = dev(root)
    assert status == 2 and "ready" not in printed
    assert re.search(rf"{re.escape(case.file)}:\d+: error: .*{re.escape(case.message)}", printed), printed


def test_the_kit_s_own_api_and_its_examples_are_fine() -> None:
    roots = [ROOT, *(spec.parent for spec in sorted((ROOT / "examples").glob("*/openapi.yaml")))]
    for root in roots:
        status, printed = check(root)
        assert (status, "error:" in printed) == (0, False), printed
