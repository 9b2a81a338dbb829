"""``homeport dynamodb import`` and ``export``: which DynamoDB they ask, and for which table."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from homeport.commands.dynamodb import add_arguments, place_of_items
from homeport.dev.running_instance import RunningInstance, announce
from tests.support.spec import load, write_project

pytestmark = pytest.mark.unit


def place(table: str, *options: str) -> tuple[str, str]:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return place_of_items(parser.parse_args(["export", table, "items.jsonl", *options]))


def test_a_running_project_is_asked_by_the_logical_id_of_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_project(tmp_path)
    name = load(root).resources.tables["ThingsTable"].name
    monkeypatch.chdir(root)
    assert place("ThingsTable") == ("http://127.0.0.1:8000", "ThingsTable")
    with announce(root, RunningInstance("http://127.0.0.1:9000", "http://127.0.0.1:9001", "local")):
        assert place("ThingsTable") == ("http://127.0.0.1:9001", name)
        assert place("other") == ("http://127.0.0.1:9001", "other")
        assert place("ThingsTable", "--port", "7000") == ("http://127.0.0.1:7000", "ThingsTable")
        assert place("x", "--url", "http://127.0.0.1:7001") == ("http://127.0.0.1:7001", "x")
