"""The healthy REST API of ``rest_api.py`` with database calls that a schedule can hold, and that can fail."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from homeport.contract.checks.check import Check
from homeport.contract.checks.client import Client
from homeport.contract.checks.runner import CheckOptions, CheckResults, run_checks
from homeport.contract.rest.infer import infer_model
from homeport.contract.stack.access import LoggedExchange
from homeport.project.project import Project
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, Refused, serve_books

_ATTEMPTS = 5


class Outdated(Exception):
    """A write whose condition does not hold: another one came before it."""


@dataclass
class BookCall:
    """A call that waits."""

    action: str
    table: str = "BooksTable"
    function: str = "books"
    request_id: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    gate: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        """Let the call go on."""
        self.gate.set()


class BookHolds:
    """The calls that wait, and the other controls of a stack that a check of concurrency uses."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[BookCall] = queue.SimpleQueue()
        self.all: list[BookCall] = []
        self.is_open = True
        # A call that comes while the gate opens either waits and is let through, or finds it open.
        self.gate = threading.Lock()
        self.failing: dict[str, str] = {}

    def wait(self, timeout: float = 5.0) -> BookCall | None:
        """Return the next call that waits."""
        try:
            return self.calls.get(timeout=timeout)
        except queue.Empty:
            return None

    def release_all(self) -> None:
        """Let every call go on."""
        with self.gate:
            self.is_open = True
            for call in self.all:
                call.release()

    def take(self, action: str) -> None:
        """Have a call wait, or fail."""
        call = BookCall(action)
        with self.gate:
            if self.is_open:
                call.release()
            else:
                self.all.append(call)
                self.calls.put(call)
        call.gate.wait()
        if self.failing.get(action) == "ThrottlingException":
            raise Refused(503, "busy")

    def is_lost(self, action: str) -> bool:
        """Return whether the answer of a call gets lost."""
        return self.failing.get(action) == "lost"

    @contextmanager
    def hold(self, target: str = "*") -> Iterator[BookHolds]:
        """Have calls wait within the context."""
        with self.gate:
            self.is_open, self.all, self.calls = False, [], queue.SimpleQueue()
        try:
            yield self
        finally:
            self.release_all()

    @contextmanager
    def faults(self, *texts: str, seed: int = 0) -> Iterator[None]:
        """Have calls fail within the context."""
        self.failing = dict(text.partition(".")[2].split("=") for text in texts)
        try:
            yield
        finally:
            self.failing = {}

    @contextmanager
    def eventual(self) -> Iterator[None]:
        """Do nothing."""
        yield

    def new_environments(self) -> None:
        """Do nothing."""

    def find_log(self, request_id: str) -> LoggedExchange | None:
        """Return no log."""
        return None

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return no items."""
        return []

    def put_item(self, table: str, item: Mapping[str, Any]) -> None:
        """Do nothing."""

    def describe(self, table: str) -> Mapping[str, Any]:
        """Return no properties."""
        return {}


class HeldBooks(BookApi):
    """Books that are written only if they are as they were read, or else read again."""

    def __init__(self) -> None:
        super().__init__()
        self.holds = BookHolds()
        self.seen = threading.local()

    def handle(self, request: BookRequest) -> BookReply:
        for _ in range(_ATTEMPTS):
            self.seen.version = None
            try:
                return self.route(request)
            except Outdated:
                continue
            except Refused as rejected:
                return rejected.reply
        return BookReply(503, {"title": "busy", "status": 503})

    def find(self, id_: str) -> Book:
        self.holds.take("GetItem")
        book = super().find(id_)
        self.seen.version = book["version"]
        return book

    def replace(self, id_: str, request: BookRequest) -> BookReply:
        if id_ in self.books:
            self.find(id_)
        return super().replace(id_, request)

    def expected(self, book: Book | None) -> Any:
        """Return the version that must be there when a book is written, None: none."""
        return self.seen.version

    def store(self, id_: str, book: Book) -> Book:
        self.holds.take("PutItem")
        with self.lock:
            self.check(id_, book)
            stored = super().store(id_, book)
        if self.holds.is_lost("PutItem"):
            raise Refused(503, "no answer")
        return stored

    def remove(self, id_: str) -> None:
        self.holds.take("DeleteItem")
        with self.lock:
            self.check(id_, None)
            self.books.pop(id_, None)

    def check(self, id_: str, book: Book | None) -> None:
        """Raise Outdated where a book is not as it was read."""
        there = self.books.get(id_)
        if (None if there is None else there["version"]) != self.expected(book):
            raise Outdated


def run_on_held_books(project: Project, api: HeldBooks, checks: tuple[Check, ...], *, seed: int = 1) -> CheckResults:
    """Return the results of checks on an API whose calls they may hold."""
    with serve_books(api) as url:
        model = infer_model(project.api)
        return run_checks(project, model, [Client(url)], CheckOptions(seed), api.holds, checks)
