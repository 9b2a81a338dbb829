"""Plants each fault into a copy of the project and runs the contract tests against it.

``python -m tests.contract.mutants [--short] [--only TEXT] [--seeds N]``: the tests have to fail on at least 95 % of the
faults, and on none of ``--seeds`` runs without one.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from homeport.contract.fixtures.stack import running_stack
from tests.contract.mutants.faults import MUTANTS, Mutant
from tests.contract.mutants.subtle import SUBTLE

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests" / "contract"
WANTED = 0.95
# Faults of different kinds: a handler's, the store's, the spec's.
SHORT = ("PATCH ignores If-Match", "a page skips an item", "a right too many")
_GENERATED = shutil.ignore_patterns("__pycache__", "_validators.py")


def main() -> int:
    """The exit status: 0 when the tests find what they should, and nothing else."""
    options = _options()
    every = (*MUTANTS, *SUBTLE)
    chosen = [mutant for mutant in every if options.only in mutant.name and (not options.short or _is_short(mutant))]
    for mutant in every:
        mutated(mutant)
    passed = [_report(f"unmutated, seed {seed}", survived(None, seed)) for seed in range(1, options.seeds + 1)]
    found = [_report(mutant.name, not survived(mutant, 1)) for mutant in chosen]
    share = sum(found) / len(found) if found else 1.0
    print(f"{sum(found)} of {len(found)} faults found ({share:.0%}), {passed.count(False)} false alarms")
    return 0 if all(passed) and share >= WANTED else 1


def mutated(mutant: Mutant) -> str:
    """The file's text with the fault in it. Raises SystemExit where the source has moved on."""
    text = (ROOT / mutant.file).read_text()
    if text.count(mutant.before) != 1:
        raise SystemExit(
            f"{mutant.file} has {mutant.before!r} {text.count(mutant.before)} times, not once: {mutant.name}"
        )
    return text.replace(mutant.before, mutant.after)


def survived(mutant: Mutant | None, seed: int) -> bool:
    """Whether the contract tests pass. Raises StackError for a fault that no stack starts with: it proves nothing."""
    with (
        _project(mutant) as project,
        tempfile.TemporaryDirectory() as record,
        running_stack(project, ("--no-data", "--record", record)) as stack,
    ):
        cases = {"HOMEPORT_URL": stack.url, "HOMEPORT_DYNAMODB_URL": stack.dynamodb or ""}
        return _passes(_pytest(), cases) and _passes(_fuzz(project, stack.url, record, seed), {})


def _pytest() -> list[str]:
    files = [str(file) for file in sorted(CASES.glob("test_*.py")) if file.name != "test_contract.py"]
    return [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-o", "timeout=120", *files]


def _fuzz(project: Path, url: str, record: str, seed: int) -> list[str]:
    command = [sys.executable, "-m", "homeport", "test", "--project", str(project), "--url", url]
    return [*command, "--record", record, "--seed", str(seed)]


def _passes(command: list[str], variables: dict[str, str]) -> bool:
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **variables}, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode and os.environ.get("HOMEPORT_MUTANTS_SHOW"):
        print(done.stdout[-6000:] + done.stderr[-2000:])
    return done.returncode == 0


@contextmanager
def _project(mutant: Mutant | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="homeport-mutant-") as folder:
        project = Path(folder)
        for name in ("service", "deploy", "tests/contract"):
            shutil.copytree(ROOT / name, project / name, ignore=_GENERATED)
        shutil.copy(ROOT / "openapi.yaml", project / "openapi.yaml")
        if mutant is not None:
            (project / mutant.file).write_text(mutated(mutant))
        yield project


def _report(name: str, good: bool) -> bool:
    print(f"{time.strftime('%H:%M:%S')} {'ok  ' if good else 'FAIL'} {name}", flush=True)
    return good


def _is_short(mutant: Mutant) -> bool:
    return mutant.name in SHORT


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.contract.mutants", description=__doc__)
    parser.add_argument("--short", action="store_true", help="three faults, for CI")
    parser.add_argument("--only", default="", metavar="TEXT", help="faults whose name has this in it")
    parser.add_argument("--seeds", type=int, default=5, help="runs without a fault (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
