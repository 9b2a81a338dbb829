"""Who finds what: ``homeport test`` beside plain schemathesis, on planted faults of each kind.

``python -m bench.contract_rivals [--per-kind N] [--kind K] [--budget SECONDS] [--seed N]``

Each fault is planted into a copy of its project. ``homeport test -x`` runs without the project's own cases for the
budget at most. Then schemathesis' own command line, with its default checks and settings, gets the same document, a
stack of the same copy, the same seed and the whole budget. What either reports without a fault as well finds none:
plain schemathesis expects a 405 where API Gateway never answers one.

The faults are those of ``tests.contract_kit.mutants`` in projects that ask for no credentials, since plain schemathesis
has none. https://schemathesis.readthedocs.io/en/stable/reference/cli/

Results are kept in reports/ as they come, the kinds in turn: a run that was interrupted goes on where it was, and its
table is that of a smaller sample.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from bench.report import REPORTS, say, table, write_report
from homeport.contract.fixtures.stack import running_stack
from homeport.contract.fuzz.results import read_findings
from tests.contract_kit.mutants.attempt import Identity, Part, run_part
from tests.contract_kit.mutants.mutant import KINDS, Mutant
from tests.contract_kit.mutants.planted_copy import planted_copy
from tests.contract_kit.mutants.registry import EVERY

OPEN_PROJECTS = ("items", "hits", "orders", "notes")
"""The projects that ask for no credentials."""

# Seconds that plain schemathesis gets beyond its budget to end by itself.
_GRACE = 120.0
_FILE = REPORTS / "bench-contract-rivals.json"


@dataclass(frozen=True, slots=True)
class Compared:
    """The checks by which either side found a fault, empty where it did not."""

    name: str
    project: str
    kind: str
    kit: tuple[str, ...]
    plain: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quiet:
    """What either side reports on a project without a fault."""

    kit: frozenset[Identity]
    plain: frozenset[Identity]


@dataclass
class Results:
    """The results so far of runs with some settings (seed and budget), and the file that keeps them."""

    settings: dict[str, int]
    file: Path = _FILE
    quiet: dict[str, Quiet] = field(default_factory=dict)
    compared: dict[str, Compared] = field(default_factory=dict)

    @classmethod
    def read(cls, settings: dict[str, int], file: Path = _FILE) -> Results:
        """Read what an earlier run with the same settings has kept."""
        kept: dict[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
        if kept.get("settings") != settings:
            return cls(settings, file)
        quiet = {
            project: Quiet(
                *(frozenset((check, label, subject) for check, label, subject in sides[one]) for one in sides)
            )
            for project, sides in kept["quiet"].items()
        }
        faults = [Compared(**{**one, "kit": tuple(one["kit"]), "plain": tuple(one["plain"])}) for one in kept["faults"]]
        return cls(settings, file, quiet, {_key(one): one for one in faults})

    def write(self) -> None:
        """Keep the results."""
        quiet = {
            project: {"kit": sorted(one.kit), "plain": sorted(one.plain)} for project, one in sorted(self.quiet.items())
        }
        faults = [asdict(one) for one in self.compared.values()]
        write_report(self.file, {"settings": self.settings, "quiet": quiet, "faults": faults})


def main() -> int:
    """Print the table; the exit status is 0."""
    options = _options()
    results = Results.read({"seed": options.seed, "budget": options.budget})
    sample = choose(EVERY, options.per_kind, options.kind, options.seed)
    for mutant in sample:
        if mutant.project not in results.quiet:
            kit, plain = run_both(mutant.project, None, options.seed, options.budget)
            results.quiet[mutant.project] = Quiet(kit, plain)
            say(f"{mutant.project} without a fault: {len(kit)} and {len(plain)} false alarms")
        if _key(mutant) not in results.compared:
            found = compare(mutant, results.quiet[mutant.project], options.seed, options.budget)
            results.compared[_key(mutant)] = found
            say(f"{mutant.kind}: {mutant.name}: {found.kit or 'missed'} and {found.plain or 'missed'}")
        results.write()
    chosen = {_key(mutant) for mutant in sample}
    print(rivals_table([one for key, one in results.compared.items() if key in chosen], results.quiet))
    return 0


def _key(fault: Mutant | Compared) -> str:
    return f"{fault.project}/{fault.name}"


def choose(mutants: Sequence[Mutant], per_kind: int, only: str, seed: int) -> list[Mutant]:
    """Return as many faults of each kind, chosen by the seed: one of each kind, then a second one of each."""
    generator = random.Random(seed)
    chosen: list[list[Mutant]] = []
    for kind in KINDS:
        faults = [mutant for mutant in mutants if mutant.kind == kind and mutant.project in OPEN_PROJECTS]
        if only in ("", kind):
            chosen.append(generator.sample(faults, min(per_kind, len(faults))))
    return [one for one in chain.from_iterable(zip_longest(*chosen)) if one is not None]


def compare(mutant: Mutant, quiet: Quiet, seed: int, budget: int) -> Compared:
    """Run both sides on a fault."""
    kit, plain = run_both(mutant.project, mutant, seed, budget)
    return Compared(
        mutant.name,
        mutant.project,
        mutant.kind,
        tuple(sorted({check for check, _, _ in kit - quiet.kit})),
        tuple(sorted({check for check, _, _ in plain - quiet.plain})),
    )


def run_both(
    project: str, mutant: Mutant | None, seed: int, budget: int
) -> tuple[frozenset[Identity], frozenset[Identity]]:
    """Return what ``homeport test`` and plain schemathesis find in a copy within the budget, in seconds."""
    part = Part("homeport test", ("--without-cases", "--budget", f"{budget}s"))
    with planted_copy(project, mutant) as copy:
        # Without a fault the whole run counts: each of its findings is a false alarm.
        kit = run_part(copy, part, seed, exitfirst=mutant is not None).findings
        return kit, run_plain(copy, seed, budget)


def run_plain(copy: Path, seed: int, budget: int) -> frozenset[Identity]:
    """Return what schemathesis' own command line finds within the budget."""
    with tempfile.TemporaryDirectory() as folder, running_stack(copy, ("--no-data",)) as stack:
        events = Path(folder) / "events.ndjson"
        command = [sys.executable, "-m", "schemathesis.cli", "run", str(copy / "openapi.yaml"), "--url", stack.url]
        command += ["--seed", str(seed), "--max-time", str(budget), "--continue-on-failure"]
        command += ["--generation-database", "none", "--report-ndjson-path", str(events)]
        subprocess.run(command, cwd=folder, capture_output=True, timeout=budget + _GRACE, check=False)
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
    parser.add_argument("--per-kind", type=int, default=4, help="faults of each kind (default: %(default)s)")
    parser.add_argument("--budget", type=int, default=60, help="seconds of each side (default: %(default)s)")
    parser.add_argument("--kind", default="", choices=("", *KINDS), help="faults of this kind only")
    parser.add_argument("--seed", type=int, default=1, help="of the sample and of both runs (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
