"""The benchmarks of the items API, in short: what they promise at full size holds at a small one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.cost import HEADER, NAME, PRICES_OF, price
from bench.recorded import Recording
from bench.report import section_text, show, table
from bench.scale import accepted_writes, read_modify_write

ROOT = Path(__file__).parents[2]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )


def test_many_writers_of_one_item_lose_nothing_and_many_retries_of_one_post_make_one_item(tmp_path: Path) -> None:
    report = tmp_path / "races.json"
    done = run("bench.races", "--writers", "8", "--rounds", "5", "--retries", "100", "--report", str(report))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing lost" in done.stdout
    assert json.loads(report.read_text())["writes"] == 45


def test_a_page_costs_the_same_in_a_larger_table(tmp_path: Path) -> None:
    report = tmp_path / "pages.json"
    done = run("bench.pages", "--items", "1000", "--rounds", "5", "--slack", "20", "--report", str(report))
    assert done.returncode == 0, done.stdout + done.stderr
    small, large = (json.loads(report.read_text())[size] for size in ("100", "1000"))
    assert small.keys() == {"all items, first", "all items, next", "one status, first", "one status, next"}
    for name, page in small.items():
        assert page["calls"] == (["Scan"] if "all" in name else ["Query"])
        assert (page["calls"], page["units"]) == (large[name]["calls"], large[name]["units"])


def test_the_documented_calls_and_units_are_those_of_the_code(tmp_path: Path) -> None:
    done = run("bench.cost", "--check", "--rounds", "2", "--report", str(tmp_path / "cost.json"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_documented_cost_was_computed_with_the_prices_of_the_script() -> None:
    assert f"Prices of us-east-1, {PRICES_OF}." in section_text((ROOT / "docs" / "cost.md").read_text(), NAME)


def test_a_price_is_that_of_units_time_and_gateway() -> None:
    recorded = Recording(200, None, ("GetItem",), reads=2, writes=1, cpu_ms=10, ms=99, logged=150)
    cost = price([recorded], memory=1769, architecture="arm64")
    assert (cost.ms, cost.dynamodb) == (15, 2 * 0.125 + 0.625)
    assert cost.lambda_ == pytest.approx(0.20 + 0.015 * 1769 / 1024 * 13.3334)
    assert cost.http == pytest.approx(cost.dynamodb + cost.lambda_ + 1)
    assert cost.rest == pytest.approx(cost.http + 2.5)
    # Half the memory is half the CPU: twice the time.
    assert price([recorded], memory=884, architecture="arm64").ms == 25


def test_the_documented_simulations_give_what_the_page_says() -> None:
    done = run("bench.scale", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_simulations_keep_to_what_is_known() -> None:
    assert read_modify_write(1, pause=False)[0] == 1
    assert read_modify_write(32, pause=True)[0] < read_modify_write(32, pause=False)[0]
    assert accepted_writes(offered=3000, shards=1, seconds=2) == 1000
    assert accepted_writes(offered=900, shards=1, seconds=2) == 900


def test_a_table_is_shown_between_its_marks_only(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- a -->\nold\n<!-- end of a -->\nafter\n")
    text = table(HEADER[:2], [("x", 1)])
    assert text == "| Operation | Calls |\n| --- | ---: |\n| x | 1 |"
    assert show(page, "a", text) is True
    assert show(page, "a", text) is False
    assert section_text(page.read_text(), "a") == text
    assert page.read_text().startswith("before\n") and page.read_text().endswith("\nafter\n")
