"""One attempt to find a fault: ``homeport test`` on a copy that has it, part by part, and the project's own cases."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.child_process import end_process
from tests.contract_kit.mutants.mutant import ROOT, Mutant
from tests.contract_kit.mutants.planted_copy import planted_copy

FINDINGS = Path("reports", "contract", "findings.json")
# A run is ended after so many seconds: a fault may hang it.
_LIMIT = 900.0
_GRACE = 20.0
# Cases that send thousands of requests send fewer: a busy machine runs several campaigns at once.
_VARIABLES = {"HITS": "300"}

Identity = tuple[str, str, str]
"""A finding's check, operation and subject: two runs find the same thing."""


_UNNAMED: frozenset[Identity] = frozenset({("unnamed", "", "")})


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a contract run, by the options that leave the others out."""

    name: str
    options: tuple[str, ...]


REST = Part("rest", ("--phases", "rest,document"))
"""The checks of REST and of the document."""
SCHEMATHESIS = Part("schemathesis", ("--phases", "fuzz"))
CASES = Part("cases", ("--phases", "cases"))
"""The cases of the project's owner. All other parts know nothing of the project."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A run that ended: its exit status, and what it found."""

    status: int
    findings: frozenset[Identity]
    output: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a fault. ``by`` is the part of the run that found it, "" for none.

    ``checks`` are the names of the checks that did. ``problem`` says why nothing could be run.
    """

    by: str
    checks: tuple[str, ...]
    seconds: float
    problem: str = ""


def try_mutant(mutant: Mutant, parts: Sequence[Part], alarms: Mapping[str, frozenset[Identity]], seed: int) -> Outcome:
    """Run the parts until one finds the fault. ``alarms`` are what each part finds without it."""
    started = time.monotonic()
    with planted_copy(mutant.project, mutant) as copy:
        for part in parts:
            ran = run_part(copy, part, seed, exitfirst=True)
            if ran.status not in (0, 1):
                problem = f"{part.name}, status {ran.status}: {ran.output[-1500:].strip()}"
                return Outcome("", (), time.monotonic() - started, problem)
            new = ran.findings - alarms.get(part.name, frozenset())
            if new:
                checks = tuple(sorted({check for check, _, _ in new}))
                return Outcome(part.name, checks, time.monotonic() - started)
    return Outcome("", (), time.monotonic() - started)


def run_part(copy: Path, part: Part, seed: int, stage: str = "local", *, exitfirst: bool = False) -> Ran:
    """Run one part of the contract run on a copy, up to its end or to its first finding."""
    report = copy / FINDINGS
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "homeport", "test", "--project", str(copy), "--seed", str(seed)]
    command += ["--exitfirst"] if exitfirst else []
    ran = _run([*command, "--stage", stage, *part.options])
    found = read_findings(report.read_text()) if report.is_file() else frozenset()
    # A run may fail for what is no finding: a permission that is not needed.
    return Ran(ran.status, found or _UNNAMED if ran.status == 1 else found, ran.output)


def read_findings(text: str) -> frozenset[Identity]:
    """Return the identities of the errors in ``findings.json``."""
    found: list[dict[str, Any]] = json.loads(text)
    return frozenset(
        (one["check"], one["operation"], one.get("subject", "")) for one in found if one["severity"] == "error"
    )


def _run(command: Sequence[str]) -> Ran:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **_VARIABLES}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            output, _ = process.communicate(timeout=_LIMIT)
        except BaseException as ended:
            # Its stacks end with it at an interrupt, and not at a SIGTERM.
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
            end_process(process)
            if not isinstance(ended, subprocess.TimeoutExpired):
                raise
            return Ran(124, frozenset(), f"no end after {_LIMIT:g} seconds")
        return Ran(process.returncode, frozenset(), output)
