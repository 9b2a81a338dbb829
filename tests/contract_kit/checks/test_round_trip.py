"""Checks of the round trip, each against an API that breaks its promise in one way, and against a healthy one."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.client import Answer
from homeport.contract.checks.equality import Equality, same_value
from homeport.contract.checks.expectation import Expectation
from homeport.contract.checks.round_trip import largest_values, reads, sent_values, server_values
from homeport.contract.http_exchange import HttpExchange
from homeport.project.project import Project
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, Refused, run_on_books
from tests.support.rest_document import book_document, book_project
from tests.support.rest_model import TEXT, answers, objects, resource_of, takes

CHECKS = (*sent_values.CHECKS, *reads.CHECKS, *server_values.CHECKS)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return book_project(tmp_path_factory.mktemp("books"))


class Strips(BookApi):
    def keep(self, book: Book) -> Book:
        return {**book, "title": book["title"].strip() or "x"}


class ComposesUnicode(BookApi):
    def keep(self, book: Book) -> Book:
        return {**book, "title": unicodedata.normalize("NFC", book["title"])}


class LosesAstralCharacters(BookApi):
    def keep(self, book: Book) -> Book:
        return {**book, "summary": "".join(one for one in book["summary"] if ord(one) < 0x10000)}


class KeepsFloats(BookApi):
    def keep(self, book: Book) -> Book:
        return {**book, "price": None if book["price"] is None else float(book["price"])}


class KeepsCents(BookApi):
    def keep(self, book: Book) -> Book:
        return {**book, "price": None if book["price"] is None else round(book["price"], 2)}


class KeepsDoubles(BookApi):
    def keep(self, book: Book) -> Book:
        return {**book, "pages": int(float(book["pages"]))}


class SortsTags(BookApi):
    def keep(self, book: Book) -> Book:
        return {**book, "tags": sorted(book["tags"])}


class DropsRepeatedTags(BookApi):
    def keep(self, book: Book) -> Book:
        return {**book, "tags": list(dict.fromkeys(book["tags"]))}


class TakesNullForNothing(BookApi):
    def show(self, book: Book) -> Book:
        return {name: value for name, value in book.items() if value is not None}


class TakesZeroForNull(BookApi):
    def keep(self, book: Book) -> Book:
        return {**book, "price": book["price"] or None}


class TakesFalseForText(BookApi):
    def show(self, book: Book) -> Book:
        return {**book, "rare": str(book["rare"]).lower()}


class DropsSeconds(BookApi):
    def keep(self, book: Book) -> Book:
        due = book["due"]
        return {**book, "due": due and due.partition(".")[0] + ("Z" if "." in due else "")}


class IgnoresOffsets(BookApi):
    def keep(self, book: Book) -> Book:
        due = book["due"]
        return {**book, "due": due and due[:19] + "Z"}


class LosesEmptyLists(BookApi):
    def content(self, sent: Book) -> Book:
        made = super().content(sent)
        return {**made, "place": {name: value for name, value in made["place"].items() if value not in ([], "")}}


class EchoesWhatWasSent(BookApi):
    def keep(self, book: Book) -> Book:
        return {**book, "summary": book["summary"].lower()}

    def create(self, request: BookRequest) -> BookReply:
        reply = super().create(request)
        return BookReply(reply.status, {**reply.body, **request.body}, reply.headers) if reply.status == 201 else reply


class ReadsInLowerCase(BookApi):
    def read(self, id_: str, request: BookRequest) -> BookReply:
        reply = super().read(id_, request)
        if reply.status != 200:
            return reply
        return BookReply(200, {**reply.body, "title": reply.body["title"].lower()}, reply.headers)


class PatchesTruncate(BookApi):
    def merged(self, book: Book, patch: Book) -> Book:
        made = super().merged(book, patch)
        return {**made, "summary": made["summary"][:255]}


class HasAnotherDefault(BookApi):
    def content(self, sent: Book) -> Book:
        return {**super().content(sent), "shelf": sent.get("shelf", "lost")}


class ChoosesTheId(BookApi):
    def new_book(self, id_: str, sent: Book) -> Book:
        return {**super().new_book(id_, sent), "bookId": id_.lower().replace("-", "")[:20]}

    def store(self, id_: str, book: Book) -> Book:
        return super().store(book["bookId"], book)


class AnswersBeforeItWrites(BookApi):
    def change(self, id_: str, request: BookRequest) -> BookReply:
        old = self.show(self.books[id_]) if id_ in self.books else {}
        reply = super().change(id_, request)
        return (
            BookReply(200, {**reply.body, "version": old["version"]}, reply.headers) if reply.status == 200 else reply
        )


class LendsQuietly(BookApi):
    def lend(self, id_: str, request: BookRequest) -> BookReply:
        reply = super().lend(id_, request)
        return BookReply(200, {**reply.body, "shelf": "open"}, reply.headers) if reply.status == 200 else reply


class CountsReads(BookApi):
    def read(self, id_: str, request: BookRequest) -> BookReply:
        reply = super().read(id_, request)
        if reply.status == 200:
            self.books[id_]["version"] += 1
        return reply


class ListsAnotherPrice(BookApi):
    def show_in_list(self, book: Book) -> Book:
        return {**super().show_in_list(book), "price": None}


class BatchesTheFirstVersion(BookApi):
    def batch_get(self, request: BookRequest) -> BookReply:
        reply = super().batch_get(request)
        books = [{**one, "version": 1} for one in reply.body.get("books", [])]
        return BookReply(reply.status, {**reply.body, "books": books}) if reply.status == 200 else reply


class LivesInAnotherZone(BookApi):
    def now(self) -> str:
        return super().now().replace("T", "T", 1).replace("2026-", "2025-", 1)


class ForgetsTheTime(BookApi):
    def written(self, book: Book) -> Book:
        return {**book, "version": book["version"] + 1}


class RenewsTheCreation(BookApi):
    def replaced(self, old: Book, sent: Book) -> Book:
        return {**super().replaced(old, sent), "createdAt": self.now()}


class CountsTwice(BookApi):
    def merged(self, book: Book, patch: Book) -> Book:
        made = super().merged(book, patch)
        return {**made, "version": made["version"] + 1}


class ForgetsToCount(BookApi):
    def replaced(self, old: Book, sent: Book) -> Book:
        return {**super().replaced(old, sent), "version": old["version"] - 1}


FAULTS: list[tuple[type[BookApi], str, str, str]] = [
    (Strips, "values-are-kept", "POST /books", "/title"),
    (ComposesUnicode, "values-are-kept", "POST /books", "/title"),
    (LosesAstralCharacters, "values-are-kept", "POST /books", "/summary"),
    (KeepsFloats, "values-are-kept", "POST /books", "/price"),
    (KeepsCents, "values-are-kept", "POST /books", "/price"),
    (KeepsDoubles, "values-are-kept", "POST /books", "/pages"),
    (SortsTags, "values-are-kept", "POST /books", "/tags"),
    (DropsRepeatedTags, "values-are-kept", "POST /books", "/tags"),
    (TakesNullForNothing, "values-are-kept", "POST /books", "/price"),
    (TakesZeroForNull, "values-are-kept", "POST /books", "/price"),
    (TakesFalseForText, "values-are-kept", "POST /books", "/rare"),
    (DropsSeconds, "values-are-kept", "POST /books", "/due"),
    (IgnoresOffsets, "values-are-kept", "POST /books", "/due"),
    (LosesEmptyLists, "values-are-kept", "POST /books", "/place"),
    (EchoesWhatWasSent, "values-are-kept", "POST /books", "/summary"),
    (ReadsInLowerCase, "values-are-kept", "GET /books/{bookId}", "/title"),
    (PatchesTruncate, "values-are-kept", "PATCH /books/{bookId}", "/summary"),
    (HasAnotherDefault, "defaults-are-answered", "POST /books", "/shelf"),
    (ChoosesTheId, "ids-are-kept", "POST /books", "/bookId"),
    (AnswersBeforeItWrites, "read-equals-write", "PATCH /books/{bookId}", "/version"),
    (LendsQuietly, "read-equals-write", "POST /books/{bookId}/lend", "/shelf"),
    (CountsReads, "reading-changes-nothing", "GET /books/{bookId}", "/version"),
    (ListsAnotherPrice, "lists-equal-reads", "GET /books", "/price"),
    (ListsAnotherPrice, "lists-equal-reads", "POST /books/batch-get", "/price"),
    (BatchesTheFirstVersion, "lists-equal-reads", "POST /books/batch-get", "/version"),
    (LivesInAnotherZone, "times-are-plausible", "POST /books", "/createdAt"),
    (ForgetsTheTime, "times-follow-writes", "PUT /books/{bookId}", "/updatedAt"),
    (RenewsTheCreation, "times-follow-writes", "PUT /books/{bookId}", "/createdAt"),
    (CountsTwice, "version-counts-writes", "PATCH /books/{bookId}", "/version"),
    (ForgetsToCount, "version-counts-writes", "PUT /books/{bookId}", "/version"),
]


@pytest.mark.parametrize(("fault", "check", "operation", "subject"), FAULTS)
def test_round_trip_fault_is_found(
    project: Project, fault: type[BookApi], check: str, operation: str, subject: str
) -> None:
    results = run_on_books(project, fault(), tuple(one for one in CHECKS if one.name == check))
    assert results.crashes == []
    assert (check, operation, subject) in [one.identity for one in results.findings]


@pytest.mark.parametrize("seed", [1, 2])
def test_healthy_api_breaks_no_promise_of_the_round_trip(project: Project, seed: int) -> None:
    results = run_on_books(project, BookApi(), CHECKS, seed=seed, rounds=seed)
    assert [one.happened for one in results.findings] == []
    assert results.crashes == []


def test_finding_has_the_requests_that_show_it_and_no_more(project: Project) -> None:
    results = run_on_books(project, Strips(), sent_values.CHECKS[:1])
    found = next(one for one in results.findings if one.check == "values-are-kept")
    assert [one.method for one in found.exchanges] == ["POST"]
    assert "so with PUT and PATCH" in found.happened
    assert len([one for one in results.findings if one.subject == "/title"]) == 1


def test_same_seed_sends_the_same_requests(project: Project) -> None:
    runs = [run_on_books(project, Strips(), sent_values.CHECKS[:2], seed=7) for _ in range(2)]
    first, second = ([one.body for _, one in run.exchanges if one.method == "POST"] for run in runs)
    assert first == second


def test_description_that_names_a_normalization_silences_the_check(tmp_path: Path) -> None:
    document: dict[str, Any] = book_document()
    for name in ("BookInput", "BookPatch", "Book"):
        schema = document["components"]["schemas"][name]["properties"]
        schema["title"] = {**schema["title"], "description": "Spaces around it are trimmed."}
    results = run_on_books(book_project(tmp_path, document), Strips(), sent_values.CHECKS[:1])
    assert results.findings == []


class ShowsSecret(BookApi):
    """Books whose password every answer has."""

    def valid(self, name: str, request: BookRequest) -> Any:
        sent = request.body if isinstance(request.body, dict) else {}
        rest = {key: value for key, value in sent.items() if key != "password"} if sent else request.body
        plain = BookRequest(request.method, request.path, {}, {}, rest, request.valid_json)
        return {**super().valid(name, plain), **sent}

    def content(self, sent: Book) -> Book:
        return {**super().content(sent), "password": sent.get("password")}


class HidesSecret(ShowsSecret):
    """Books whose password no answer has."""

    def show(self, book: Book) -> Book:
        return {name: value for name, value in super().show(book).items() if name != "password"}


class ListsSecret(HidesSecret):
    """A list that has the passwords."""

    def show_in_list(self, book: Book) -> Book:
        return ShowsSecret.show(self, book)


def document_with_secret() -> dict[str, Any]:
    """Return the books' document, with a password that only requests have."""
    document: dict[str, Any] = book_document()
    schema = {"type": "string", "format": "password", "maxLength": 40, "writeOnly": True}
    document["components"]["schemas"]["BookInput"]["properties"]["password"] = schema
    return document


@pytest.mark.parametrize(("api", "operation"), [(ShowsSecret, "POST /books"), (ListsSecret, "GET /books")])
def test_secret_in_an_answer_is_found(tmp_path: Path, api: type[BookApi], operation: str) -> None:
    checks = tuple(one for one in CHECKS if one.name == "write-only-stays-hidden")
    found = run_on_books(book_project(tmp_path, document_with_secret()), api(), checks).findings
    assert (operation, "/password") in [(finding.operation, finding.subject) for finding in found]


def test_secret_that_stays_hidden_is_no_finding(tmp_path: Path) -> None:
    results = run_on_books(book_project(tmp_path, document_with_secret()), HidesSecret(), CHECKS)
    assert [finding.happened for finding in results.findings] == []


class KeepsInstants(BookApi):
    """Times that are kept in UTC."""

    def keep(self, book: Book) -> Book:
        due = book["due"]
        in_utc = due and datetime.fromisoformat(due.upper()).astimezone(UTC).isoformat().replace("+00:00", "Z")
        return {**book, "due": in_utc}


@pytest.mark.parametrize(("words", "count"), [("When it is due.", 0), ("Kept as it was written.", 1)])
def test_time_is_kept_as_its_instant_unless_the_description_says_as_written(
    tmp_path: Path, words: str, count: int
) -> None:
    document: dict[str, Any] = book_document()
    for name in ("BookInput", "BookPatch", "Book"):
        schema = document["components"]["schemas"][name]["properties"]
        schema["due"] = {**schema["due"], "description": words}
    results = run_on_books(book_project(tmp_path, document), KeepsInstants(), sent_values.CHECKS[:1])
    assert [one.subject for one in results.findings] == ["/due"] * count


@pytest.mark.parametrize(
    ("sent", "shown", "same"),
    [("AP+/", "AP-_", False), ("AA==", "AA", True), ("AP-_", "AP-_", True), ("AP-_", "AP+/", False)],
)
def test_base64_of_another_alphabet_is_another_text(sent: str, shown: str, same: bool) -> None:
    assert same_value(sent, shown, "byte") is same


class HoldsLess(BookApi):
    """A database that holds fewer characters than the document allows."""

    def valid(self, name: str, request: BookRequest) -> Any:
        return request.body

    def store(self, id_: str, book: Book) -> Book:
        if len(str(book)) > 400 * 1024:
            raise Refused(500, "the item is too large")
        return super().store(id_, book)


@pytest.mark.parametrize(("longest", "count"), [(100_000, 0), (500_000, 3)])
def test_text_that_the_document_allows_is_taken(tmp_path: Path, longest: int, count: int) -> None:
    document: dict[str, Any] = book_document()
    for name in ("BookInput", "BookPatch", "Book"):
        document["components"]["schemas"][name]["properties"]["title"] = {"type": "string", "maxLength": longest}
    results = run_on_books(book_project(tmp_path, document), HoldsLess(), largest_values.CHECKS)
    assert len({one.operation for one in results.findings}) == count


def test_computed_property_of_an_entry_is_no_difference() -> None:
    line: dict[str, Any] = {"type": "object", "properties": {"text": {"type": "string"}}}
    shown = {"type": "object", "properties": {**line["properties"], "amount": {"type": "number"}}}
    schema = {"allOf": [{"type": "array", "items": line}, {"type": "array", "items": shown}]}
    sent, found = [{"text": "a"}], [{"text": "a", "amount": 1}]
    assert Equality({}).equal(sent, found, schema)
    assert not Equality({}).equal(sent, found, {"type": "array", "items": line})
    assert not Equality({}).equal(sent, [{"text": "b", "amount": 1}], schema)


@pytest.mark.parametrize(
    ("words", "is_kept"),
    [
        ("They are kept in small letters, each once, in the order of the list.", False),
        ("White space around it is removed.", False),
        ("Leading and trailing spaces around the text do not count.", False),
        ("At most five, each of them in the catalogue.", True),
        ("", True),
    ],
)
def test_description_that_says_what_is_changed_silences_the_comparison(words: str, is_kept: bool) -> None:
    schema = {"type": "string", "description": words}
    assert Equality({}).equal(" Text", "text", schema) is not is_kept


def test_members_that_a_merged_object_had_before_are_no_difference() -> None:
    member = {"type": "object", "additionalProperties": {"type": "string"}}
    resource = resource_of(
        {"/notes/{id}": {"patch": takes(objects(more=member), answers(objects(id=TEXT, more=member)))}}
    )
    assert resource.change is not None
    exchange = HttpExchange("PATCH", "http://h/notes/1", status=200, reply_body=b'{"id": "1", "more": {"a": "1"}}')
    answer, expectation = Answer(exchange, resource.change), Expectation(resource, Equality({}))
    assert list(expectation.differences({"more": {}}, answer, is_merged=True)) == []
    assert list(expectation.differences({"more": {}}, answer))
    assert list(expectation.differences({"more": {"a": "2"}}, answer, is_merged=True))


def test_place_among_others_changes_with_the_writes_of_others() -> None:
    resource = resource_of({"/notes/{id}": {"get": answers(objects(id=TEXT))}})
    shown = {"id": "1", "position": 3, "sortOrder": 2, "sort_index": 1, "order": "o-7", "positions": 4}
    found = Expectation(resource, Equality({})).independent(shown)
    assert found == {"id": "1", "order": "o-7", "positions": 4}


class AnswersWithWhatWasThere(BookApi):
    """A PUT whose answer has the properties of the book as it was, if the body leaves them out."""

    def replace(self, id_: str, request: BookRequest) -> BookReply:
        before = self.show(self.books[id_]) if id_ in self.books else {}
        reply = super().replace(id_, request)
        sent = request.body if isinstance(request.body, dict) else {}
        kept = {name: one for name, one in before.items() if name == "due" and name not in sent}
        return BookReply(reply.status, {**reply.body, **kept}, reply.headers)


def test_answer_of_a_put_that_leaves_a_property_out_is_what_is_read(project: Project) -> None:
    checks = tuple(one for one in CHECKS if one.name == "read-equals-write")
    results = run_on_books(project, AnswersWithWhatWasThere(), checks)
    assert [(one.operation, one.subject) for one in results.findings] == [("PUT /books/{bookId}", "/due")]


@pytest.mark.parametrize(
    ("said", "of_all", "same"),
    [
        ("", "All times are UTC with milliseconds, whatever offset they were sent with.", True),
        ("In UTC, with milliseconds.", "", True),
        ("Kept to the second.", "", True),
        ("", "An answer comes within twenty milliseconds.", False),
        ("", "", False),
    ],
)
def test_times_are_the_same_to_the_digits_that_the_document_keeps(said: str, of_all: str, same: bool) -> None:
    equality = Equality({"info": {"description": of_all}})
    schema = {"type": "string", "format": "date-time", "description": said}
    sent, kept = "2026-01-31T09:30:00.123456+01:00", "2026-01-31T08:30:00.123Z"
    assert equality.equal(sent, kept, schema) is same
    assert equality.equal(sent, "2026-01-31T08:30:00Z", schema) is (said == "Kept to the second.")
    assert not equality.equal(sent, "2026-01-31T08:30:01.123Z", schema)
