"""Counters: a list that says how often an operation was called says so of every call, and of no other."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.resource_client import items_at
from homeport.contract.checks.session import Session
from homeport.contract.rest.places import parameters_of
from homeport.contract.rest.resource import Counter, Resource
from homeport.contract.rest.shapes import answer_schema, value_at
from homeport.contract.rest.written_orders import words_of
from homeport.project.schema.references import resolve_map

_AT_ONCE = 10
# A route of any method documents them all alike.
_METHODS = ("POST", "GET", "PUT", "PATCH", "DELETE")
_TIMEOUT = 2.0
_SEVERAL = 4
_MOST_FIRST = re.compile(r"\b(most|highest|rank(ed|ing)?|top)\b", re.IGNORECASE)
_TIES_BY_KEY = re.compile(
    r"\b(as many|equal(ly)?|same|ties?|tied)\b[^.]*\bby (their |its |the )?(names?|ids?|keys?|routes?|paths?)\b",
    re.IGNORECASE,
)
_OF_ALL = re.compile(r"\b(all|every|total|whole)\b", re.IGNORECASE)
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
_SHORT = ("*.Query=page:1", "*.Scan=page:1")


def _counts_follow_requests(session: Session, resource: Resource) -> Iterator[Breach]:
    for counter in session.model.counters:
        if counter.listing.operation in resource.operations and not counter.listing.eventual:
            yield from _Count(session, counter).run()


def _counts_are_whole(session: Session, resource: Resource) -> Iterator[Breach]:
    for counter in session.model.counters:
        if counter.listing.operation in resource.operations:
            yield from _Count(session, counter).read_in_short_pages()


def _ranking_is_as_described(session: Session, resource: Resource) -> Iterator[Breach]:
    for counter in session.model.counters:
        if counter.listing.operation in resource.operations:
            yield from _Count(session, counter).read_ranking()


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

    def read_ranking(self) -> Iterator[Breach]:
        """Count some ids equally often and one oftener, and hold the list to what its document describes."""
        keys = self._count_several()
        before = self._count(self._page(), keys[-1]) if keys else None
        if before is None or not self._call(f"{self._id}-{_SEVERAL - 1}").ok:
            return
        self._wait(keys[-1], before + 1)
        page, operation, name = self._page(), self._counter.listing.operation, self._counter.count
        words = words_of(self._session.model.document, operation)
        shown = [one for one in items_at(page.json, self._counter.listing.items) if isinstance(one, Mapping)]
        rows = [(one.get(name), one.get(self._counter.key)) for one in shown]
        numbers = [(count, str(key)) for count, key in rows if isinstance(count, int)]
        for (more, first), (less, second) in pairwise(numbers):
            if _MOST_FIRST.search(words) and more < less:
                happened = f"{first} with the {name} {more} comes before {second} with {less}"
                yield Breach(operation, happened, [page.exchange], subject=f"/{name}")
                return
            if _TIES_BY_KEY.search(words) and more == less and first > second:
                happened = f"{first} comes before {second}, and both have the {name} {more}"
                yield Breach(operation, happened, [page.exchange], subject=f"/{self._counter.key}")
                return
        yield from self._sum_stays(page)

    def _sum_stays(self, whole: Answer) -> Iterator[Breach]:
        """Compare a number that is described as that of all with itself on a shorter list."""
        listing, name = self._counter.listing, self._counter.count
        shown = whole.properties
        if listing.limit is None or not isinstance(shown.get(name), int) or not _OF_ALL.search(self._describe(name)):
            return
        query = {**self._session.query(listing.operation), listing.limit.parameter: listing.limit.minimum or 1}
        short = self._session.client.send(listing.operation, query=query)
        found = short.json.get(name) if short.ok and isinstance(short.json, dict) else shown[name]
        if found != shown[name]:
            happened = f"{name} is described as that of all, and is {found} on a shorter list instead of {shown[name]}"
            yield Breach(listing.operation, happened, [whole.exchange, short.exchange], subject=f"/{name}")

    def _describe(self, name: str) -> str:
        """Return the description of a property of the list's answer."""
        document = self._session.model.document
        schema = resolve_map(answer_schema(self._counter.listing.operation, document), document)
        return str(((schema.get("properties") or {}).get(name) or {}).get("description", ""))

    def read_in_short_pages(self) -> Iterator[Breach]:
        """Count under several ids, and compare the list with itself while DynamoDB cuts its pages short."""
        keys = self._count_several()
        if not keys:
            return
        whole = self._page()
        with self._session.access.faults(*_SHORT):
            short = self._page()
        lost = [key for key in keys if self._count(short, key) != self._count(whole, key)]
        if whole.ok and short.ok and lost:
            happened = f"while DynamoDB cut its pages short, the {self._counter.count} of {lost[0]} was "
            happened += f"{self._count(short, lost[0])} instead of {self._count(whole, lost[0])}"
            exchanges = (whole.exchange, short.exchange)
            yield Breach(self._counter.listing.operation, happened, exchanges, subject=f"/{self._counter.count}")

    def _count_several(self) -> list[Any]:
        """Count some ids once each, and return their keys once the list shows them; empty where that fails."""
        keys = []
        for number in range(_SEVERAL):
            answer = self._call(f"{self._id}-{number}")
            keys.append(value_at(answer.json, (self._counter.key,)) if answer.ok else None)
        if None in keys:
            self._session.note_untested(f"{self._counter.write.path} is not answered with success")
            return []
        for key in keys:
            self._wait(key, None)
        return keys

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
        shown = page.properties
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
    Check(
        name="ranking-is-as-described",
        kind="sequences",
        promise="A list of counts has the order that its document describes, and a number of all counts all of them",
        origin="the document: the descriptions of the operation and of its answer",
        run=_ranking_is_as_described,
    ),
    Check(
        name="counts-are-whole-in-short-pages",
        kind="sequences",
        promise="A list of counts has all of them, also where DynamoDB gives its items in several pages",
        origin="DynamoDB, Query: a page ends after 1 MB, and LastEvaluatedKey says that there is more",
        run=_counts_are_whole,
        needs=frozenset(("stack",)),
    ),
)
