"""The cost of recording: GET item with and without it, in one run: ``python -m bench.recording``.

Two stacks run side by side. Short rounds of each take turns, so that a slow moment of the machine hits both; what
counts is the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import json
import statistics

from bench.client import RawClient
from bench.report import ROOT
from homeport.contract.fixtures.stack import Stack, running_stack

CALLS = 25
WARM_UP = 200
ITEM = {"itemId": "bench", "name": "Widget", "price": 9.5, "tags": ["a", "b"]}


def main() -> None:
    """Measure and print one line of JSON: medians in microseconds, and the ratio."""
    parser = argparse.ArgumentParser(prog="python -m bench.recording", description=__doc__)
    parser.add_argument("--rounds", type=int, default=80, help="rounds of each (default: %(default)s)")
    rounds = parser.parse_args().rounds
    with running_stack(ROOT, ("--no-data", "--inspected")) as recorded, running_stack(ROOT, ("--no-data",)) as plain:
        print(json.dumps(compare(_client(recorded), _client(plain), rounds)))


def compare(recorded: RawClient, plain: RawClient, rounds: int) -> dict[str, float]:
    """The medians, and the median ratio of a round with recording to the one without beside it."""
    with_it: list[float] = []
    without: list[float] = []
    for number in range(rounds):
        pair = [(recorded, with_it), (plain, without)]
        for client, medians in pair if number % 2 else reversed(pair):
            medians.append(statistics.median(client.time_request("GET", "/items/bench") for _ in range(CALLS)))
    ratios = [one / other for one, other in zip(with_it, without, strict=True)]
    return {
        "recorded_p50_us": round(statistics.median(with_it)),
        "plain_p50_us": round(statistics.median(without)),
        "ratio": round(statistics.median(ratios), 3),
    }


def _client(stack: Stack) -> RawClient:
    client = RawClient(stack.url)
    status, body = client.request("POST", "/items", json.dumps(ITEM).encode())
    assert status == 201, body
    for _ in range(WARM_UP):
        client.time_request("GET", "/items/bench")
    return client


if __name__ == "__main__":
    main()
