"""Checks of storage find what the tables hold that answers do not show, and nothing in a healthy API."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks import storage
from tests.support.book_stack import StoredBooks, run_on_stack
from tests.support.rest_api import Book, BookRequest, Refused
from tests.support.rest_document import book_document


class StoresText(StoredBooks):
    """The version is stored as a text."""

    def attributes(self, book: Book) -> dict[str, Any]:
        return {**super().attributes(book), "version": {"S": str(book["version"])}}


class ExpiresInMilliseconds(StoredBooks):
    """The expiry is in milliseconds."""

    def attributes(self, book: Book) -> dict[str, Any]:
        return {**super().attributes(book), "expiresAt": {"N": "1893456000000"}}


class ExpiresWhenRare(ExpiresInMilliseconds):
    """Only a rare book has an expiry, which is in milliseconds."""

    def attributes(self, book: Book) -> dict[str, Any]:
        return super().attributes(book) if book["rare"] else StoredBooks.attributes(self, book)


class Lends(StoredBooks):
    """A book has an expiry, after which it is not there any more."""

    def __init__(self) -> None:
        super().__init__()
        self.expiries: dict[str, int] = {}

    def attributes(self, book: Book) -> dict[str, Any]:
        expiry = self.expiries.get(book["bookId"], int(time.time()) + 86_400)
        until = datetime.fromtimestamp(expiry, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {**super().attributes(book), "expiresAt": {"N": str(expiry)}, "until": {"S": until}}

    def put_item(self, item: Mapping[str, Any]) -> None:
        assert datetime.fromisoformat(item["until"]["S"]).timestamp() == int(item["expiresAt"]["N"])
        self.expiries[item["bookId"]["S"]] = int(item["expiresAt"]["N"])

    def find(self, id_: str) -> Book:
        if self.expiries.get(id_, time.time()) < time.time():
            raise Refused(404, "no such book")
        return super().find(id_)


class LendsForEver(Lends):
    """A book is answered as long as DynamoDB has it."""

    def find(self, id_: str) -> Book:
        return StoredBooks.find(self, id_)


class LeavesName(StoredBooks):
    """The item that reserves the name stays."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def store(self, id_: str, book: Book) -> Book:
        self.names.add(id_)
        return super().store(id_, book)

    def others(self) -> list[dict[str, Any]]:
        return [{"bookId": {"S": f"NAME#{one}"}} for one in sorted(self.names)]


class StoresPlainSecrets(StoredBooks):
    """A password is stored as it was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: dict[str, str] = {}

    def valid(self, name: str, request: BookRequest) -> Any:
        sent = request.body if isinstance(request.body, dict) else {}
        rest = {key: value for key, value in sent.items() if key != "password"} if sent else request.body
        found = super().valid(name, BookRequest(request.method, request.path, {}, {}, rest, request.valid_json))
        self.secrets[str(found.get("title", ""))] = str(sent.get("password", ""))
        return found

    def attributes(self, book: Book) -> dict[str, Any]:
        return {**super().attributes(book), "secret": {"S": self.secret(self.secrets.get(book["title"], ""))}}

    def secret(self, password: str) -> str:
        """Return what is stored of a password."""
        return password


class HashesSecrets(StoresPlainSecrets):
    """A password is stored as a hash."""

    def secret(self, password: str) -> str:
        return hashlib.sha256(password.encode()).hexdigest()


class ListsFromIndex(StoredBooks):
    """A list that is read from an index, which has all of a book."""

    def __init__(self) -> None:
        super().__init__()
        self.index = "byShelf"


class IndexIsBehind(ListsFromIndex):
    """An index that has the version before."""

    def show_in_list(self, book: Book) -> Book:
        return {**super().show_in_list(book), "version": book["version"] - 1}


class ListsSummaries(ListsFromIndex):
    """A list whose entries have a part of a book's properties."""

    def show_in_list(self, book: Book) -> Book:
        return {name: book[name] for name in ("bookId", "title", "shelf")}


class ListsWithoutShelf(ListsFromIndex):
    """An index whose projection lacks a property that its list has."""

    def show_in_list(self, book: Book) -> Book:
        return {name: book[name] for name in ("bookId", "title")}


class SortsByText(StoredBooks):
    """A sort key that has a number without zeros before it."""

    def attributes(self, book: Book) -> dict[str, Any]:
        return {**super().attributes(book), "place": {"S": f"PAGES#{self.number(book['pages'])}"}}

    def number(self, pages: int) -> str:
        """Return a number as the sort key has it."""
        return str(pages)


class SortsByPaddedText(SortsByText):
    """A sort key whose numbers all have the same length."""

    def number(self, pages: int) -> str:
        return f"{pages:020d}"


def document_with_secret() -> dict[str, Any]:
    """Return the books' document, with a password that only requests have."""
    document = book_document()
    schema = {"type": "string", "format": "password", "minLength": 8, "maxLength": 40, "writeOnly": True}
    inputs = document["components"]["schemas"]["BookInput"]
    inputs["properties"]["password"] = schema
    inputs["required"].append("password")
    return document


@pytest.mark.parametrize(("api", "found"), [(StoresPlainSecrets, True), (HashesSecrets, False)])
def test_secret_is_looked_for_in_the_tables(tmp_path: Path, api: type[StoredBooks], found: bool) -> None:
    checks = tuple(one for one in storage.CHECKS if one.name == "secrets-are-not-plain")
    results = run_on_stack(tmp_path, api(), checks, document_with_secret())
    assert results.crashes == []
    assert ["/password"] * found == [finding.subject for finding in results.findings]


@pytest.mark.parametrize(("api", "found"), [(ListsFromIndex, False), (IndexIsBehind, True)])
def test_index_is_compared_with_the_resource(tmp_path: Path, api: type[StoredBooks], found: bool) -> None:
    checks = tuple(one for one in storage.CHECKS if one.name == "lists-show-what-is-stored")
    results = run_on_stack(tmp_path, api(), checks)
    assert results.crashes == []
    assert ("/version" in [finding.subject for finding in results.findings]) is found
    assert bool(results.findings) is found


@pytest.mark.parametrize(("api", "found"), [(ListsSummaries, []), (ListsWithoutShelf, ["/shelf"])])
def test_list_may_leave_out_what_its_entries_have_not_by_the_document(
    tmp_path: Path, api: type[StoredBooks], found: list[str]
) -> None:
    document = book_document()
    schemas = document["components"]["schemas"]
    summary = {name: schemas["Book"]["properties"][name] for name in ("bookId", "title", "shelf")}
    schemas["Summary"] = {"type": "object", "properties": summary, "required": ["bookId", "title"]}
    schemas["BookPage"]["properties"]["books"]["items"] = {"$ref": "#/components/schemas/Summary"}
    checks = tuple(one for one in storage.CHECKS if one.name == "lists-show-what-is-stored")
    results = run_on_stack(tmp_path, api(), checks, document)
    assert results.crashes == []
    assert found == [finding.subject for finding in results.findings]


@pytest.mark.parametrize(("api", "found"), [(SortsByText, True), (SortsByPaddedText, False)])
def test_sort_key_is_compared_with_the_value_in_it(tmp_path: Path, api: type[StoredBooks], found: bool) -> None:
    checks = tuple(one for one in storage.CHECKS if one.name == "sort-keys-sort")
    results = run_on_stack(tmp_path, api(), checks, sort_key="place")
    assert results.crashes == []
    assert ["/pages"] * found == [finding.subject for finding in results.findings]


def test_healthy_api_has_no_finding(tmp_path: Path) -> None:
    assert run_on_stack(tmp_path, StoredBooks(), storage.CHECKS).findings == []


@pytest.mark.parametrize(
    ("api", "check"),
    [
        (StoresText, "stored-types-fit"),
        (ExpiresInMilliseconds, "expiries-are-seconds"),
        (LeavesName, "deleted-leaves-nothing"),
    ],
)
def test_fault_is_found_by_its_check(tmp_path: Path, api: type[StoredBooks], check: str) -> None:
    results = run_on_stack(tmp_path, api(), storage.CHECKS)
    assert check in {finding.check for finding in results.findings}


def test_expiry_that_comes_with_an_optional_property_is_looked_at(tmp_path: Path) -> None:
    document = book_document()
    for path in ("/books", "/books/{bookId}"):
        for operation in (one for one in document["paths"][path].values() if isinstance(one, dict)):
            for kind in operation.get("requestBody", {}).get("content", {}).values():
                kind["example"] = {"title": "Emma"}
    checks = tuple(one for one in storage.CHECKS if one.name == "expiries-are-seconds")
    assert run_on_stack(tmp_path, ExpiresWhenRare(), checks, document).findings


@pytest.mark.parametrize(
    ("api", "words", "found"),
    [(Lends, "It expires.", False), (LendsForEver, "It expires.", True), (LendsForEver, "It is kept.", False)],
)
def test_item_that_has_expired_is_not_answered_where_clients_are_told_so(
    tmp_path: Path, api: type[StoredBooks], words: str, found: bool
) -> None:
    document = book_document()
    document["paths"]["/books/{bookId}"]["get"]["description"] = words
    checks = tuple(one for one in storage.CHECKS if one.name == "expired-is-gone")
    results = run_on_stack(tmp_path, api(), checks, document)
    assert results.crashes == []
    assert [one.subject for one in results.findings] == ["BooksTable.expiresAt"] * found
