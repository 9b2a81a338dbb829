"""Many writers of one item, and many retries of one POST: ``python -m bench.races``.

In each round all writers send the same ETag at once, and one of them wins; then all of them write at once without any,
and each of them wins. So after every round the versions of all successes must be the next ones, each given once.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.client import RawClient
from bench.report import REPORTS, ROOT, write_report
from homeport.contract.fixtures.stack import running_stack
from service.preconditions import etag

_WARMING = 20

Item = dict[str, Any]
Answer = tuple[int, Item]


class Crowd:
    """A number of clients of one API at once, each with a connection of its own."""

    def __init__(self, url: str, size: int) -> None:
        self.size = size
        self.url = url
        self._local = threading.local()
        self._pool = ThreadPoolExecutor(size)
        self._gate = threading.Barrier(size)

    def all_at_once(self, request: Callable[[RawClient, int], Answer]) -> list[Answer]:
        """Have everyone send a request at the same time; the answers."""

        def take_part(number: int) -> Answer:
            self._gate.wait()
            return request(self._client(), number)

        return list(self._pool.map(take_part, range(self.size)))

    def warm(self, request: Callable[[RawClient, int], Answer]) -> None:
        """Have everyone send a request until a function has an environment for each of them."""
        for _ in range(_WARMING):
            if all(status < 500 for status, _ in self.all_at_once(request)):
                return
        raise SystemExit("the stack doesn't keep up with so many clients at once: use --writers")

    def share(self, count: int, request: Callable[[RawClient], Answer]) -> list[Answer]:
        """Have a number of requests sent by whoever is free; the answers."""
        return list(self._pool.map(lambda _: request(self._client()), range(count)))

    def close(self) -> None:
        """Send everyone home."""
        self._pool.shutdown()

    def _client(self) -> RawClient:
        if not hasattr(self._local, "client"):
            self._local.client = RawClient(self.url)
        client: RawClient = self._local.client
        return client


def main() -> int:
    """Race, and say what was lost: 1 if anything was."""
    options = _parser().parse_args()
    with running_stack(ROOT) as stack:
        crowd = Crowd(stack.url, options.writers)
        start = time.perf_counter()
        lost = race(crowd, options.rounds)
        seconds = time.perf_counter() - start
        lost += retry(crowd, options.retries)
        crowd.close()
    writes = options.rounds * (options.writers + 1)
    print(f"{options.writers} writers, {options.rounds} rounds, {writes} writes made in {seconds:.0f} s")
    print(f"{options.retries} retries of one POST")
    print("\n".join(lost) or "nothing lost: versions without gap, one item")
    figures = {"writers": options.writers, "rounds": options.rounds, "retries": options.retries, "lost": lost}
    write_report(options.report, {**figures, "writes": writes, "seconds": round(seconds, 1)})
    return 1 if lost else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.races", description=__doc__)
    parser.add_argument("--writers", type=int, default=64, help="writers at the same time (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=200, help="rounds of writing (default: %(default)s)")
    parser.add_argument("--retries", type=int, default=1000, help="retries of one POST (default: %(default)s)")
    parser.add_argument("--report", type=Path, default=REPORTS / "races.json", help="where the figures go")
    return parser


def race(crowd: Crowd, rounds: int) -> list[str]:
    """Write one item from all sides; what was lost, in words."""
    crowd.warm(lambda client, _: send(client, "PATCH", "/items/nothing", {}))
    client = RawClient(crowd.url)
    item = ask(client, "PUT", "/items/race", {"name": "At the start"})
    lost: list[str] = []
    for number in range(rounds):
        tagged = crowd.all_at_once(writer(f"{number} tagged", {"If-Match": etag(item)}))
        plain = crowd.all_at_once(writer(f"{number} plain", {}))
        before, item = item, ask(client, "GET", "/items/race")
        lost += [f"round {number}: {loss}" for loss in losses(before, tagged, plain, item)]
    return lost


def writer(name: str, headers: dict[str, str]) -> Callable[[RawClient, int], Answer]:
    """Return the change that each client makes to the item."""
    return lambda client, number: send(client, "PATCH", "/items/race", {"name": f"{name} {number}"}, headers)


def losses(before: Item, tagged: Sequence[Answer], plain: Sequence[Answer], after: Item) -> Iterator[str]:
    """Return the faults of a round that found an item as ``before`` and left it as ``after``.

    A writer that was answered with a 5xx doesn't know whether it has written: a machine out of breath gives those.
    """
    unsure = sum(status >= 500 for status, _ in [*tagged, *plain])
    for name, answers, expected in (("one ETag", tagged, {200, 412}), ("no ETag", plain, {200})):
        other = Counter(status for status, _ in answers if status not in expected and status < 500)
        if other:
            yield f"writers with {name} were answered {dict(other)}"
    winners = sum(status == 200 for status, _ in tagged)
    if not 1 - unsure <= winners <= 1:
        yield f"of the writers with one ETag {winners} won"
    made = [(body["version"], body["name"]) for status, body in [*tagged, *plain] if status == 200]
    known = dict(made)
    versions = range(before["version"] + 1, after["version"] + 1)
    if len(known) != len(made) or not known.keys() <= set(versions):
        yield f"versions {sorted(version for version, _ in made)} were given, of {versions.start} to {after['version']}"
    if len(versions) - len(known) > unsure:
        yield f"{len(versions) - len(known)} versions of {len(versions)} are nobody's"
    if known.get(after["version"], after["name"]) != after["name"]:
        yield f"the item is {after}, not what its last writer was told"


def retry(crowd: Crowd, retries: int) -> list[str]:
    """Send one POST with a key over and over; what is wrong with the answers, in words."""
    crowd.warm(lambda client, _: send(client, "POST", "/items", {}))
    body, key = {"name": "Once", "status": "archived"}, {"Idempotency-Key": "one-post"}
    answers = crowd.share(retries, lambda client: send(client, "POST", "/items", body, key))
    lost = []
    if other := Counter(status for status, _ in answers if status != 201 and status < 500):
        lost.append(f"retries were answered {dict(other)}")
    made = {json.dumps(answer, sort_keys=True) for status, answer in answers if status == 201}
    if len(made) != 1:
        lost.append(f"retries got {len(made)} different answers")
    page = ask(RawClient(crowd.url), "GET", "/items?status=archived&limit=100")
    if len(page["items"]) != 1:
        lost.append(f"one POST made {len(page['items'])} items")
    return lost


def ask(client: RawClient, method: str, path: str, body: Any = None) -> Any:
    """The JSON of an answer, which comes in the end."""
    for _ in range(_WARMING):
        status, answer = send(client, method, path, body)
        if status < 500:
            return answer
    raise SystemExit(f"{method} {path} fails over and over: {answer}")


def send(client: RawClient, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
    """Send a request and return the JSON of the response."""
    status, raw = client.request(method, path, b"" if body is None else json.dumps(body).encode(), headers or {})
    return status, json.loads(raw or b"null")


if __name__ == "__main__":
    sys.exit(main())
