"""Checks of storage find what the tables hold that answers do not show, and nothing in a healthy API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks import storage
from tests.support.book_stack import StoredBooks, run_on_stack
from tests.support.rest_api import Book


class StoresText(StoredBooks):
    """The version is stored as a text."""

    def attributes(self, book: Book) -> dict[str, Any]:
        return {**super().attributes(book), "version": {"S": str(book["version"])}}


class ExpiresInMilliseconds(StoredBooks):
    """The expiry is in milliseconds."""

    def attributes(self, book: Book) -> dict[str, Any]:
        return {**super().attributes(book), "expiresAt": {"N": "1893456000000"}}


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
