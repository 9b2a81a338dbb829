"""A list that counts calls is held to count each of them once."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.client import Client
from homeport.contract.checks.counters import CHECKS
from homeport.contract.checks.runner import CheckOptions, CheckResults, run_checks
from homeport.contract.rest.infer import infer_model
from tests.support.rest_document import book_project
from tests.support.rest_model import TEXT, WHOLE, answers, api_of, arrays, asks, objects

RANK = objects("page", "visits", page=TEXT, visits=WHOLE)
GREEDY = asks(answers(objects(page=TEXT, at=TEXT)), "path", **{"path": {**TEXT, "maxLength": 40}})
DOCUMENT: dict[str, Any] = {
    "paths": {
        "/{path+}": {"x-amazon-apigateway-any-method": GREEDY},
        "/ranking": {"get": asks(answers(objects(pages=arrays(RANK), visits=WHOLE)), limit={**WHOLE, "maximum": 50})},
    }
}


class Visits(ThreadingHTTPServer):
    """Visits of pages. ``fault``: ``twice`` counts some calls twice, ``never`` none but the first, ``case`` by small
    letters alone, ``total`` leaves one out of the sum, ``get`` does not count GET, ``error`` fails.
    """

    daemon_threads = True

    def __init__(self, fault: str) -> None:
        self.fault, self.lock, self.visits = fault, threading.Lock(), Counter[str]()
        super().__init__(("127.0.0.1", 0), _Handler)

    def answer(self, method: str, path: str) -> tuple[int, Any]:
        """Return the status and body of an answer."""
        if path == "/ranking":
            total = sum(self.visits.values())
            total -= 1 if self.fault == "total" and total > 1 else 0
            return 200, {
                "visits": total,
                "pages": [{"page": page, "visits": n} for page, n in self.visits.most_common(50)],
            }
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
        status, answer = self.server.answer(self.command, self.path.partition("?")[0])
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def visits(fault: str) -> Iterator[str]:
    """Serve visits, and return the URL."""
    with Visits(fault) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def run(root: Path, fault: str) -> CheckResults:
    """Return the results of the check on visits."""
    model = infer_model(api_of(DOCUMENT))
    assert [(one.key, one.count) for one in model.counters] == [("page", "visits")]
    with visits(fault) as url:
        return run_checks(book_project(root), model, [Client(url)], CheckOptions(1), None, CHECKS)


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


def test_a_call_that_fails_is_noted(tmp_path: Path) -> None:
    results = run(tmp_path, "error")
    assert results.findings == []
    assert results.runs[0].untested == ("/{path+} is answered with 500",)
