"""What a case of ``homeport test`` costs, against bare schemathesis and an app that answers at once.

``python -m bench.contract [--rounds N] [--max-examples N]``

Each round runs ``homeport test`` at a running stack, then ``schemathesis run`` with the same spec, configuration and
seed at an app that has nothing to do: it gives, from memory, the answers that the stack has just given. So both make
the same cases and run the same checks on the same answers; the reference lacks what the kit adds: its hooks and check,
events, page and the proof of least privilege.

What the API itself takes is not the tool's cost. schemathesis notes for each answer how long it waited; the sum of
these waits is taken off the kit's time, and what the instant app would have taken for as many answers put in its place.
The ratio with the API's time left in is printed beside it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import requests

from bench.report import REPORTS, ROOT, table, write_report
from homeport.contract.findings import call_of
from homeport.contract.fuzz import EVENTS, base_command
from homeport.contract.stack import running_stack

SEED = 1
WANTED = 1.3
_PROBES = 300


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds: of the kit's run and of the reference's, of the waits for the stack, and of an answer of the app."""

    cases: int
    kit: float
    reference: float
    waited: float
    answer: float

    @property
    def own(self) -> float:
        """The kit's time at an app that answers at once."""
        return self.kit - self.waited + self.cases * self.answer

    @property
    def ratio(self) -> float:
        """The kit's cost per case to the reference's."""
        return self.own / self.reference


def main() -> int:
    """Print the figures; the exit status is 0 when the ratio is as wanted."""
    options = _options()
    rounds = []
    for number in range(1, options.rounds + 1):
        rounds.append(one_round(options.max_examples))
        print(f"round {number} of {options.rounds}: {rounds[-1].ratio:.2f}", file=sys.stderr, flush=True)
    print(
        table(("ms per case", "cases", "kit", "of it waiting", "kit, answered at once", "bare", "ratio"), _rows(rounds))
    )
    ratio = median(one.ratio for one in rounds)
    gross = median(one.kit / one.reference for one in rounds)
    print(f"\n{ratio:.2f} times bare schemathesis (wanted: {WANTED}); with the API's own time {gross:.2f}")
    write_report(
        REPORTS / "bench-contract.json", {"ratio": ratio, "gross": gross, "rounds": [str(one) for one in rounds]}
    )
    return int(ratio > WANTED)


def one_round(max_examples: int | None) -> Round:
    """Run both, the stack first."""
    budget = [] if max_examples is None else ["--max-examples", str(max_examples)]
    with tempfile.TemporaryDirectory(prefix="homeport-") as folder:
        report = Path(folder) / "report"
        with running_stack(ROOT, ("--no-data", "--record", folder)) as stack:
            command = [sys.executable, "-m", "homeport", "test", "--project", str(ROOT), "--url", stack.url]
            command += ["--record", folder, "--report", str(report), "--seed", str(SEED), *budget]
            kit = _timed(command)
        answers = _answers(report / EVENTS)
        with _instant_app(answers, Path(folder)) as url:
            answer = _answer_time(url)
            bare = [*base_command(ROOT, url, SEED), "--report-junit-path", str(Path(folder) / "junit.xml"), *budget]
            reference = _timed(bare)
    return Round(len(answers), kit, reference, sum(one["elapsed"] for one in answers), answer)


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
    call = call_of(interaction)
    return {
        "method": call.method,
        "target": call.url.partition("://")[2].partition("/")[2],
        "request": call.body.hex(),
        "status": call.status,
        "headers": [pair for pair in call.reply_headers if pair[0].lower() not in ("connection", "content-length")],
        "body": call.reply_body.hex(),
        "elapsed": interaction["response"]["elapsed"],
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


def _answer_time(url: str) -> float:
    with requests.Session() as session:
        times = [session.get(f"{url}/items", timeout=10).elapsed.total_seconds() for _ in range(_PROBES)]
    return median(times)


def _timed(command: list[str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - start
    if "Test cases:" not in done.stdout:
        raise SystemExit(f"{' '.join(command)} made no cases:\n{done.stdout}{done.stderr}")
    return taken


def _rows(rounds: list[Round]) -> list[list[Any]]:
    return [
        [
            number,
            one.cases,
            *(f"{1000 * seconds / one.cases:.2f}" for seconds in (one.kit, one.waited, one.own, one.reference)),
            f"{one.ratio:.2f}",
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
