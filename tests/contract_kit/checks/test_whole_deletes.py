"""A DELETE that is answered with success leaves nothing, also where DynamoDB leaves a part of a batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from homeport.contract.checks.faults import whole_deletes
from homeport.contract.checks.runner import CheckResults
from tests.support.book_stack import DatabaseError, StoredBooks, run_on_stack, to_attribute
from tests.support.rest_api import Book


class BooksWithHistory(StoredBooks):
    """Books whose versions are items beside them, which DELETE removes first."""

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[int]] = {}

    def store(self, id_: str, book: Book) -> Book:
        self.history.setdefault(id_, []).append(book["version"])
        return super().store(id_, book)

    def remove(self, id_: str) -> None:
        self.forget(id_)
        super().remove(id_)

    def forget(self, id_: str) -> None:
        """Remove the history of a book, until nothing of it is left."""
        while self.history.get(id_):
            self.remove_batch(id_)

    def remove_batch(self, id_: str) -> None:
        """Remove the history of a book in a batch, of which DynamoDB may leave a half."""
        rest = self.history[id_]
        is_cut = any(one.action == "BatchWriteItem" and "unprocessed" in one.text for one in self.faults)
        if is_cut and len(rest) == 1:
            raise DatabaseError("ProvisionedThroughputExceededException")

        def remove() -> None:
            self.history[id_] = rest[: (len(rest) + 1) // 2] if is_cut else []

        self.call("BatchWriteItem", remove)

    def others(self) -> list[dict[str, Any]]:
        items = [(f"{id_}#{version}", version) for id_, all_ in self.history.items() for version in all_]
        return [{"bookId": to_attribute(id_), "version": to_attribute(version)} for id_, version in items]


class ForgetsOnce(BooksWithHistory):
    """A history of which what a batch leaves stays."""

    def forget(self, id_: str) -> None:
        if self.history.get(id_):
            self.remove_batch(id_)


class KeepsHistory(BooksWithHistory):
    """A history that stays, whatever happens."""

    def forget(self, id_: str) -> None:
        self.call("BatchGetItem", lambda: None)


def results_of(tmp_path: Path, api: StoredBooks) -> CheckResults:
    """Return the results of the check."""
    results = run_on_stack(tmp_path, api, whole_deletes.CHECKS)
    assert results.crashes == []
    return results


def test_whole_deletion_and_a_history_that_is_kept_are_no_finding(tmp_path: Path) -> None:
    for number, api in enumerate((BooksWithHistory(), KeepsHistory(), StoredBooks())):
        results = results_of(tmp_path / str(number), api)
        assert [finding.happened for finding in results.findings] == []
        assert results.runs[0].requests > 8


def test_half_a_deletion_is_found(tmp_path: Path) -> None:
    (finding,) = results_of(tmp_path, ForgetsOnce()).findings
    assert finding.operation == "DELETE /books/{bookId}"
    assert "DELETE was answered with 204, and BooksTable still holds 2 of its items" in finding.happened
