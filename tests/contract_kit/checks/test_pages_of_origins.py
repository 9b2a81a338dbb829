"""The checks of CORS find what holds pages of an allowed origin back, and what lets others in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks import errors
from tests.support.rest_api import BookApi, BookReply, BookRequest, run_on_books
from tests.support.rest_document import book_document, book_project

CHECKS = tuple(
    one for one in errors.CHECKS if one.name in ("error-is-readable-by-pages", "preflight-allows-what-is-documented")
)
_ORIGIN = "https://books.example"


def document_with_origins() -> dict[str, Any]:
    """Return the books' document, which allows pages of one origin."""
    cors = {
        "allowOrigins": [_ORIGIN],
        "allowMethods": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        "allowHeaders": ["content-type", "if-match", "if-none-match", "idempotency-key"],
    }
    return {**book_document(), "x-amazon-apigateway-cors": cors}


class OpenBooks(BookApi):
    """Books for pages of one origin."""

    methods = "GET, HEAD, POST, PUT, PATCH, DELETE"
    names = "content-type, If-Match, If-None-Match, Idempotency-Key"

    def handle(self, request: BookRequest) -> BookReply:
        if request.method == "OPTIONS":
            return BookReply(204, None, self.preflight(request.headers.get("origin", "")))
        reply = super().handle(request)
        return BookReply(reply.status, reply.body, {**reply.headers, **self.shown(request, reply)})

    def preflight(self, origin: str) -> dict[str, str]:
        """Return the headers of a preflight's answer."""
        allowed = {"Access-Control-Allow-Methods": self.methods, "Access-Control-Allow-Headers": self.names}
        return {**self.allow(origin), **allowed}

    def allow(self, origin: str) -> dict[str, str]:
        """Return the header that lets pages of an origin read."""
        return {"Access-Control-Allow-Origin": origin} if origin == _ORIGIN else {}

    def shown(self, request: BookRequest, reply: BookReply) -> dict[str, str]:
        """Return the headers of CORS that an answer has."""
        return self.allow(request.headers.get("origin", ""))


class HidesErrors(OpenBooks):
    """Errors that no page may read."""

    def shown(self, request: BookRequest, reply: BookReply) -> dict[str, str]:
        return super().shown(request, reply) if reply.status < 400 else {}


class HoldsPatchBack(OpenBooks):
    """A preflight that does not allow PATCH."""

    methods = "GET, POST, PUT, DELETE"


class HoldsTagsBack(OpenBooks):
    """A preflight that does not allow If-Match."""

    names = "content-type, if-none-match, idempotency-key"


class LetsEveryoneIn(OpenBooks):
    """An API whose answers pages of every origin may read."""

    def allow(self, origin: str) -> dict[str, str]:
        return {"Access-Control-Allow-Origin": origin} if origin else {}


def test_healthy_api_has_no_finding(tmp_path: Path) -> None:
    results = run_on_books(book_project(tmp_path, document_with_origins()), OpenBooks(), CHECKS)
    assert [finding.happened for finding in results.findings] == []
    assert all(run.requests for run in results.runs if run.resource)


@pytest.mark.parametrize(
    ("api", "check", "part"),
    [
        (HidesErrors, "error-is-readable-by-pages", "no Access-Control-Allow-Origin"),
        (HoldsPatchBack, "preflight-allows-what-is-documented", "allows delete, get, post, put"),
        (HoldsTagsBack, "preflight-allows-what-is-documented", "the headers if-match"),
        (LetsEveryoneIn, "preflight-allows-what-is-documented", "may read the answer"),
    ],
)
def test_fault_is_found(tmp_path: Path, api: type[BookApi], check: str, part: str) -> None:
    found = run_on_books(book_project(tmp_path, document_with_origins()), api(), CHECKS).findings
    assert {finding.check for finding in found} == {check}
    assert any(part in finding.happened for finding in found)
