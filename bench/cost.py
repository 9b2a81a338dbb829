"""The cost of each operation on AWS: ``python -m bench.cost`` renews the table in docs/cost.md.

The calls of DynamoDB and their capacity are recorded while the service's own handlers run; prices are AWS's.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.recorded import RecordedService, Recording, Request, recorded_service
from bench.report import REPORTS, ROOT, section_text, show, table, write_report
from homeport.contract.fixtures.stack import running_stack
from homeport.project.load import load_project

PAGE = ROOT / "docs" / "cost.md"
NAME = "cost of operations"
HEADER = ("Operation", "Calls", "Read units", "Write units", "Lambda ms", "DynamoDB", "Lambda", "HTTP API", "REST API")
RECORDED = 4
"""So many columns say what was recorded; the others depend on this machine's pace, and on prices."""

PRICES_OF = "January 2026"
"""us-east-1, on demand, without free tiers and discounts:
https://aws.amazon.com/api-gateway/pricing/ https://aws.amazon.com/lambda/pricing/
https://aws.amazon.com/dynamodb/pricing/on-demand/
"""
DOLLARS_A_MILLION = {"http": 1.00, "rest": 3.50, "invocation": 0.20, "read unit": 0.125, "write unit": 0.625}
DOLLARS_A_GB_OF_LOG = 0.50
"""https://aws.amazon.com/cloudwatch/pricing/"""
DOLLARS_A_GB_SECOND = {"arm64": 0.0000133334, "x86_64": 0.0000166667}

PLATFORM_LOG_BYTES = 310
"""Lambda's own lines of a request, START, END and REPORT."""
FULL_CPU_MB = 1769
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""
ANSWER_MS = {"BatchGetItem": 10, "Query": 10, "Scan": 10, "TransactWriteItems": 15}
ANSWER_MS_ELSE = 5
"""Milliseconds until DynamoDB answers: assumed, AWS says "single-digit" of reads and writes of one item."""

ITEM = {
    "name": "Desk lamp",
    "description": "Bends in three places.",
    "price": 24.9,
    "status": "active",
    "tags": ["light", "office"],
}


@dataclass(frozen=True, slots=True)
class Case:
    """A row: how to get ready for it, and the request that is recorded; both get the number of the round."""

    name: str
    request: Callable[[int], Request]
    ready: Callable[[int], Request] | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """The use of a request, and the cost of a million of them in dollars, by flavor all in all.

    ``logged`` is the bytes of its log.
    """

    calls: tuple[str, ...]
    reads: float
    writes: float
    ms: float
    dynamodb: float
    lambda_: float
    http: float
    rest: float
    logged: int


def put(item_id: str, **changed: Any) -> Request:
    """A PUT of the typical item."""
    return Request("replace_item", "PUT", item_id=item_id, body={**ITEM, **changed})


def post(item_id: str, **headers: str) -> Request:
    """A POST of the typical item."""
    return Request("create_item", "POST", body={**ITEM, "itemId": item_id}, headers=headers)


def batch(count: int) -> Request:
    """A request for some of the items that are there."""
    ids = [f"there-{number}" for number in range(count)]
    return Request("batch_get_items", "POST", "/items/batch-get", body={"itemIds": ids})


CASES = (
    Case("`createItem`", lambda n: post(f"new-{n}")),
    Case("`createItem` with an `Idempotency-Key`", lambda n: post(f"once-{n}", **{"Idempotency-Key": f"key-{n}"})),
    Case("`getItem`", lambda n: Request("get_item", item_id="there-0")),
    Case("`batchGetItems`, 25 items", lambda n: batch(25)),
    Case("`batchGetItems`, 100 items", lambda n: batch(100)),
    Case("`listItems`, 25 items", lambda n: Request("list_items", query="limit=25")),
    Case("`listItems` of a status, 25 items", lambda n: Request("list_items", query="limit=25&status=active")),
    Case("`replaceItem`", lambda n: put("there-0")),
    Case("`replaceItem` that creates", lambda n: put(f"put-{n}")),
    Case("`changeItem`", lambda n: patch("there-0", {"price": n})),
    Case(
        "`changeItem` of the status", lambda n: patch(f"moved-{n}", {"status": "draft"}), lambda n: post(f"moved-{n}")
    ),
    Case("`deleteItem`", lambda n: Request("delete_item", "DELETE", item_id=f"gone-{n}"), lambda n: post(f"gone-{n}")),
)


def patch(item_id: str, body: Any) -> Request:
    """A PATCH of an item."""
    return Request("change_item", "PATCH", item_id=item_id, body=body)


def main() -> int:
    """Record, then renew the table; or compare with what it says: 1 if that is something else."""
    options = _parser().parse_args()
    stage = load_project(ROOT, "prod").stage
    arguments = ("--no-data", *(("--dynamodb", options.dynamodb) if options.dynamodb else ()))
    with running_stack(ROOT, arguments) as stack:
        service = recorded_service(stack)
        for number in range(100):
            service(put(f"there-{number}"))
        costs = {
            case.name: price(_record(service, case, options.rounds), stage.memory, stage.architecture) for case in CASES
        }
    rows = [row(name, cost) for name, cost in costs.items()]
    write_report(
        options.report,
        {name: dict(zip(HEADER[1:], cells[1:], strict=True)) for name, cells in zip(costs, rows, strict=True)},
    )
    print(table(HEADER, rows))
    if options.check:
        return _compare(rows)
    renewed = show(PAGE, NAME, shown_costs(rows, costs.values()))
    print("docs/cost.md is renewed" if renewed else "docs/cost.md says so already")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.cost", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="compare calls and units with docs/cost.md, change nothing"
    )
    parser.add_argument("--dynamodb", metavar="URL", help="record on this DynamoDB (default: the embedded one)")
    parser.add_argument("--rounds", type=int, default=15, help="requests of each kind (default: %(default)s)")
    parser.add_argument("--report", type=Path, default=REPORTS / "cost.json", help="where the figures go")
    return parser


def _record(service: RecordedService, case: Case, rounds: int) -> Sequence[Recording]:
    return list(_recordings(service, case, rounds))


def _recordings(service: RecordedService, case: Case, rounds: int) -> Iterator[Recording]:
    for number in range(rounds):
        if case.ready is not None:
            service(case.ready(number))
        recording = service(case.request(number))
        assert recording.status < 300, f"{case.name}: {recording.status} {recording.body}"
        yield recording


def price(recordings: Sequence[Recording], memory: int, architecture: str) -> Cost:
    """The cost of a request that was recorded some times; ``memory`` is MB."""
    one = recordings[-1]
    assert all((each.calls, each.reads, each.writes) == (one.calls, one.reads, one.writes) for each in recordings)
    cpu = statistics.median(each.cpu_ms for each in recordings) * max(FULL_CPU_MB / memory, 1)
    ms = round(cpu + sum(ANSWER_MS.get(call, ANSWER_MS_ELSE) for call in one.calls))
    dynamodb = one.reads * DOLLARS_A_MILLION["read unit"] + one.writes * DOLLARS_A_MILLION["write unit"]
    seconds = ms / 1000 * 1_000_000
    lambda_ = DOLLARS_A_MILLION["invocation"] + seconds * memory / 1024 * DOLLARS_A_GB_SECOND[architecture]
    both = dynamodb + lambda_
    http, rest = both + DOLLARS_A_MILLION["http"], both + DOLLARS_A_MILLION["rest"]
    return Cost(one.calls, one.reads, one.writes, ms, dynamodb, lambda_, http, rest, one.logged)


def shown_costs(rows: Sequence[Sequence[str]], costs: Iterable[Cost]) -> str:
    """The table and what is below it."""
    logged = round(statistics.mean(cost.logged for cost in costs) / 10) * 10 + PLATFORM_LOG_BYTES
    dollars = logged * 1_000_000 / 1e9 * DOLLARS_A_GB_OF_LOG
    logs = f"A request logs about {logged} bytes: ${dollars:.2f} a million in CloudWatch Logs."
    return f"{table(HEADER, rows)}\n\nPrices of us-east-1, {PRICES_OF}. {logs}"


def row(name: str, cost: Cost) -> tuple[str, ...]:
    """A line of the table."""
    dollars = (f"${amount:.3f}" for amount in (cost.dynamodb, cost.lambda_, cost.http, cost.rest))
    return name, "+".join(cost.calls), f"{cost.reads:g}", f"{cost.writes:g}", f"{cost.ms:.0f}", *dollars


def _lines() -> Sequence[str]:
    return [line for line in section_text(PAGE.read_text(), NAME).splitlines() if line.startswith("| `")]


def _compare(rows: Sequence[Sequence[str]]) -> int:
    said = [line.strip("| ").split(" | ")[:RECORDED] for line in _lines()]
    recorded = [list(cells[:RECORDED]) for cells in rows]
    for before, now in zip(said, recorded, strict=True):
        if before != now:
            print(f"docs/cost.md says {before}, recorded was {now}", file=sys.stderr)
    return int(said != recorded)


if __name__ == "__main__":
    sys.exit(main())
