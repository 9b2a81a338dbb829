"""Numbers that are computed from others are what their descriptions say, to the last place."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.round_trip import computed_values
from tests.support.rest_api import Book, BookApi, run_on_books
from tests.support.rest_document import book_document, book_project

_CENT = Decimal("0.01")
_MONEY = {"type": "number", "minimum": 0, "maximum": 1000, "multipleOf": 0.01, "nullable": True}
_PAGES = {"type": "integer", "minimum": 0, "maximum": 30}
_COST = {**_MONEY, "readOnly": True, "description": "price times pages"}
_FEE = {**_MONEY, "readOnly": True, "description": "pages percent of price, rounded half up to cents."}


def document_with_costs() -> dict[str, Any]:
    """Return the books' document with two numbers that are computed."""
    document = book_document()
    schemas = document["components"]["schemas"]
    for name in ("BookInput", "BookPatch", "Book"):
        given = {key: schemas[name]["properties"][key] for key in ("price", "pages")}
        defaults = {key: {"default": one["default"]} if "default" in one else {} for key, one in given.items()}
        schemas[name]["properties"] |= {
            "price": {**_MONEY, **defaults["price"]},
            "pages": {**_PAGES, **defaults["pages"]},
        }
    schemas["Book"]["properties"] |= {"cost": _COST, "fee": _FEE}
    schemas["Book"]["required"] += ["cost", "fee"]
    return document


class PricedBooks(BookApi):
    """Books with a cost and a fee."""

    def show(self, book: Book) -> Book:
        price = None if book["price"] is None else Decimal(str(book["price"]))
        cost = None if price is None else self.cost(book, price, int(book["pages"]))
        fee = None if price is None else self.rounded(price * int(book["pages"]) / 100)
        return {**super().show(book), "cost": cost, "fee": fee}

    def cost(self, book: Book, price: Decimal, pages: int) -> Decimal:
        """Return the cost of a book."""
        return price * pages

    def rounded(self, fee: Decimal) -> Decimal:
        """Return a fee in cents."""
        return fee.quantize(_CENT, ROUND_HALF_UP)


class CutsDoubles(PricedBooks):
    """A cost in doubles, of which the last cent is cut off."""

    def cost(self, book: Book, price: Decimal, pages: int) -> Decimal:
        return Decimal(str(int(pages * float(price) * 100) / 100))


class RoundsToEven(PricedBooks):
    """A fee that is rounded to even."""

    def rounded(self, fee: Decimal) -> Decimal:
        return fee.quantize(_CENT, ROUND_HALF_EVEN)


class KeepsCost(PricedBooks):
    """A cost that a change leaves as it was."""

    def __init__(self) -> None:
        super().__init__()
        self.first: dict[str, Decimal] = {}

    def cost(self, book: Book, price: Decimal, pages: int) -> Decimal:
        return self.first.setdefault(book["bookId"], price * pages)


def found_in(tmp_path: Path, api: BookApi) -> list[tuple[str, str]]:
    """Return the subjects and sentences of the findings."""
    results = run_on_books(book_project(tmp_path, document_with_costs()), api, computed_values.CHECKS)
    assert results.crashes == []
    assert results.runs[0].requests > 10
    return [(finding.subject, finding.happened) for finding in results.findings]


def test_healthy_api_has_no_finding(tmp_path: Path) -> None:
    assert found_in(tmp_path, PricedBooks()) == []


@pytest.mark.parametrize(("api", "subject"), [(CutsDoubles, "/cost"), (RoundsToEven, "/fee"), (KeepsCost, "/cost")])
def test_fault_is_found(tmp_path: Path, api: type[PricedBooks], subject: str) -> None:
    ((found, happened),) = found_in(tmp_path, api())
    assert found == subject
    assert happened.startswith(f"{subject[1:]} is ")
    assert "(price " in happened or "(pages " in happened
