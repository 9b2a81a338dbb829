"""The cost of a case of ``homeport test``, against bare schemathesis and an app that answers at once.

``python -m bench.contract [--rounds N] [--max-examples N]``

Each round runs ``homeport test`` at a running stack, then ``schemathesis run`` with the same spec, configuration and
seed at an app that has nothing to do: it gives, from memory, the answers that the stack has just given. Both
run the same checks on much the same cases; how many the stateful ones and those made of earlier answers are differs a
little, so each side's cost is taken per case of its own. The reference lacks what the kit adds: its hooks and check,
events, page and the proof of least privilege.

What the API itself takes is not the tool's cost. So the cost is the processor time, user and system, of the tool's own
processes: while they wait for an answer they use none, and another load on the machine doesn't count either. The whole
time that passed, the stack's work and its waits in it, is printed beside it.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.report import REPORTS, ROOT, table, write_report
from homeport.contract.fixtures.stack import running_stack
from homeport.contract.fuzz.results import exchange_of_interaction
from homeport.contract.fuzz.schemathesis_run import EVENTS, base_command
from homeport.contract.fuzz.schemathesis_settings import write_settings

SEED = 1
WANTED = 1.3
_MADE = re.compile(r"^  (?P<own>\d+) generated|(?P<kit>\d+) cases of schemathesis", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ContractCost:
    """Seconds of processor time, seconds that passed, and how many cases they were for."""

    used: float
    passed: float
    cases: int

    @property
    def used_per_case(self) -> float:
        """Seconds of processor time."""
        return self.used / self.cases

    @property
    def passed_per_case(self) -> float:
        """Seconds that passed."""
        return self.passed / self.cases


@dataclass(frozen=True, slots=True)
class Round:
    """The cost of both. They need not make as many cases: stateful ones depend on the answers."""

    kit: ContractCost
    bare: ContractCost

    @property
    def ratio(self) -> float:
        """The kit's cost to bare schemathesis'."""
        return self.kit.used_per_case / self.bare.used_per_case


def main() -> int:
    """Print the figures; the exit status is 0 when the ratio is as wanted."""
    options = _options()
    rounds = []
    for number in range(1, options.rounds + 1):
        rounds.append(one_round(options.max_examples))
        print(f"round {number} of {options.rounds}: {rounds[-1].ratio:.2f}", file=sys.stderr, flush=True)
    print(
        table(
            ("round", "cases", "kit, ms per case", "bare, ms per case", "ratio", "ratio of time passed"), _rows(rounds)
        )
    )
    ratio = median(one.ratio for one in rounds)
    print(f"\n{ratio:.2f} times the cost of bare schemathesis (wanted: {WANTED} at most)")
    write_report(REPORTS / "bench-contract.json", {"ratio": ratio, "rounds": [asdict(one) for one in rounds]})
    return int(ratio > WANTED)


def one_round(max_examples: int | None) -> Round:
    """Run both, the stack first."""
    with tempfile.TemporaryDirectory(prefix="homeport-") as name:
        folder = Path(name)
        kit, events = kit_cost(folder, max_examples)
        with _instant_app(_answers(events), folder) as url:
            bare = [
                *base_command(ROOT, url, SEED, write_settings(ROOT, folder)),
                "--report-junit-path",
                str(folder / "junit.xml"),
            ]
            reference = _cost([*bare, *_budget(max_examples)])
    return Round(kit, reference)


def kit_cost(folder: Path, max_examples: int | None) -> tuple[ContractCost, Path]:
    """Return the cost of ``homeport test`` at a stack of its own, and the file of its events, both in ``folder``."""
    report = folder / "report"
    with running_stack(ROOT, ("--no-data", "--record", str(folder))) as stack:
        command = [sys.executable, "-m", "homeport", "test", "--project", str(ROOT), "--url", stack.url]
        command += ["--phases", "fuzz", "--record", str(folder), "--report", str(report), "--seed", str(SEED)]
        return _cost([*command, *_budget(max_examples)]), report / EVENTS


def _budget(max_examples: int | None) -> list[str]:
    return [] if max_examples is None else ["--max-examples", str(max_examples)]


def _answers(events: Path) -> list[dict[str, Any]]:
    found = []
    with events.open() as lines:
        for line in lines:
            recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
            for interaction in recorder.get("interactions", {}).values():
                if interaction.get("response"):
                    found.append(_answer(interaction))
    return found


def _answer(interaction: Mapping[str, Any]) -> dict[str, Any]:
    made = exchange_of_interaction(interaction)
    return {
        "method": made.method,
        "target": made.url.partition("://")[2].partition("/")[2],
        "request": made.body.hex(),
        "status": made.status,
        "headers": [pair for pair in made.reply_headers if pair[0].lower() not in ("connection", "content-length")],
        "body": made.reply_body.hex(),
    }


@contextmanager
def _instant_app(answers: list[dict[str, Any]], folder: Path) -> Iterator[str]:
    file = folder / "answers.json"
    file.write_text(json.dumps(answers))
    command = [sys.executable, "-m", "bench.instant", str(file)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _cost(command: list[str]) -> ContractCost:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    passed, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    made = _MADE.search(done.stdout)
    if made is None:
        raise SystemExit(f"{' '.join(command)} made no cases:\n{done.stdout}{done.stderr}")
    return ContractCost(
        after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, passed, int(made["own"] or made["kit"])
    )


def _rows(rounds: list[Round]) -> list[list[Any]]:
    return [
        [
            number,
            f"{one.kit.cases}, {one.bare.cases}",
            *(f"{1000 * cost.used_per_case:.2f}" for cost in (one.kit, one.bare)),
            f"{one.ratio:.2f}",
            f"{one.kit.passed_per_case / one.bare.passed_per_case:.2f}",
        ]
        for number, one in enumerate(rounds, 1)
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.contract", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="of both (default: %(default)s)")
    parser.add_argument(
        "--max-examples", type=int, metavar="N", help="per operation and phase (default: as configured)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
