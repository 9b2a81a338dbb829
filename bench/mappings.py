"""A mock with mapping templates beside a function without a database, in one REST API: ``python -m bench.mappings``.

Both routes are in one gateway, and rounds of their calls alternate: a slow moment of the machine hits both. The ratio
is the median of the rounds' own ratios.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from bench.client import RawClient
from bench.report import say, table
from bench.stacks import HELLO, write_project
from homeport.contract.fixtures.stack import running_stack

MOST_TIMES = 1.2
"""The limit of the mock's p50, by that of the function's."""

REQUEST = """\
#set($limit = $input.params('limit'))
{"statusCode": 200, "limit": "$util.escapeJavaScript($limit)"}
"""
RESPONSE = """\
#set($names = ["one", "two", "three"])
{"id": "$input.params('id')", "path": "$context.resourcePath", "call": "$context.requestId", "names": [
#foreach($name in $names)
  {"name": "$name", "number": $foreach.count}#if($foreach.hasNext),#end
#end
]}
"""
_ROUND, _WARM = 50, 5


def _spec() -> str:
    mock = {
        "type": "mock",
        "requestTemplates": {"application/json": REQUEST},
        "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": RESPONSE}}},
    }
    ok = {"200": {"description": "ok"}}
    variable = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    paths = {
        "/hello": {"get": {"operationId": "hello", "responses": ok}},
        "/things/{id}": {
            "parameters": [variable],
            "get": {"responses": ok, "x-amazon-apigateway-integration": mock},
        },
    }
    return json.dumps({"openapi": "3.0.3", "info": {"title": "Mapped", "version": "1"}, "paths": paths})


ROUTES = {"a function without a database": "/hello", "a mock with templates": "/things/7?limit=10"}


def measure(rounds: int) -> dict[str, Any]:
    """Return the medians in microseconds by route, and the ratio of the second to the first."""
    with tempfile.TemporaryDirectory(prefix="homeport-") as folder:
        root = write_project(Path(folder), _spec(), {"hello": HELLO}, "rest")
        with running_stack(root, ("--dynamodb", "none")) as stack:
            client = RawClient(stack.url)
            taken: dict[str, list[list[float]]] = {name: [] for name in ROUTES}
            for number in range(rounds + 1):
                for name in ROUTES if number % 2 else reversed(ROUTES):
                    durations = [client.time_request("GET", ROUTES[name]) for _ in range(_WARM + _ROUND)]
                    if number:
                        taken[name].append(durations[_WARM:])
            client.close()
    function, mock = (list(map(statistics.median, rounds_of)) for rounds_of in taken.values())
    ratio = statistics.median(one / other for one, other in zip(mock, function, strict=True))
    return {
        "p50_us": {name: round(statistics.median(chain.from_iterable(each))) for name, each in taken.items()},
        "ratio": round(ratio, 3),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; the exit status is 1 where the limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.mappings", description=__doc__)
    parser.add_argument("--rounds", type=int, default=40, help="rounds of 50 calls of each (default: %(default)s)")
    options = parser.parse_args(arguments)
    say(f"{options.rounds} rounds")
    figures = measure(options.rounds)
    rows = [[name, f"{taken:,}"] for name, taken in figures["p50_us"].items()]
    print(table(["route of a REST API", "p50, µs"], rows))
    reached = figures["ratio"] <= MOST_TIMES
    print(f"ratio {figures['ratio']:.2f}, at most {MOST_TIMES:g}: {'reached' if reached else 'missed'}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
