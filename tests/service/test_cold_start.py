"""What a cold start of a function has to load: little, and hardly more than boto3 itself."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

import pytest

from homeport.cloud.bundle import make_bundle
from homeport.project.load import load_project
from tests.support.service import ROOT

RUNS = 7
MOST_TIMES = 1.10
MOST_BYTES = 100_000
HANDLER = "service.handlers.create_item"
"""The one that imports the most."""

SCRIPT = f"""
import time

begun = time.perf_counter()
import boto3
from botocore.config import Config

config = Config(connect_timeout=1, read_timeout=1.5, retries={{"mode": "standard", "total_max_attempts": 3}})
client = boto3.client("dynamodb", config=config)
bare = time.perf_counter() - begun
# A second client finds less to load, a third one as little as any later one: the handler's own is the third.
client = boto3.client("dynamodb", config=config)
begun = time.perf_counter()
import {HANDLER}
print((bare + time.perf_counter() - begun) / bare)
"""


def test_the_bundle_is_small() -> None:
    bundle = make_bundle(load_project(ROOT), {}, {})
    assert "service/_validators.py" in bundle.files
    assert len(bundle.content) < MOST_BYTES


@pytest.mark.stack
def test_importing_a_handler_takes_hardly_longer_than_importing_boto3_and_making_a_client() -> None:
    variables = {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "IDEMPOTENCY_TABLE": "receipts",
        "ITEMS_TABLE": "items",
        "PATH": os.environ["PATH"],
    }
    # One process measures both: two would find the machine in two states.
    ratios = []
    for _ in range(RUNS):
        command = [sys.executable, "-c", SCRIPT]
        done = subprocess.run(command, env=variables, cwd=ROOT, capture_output=True, text=True, check=True)
        ratios.append(float(done.stdout))
    assert statistics.median(ratios) <= MOST_TIMES, ratios
