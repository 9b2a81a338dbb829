"""The checks of the methods of a path find an Allow that is wrong, an OPTIONS that lies, and a HEAD of its own mind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks import methods
from tests.support.rest_api import BookApi, BookReply, BookRequest, Refused, run_on_books
from tests.support.rest_document import book_document, book_project

CHECKS = tuple(
    one
    for one in methods.CHECKS
    if one.name in ("refused-method-names-others", "options-agree-with-document", "head-is-conditional")
)
_METHODS = {
    ("books",): ["GET", "POST", "OPTIONS"],
    ("books", "batch-get"): ["POST", "OPTIONS"],
    ("books", "id"): ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"],
    ("books", "id", "lend"): ["POST"],
}


def document_with_options() -> dict[str, Any]:
    """Return the books' document, with OPTIONS of three paths."""
    document = book_document()
    for path, id_ in (("/books", "Books"), ("/books/batch-get", "Batch"), ("/books/{bookId}", "Book")):
        document["paths"][path]["options"] = {
            "operationId": f"options{id_}",
            "responses": {"204": {"description": "Methods."}},
            "x-homeport": {"access": {}},
        }
    return document


class RefusesMethods(BookApi):
    """Books that answer 405 to what a path has not, and OPTIONS with what it has."""

    def route(self, request: BookRequest) -> BookReply:
        methods = self.methods(request)
        if request.method == "OPTIONS":
            return BookReply(204, None, self.options(methods))
        if request.method not in methods:
            raise self.refusal(methods, request.method)
        return super().route(request)

    def methods(self, request: BookRequest) -> list[str]:
        """Return the methods of a request's path."""
        names = [part if place != 1 or part == "batch-get" else "id" for place, part in enumerate(request.path)]
        return _METHODS[tuple(names)]

    def refusal(self, methods: list[str], method: str) -> Refused:
        """Return the answer to a method that a path has not."""
        refused = Refused(405, "no such method")
        refused.reply.headers.update(self.allow(methods, method))
        return refused

    def allow(self, methods: list[str], method: str) -> dict[str, str]:
        """Return the headers of a 405."""
        return {"Allow": ", ".join(methods)}

    def options(self, methods: list[str]) -> dict[str, str]:
        """Return the headers of an answer to OPTIONS."""
        return {
            "Allow": ", ".join(methods),
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": ",".join(methods),
            "Access-Control-Allow-Headers": "Content-Type, If-Match, If-None-Match, Idempotency-Key",
        }


class NamesNone(RefusesMethods):
    """A 405 without Allow."""

    def allow(self, methods: list[str], method: str) -> dict[str, str]:
        return {}


class NamesTheRefused(RefusesMethods):
    """A 405 that names what it refuses."""

    def allow(self, methods: list[str], method: str) -> dict[str, str]:
        return {"Allow": ", ".join([*methods, method])}


class NamesLess(RefusesMethods):
    """A 405 that names GET alone."""

    def allow(self, methods: list[str], method: str) -> dict[str, str]:
        return {"Allow": "GET"}


class OptionsNameLess(RefusesMethods):
    """OPTIONS that know of no PATCH."""

    def options(self, methods: list[str]) -> dict[str, str]:
        return {"Allow": ", ".join(one for one in methods if one != "PATCH")}


class OptionsNameMore(RefusesMethods):
    """OPTIONS that name a method which the document has not."""

    def options(self, methods: list[str]) -> dict[str, str]:
        return {"Allow": ", ".join([*methods, "TRACE"])}


class HoldsPagesBack(RefusesMethods):
    """A preflight that lets pages do no PUT."""

    def options(self, methods: list[str]) -> dict[str, str]:
        return {**super().options(methods), "Access-Control-Allow-Methods": "GET,POST,PATCH,DELETE"}


class HoldsHeadersBack(RefusesMethods):
    """A preflight that lets pages send no If-Match."""

    def options(self, methods: list[str]) -> dict[str, str]:
        return {**super().options(methods), "Access-Control-Allow-Headers": "content-type,if-none-match"}


class HeadIgnoresTags(RefusesMethods):
    """A HEAD that always answers with 200."""

    def read(self, id_: str, request: BookRequest) -> BookReply:
        if request.method == "HEAD":
            return BookReply(200, None, {"ETag": self.etag(self.find(id_))})
        return super().read(id_, request)


class HeadKnowsAnyTag(RefusesMethods):
    """A HEAD that takes any ETag for the current one."""

    def read(self, id_: str, request: BookRequest) -> BookReply:
        reply = super().read(id_, request)
        return BookReply(304) if request.method == "HEAD" and "if-none-match" in request.headers else reply


@pytest.mark.parametrize("api", [BookApi, RefusesMethods])
def test_healthy_api_has_no_finding(tmp_path: Path, api: type[BookApi]) -> None:
    document = document_with_options() if api is RefusesMethods else None
    results = run_on_books(book_project(tmp_path, document), api(), CHECKS, rounds=2)
    assert [finding.happened for finding in results.findings] == []
    assert results.crashes == []


@pytest.mark.parametrize(
    ("api", "check", "subject"),
    [
        (NamesNone, "refused-method-names-others", "Allow"),
        (NamesTheRefused, "refused-method-names-others", "Allow"),
        (NamesLess, "refused-method-names-others", "Allow"),
        (OptionsNameLess, "options-agree-with-document", "Allow"),
        (OptionsNameMore, "options-agree-with-document", "Allow"),
        (HoldsPagesBack, "options-agree-with-document", "PUT"),
        (HoldsHeadersBack, "options-agree-with-document", "PATCH headers"),
        (HeadIgnoresTags, "head-is-conditional", "304"),
        (HeadKnowsAnyTag, "head-is-conditional", "304"),
    ],
)
def test_fault_is_found(tmp_path: Path, api: type[BookApi], check: str, subject: str) -> None:
    found = run_on_books(book_project(tmp_path, document_with_options()), api(), CHECKS).findings
    assert (check, subject) in [(finding.check, finding.subject) for finding in found]
    assert {finding.check for finding in found} == {check}
