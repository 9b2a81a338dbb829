"""The benchmark of what recording costs runs, and says it in one line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from bench.client import RawClient
from bench.recording import compare

ROOT = Path(__file__).parents[2]


class Clocked(RawClient):
    """A client whose every request takes as long as it is told."""

    def __init__(self, took: float) -> None:
        self.took = took

    def time_request(self, method: str, path: str, expected: int = 200, body: bytes = b"") -> float:
        return self.took


def test_the_ratio_is_that_of_rounds_side_by_side() -> None:
    figures = compare(Clocked(1030.0), Clocked(1000.0), rounds=4)
    assert figures == {"recorded_p50_us": 1030, "plain_p50_us": 1000, "ratio": 1.03}


def test_recording_bench_runs_against_real_stacks() -> None:
    command = [sys.executable, "-m", "bench.recording", "--rounds", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=True)
    assert json.loads(done.stdout).keys() == {"recorded_p50_us", "plain_p50_us", "ratio"}
