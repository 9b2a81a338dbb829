"""``homeport test`` on a project with two mistakes in it: it says what a developer needs to know."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.waiting import wait_until

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[3]


def broken_project(folder: Path) -> Path:
    for name in ("service", "deploy", "tests/contract"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    handler = folder / "service" / "handlers" / "get_item.py"
    handler.write_text(handler.read_text().replace('call.path["itemId"]', 'call.path["itemID"]'))
    spec = (ROOT / "openapi.yaml").read_text()
    assert spec.count("access: {ItemsTable: [BatchGetItem]}") == 1
    spec = spec.replace("access: {ItemsTable: [BatchGetItem]}", "access: {ItemsTable: [BatchGetItem, Scan]}")
    (folder / "openapi.yaml").write_text(spec)
    return folder


def test_a_failing_run_prints_the_event_the_log_and_the_unused_permission(tmp_path: Path) -> None:
    project = broken_project(tmp_path)
    command = [sys.executable, "-m", "homeport", "test", "--project", str(project)]
    command += ["--phases", "fuzz", "--max-examples", "3"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    said = done.stdout
    assert done.returncode == 1, said + done.stderr
    assert "  request   curl -i --path-as-is -X GET " in said
    assert '  event     {"version": "2.0", "routeKey": "GET /items/{itemId}"' in said
    assert "KeyError: 'itemID'" in said
    assert (
        "batch-get-items may Scan on ItemsTable, but never did: take Scan out of x-homeport.access.ItemsTable" in said
    )
    archives = sorted((project / "reports" / "contract" / "failures").glob("*GET-items-itemId-*.har"))
    (entry, *_) = json.loads(archives[0].read_text())["log"]["entries"]
    assert entry["_event"]["version"] == "2.0"
    assert (project / "reports" / "contract" / "index.html").is_file()
    assert (project / "reports" / "contract" / "junit.xml").is_file()


def test_an_interrupted_run_reports_what_it_found_until_then(tmp_path: Path) -> None:
    """What ends it from outside goes to its whole process group, as Ctrl-C in a terminal does."""
    project, output = broken_project(tmp_path / "project"), tmp_path / "output.txt"
    command = [sys.executable, "-m", "homeport", "test", "--project", str(project), "--phases", "rest,fuzz"]
    with output.open("wb") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=sink, start_new_session=True)
    try:
        wait_until(lambda: " checks done" in output.read_text(), output.read_text)
        # As timeout(1) does: to the command, and to its process group.
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: "interrupted: " in output.read_text(), output.read_text)
        os.killpg(process.pid, signal.SIGTERM)
        status = process.wait(timeout=600)
    finally:
        process.kill()
    said = output.read_text()
    assert status == 130, said
    assert "interrupted: the report on what was found until now follows" in said
    assert "KeyError: 'itemID'" in said
    assert "until the interrupt: " in said
    assert "not tested: the run was interrupted (" in said
    assert "Least privilege" not in said
    assert said.endswith("homeport: interrupted\n")
    assert json.loads((project / "reports/contract/findings.json").read_text())
