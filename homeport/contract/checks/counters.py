"""Counters: a list that says how often an operation was called says so of every call, and of no other."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.resource_client import items_at, value_at
from homeport.contract.checks.session import Session
from homeport.contract.rest.places import parameters_of
from homeport.contract.rest.resource import Counter, Resource

_AT_ONCE = 10
# A route of any method documents them all alike.
_METHODS = ("POST", "GET", "PUT", "PATCH", "DELETE")
_TIMEOUT = 2.0


def _counts_follow_requests(session: Session, resource: Resource) -> Iterator[Breach]:
    for counter in session.model.counters:
        if counter.listing.operation in resource.operations and not counter.listing.eventual:
            yield from _Count(session, counter).run()


class _Count:
    """Calls of one operation under ids that the run made up, and what the list says of them."""

    def __init__(self, session: Session, counter: Counter) -> None:
        self._session, self._counter = session, counter
        self._names = parameters_of(counter.write.path)
        self._id = f"count-{session.random.getrandbits(40):010x}"

    def run(self) -> Iterator[Breach]:
        """Learn from a first call what one call counts, then make more: one by one, at once, and beside it."""
        first = self._call(self._id)
        key = value_at(first.json, (self._counter.key,)) if first.ok else None
        if key is None:
            self._session.note_untested(f"{self._counter.write.path} is answered with {first.status}")
            return
        each, learned = self._wait(key, None)
        if each is None or each < 1:
            self._session.note_untested("the list does not show what was counted")
            return
        # How much one call counts is the API's own affair; each further one counts as much.
        total = each
        for calls in (self._one_by_one, self._at_once):
            answers = calls()
            done = sum(answer.ok for answer in answers)
            total += done * each
            found, page = self._wait(key, total)
            most = total + (len(answers) - done) * each
            if found is None or not total <= found <= most:
                happened = f"after {done} more calls of {key} were answered with success, its {self._counter.count} is "
                happened += f"{found} instead of {total}"
                exchanges = (first.exchange, answers[-1].exchange, page.exchange)
                yield Breach(self._counter.write, happened, exchanges, subject=f"/{self._counter.count}")
                return
            total = found
            if self._adds_up(learned) and self._adds_up(page) is False:
                name = self._counter.count
                happened = f"{name} of the whole list is {page.json[name]}, which is not the sum of all that it shows"
                yield Breach(self._counter.listing.operation, happened, (learned.exchange, page.exchange), f"/{name}")
        yield from self._others_stay(key, total)

    def _others_stay(self, key: Any, total: int) -> Iterator[Breach]:
        """Yield what calls of similar ids changed."""
        for other in (f"{self._id}/a", self._id.upper(), f"{self._id}-", self._id[:-1]):
            answer = self._call(other)
            shown = value_at(answer.json, (self._counter.key,)) if answer.ok else None
            if shown is None or shown == key:
                continue
            page = self._page()
            found = self._count(page, key)
            if found is not None and found != total:
                happened = f"a call of {shown} changed the {self._counter.count} of {key} from {total} to {found}"
                exchanges = (answer.exchange, page.exchange)
                yield Breach(self._counter.write, happened, exchanges, subject=f"/{self._counter.key}")
                return

    def _one_by_one(self) -> list[Answer]:
        return [self._call(self._id, method) for method in _METHODS]

    def _at_once(self) -> list[Answer]:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(self._call, [self._id] * _AT_ONCE))

    def _call(self, id_: str, method: str = "POST") -> Answer:
        write = self._counter.write
        values = {name: self._session.values.parameter(write, name) for name in self._names[:-1]}
        body = self._session.values.body(write, Resource(""))
        more: dict[str, Any] = {} if body is None else {"body": body}
        method = method if write.method == "ANY" else ""
        if method == "GET":
            more = {}
        path = {**values, self._names[-1]: id_}
        return self._session.client.send(write, path, headers=self._session.headers(write), method=method, **more)

    def _wait(self, key: Any, wanted: int | None) -> tuple[int | None, Answer]:
        """Return the count of a key, once it is the one that is wanted or does not become so."""
        ends = time.monotonic() + _TIMEOUT
        while True:
            page = self._page()
            found = self._count(page, key)
            if (found is not None and wanted in (None, found)) or time.monotonic() > ends:
                return found, page
            time.sleep(0.1)

    def _page(self) -> Answer:
        listing = self._counter.listing
        query = self._session.query(listing.operation)
        if listing.limit is not None and listing.limit.maximum is not None:
            query[listing.limit.parameter] = listing.limit.maximum
        return self._session.client.send(listing.operation, query=query)

    def _adds_up(self, page: Answer) -> bool | None:
        """Return whether a number of the page with the counts' name is their sum; None where it need not be."""
        listing, name = self._counter.listing, self._counter.count
        shown = page.json if isinstance(page.json, Mapping) else {}
        counts = [one.get(name) for one in items_at(shown, listing.items) if isinstance(one, Mapping)]
        most = listing.limit.maximum if listing.limit is not None else None
        if most is None or len(counts) >= most or not isinstance(shown.get(name), int):
            return None
        return bool(sum(one for one in counts if isinstance(one, int)) == shown[name])

    def _count(self, page: Answer, key: Any) -> int | None:
        for item in items_at(page.json, self._counter.listing.items):
            if isinstance(item, Mapping) and item.get(self._counter.key) == key:
                found = item.get(self._counter.count)
                return found if isinstance(found, int) else None
        return None


CHECKS = (
    Check(
        name="counts-follow-requests",
        kind="sequences",
        promise="A list that counts the calls of an operation counts each of them once, however many come at once",
        origin="the document: the list has a number for what the operation answers with",
        run=_counts_follow_requests,
    ),
)
