"""A list that counts calls is held to count each of them once."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from homeport.contract.checks.check import Check
from homeport.contract.checks.client import Client
from homeport.contract.checks.counters import CHECKS
from homeport.contract.checks.runner import CheckOptions, CheckResults, run_checks
from homeport.contract.checks.wire import queries
from homeport.contract.rest.infer import infer_model
from tests.support.book_stack import BookStack, StoredBooks
from tests.support.rest_document import book_project
from tests.support.rest_model import TEXT, WHOLE, answers, api_of, arrays, asks, objects

RANK = objects("page", "visits", page=TEXT, visits=WHOLE)
GREEDY = asks(answers(objects(page=TEXT, at=TEXT)), "path", **{"path": {**TEXT, "maxLength": 40}})
DOCUMENT: dict[str, Any] = {
    "paths": {
        "/{path+}": {"x-amazon-apigateway-any-method": GREEDY},
        "/ranking": {
            "get": {
                "description": "The pages with most visits, those with as many by their names.",
                **asks(
                    answers(objects(pages=arrays(RANK), visits={**WHOLE, "description": "Of all pages."}, hour=WHOLE)),
                    limit={**WHOLE, "maximum": 50},
                    hour={**WHOLE, "minimum": 0, "maximum": 23},
                ),
            }
        },
    }
}


class Visits(ThreadingHTTPServer):
    """Visits of pages. ``fault``: ``twice`` counts some calls twice, ``never`` none but the first, ``case`` by small
    letters alone, ``total`` leaves one out of the sum, ``get`` does not count GET, ``error`` fails. ``few`` ranks those
    of fewest visits first, ``names`` those of as many in no order, ``listed`` sums up what is listed, ``first page``
    reads one page of the database, ``zero`` takes hour 0 for none.
    """

    daemon_threads = True

    def __init__(self, fault: str) -> None:
        self.fault, self.lock, self.visits = fault, threading.Lock(), Counter[str]()
        self.page_size = 1000
        super().__init__(("127.0.0.1", 0), _Handler)

    def rank(self, asked: dict[str, int]) -> dict[str, Any]:
        """Return the ranking."""
        stored = list(self.visits.items())[: self.page_size if self.fault == "first page" else None]
        by_name = sorted(stored, reverse=self.fault == "names")
        listed = sorted(by_name, key=lambda pair: pair[1], reverse=self.fault != "few")[: asked.get("limit", 50)]
        total = sum(count for _, count in (listed if self.fault == "listed" else stored))
        total -= 1 if self.fault == "total" and total > 1 else 0
        pages = [{"page": page, "visits": count} for page, count in listed]
        is_asked = asked.get("hour") if self.fault == "zero" else "hour" in asked
        return {"visits": total, "pages": pages, **({"hour": asked["hour"]} if is_asked else {})}

    def answer(self, method: str, path: str, query: str) -> tuple[int, Any]:
        """Return the status and body of an answer."""
        if path == "/ranking":
            return 200, self.rank({name: int(value) for name, value in parse_qsl(query)})
        if self.fault == "error":
            return 500, {"message": "failed"}
        counted = path.lower() if self.fault == "case" else path
        if self.fault == "get" and method == "GET":
            return 200, {"page": path, "at": "now"}
        with self.lock:
            if self.fault != "never" or not self.visits[counted]:
                self.visits[counted] += 2 if self.fault == "twice" and self.visits[counted] == 3 else 1
        return 200, {"page": path, "at": "now"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Visits

    def _any(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, answer = self.server.answer(self.command, *self.path.partition("?")[::2])
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def visits(fault: str) -> Iterator[Visits]:
    """Serve visits, and return the server."""
    with Visits(fault) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


class ShortPages(BookStack):
    """A stack whose faults cut the pages of the database short."""

    def __init__(self, server: Visits) -> None:
        super().__init__(StoredBooks(), {})
        self.server = server

    @contextmanager
    def faults(self, *texts: str, seed: int = 0) -> Iterator[None]:
        """Cut pages short within the context."""
        assert all(text.endswith("=page:1") for text in texts)
        self.server.page_size = 1
        yield
        self.server.page_size = 1000


def run(root: Path, fault: str, checks: Sequence[Check] = CHECKS[:1]) -> CheckResults:
    """Return the results of checks on visits."""
    model = infer_model(api_of(DOCUMENT))
    assert [(one.key, one.count) for one in model.counters] == [("page", "visits")]
    with visits(fault) as server:
        client = Client(f"http://127.0.0.1:{server.server_address[1]}")
        project, stack = book_project(root), ShortPages(server)
        return run_checks(project, model, [client], CheckOptions(1), stack, tuple(checks))


def test_a_list_that_counts_every_call_has_no_finding(tmp_path: Path) -> None:
    results = run(tmp_path, "")
    assert results.findings == []
    assert results.runs[0].requests > 15
    assert results.runs[0].untested == ()


@pytest.mark.parametrize(
    ("fault", "happened"),
    [
        ("twice", "after 5 more calls of /count-"),
        ("never", "its visits is 1 instead of 6"),
        ("case", "from 16 to 17"),
        ("get", "instead of 6"),
        ("total", "not the sum"),
    ],
)
def test_a_call_that_is_counted_wrongly_is_found(tmp_path: Path, fault: str, happened: str) -> None:
    findings = run(tmp_path, fault).findings
    assert len(findings) == 1
    assert happened in findings[0].happened


@pytest.mark.parametrize(
    ("fault", "check", "happened"),
    [
        ("few", "ranking-is-as-described", "comes before"),
        ("names", "ranking-is-as-described", "and both have the visits 1"),
        ("listed", "ranking-is-as-described", "described as that of all"),
        ("first page", "counts-are-whole-in-short-pages", "cut its pages short"),
        ("zero", "parameter-is-taken-as-given", "?hour=0"),
    ],
)
def test_a_ranking_that_is_not_as_described_is_found(tmp_path: Path, fault: str, check: str, happened: str) -> None:
    checks = [one for one in (*CHECKS, *queries.CHECKS) if one.name == check]
    assert run(tmp_path, "", checks).findings == []
    findings = run(tmp_path, fault, checks).findings
    assert len(findings) == 1
    assert happened in findings[0].happened


def test_a_call_that_fails_is_noted(tmp_path: Path) -> None:
    results = run(tmp_path, "error")
    assert results.findings == []
    assert results.runs[0].untested == ("/{path+} is answered with 500",)
