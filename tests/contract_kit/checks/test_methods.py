"""Checks of the semantics of methods, each against an API that breaks its promise in one way, and a healthy one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks import methods
from homeport.contract.checks.round_trip import server_values
from homeport.project.project import Project
from tests.support.book_stack import StoredBooks, run_on_stack
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, Refused, run_on_books
from tests.support.rest_document import book_document, book_project

CHECKS = tuple(one for one in methods.CHECKS if one not in server_values.CHECKS)

BOOK = "/books/{bookId}"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return book_project(tmp_path_factory.mktemp("books"))


class PutMerges(BookApi):
    def replaced(self, old: Book, sent: Book) -> Book:
        return {**old, **sent}


class PutForgetsDefaults(BookApi):
    def replaced(self, old: Book, sent: Book) -> Book:
        return {**super().replaced(old, sent), "tags": sent.get("tags", ["none"])}


class PutAppends(BookApi):
    def replaced(self, old: Book, sent: Book) -> Book:
        made = super().replaced(old, sent)
        return {**made, "tags": [*old["tags"], *made["tags"]][:10]}


class PutAlwaysCreates(BookApi):
    def replace(self, id_: str, request: BookRequest) -> BookReply:
        reply = super().replace(id_, request)
        return BookReply(201, reply.body, reply.headers) if reply.status == 200 else reply


class PutNeverCreates(BookApi):
    def replace(self, id_: str, request: BookRequest) -> BookReply:
        self.find(id_)
        return super().replace(id_, request)


class PutHidesCreation(BookApi):
    def replace(self, id_: str, request: BookRequest) -> BookReply:
        reply = super().replace(id_, request)
        return BookReply(200, reply.body, reply.headers) if reply.status == 201 else reply


class PutFollowsTheBody(BookApi):
    def replace(self, id_: str, request: BookRequest) -> BookReply:
        named = request.body.get("bookId", id_) if isinstance(request.body, dict) else id_
        return super().replace(named, request)


class PatchReplaces(BookApi):
    def merged(self, book: Book, patch: Book) -> Book:
        return {**book, **self.content({"title": book["title"], **patch})}


class PatchClearsTags(BookApi):
    def merged(self, book: Book, patch: Book) -> Book:
        return {**super().merged(book, patch), "tags": patch.get("tags") or []}


class PatchIgnoresFalse(BookApi):
    def merged(self, book: Book, patch: Book) -> Book:
        return super().merged(book, {name: value for name, value in patch.items() if name != "rare" or value})


class PatchIgnoresNull(BookApi):
    def merged(self, book: Book, patch: Book) -> Book:
        return super().merged(book, {name: value for name, value in patch.items() if value is not None})


class PatchReplacesObjects(BookApi):
    def merged(self, book: Book, patch: Book) -> Book:
        made = super().merged(book, patch)
        return {**made, "place": patch["place"]} if patch.get("place") is not None else made


class PatchKeepsMembers(BookApi):
    def merged(self, book: Book, patch: Book) -> Book:
        place = patch.get("place")
        if isinstance(place, dict):
            patch = {**patch, "place": {name: value for name, value in place.items() if value is not None}}
        return super().merged(book, patch)


class EmptyPatchClears(BookApi):
    def merged(self, book: Book, patch: Book) -> Book:
        return super().merged(book, patch or {"summary": None})


class PatchCreates(BookApi):
    def change(self, id_: str, request: BookRequest) -> BookReply:
        if id_ not in self.books:
            self.store(id_, self.new_book(id_, {"title": "new"}))
        return super().change(id_, request)


class DeletesNothing(BookApi):
    def remove(self, id_: str) -> None:
        """Keep the book."""


class DeletesTwice(BookApi):
    def delete(self, id_: str, request: BookRequest) -> BookReply:
        return super().delete(id_, request) if id_ in self.books else BookReply(204)


class _Buries(BookApi):
    def __init__(self) -> None:
        super().__init__()
        self.graves: dict[str, Book] = {}

    def remove(self, id_: str) -> None:
        self.graves[id_] = self.books[id_]
        super().remove(id_)


class ListsTheDeleted(_Buries):
    def filtered(self, books: Any, query: Any) -> Any:
        return super().filtered([*books, *(one for id_, one in self.graves.items() if id_ not in self.books)], query)


class BatchesTheDeleted(_Buries):
    def batch_get(self, request: BookRequest) -> BookReply:
        reply = super().batch_get(request)
        missing = (reply.body or {}).get("missing") or []
        return BookReply(200, {**reply.body, "books": [*reply.body["books"], *(self.graves[one] for one in missing)]})


class LendsTheDeleted(_Buries):
    def lend(self, id_: str, request: BookRequest) -> BookReply:
        if id_ in self.graves and id_ not in self.books:
            return BookReply(200, self.graves[id_])
        return super().lend(id_, request)


class RaisesTheDead(_Buries):
    def new_book(self, id_: str, sent: Book) -> Book:
        return {
            **super().new_book(id_, sent),
            **{name: self.graves[id_][name] for name in ("tags",) if id_ in self.graves},
        }


class CountsOnAfterDelete(_Buries):
    def new_book(self, id_: str, sent: Book) -> Book:
        made = super().new_book(id_, sent)
        return {**made, "version": self.graves[id_]["version"] + 1} if id_ in self.graves else made


class PostOverwrites(BookApi):
    def create(self, request: BookRequest) -> BookReply:
        sent = self.valid("BookInput", request)
        self.books.pop(sent.get("bookId", ""), None)
        return super().create(request)


class ConflictOverwrites(BookApi):
    def create(self, request: BookRequest) -> BookReply:
        sent = self.valid("BookInput", request)
        if sent.get("bookId") in self.books:
            self.store(sent["bookId"], self.replaced(self.books[sent["bookId"]], sent))
        return super().create(request)


class PostFindsTheSame(BookApi):
    def create(self, request: BookRequest) -> BookReply:
        sent = self.valid("BookInput", request)
        same = [one for one in self.books.values() if "bookId" not in sent and one["title"] == sent["title"]]
        return self.answer(201, same[0]) if same else super().create(request)


class WritesBeforeItChecks(BookApi):
    def change(self, id_: str, request: BookRequest) -> BookReply:
        if id_ in self.books and isinstance(request.body, dict) and isinstance(request.body.get("title"), str):
            self.books[id_]["title"] = request.body["title"][:100] or "x"
        return super().change(id_, request)


class CountsRejectedWrites(BookApi):
    def replace(self, id_: str, request: BookRequest) -> BookReply:
        reply: BookReply
        try:
            reply = super().replace(id_, request)
        except Refused as refused:
            if id_ in self.books and refused.reply.status == 400:
                self.books[id_]["version"] += 1
            raise
        return reply


class CreatesBeforeItChecks(BookApi):
    def create(self, request: BookRequest) -> BookReply:
        try:
            return super().create(request)
        except Refused as refused:
            if refused.reply.status == 400 and isinstance(request.body, dict) and "bookId" in request.body:
                self.store(request.body["bookId"], self.new_book(request.body["bookId"], {"title": "x"}))
            raise


class HeadFindsEverything(BookApi):
    def read(self, id_: str, request: BookRequest) -> BookReply:
        return BookReply(200) if request.method == "HEAD" and id_ not in self.books else super().read(id_, request)


class IgnoresCase(BookApi):
    def route(self, request: BookRequest) -> BookReply:
        path = tuple(
            part.lower() if place == 1 and part != "batch-get" else part for place, part in enumerate(request.path)
        )
        return super().route(BookRequest(request.method, path, request.query, request.headers, request.body))

    def store(self, id_: str, book: Book) -> Book:
        return super().store(id_.lower(), book)


class DeletesByPrefix(BookApi):
    def remove(self, id_: str) -> None:
        for one in [one for one in self.books if one.startswith(id_)]:
            del self.books[one]


class SharesTags(BookApi):
    def written(self, book: Book) -> Book:
        for other in self.books.values():
            other["tags"] = book["tags"]
        return super().written(book)


class CutsIds(BookApi):
    def route(self, request: BookRequest) -> BookReply:
        path = tuple(part[:36] if place == 1 else part for place, part in enumerate(request.path))
        return super().route(BookRequest(request.method, path, request.query, request.headers, request.body))


FAULTS: list[tuple[type[BookApi], str, str, str]] = [
    (PutMerges, "put-replaces-all", f"PUT {BOOK}", "/summary"),
    (PutForgetsDefaults, "put-replaces-all", f"PUT {BOOK}", "/tags"),
    (PutAppends, "put-is-idempotent", f"PUT {BOOK}", "/tags"),
    (PutAlwaysCreates, "put-is-idempotent", f"PUT {BOOK}", "201"),
    (PutAlwaysCreates, "put-creates-as-documented", f"PUT {BOOK}", "200"),
    (PutNeverCreates, "put-creates-as-documented", f"PUT {BOOK}", "201"),
    (PutHidesCreation, "put-creates-as-documented", f"PUT {BOOK}", "201"),
    (PutFollowsTheBody, "put-keeps-to-its-path", f"PUT {BOOK}", "/bookId"),
    (PatchReplaces, "patch-changes-only-named", f"PATCH {BOOK}", "/tags"),
    (PatchClearsTags, "patch-changes-only-named", f"PATCH {BOOK}", "/tags"),
    (PatchIgnoresFalse, "patch-changes-only-named", f"PATCH {BOOK}", "/rare"),
    (PatchIgnoresNull, "patch-null-removes", f"PATCH {BOOK}", "/summary"),
    (PatchReplacesObjects, "patch-merges-objects", f"PATCH {BOOK}", "/place"),
    (PatchKeepsMembers, "patch-merges-objects", f"PATCH {BOOK}", "/place"),
    (EmptyPatchClears, "patch-changes-only-named", f"PATCH {BOOK}", "/summary"),
    (PatchCreates, "patch-makes-nothing", f"PATCH {BOOK}", "404"),
    (DeletesNothing, "deleted-is-gone", f"DELETE {BOOK}", "read"),
    (DeletesTwice, "deleted-is-gone", f"DELETE {BOOK}", "404"),
    (ListsTheDeleted, "deleted-is-gone", "GET /books", "deleted"),
    (BatchesTheDeleted, "deleted-is-gone", "POST /books/batch-get", "deleted"),
    (LendsTheDeleted, "deleted-is-gone", f"POST {BOOK}/lend", "404"),
    (RaisesTheDead, "recreated-is-new", "POST /books", "/tags"),
    (CountsOnAfterDelete, "recreated-is-new", "POST /books", "version"),
    (PostOverwrites, "post-does-not-overwrite", "POST /books", "existing"),
    (ConflictOverwrites, "post-does-not-overwrite", "POST /books", "existing"),
    (PostFindsTheSame, "post-twice-makes-two", "POST /books", "/bookId"),
    (WritesBeforeItChecks, "rejected-write-changes-nothing", f"PATCH {BOOK}", "/title"),
    (CountsRejectedWrites, "rejected-write-changes-nothing", f"PUT {BOOK}", "/version"),
    (CreatesBeforeItChecks, "rejected-create-makes-nothing", "POST /books", "rejected"),
    (HeadFindsEverything, "head-agrees-with-get", f"HEAD {BOOK}", "missing"),
    (IgnoresCase, "neighbours-stay", f"GET {BOOK}", "neighbour"),
    (DeletesByPrefix, "neighbours-stay", f"DELETE {BOOK}", "neighbour"),
    (SharesTags, "neighbours-stay", f"PUT {BOOK}", "neighbour"),
    (CutsIds, "neighbours-stay", f"GET {BOOK}", "neighbour"),
]


@pytest.mark.parametrize(("fault", "check", "operation", "subject"), FAULTS)
def test_fault_of_a_method_is_found(
    project: Project, fault: type[BookApi], check: str, operation: str, subject: str
) -> None:
    results = run_on_books(project, fault(), tuple(one for one in CHECKS if one.name == check))
    assert results.crashes == []
    assert (check, operation, subject) in [one.identity for one in results.findings]


@pytest.mark.parametrize("seed", [1, 2])
def test_healthy_api_breaks_no_promise_of_a_method(project: Project, seed: int) -> None:
    results = run_on_books(project, BookApi(), CHECKS, seed=seed)
    assert [one.happened for one in results.findings] == []
    assert results.crashes == []


class AnswersWithoutBodies(BookApi):
    def answer(self, status: int, book: Book, **headers: str) -> BookReply:
        return BookReply(204 if status == 200 else 201, {"bookId": book["bookId"]} if status == 201 else None)


def test_terse_api_breaks_no_promise(project: Project) -> None:
    results = run_on_books(project, AnswersWithoutBodies(), CHECKS)
    assert [one.happened for one in results.findings] == []
    assert results.crashes == []


class CountsReads(StoredBooks):
    """A read that writes."""

    def read(self, id_: str, request: BookRequest) -> BookReply:
        reply = super().read(id_, request)
        self.call("UpdateItem", lambda: None)
        return reply


@pytest.mark.parametrize(("api", "operations"), [(StoredBooks, set()), (CountsReads, {f"GET {BOOK}"})])
def test_write_of_a_safe_method_is_found(tmp_path: Path, api: type[StoredBooks], operations: set[str]) -> None:
    named = tuple(one for one in CHECKS if one.name == "safe-methods-write-nothing")
    results = run_on_stack(tmp_path, api(), named)
    assert {finding.operation for finding in results.findings} == operations
    assert results.crashes == []


class WantsIfMatch(BookApi):
    """Writes that are rejected without If-Match."""

    def require(self, book: Book | None, request: BookRequest) -> None:
        if book is not None and "if-match" not in request.headers:
            raise Refused(428, "without If-Match")
        super().require(book, request)


def test_write_that_needs_if_match_by_its_428_gets_it(tmp_path: Path) -> None:
    document = book_document()
    for method in ("put", "patch", "delete"):
        responses = document["paths"][BOOK][method]["responses"]
        responses["428"] = responses["412"]
    del document["paths"][f"{BOOK}/lend"]
    checks = tuple(one for one in CHECKS if one.name in ("deleted-is-gone", "patch-changes-only-named"))
    results = run_on_books(book_project(tmp_path, document), WantsIfMatch(), checks)
    assert results.findings == []
    assert [run.untested for run in results.runs] == [(), ()]


class Envelopes(PutMerges):
    """PUT that keeps what its body lacks, of an API that wraps a book in ``data``."""

    def handle(self, request: BookRequest) -> BookReply:
        reply = super().handle(request)
        is_book = isinstance(reply.body, dict) and "bookId" in reply.body
        return BookReply(reply.status, {"data": reply.body}, reply.headers) if is_book else reply


def test_merging_put_is_found_in_an_envelope(tmp_path: Path) -> None:
    document = book_document()
    inner = {"$ref": "#/components/schemas/Inner"}
    schemas = document["components"]["schemas"]
    schemas["Inner"] = schemas["Book"]
    for path in document["paths"].values():
        for operation in (one for one in path.values() if isinstance(one, dict)):
            for response in operation["responses"].values():
                for media in response.get("content", {}).values():
                    if media["schema"] == {"$ref": "#/components/schemas/Book"}:
                        media["schema"] = {"type": "object", "properties": {"data": inner}, "required": ["data"]}
    checks = tuple(one for one in CHECKS if one.name == "put-replaces-all")
    results = run_on_books(book_project(tmp_path, document), Envelopes(), checks)
    assert [one.check for one in results.findings] == ["put-replaces-all"]


class MarkedBooks(BookApi):
    """Books with marks, which nobody reads: to remove one that is not there is fine."""

    def route(self, request: BookRequest) -> BookReply:
        match request.method, request.path:
            case "PUT" | "DELETE", ("books", id_, "marks", _):
                self.find(id_)
                return BookReply(204)
        return super().route(request)


def test_404_of_what_is_below_another_resource_may_be_the_others(tmp_path: Path) -> None:
    document = book_document()
    one = document["paths"][BOOK]
    answers = {"204": {"description": "Done."}, "404": one["get"]["responses"]["404"]}
    name = {"name": "mark", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[a-z]+$"}}
    document["paths"][f"{BOOK}/marks/{{mark}}"] = {
        "parameters": [*one["parameters"], name],
        "put": {"operationId": "markBook", "responses": answers},
        "delete": {"operationId": "unmarkBook", "responses": answers},
    }
    checks = tuple(one for one in CHECKS if one.name == "deleted-is-gone")
    results = run_on_books(book_project(tmp_path, document), MarkedBooks(), checks)
    assert [finding.happened for finding in results.findings] == []
