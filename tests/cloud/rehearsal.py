"""``make rehearse``: the whole life of a stage at an emulator of AWS, by the commands that people type.

The emulator (ministack) executes CloudFormation, API Gateway and Lambda; the deploy code is the one that speaks to AWS.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.cloud import at_ministack
from tests.support.cloud_integrations import check_kinds
from tests.support.cloud_life import Life, left_over
from tests.support.cloud_load import CLIENTS, under_load
from tests.support.cloud_parity import difference_lines, explained_differences

STAGES = {"http": "dev", "rest": "rest"}
QUICK = 3.0


def main() -> int:
    """The exit status: 0 when every step showed what it is there to show."""
    parser = argparse.ArgumentParser(prog="python -m tests.cloud.rehearsal", description=__doc__)
    parser.add_argument("--short", action="store_true", help="the HTTP API only, with fewer generated requests")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="homeport-") as folder, at_ministack(Path(folder)) as url:
        for flavor in ("http",) if options.short else ("http", "rest"):
            print(f"\n=== {flavor.upper()} API at {url}", flush=True)
            rehearse(Path(folder) / flavor, STAGES[flavor], 2 if options.short else 10)
            for line in check_kinds(flavor, Path(folder) / f"kinds-{flavor}"):
                print(f"integration as here: {line}", flush=True)
    return 0


def rehearse(folder: Path, stage: str, examples: int, say: Callable[[str], None] = print) -> None:
    """One stage from its first deploy to its end. Raises AssertionError where a step does not show what it should."""
    life = Life(folder / "project", stage)
    deploys(life, say)
    answers_as_at_home(life, examples, folder, say)
    holds_the_contract(life, examples, say)
    updates_under_load(life, say)
    survives_a_broken_deploy(life, say)
    goes_back(life, say)
    leaves_nothing(life, say)


def deploys(life: Life, say: Callable[[str], None]) -> None:
    done = life.run("deploy", "--yes")
    assert "smoke test: passed" in done.stdout, done.stdout
    say(f"deployed to {life.url()}")
    began, used = time.monotonic(), _processor_time()
    assert "no changes" in life.run("deploy", "--yes").stdout
    took, used = time.monotonic() - began, _processor_time() - used
    # What counts is what the deploy takes by itself: other work on this machine is not its own.
    assert used < QUICK, used
    say(f"deployed again: no changes, said in {took:.1f} s ({used:.1f} s of processor time)")


def _processor_time() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def answers_as_at_home(life: Life, examples: int, folder: Path, say: Callable[[str], None]) -> None:
    count, known, unknown = explained_differences(life, examples, folder)
    say(f"parity: {count} calls, {sum(known.values())} differences that are the emulator's:")
    for line in difference_lines(known):
        say(line)
    assert not unknown, unknown


def holds_the_contract(life: Life, examples: int, say: Callable[[str], None]) -> None:
    # The emulator is not API Gateway in what lies beside the functions: CORS, and its URLs' prefix.
    done = life.run("test", "--url", life.url(), "--max-examples", str(examples), "--phases", "fuzz")
    say(next(f"contract: {line}" for line in done.stdout.splitlines() if "cases of schemathesis" in line))


def updates_under_load(life: Life, say: Callable[[str], None]) -> None:
    item = life.create("kept through everything")
    life.mark_code("second")
    load = under_load(f"{life.url()}/items/{item}", lambda: life.run("deploy", "--yes", "--no-smoke"))
    say(f"updated under load: {load.summary}")
    # The emulator ends the process of a function whose code changes, with the one request that each client has in it.
    assert load.failed == load.broken_off <= CLIENTS, load.summary
    assert life.code_mark() == "second"
    life.item = item


def survives_a_broken_deploy(life: Life, say: Callable[[str], None]) -> None:
    with life.broken():
        done = life.run("deploy", "--yes", "--no-smoke", status=2)
    assert "the deploy failed: Broken (AWS::CloudFormation::WaitCondition)" in done.stderr, done.stderr
    assert "everything is as it was before" in done.stderr
    assert life.read(life.item) and life.code_mark() == "second"
    say(f"broken half-way: {done.stderr.strip()}")


def goes_back(life: Life, say: Callable[[str], None]) -> None:
    done = life.run("rollback", "--yes")
    assert "smoke test: passed" in done.stdout
    assert life.code_mark() == "" and life.read(life.item)
    say("rolled back: the first code answers, the item is still there")


def leaves_nothing(life: Life, say: Callable[[str], None]) -> None:
    done = life.run("destroy", "--yes")
    # Of an account, in a region, all REST APIs write their logs by one role. What stays is named.
    left = [each for each in left_over() if "-ApiLogRole-" not in each or "kept ApiLogRole" not in done.stdout]
    assert left == [], left
    say("destroyed: no stack, function, role, API, table, log group, alarm or bucket is left")


if __name__ == "__main__":
    sys.exit(main())
