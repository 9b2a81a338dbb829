"""The benchmark runs and reports what it promises; the figures themselves are not tested."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_short_run_reports_every_figure(tmp_path: Path) -> None:
    report = tmp_path / "bench.json"
    command = [sys.executable, "-m", "bench", "--starts", "1", "--rounds", "1", "--report", str(report)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(report.read_text())
    assert {"ready_s", "get_item_p50_us", "bare_get_item_p50_us", "get_item_ratio", "idle_mb"} <= set(figures)
    assert all(value > 0 for value in figures.values())
    assert "whole stack, p50" in done.stdout


def test_a_short_run_of_the_local_lambda_reports_every_figure(tmp_path: Path) -> None:
    report = tmp_path / "bench.json"
    command = [sys.executable, "-m", "bench.runtime", "--rounds", "1", "--pairs", "1", "--seconds", "0.1"]
    done = subprocess.run(
        [*command, "--report", str(report)], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(report.read_text())
    assert set(figures) == {
        "edit_to_live_p50_ms",
        "cold_start_p50_ms",
        "call_p50_ms",
        "one_connection_rps",
        "eight_connections_rps",
        "eight_to_one_ratio",
    }
    assert all(value > 0 for value in figures.values())
    assert "a saved handler answers, p50" in done.stdout
