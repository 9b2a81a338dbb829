"""Plant each fault into a copy of its project and run the contract tests on it.

``python -m tests.contract_kit.mutants [--short] [--only TEXT] [--kind K] [--project P] [--jobs N] [--seeds N]
[--generic-only] [--rest-only] [--out FILE]``

A fault is tried in three parts, until one finds it: the REST and document checks, schemathesis, and the cases that the
project's owner wrote. The first two know nothing of the project: they have to find 90 % of the faults, and with the
cases 97 %. In ``--seeds`` runs of each project without a fault, on both flavors where it has them, nothing may be
found.

With ``--out`` the results are kept, a JSON object a line: the same command goes on where an interrupted one ended.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.contract_kit.mutants.attempt import CASES, REST, SCHEMATHESIS, Part
from tests.contract_kit.mutants.campaign import STAGES, Campaign, Ledger
from tests.contract_kit.mutants.mutant import KINDS, Mutant
from tests.contract_kit.mutants.registry import EVERY, SHORT
from tests.contract_kit.mutants.table import Verdict, report_lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; the exit status is 0 when the tests find what they should, and nothing else."""
    options = _options(arguments)
    mutants = chosen(options)
    parts = chosen_parts(options)
    ledger = Ledger.read(options.out)
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
    projects = chosen_projects(options, mutants)
    Campaign(mutants, projects, parts, options.seeds, options.jobs, _say).run(ledger)
    verdict = Verdict.of(ledger, [mutant.name for mutant in mutants], CASES in parts)
    print("\n" + "\n".join(report_lines(verdict)), flush=True)
    return 0 if verdict.good else 1


def chosen(options: argparse.Namespace) -> list[Mutant]:
    """Return the faults that the options name."""
    return [
        mutant
        for mutant in EVERY
        if options.only in mutant.name
        and options.kind in ("", mutant.kind)
        and options.project in ("", mutant.project)
        and (not options.short or mutant.name in SHORT)
    ]


def chosen_parts(options: argparse.Namespace) -> list[Part]:
    """Return the parts of a run that the options name, in order."""
    if options.rest_only or options.short:
        return [REST]
    return [REST, SCHEMATHESIS] if options.generic_only else [REST, SCHEMATHESIS, CASES]


def chosen_projects(options: argparse.Namespace, mutants: Sequence[Mutant]) -> list[str]:
    """Return the projects that are tested without a fault: all, or those of the chosen faults."""
    if options.project:
        return [options.project]
    all_of_them = not (options.only or options.kind or options.short)
    return [name for name in STAGES if all_of_them or name in {mutant.project for mutant in mutants}]


def _say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.contract_kit.mutants", description="plant faults")
    parser.add_argument("--short", action="store_true", help="a few faults and one part, for CI")
    parser.add_argument("--only", default="", metavar="TEXT", help="faults whose name has this in it")
    parser.add_argument("--kind", default="", choices=("", *KINDS), help="faults of this kind")
    parser.add_argument("--project", default="", choices=("", *STAGES), help="faults of this project")
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=10, help="runs without a fault (default: %(default)s)")
    parser.add_argument("--generic-only", action="store_true", help="leave out the projects' own cases")
    parser.add_argument("--rest-only", action="store_true", help="leave out schemathesis and the cases")
    parser.add_argument("--out", type=Path, help="the file that keeps the results")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
