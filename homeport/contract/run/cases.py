"""The project's own cases: ``tests/contract/test_*.py``, run by pytest as a part of the contract run."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from homeport.contract.finding import Finding
from homeport.contract.run.nested import CASES_FOLDER, nested_variables
from homeport.project.model import Source
from homeport.project.project import ProjectInputs

_NO_TESTS = 5
_LONGEST = 600.0
_SHOWN = 3000


@dataclass(frozen=True, slots=True)
class CaseResults:
    """``passed`` counts the cases; ``skipped`` has those that were skipped, with their reasons."""

    findings: tuple[Finding, ...] = ()
    passed: int = 0
    skipped: tuple[str, ...] = ()
    problem: str = ""


def case_files(root: Path, shard: tuple[int, int] = (1, 1)) -> list[Path]:
    """Return the files of a project's cases, those of one shard of a run."""
    files = sorted((root / CASES_FOLDER).rglob("test_*.py"))
    return files[shard[0] - 1 :: shard[1]]


def run_cases(
    root: Path,
    stage: str,
    inputs: ProjectInputs,
    url: str | None,
    files: Sequence[Path],
    *,
    exitfirst: bool = False,
    record: Path | None = None,
) -> CaseResults:
    """Run cases with pytest, at ``url`` or at a stack of their own, and return what failed.

    ``record`` is the folder in which each stack that they start gets a folder for its exchange log.
    """
    if not files:
        return CaseResults()
    if importlib.util.find_spec("pytest") is None:
        return CaseResults(problem="the cases in tests/contract need pytest")
    with tempfile.TemporaryDirectory(prefix="homeport-") as folder:
        report = Path(folder) / "cases.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junit-xml={report}"]
        command += [f"--rootdir={root}", f"--homeport-project={root}", f"--homeport-stage={stage}"]
        command += [f"--homeport-url={url}"] if url else []
        command += ["--exitfirst"] if exitfirst else []
        command += [option.replace("--", "--homeport-", 1) for option in inputs.to_options()]
        done = subprocess.run(
            [*command, *map(str, files)],
            cwd=root,
            env=nested_variables(root, record),
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
        if not report.is_file():
            problem = "" if done.returncode == _NO_TESTS else (done.stdout + done.stderr)[-_SHOWN:]
            return CaseResults(problem=problem and f"pytest could not run the cases in tests/contract:\n{problem}")
        return read_cases(report.read_text(encoding="utf-8"), root)


def read_cases(report: str, root: Path) -> CaseResults:
    """Return the results of a JUnit report that pytest wrote."""
    findings, skipped, passed = [], [], 0
    for case in ElementTree.fromstring(report).iter("testcase"):
        name = case.get("name", "")
        bad = next((found for found in case if found.tag in ("failure", "error")), None)
        left = case.find("skipped")
        if bad is not None:
            findings.append(_finding(case, bad, root))
        elif left is not None:
            skipped.append(f"{name}: {left.get('message', '')}")
        else:
            passed += 1
    return CaseResults(tuple(findings), passed, tuple(skipped))


def _finding(case: ElementTree.Element, bad: ElementTree.Element, root: Path) -> Finding:
    name, module = case.get("name", ""), case.get("classname", "")
    file = next((found for found in _files_of(module) if (root / found).is_file()), Path(module))
    lines = (bad.text or bad.get("message") or "").strip().splitlines()
    return Finding(
        check="case",
        kind="case",
        operation="",
        promise=name.partition("[")[0].removeprefix("test_").replace("_", " "),
        origin=str(file),
        happened="\n".join(lines[-25:])[-_SHOWN:],
        source=Source(str(file), _line_of(root / file, name.partition("[")[0])),
        subject=f"{file}::{name}",
    )


def _files_of(module: str) -> Iterator[Path]:
    """Yield the files that a class name of pytest's report may be about: ``tests.contract.test_items.TestX``."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        yield Path(*parts[:length]).with_suffix(".py")
        yield CASES_FOLDER / Path(*parts[:length]).with_suffix(".py")


def _line_of(file: Path, name: str) -> int:
    if not file.is_file():
        return 1
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((number for number, line in enumerate(lines, 1) if f"def {name}(" in line), 1)
