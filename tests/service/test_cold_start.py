"""What a cold start of a function has to load: little, and hardly more than boto3 itself."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.cloud.bundle import make_bundle
from homeport.project.load import load_project
from tests.support.service import ROOT

RUNS = 9
MOST_TIMES = 1.10
MOST_BYTES = 100_000
HANDLER = "service.handlers.create_item"
"""The one that imports the most."""

BASELINE = """
import boto3
from botocore.config import Config

config = Config(connect_timeout=1, read_timeout=1.5, retries={"mode": "standard", "total_max_attempts": 3})
client = boto3.client("dynamodb", config=config)
"""


def test_the_bundle_is_small() -> None:
    bundle = make_bundle(load_project(ROOT), {}, {})
    assert "service/_validators.py" in bundle.files
    assert len(bundle.content) < MOST_BYTES


@pytest.mark.stack
def test_importing_a_handler_takes_hardly_longer_than_importing_boto3_and_making_a_client(tmp_path: Path) -> None:
    (tmp_path / "baseline.py").write_text(BASELINE)
    for module in ("baseline", HANDLER):
        import_ms(module, tmp_path)
    bare, ours = medians(tmp_path)
    if ours > MOST_TIMES * bare:
        # Somebody else may have been busy on this machine: a second look decides.
        bare, ours = medians(tmp_path)
    assert ours <= MOST_TIMES * bare, f"{ours:.0f} ms, boto3 and a client alone {bare:.0f} ms"


def medians(folder: Path) -> tuple[float, float]:
    """Milliseconds that the baseline takes, and a handler: by turns, so that both have the same machine."""
    pairs = [(import_ms("baseline", folder), import_ms(HANDLER, folder)) for _ in range(RUNS)]
    return statistics.median(bare for bare, _ in pairs), statistics.median(ours for _, ours in pairs)


def import_ms(module: str, folder: Path) -> float:
    """Milliseconds that a new interpreter takes to import a module, by its own account."""
    variables = {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "IDEMPOTENCY_TABLE": "receipts",
        "ITEMS_TABLE": "items",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(folder))),
    }
    command = [sys.executable, "-X", "importtime", "-c", f"import {module}"]
    done = subprocess.run(command, env=variables, cwd=folder, capture_output=True, text=True, check=True)
    lines = [line.split("|") for line in done.stderr.splitlines()]
    (cumulative,) = [line[1] for line in lines if line[-1].strip() == module]
    return int(cumulative) / 1000
