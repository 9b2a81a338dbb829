"""The numbers that docs/scale.md claims: ``python -m bench.scale`` works them out and renews its tables.

Small simulations with a fixed seed, so that they give the same numbers everywhere; AWS's limits are constants.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
import sys
from collections.abc import Callable

from bench.report import ROOT, section_text, show, table

PAGE = ROOT / "docs" / "scale.md"

PARTITION_WRITES = 1000
"""Write units a second of one partition:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
"""
READ_UNIT = 4096
ITEM_BYTES = 250
CALL_MS = 5.0
FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 25.0, 1600.0
SEED = 1


def main() -> int:
    """Renew the tables; or compare with what the page says: 1 if that is something else."""
    options = _parser().parse_args()
    changed = []
    for name, make in TABLES.items():
        text = make()
        print(f"{name}\n{text}\n")
        if section_text(PAGE.read_text(), name) != text:
            changed.append(name)
            if not options.check:
                show(PAGE, name, text)
    print(f"docs/scale.md had other numbers in: {', '.join(changed)}" if changed else "docs/scale.md says the same")
    return int(options.check and bool(changed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with docs/scale.md, change nothing")
    return parser


def read_modify_write(writers: int, *, pause: bool) -> tuple[float, float]:
    """Return the tries and milliseconds of ``writers`` that each change one item once with If-Match, on average.

    A try is a read and a conditional write; it fails if another writer's write came between them. Those who fail try
    again, at once or after a random pause whose limit doubles.
    """
    chance = random.Random(SEED)
    version, tries, now = 0, 0, 0.0
    # Each event is a writer's next call: a read, or a write with the version that it read.
    events: list[tuple[float, int, int | None, int]] = [
        (chance.uniform(0, CALL_MS), writer, None, 1) for writer in range(writers)
    ]
    heapq.heapify(events)
    while events:
        now, writer, read, turn = heapq.heappop(events)
        if read is None:
            heapq.heappush(events, (now + _call(chance), writer, version, turn))
            continue
        tries += 1
        if read == version:
            version += 1
            continue
        limit = min(FIRST_PAUSE_MS * 2 ** (turn - 1), LONGEST_PAUSE_MS)
        wait = chance.uniform(0, limit) if pause else 0.0
        heapq.heappush(events, (now + _call(chance) + wait, writer, None, turn + 1))
    return tries / writers, now


def _call(chance: random.Random) -> float:
    return chance.uniform(0.6, 1.4) * CALL_MS


def accepted_writes(offered: int, shards: int, seconds: int = 30) -> float:
    """Writes a second that an index takes whose items all have one status, spread over so many keys at random."""
    chance = random.Random(SEED)
    accepted = 0
    for _ in range(seconds):
        left = [PARTITION_WRITES] * shards
        for _ in range(offered):
            shard = chance.randrange(shards)
            if left[shard] > 0:
                left[shard] -= 1
                accepted += 1
    return accepted / seconds


def merged_page(shards: int, page: int = 25, rounds: int = 2000) -> tuple[float, float]:
    """Queries and read units for a page of the newest items out of so many shards, on average.

    Each shard is asked for its fair share and half as much again; one that gave all it was asked for, and may have
    more that belong on the page, is asked again.
    """
    chance = random.Random(SEED)
    queries = units = 0.0
    share = page + 1 if shards == 1 else math.ceil(1.5 * page / shards) + 1
    for _ in range(rounds):
        belongs = [0] * shards
        for _ in range(page):
            belongs[chance.randrange(shards)] += 1
        calls = sum(max(math.ceil((mine + 1) / share), 1) for mine in belongs)
        queries += calls
        units += calls * _read_units(share * ITEM_BYTES)
    return queries / rounds, units / rounds


def busy_environments(rate: int, ms: float, seconds: int = 60) -> tuple[float, int]:
    """Environments that are busy at once: on average, and at the worst moment of a minute of random arrivals."""
    chance = random.Random(SEED)
    busy: list[float] = []
    now, most = 0.0, 0
    while now < seconds:
        now += chance.expovariate(rate)
        while busy and busy[0] <= now:
            heapq.heappop(busy)
        heapq.heappush(busy, now + ms / 1000)
        most = max(most, len(busy))
    return rate * ms / 1000, most


def whole_scan(items: int, clients: int, limit: int, ms: float) -> tuple[int, float, float]:
    """Requests, read units in millions, and hours to list so many items through the API by so many clients at once."""
    requests = math.ceil(items / limit)
    units = requests * _read_units((limit + 1) * ITEM_BYTES)
    return requests, units / 1e6, requests * ms / 1000 / 3600 / clients


def _read_units(size: int) -> float:
    return math.ceil(size / READ_UNIT) * 0.5


def _hot_item() -> str:
    rows = []
    for writers in (1, 4, 16, 64):
        at_once, at_once_ms = read_modify_write(writers, pause=False)
        paused, paused_ms = read_modify_write(writers, pause=True)
        rows.append((writers, f"{at_once:.1f}", f"{at_once_ms:.0f} ms", f"{paused:.1f}", f"{paused_ms:.0f} ms"))
    return table(("Writers", "Tries each, at once", "all done in", "Tries each, with pauses", "all done in"), rows)


def _index() -> str:
    offered = (500, 1000, 2000, 5000)
    rows = [
        (shards, *(f"{accepted_writes(rate, shards):,.0f}" for rate in offered), *map(_short, merged_page(shards)))
        for shards in (1, 2, 4, 8)
    ]
    header = ["Shards", *(f"of {rate:,}/s" for rate in offered), "Queries a page", "Read units a page"]
    return table(header, rows)


def _concurrency() -> str:
    rows = []
    for rate in (100, 1000, 5000):
        fast, slow = busy_environments(rate, 15), busy_environments(rate, 200)
        rows.append((f"{rate:,}/s", f"{fast[0]:.1f}", fast[1], f"{slow[0]:,.0f}", f"{slow[1]:,}"))
    return table(("Requests", "busy at 15 ms", "at most", "busy at 200 ms", "at most"), rows)


def _lists() -> str:
    rows = []
    for items in (1_000_000, 1_000_000_000):
        for clients in (1, 64):
            requests, units, hours = whole_scan(items, clients, 100, 40)
            rows.append((f"{items:,}", clients, f"{requests:,}", f"{units:,.2f}", _span(hours)))
    return table(("Items", "Clients", "Requests", "Million read units", "Time"), rows)


def _short(number: float) -> str:
    return f"{number:.1f}"


def _span(hours: float) -> str:
    for unit, length in (("days", 24.0), ("h", 1.0), ("min", 1 / 60)):
        if hours >= 2 * length:
            return f"{hours / length:.1f} {unit}"
    return f"{hours * 3600:.0f} s"


TABLES: dict[str, Callable[[], str]] = {
    "hot item": _hot_item,
    "index by status": _index,
    "concurrency": _concurrency,
    "whole lists": _lists,
}


if __name__ == "__main__":
    sys.exit(main())
