"""Who finds what: ``homeport test`` beside plain schemathesis, on planted faults of each kind.

``python -m bench.contract_rivals [--per-kind N] [--kind K] [--seed N]``

Each fault is planted into a copy of its project. ``homeport test`` runs without the project's own cases and as it is
by default. Then schemathesis' own command line, with its default checks and settings, gets the same document, a stack
of the same copy, the same seed, and as many seconds as ``homeport test`` took. What either reports without a fault as
well finds none: plain schemathesis expects a 405 where API Gateway never answers one.

The faults are those of ``tests.contract_kit.mutants`` in projects that ask for no credentials, since plain schemathesis
has none. https://schemathesis.readthedocs.io/en/stable/reference/cli/
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.report import REPORTS, say, table, write_report
from homeport.contract.fixtures.stack import running_stack
from homeport.contract.fuzz.results import read_findings
from tests.contract_kit.mutants.attempt import Identity, Part, run_part
from tests.contract_kit.mutants.mutant import KINDS, Mutant
from tests.contract_kit.mutants.planted_copy import planted_copy
from tests.contract_kit.mutants.registry import EVERY

OPEN_PROJECTS = ("items", "hits", "orders", "notes")
"""The projects that ask for no credentials."""

_KIT = Part("homeport test", ("--without-cases",))
# Seconds that plain schemathesis gets beyond its budget to end by itself.
_GRACE = 120.0


@dataclass(frozen=True, slots=True)
class Compared:
    """The checks by which either side found a fault, empty where it did not, and the seconds that each of them had."""

    name: str
    project: str
    kind: str
    kit: tuple[str, ...]
    plain: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Quiet:
    """What either side reports on a project without a fault."""

    kit: frozenset[Identity]
    plain: frozenset[Identity]


def main() -> int:
    """Print the table and keep it in reports/; the exit status is 0."""
    options = _options()
    sample = choose(EVERY, options.per_kind, options.kind, options.seed)
    quiet = {}
    for project in dict.fromkeys(mutant.project for mutant in sample):
        kit, plain, seconds = run_both(project, None, options.seed)
        quiet[project] = Quiet(kit, plain)
        say(f"{project} without a fault, {seconds:.0f} s: {len(kit)} and {len(plain)} false alarms")
    compared = []
    for mutant in sample:
        compared.append(compare(mutant, quiet[mutant.project], options.seed))
        say(f"{mutant.kind}: {mutant.name}: {compared[-1].kit or 'missed'} and {compared[-1].plain or 'missed'}")
    print(rivals_table(compared, quiet))
    write_report(REPORTS / "bench-contract-rivals.json", {"faults": [asdict(one) for one in compared]})
    return 0


def choose(mutants: Sequence[Mutant], per_kind: int, only: str, seed: int) -> list[Mutant]:
    """Return as many faults of each kind, chosen by the seed."""
    generator = random.Random(seed)
    chosen: list[Mutant] = []
    for kind in KINDS:
        faults = [mutant for mutant in mutants if mutant.kind == kind and mutant.project in OPEN_PROJECTS]
        if only in ("", kind):
            chosen += generator.sample(faults, min(per_kind, len(faults)))
    return chosen


def compare(mutant: Mutant, quiet: Quiet, seed: int) -> Compared:
    """Run both sides on a fault."""
    kit, plain, seconds = run_both(mutant.project, mutant, seed)
    return Compared(
        mutant.name,
        mutant.project,
        mutant.kind,
        tuple(sorted({check for check, _, _ in kit - quiet.kit})),
        tuple(sorted({check for check, _, _ in plain - quiet.plain})),
        round(seconds, 1),
    )


def run_both(project: str, mutant: Mutant | None, seed: int) -> tuple[frozenset[Identity], frozenset[Identity], float]:
    """Return what ``homeport test`` and plain schemathesis find in a copy, and the seconds that each of them had."""
    with planted_copy(project, mutant) as copy:
        started = time.monotonic()
        kit = run_part(copy, _KIT, seed).findings
        seconds = time.monotonic() - started
        return kit, run_plain(copy, seed, seconds), seconds


def run_plain(copy: Path, seed: int, seconds: float) -> frozenset[Identity]:
    """Return what schemathesis' own command line finds within some seconds."""
    with tempfile.TemporaryDirectory() as folder, running_stack(copy, ("--no-data",)) as stack:
        events = Path(folder) / "events.ndjson"
        command = [sys.executable, "-m", "schemathesis.cli", "run", str(copy / "openapi.yaml"), "--url", stack.url]
        command += ["--seed", str(seed), "--max-time", str(max(int(seconds), 1)), "--continue-on-failure"]
        command += ["--generation-database", "none", "--report-ndjson-path", str(events)]
        subprocess.run(command, cwd=folder, capture_output=True, timeout=seconds + _GRACE, check=False)
        with events.open() as lines:
            return frozenset((one.check, one.operation, "") for one in read_findings(lines))


def rivals_table(compared: Sequence[Compared], quiet: Mapping[str, Quiet]) -> str:
    """Return the table in Markdown: faults found by each side, by kind, and what they report without a fault."""
    rows = [_row(kind, [one for one in compared if one.kind == kind]) for kind in KINDS]
    alarms = [
        "false alarms",
        "",
        sum(len(one.plain) for one in quiet.values()),
        sum(len(one.kit) for one in quiet.values()),
    ]
    return table(
        ("Kind", "Faults", "plain schemathesis", "homeport test"),
        [*(row for row in rows if row[1]), _row("all", compared), alarms],
    )


def _row(name: str, compared: Sequence[Compared]) -> list[object]:
    return [name, len(compared), sum(bool(one.plain) for one in compared), sum(bool(one.kit) for one in compared)]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.contract_rivals", description="who finds what")
    parser.add_argument("--per-kind", type=int, default=3, help="faults of each kind (default: %(default)s)")
    parser.add_argument("--kind", default="", choices=("", *KINDS), help="faults of this kind only")
    parser.add_argument("--seed", type=int, default=1, help="of the sample and of both runs (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
