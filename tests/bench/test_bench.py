"""The benchmark runs and reports what it promises; the figures themselves are not tested."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]


def test_a_short_run_reports_every_figure(tmp_path: Path) -> None:
    report = tmp_path / "bench.json"
    short = ["--starts", "1", "--rounds", "1", "--seconds", "0.1", "--requests", "400", "--report", str(report)]
    short += ["--edits", "1", "--no-contract"]
    done = subprocess.run(
        [sys.executable, "-m", "bench", *short], cwd=ROOT, capture_output=True, text=True, timeout=1500, check=False
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(report.read_text())
    assert figures["ready_s"] > 0 < figures["idle_mb"]
    latency, throughput = figures["embedded"]["latency"], figures["embedded"]["throughput"]
    assert set(latency["GET item"]) == {"homeport", "homeport, not recording", "Flask", "bare boto3"}
    assert set(latency) == {"a route without a database", "GET item", "POST item", "list of 25"}
    assert all(taken["p50_us"] > 0 for contenders in latency.values() for taken in contenders.values())
    loads = [f"GET item, {connections}" for connections in (1, 8, 32, 128)]
    assert set(throughput) == {*loads, "a route without a database, 8"}
    assert sum(load["errors"] for contenders in throughput.values() for load in contenders.values()) == 0
    assert figures["memory"]["requests"] >= 400
    assert figures["lambda"]["edit_to_live_p50_ms"] > 0 < figures["lambda"]["eight_to_one_ratio"]
    assert "GET item, bare boto3" in done.stdout
    verdicts = [line.rsplit(None, 1)[-1] for line in done.stdout.splitlines() if " at most " in line]
    assert len(verdicts) == 10 and set(verdicts) <= {"reached", "missed"}
    assert "a saved handler answers, p50" in done.stdout
    chart = ElementTree.parse(report.with_suffix(".svg")).getroot()
    assert "bare boto3" in [text.text for text in chart.iter("{http://www.w3.org/2000/svg}text")]


def test_a_short_run_of_functions_in_nodejs_reports_every_figure(tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    report = tmp_path / "bench.json"
    command = [sys.executable, "-m", "bench.node", "--rounds", "1", "--calls", "5", "--report", str(report)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1500, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(report.read_text())
    assert figures["call_ratio"] > 0 < figures["edit_to_live_typescript_p50_ms"]
    assert figures["cold_start_with_client_p50_ms"] > 0 < figures["idle_with_client_mb"]
    assert "an idle environment" in done.stdout


def test_a_short_run_of_the_local_lambda_reports_every_figure(tmp_path: Path) -> None:
    report = tmp_path / "bench.json"
    command = [sys.executable, "-m", "bench.runtime", "--rounds", "1", "--pairs", "1", "--seconds", "0.1"]
    done = subprocess.run(
        [*command, "--report", str(report)], cwd=ROOT, capture_output=True, text=True, timeout=1500, check=False
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


def test_a_short_run_tells_what_grows(tmp_path: Path) -> None:
    report = tmp_path / "growth.json"
    few = [
        "--operations",
        "3",
        "--bodies",
        "1000",
        "--environments",
        "2",
        "--connections",
        "2",
        "--items",
        "100",
        "--report",
        str(report),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "bench.growth", *few],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(report.read_text())
    measured = {"operations": 1, "bodies": 1, "environments": 1, "connections": 1, "items": 1}
    assert {name: len(rows) for name, rows in figures.items()} == measured
    assert figures["environments"][0]["per_s"] > 2


@pytest.mark.skipif(sys.platform != "linux", reason="bench.where reads /proc, which is Linux's")
def test_a_short_run_tells_where_a_requests_time_goes() -> None:
    command = [sys.executable, "-m", "bench.where", "--seconds", "0.2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines()[2:]]
    used = {(name, int(connections), process) for name, connections, _, process, *_ in rows}
    ours = {("GET item, homeport", many, kind) for many in (1, 8) for kind in ("gateway", "worker", "DynamoDB")}
    assert ours | {("a route without a database, Flask", 8, "Flask")} <= used
    assert all(float(row[4]) > 0 for row in rows)


@pytest.mark.skipif(sys.platform != "linux", reason="bench.tails reads /proc, which is Linux's")
def test_a_short_run_tells_what_the_slowest_requests_wait_for(tmp_path: Path) -> None:
    report = tmp_path / "bench.json"
    command = [sys.executable, "-m", "bench.tails", "--seconds", "0.5", "--loops", "1", "--report", str(report)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    rows = json.loads(report.read_text())
    cases = {
        "first second, 32, from idle",
        "a new function under 8",
        "a saved handler under 8",
        "beside busy loops, 32",
    }
    assert cases | {"warm, 8", "warm, 8, Flask", "warm, 32, Flask"} <= set(rows)
    assert {name for name, row in rows.items() if row["load"]["errors"]} == set()
    assert rows["a saved handler under 8"]["live_ms"] > 0 < rows["warm, 8"]["environments"]
    assert "| a saved handler under 8 (" in done.stdout


def test_a_mock_with_templates_is_measured_beside_a_function() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.mappings", "--rounds", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    rows = [line.split("|")[1].strip() for line in done.stdout.splitlines() if line.startswith("| a ")]
    assert rows == ["a function without a database", "a mock with templates"]
    assert done.stdout.splitlines()[-1].rsplit(None, 1)[-1] in ("reached", "missed")
