"""The cost of a page of a list as the table grows: ``python -m bench.pages``.

Items are written in batches straight into the engine. A page of all items and one of a status, the first and one
further on, should take the same calls, the same capacity and the same time in a table of 100 items as of 100,000.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.recorded import RecordedService, Recording, Request, recorded_service
from bench.report import REPORTS, ROOT, table, write_report
from homeport.contract.fixtures.stack import running_stack
from homeport.dynamodb.client import dynamodb_client
from homeport.project.load import load_project

SIZES = (100, 1_000, 10_000, 100_000)
PAGE = 25
ROUNDS = 30
# How many times as long a page of the largest table may take: machines waver.
SLACK = 2.0
_BATCH = 25
_LOOKS, _CALM = 3, 2.0
"""How often the largest table is looked at again, and after how many seconds."""
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Page:
    """A page's calls and capacity, and the median of its time in milliseconds."""

    calls: tuple[str, ...]
    units: float
    ms: float


def main() -> int:
    """Fill, measure, fill more…; 1 if a page's cost grew with the table."""
    options = _parser().parse_args()
    measured = measure(options.items, options.rounds, options.slack)
    print(page_table(measured))
    write_report(options.report, plain(measured))
    grown = list(_grown(measured, options.slack))
    print("\n".join(grown) or "no cost grows with the table")
    return 1 if grown else 0


def measure(items: int, rounds: int = ROUNDS, slack: float = SLACK) -> dict[int, dict[str, Page]]:
    """The pages of a table that grows to so many items, by its size. What seems to grow is looked at again."""
    sizes = [size for size in SIZES if size <= items]
    with running_stack(ROOT) as stack:
        service = recorded_service(stack)
        measured = dict(_fill_and_measure(service, str(stack.dynamodb), sizes, rounds))
        for _ in range(_LOOKS):
            if not list(_grown(measured, slack)):
                break
            # Somebody else may have been busy on this machine; what really grew is as slow when looked at again.
            time.sleep(_CALM)
            measured[sizes[-1]] = _measure_all(service, rounds)
    return measured


def page_table(measured: Mapping[int, Mapping[str, Page]]) -> str:
    """A table of the pages: a column a size."""
    return table(["page of", *(f"{size:,} items" for size in measured)], list(_rows(measured)))


def plain(measured: Mapping[int, Mapping[str, Page]]) -> dict[str, Any]:
    """The same for JSON."""
    return {str(size): {name: _plain(page) for name, page in pages.items()} for size, pages in measured.items()}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--items", type=int, default=SIZES[-1], help="the largest table (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="pages of each kind (default: %(default)s)")
    parser.add_argument(
        "--slack",
        type=float,
        default=SLACK,
        help="how many times as long a page of the largest table may take (default: %(default)s)",
    )
    parser.add_argument("--report", type=Path, default=REPORTS / "pages.json", help="where the figures go")
    return parser


def _fill_and_measure(
    service: RecordedService, endpoint: str, sizes: Sequence[int], rounds: int
) -> Iterator[tuple[int, dict[str, Page]]]:
    """The pages of a table at each size that it grows to."""
    for before, size in itertools.pairwise((0, *sizes)):
        _fill(endpoint, before, size)
        yield size, _measure_all(service, rounds)
        print(f"measured {size:,} items", file=sys.stderr, flush=True)


def _fill(endpoint: str, first: int, end: int) -> None:
    project = load_project(ROOT, "local")
    name = project.resources.tables["ItemsTable"].name
    client = dynamodb_client(endpoint, project.stage.region)

    def write(start: int) -> None:
        puts: list[Any] = [{"PutRequest": {"Item": _item(number)}} for number in range(start, min(start + _BATCH, end))]
        reply = client.batch_write_item(RequestItems={name: puts})
        assert not reply["UnprocessedItems"]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(first, end, _BATCH)))


def _item(number: int) -> dict[str, Any]:
    made = {"S": (_FIRST + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
    return {
        "itemId": {"S": f"item-{number:06}"},
        "name": {"S": f"Item {number}"},
        "description": {"S": "Written straight into the table."},
        "price": {"N": str(number)},
        "status": {"S": "active"},
        "tags": {"L": [{"S": "bench"}]},
        "createdAt": made,
        "updatedAt": made,
        "version": {"N": "1"},
    }


def _lists(service: RecordedService) -> list[tuple[str, str]]:
    """The pages to measure, by name, as query strings; each list is read once, so that the engine knows its order."""
    lists = []
    for name, query in (("all items", f"limit={PAGE}"), ("one status", f"limit={PAGE}&status=active")):
        cursor = service(Request("list_items", query=query)).body["cursor"]
        lists += [(f"{name}, first", query), (f"{name}, next", f"{query}&cursor={cursor}")]
    return lists


def _measure_all(service: RecordedService, rounds: int) -> dict[str, Page]:
    return {name: _measure(service, query, rounds) for name, query in _lists(service)}


def _measure(service: RecordedService, query: str, rounds: int) -> Page:
    recordings = [service(Request("list_items", query=query)) for _ in range(rounds)]
    assert all(recording.status == 200 and len(recording.body["items"]) == PAGE for recording in recordings)
    last: Recording = recordings[-1]
    return Page(last.calls, last.reads, statistics.median(recording.ms for recording in recordings))


def _rows(measured: Mapping[int, Mapping[str, Page]]) -> Any:
    for name in next(iter(measured.values())):
        pages = [pages[name] for pages in measured.values()]
        yield [name, *(f"{'+'.join(page.calls)}, {page.units:g} units, {page.ms:.1f} ms" for page in pages)]


def _plain(page: Page) -> dict[str, Any]:
    return {"calls": list(page.calls), "units": page.units, "ms": round(page.ms, 2)}


def _grown(measured: Mapping[int, Mapping[str, Page]], slack: float) -> Any:
    """Yield the pages that grew, in words."""
    smallest, *_, largest = measured.values() if len(measured) > 1 else [*measured.values()] * 2
    for name, before in smallest.items():
        after = largest[name]
        if (after.calls, after.units) != (before.calls, before.units):
            yield f"{name}: {before.calls} and {before.units} units became {after.calls} and {after.units}"
        if after.ms > slack * before.ms:
            yield f"{name}: {before.ms:.1f} ms became {after.ms:.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
