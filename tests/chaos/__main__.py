"""Kills, starves and floods a stack under load: ``python -m tests.chaos [--short] [--seed N] [--only TEXT]``.

Each case has to end in a documented answer and in recovery without help, with every acknowledged write still there, and
nothing left behind: no zombie, no descriptor, no temporary folder. The exit status is 1 if one does not.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

from tests.chaos.campaign import LIMIT, kill_supervisor, run
from tests.chaos.case import Case, Outcome
from tests.chaos.gone import dynamodb_gone
from tests.chaos.ground import ground
from tests.chaos.process_cases import FAULTS, KILLS
from tests.chaos.wire_cases import WIRE


def main() -> int:
    """Run and print."""
    options = _options()
    begun = time.monotonic()
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores before it began"
    print(f"seed {options.seed}; recovery within {options.limit:.1f} s, times the slowness of the machine; {load}")
    wrong = 0
    with ground(options.seed, lasts=0.8 if options.short else 2.0, mount=not options.no_mount) as place:
        cases = _chosen(options)
        place.chance.shuffle(cases)
        for outcome in run(place, cases, options.limit):
            wrong += _report(outcome)
        if not place.files:
            print("descriptors are not counted here: there is no /proc")
        if options.only in "kill -9 supervisor":
            wrong += _report(kill_supervisor(place, options.limit))
        if options.only in "DynamoDB gone and back" and not options.short:
            wrong += _report(dynamodb_gone(place, options.limit))
    print(f"{wrong} broken, {time.monotonic() - begun:.0f} s")
    return 1 if wrong else 0


def _chosen(options: argparse.Namespace) -> list[Case]:
    every = [case for case in (*KILLS, *FAULTS, *WIRE) if options.only in case.name]
    return [case for case in every for _ in range(1 if options.short else case.repeats)]


def _report(outcome: Outcome) -> bool:
    print(
        f"{outcome.result:<8}{outcome.name:<30}{outcome.recovered:6.2f} s at {outcome.slowness:.1f}  {outcome.answers}",
        flush=True,
    )
    for line in (outcome.note, outcome.skipped, *outcome.wrong):
        if line:
            print(f"{'':<8}{line}", flush=True)
    return bool(outcome.wrong)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--short", action="store_true", help="each case once")
    parser.add_argument("--seed", type=int, default=1, help="of what is random (default: %(default)s)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only the cases with this text in their names")
    parser.add_argument(
        "--limit",
        type=float,
        default=LIMIT,
        metavar="SECONDS",
        help="for recovery on a quiet machine (default: %(default)s)",
    )
    parser.add_argument("--no-mount", action="store_true", help="fill disks as a user who may not mount: by limits")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
