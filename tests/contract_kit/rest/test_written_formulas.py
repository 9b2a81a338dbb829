"""Formulas are read from descriptions that say nothing else; none is guessed, and each says when it holds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from homeport.contract.rest.formulas import Formula, complete
from homeport.contract.rest.written_formulas import find_formulas
from tests.support.rest_model import TEXT, WHOLE, arrays, objects

NUMBER: dict[str, Any] = {"type": "number"}
CENTS = {**NUMBER, "multipleOf": 0.01}
LINE = objects(quantity=WHOLE, unitPrice=CENTS, text=TEXT, amount=CENTS)


def formulas_in(description: str, target: str = "total", **schema: Any) -> list[Formula]:
    """Return the formulas of an order whose property has a description."""
    known = {"net": CENTS, "tax": CENTS, "tax_percent": WHOLE, "stock": WHOLE, "reserved": WHOLE, "rate": NUMBER}
    order = objects(**known, lines=arrays(LINE), tags=arrays(TEXT))
    order["properties"] |= {
        "latestLines": arrays(LINE),
        "width": WHOLE,
        "height": WHOLE,
        target: {**CENTS, "description": description, **schema},
    }
    return list(find_formulas(order, {}))


@pytest.mark.parametrize(
    ("description", "how", "operands", "items"),
    [
        ("The net times the rate.", "product", ("net", "rate"), ""),
        ("Product of `stock` and `rate`; read-only.", "product", ("stock", "rate"), ""),
        ("stock \u00d7 rate", "product", ("stock", "rate"), ""),
        ("width * height", "product", ("width", "height"), ""),
        ("net plus tax", "sum", ("net", "tax"), ""),
        ("net and tax.", "sum", ("net", "tax"), ""),
        ("The sum of net and tax, in the order's currency.", "sum", ("net", "tax"), ""),
        ("stock minus reserved", "difference", ("stock", "reserved"), ""),
        ("tax_percent of net, rounded half up to cents.", "percent", ("tax_percent", "net"), ""),
        ("The sum of the lines' amounts.", "product", ("amount",), "lines"),
        ("Sum of the amounts of all lines.", "product", ("amount",), "lines"),
        ("The total of all line amounts.", "product", ("amount",), "lines"),
        ("Quantity times unit price, summed over all lines.", "product", ("quantity", "unitPrice"), "lines"),
        ("The sum of quantity times unit price over the lines.", "product", ("quantity", "unitPrice"), "lines"),
        ("How many lines there are.", "count", (), "lines"),
        ("Number of tags", "count", (), "tags"),
    ],
)
def test_formula_is_read(description: str, how: str, operands: tuple[str, ...], items: str) -> None:
    (found,) = formulas_in(description)
    assert (found.target, found.how, found.operands, found.items) == ("total", how, operands, items)


@pytest.mark.parametrize(
    "description",
    [
        "",
        "The total.",
        "net times rate, capped at 100.",
        "net plus tax. A discount is taken off.",
        "net times the exchange rate",
        "net times 2",
        "net times net",
        "net or tax",
        "The sum of the lines' prices.",
        "Number of latest lines",
        "How many lines are open.",
        "rate of tax",
        "The sum of the latest lines' amounts.",
    ],
)
def test_no_formula_is_guessed(description: str) -> None:
    assert formulas_in(description) == []


def test_two_names_may_also_say_what_a_number_is_about() -> None:
    assert formulas_in("width and height", "size") == []


def test_formulas_inside_of_arrays_have_their_place_and_come_first() -> None:
    line = objects(quantity=WHOLE, price=CENTS, amount={**CENTS, "description": "quantity times price"})
    order = objects(lines=arrays(line), total={**CENTS, "description": "The sum of the lines' amounts."})
    amount, total = find_formulas(order, {})
    assert (amount.keys, total.keys) == (("lines",), ())
    body = {"lines": [{"quantity": 3, "price": Decimal("19.99")}, {"quantity": 1, "price": Decimal("0.01")}]}
    whole = complete((amount, total), body)
    assert whole["total"] == Decimal("59.98")
    assert [amount.holds(one) for one in amount.objects(whole)] == [True, True]
    whole["lines"][0]["amount"] = Decimal("59.96")
    assert [amount.holds(one) for one in amount.objects(whole)] == [False, True]


@pytest.mark.parametrize(
    ("words", "net", "total", "holds"),
    [
        ("rounded half up to cents", "0.50", "0.03", True),
        ("rounded half up to cents", "0.50", "0.02", False),
        ("rounded half to even", "0.50", "0.02", True),
        ("rounded half to even", "0.50", "0.03", False),
        ("rounded down", "0.59", "0.02", True),
        ("rounded down", "0.59", "0.03", False),
        ("rounded to cents", "0.50", "0.02", True),
        ("rounded to cents", "0.50", "0.03", True),
        ("rounded to cents", "0.59", "0.02", False),
        ("in the order's currency", "0.59", "0.02", True),
        ("in the order's currency", "0.59", "0.04", False),
        ("in the order's currency", "0.60", "0.02", False),
    ],
)
def test_rounding_is_what_the_words_leave_open(words: str, net: str, total: str, holds: bool) -> None:
    (formula,) = formulas_in(f"tax_percent of net, {words}.")
    assert formula.holds({"tax_percent": 5, "net": Decimal(net), "total": Decimal(total)}) is holds


@pytest.mark.parametrize(
    ("value", "is_telling"),
    [
        ({"tax_percent": 5, "net": Decimal("0.50")}, True),
        ({"tax_percent": 5, "net": Decimal("0.40")}, False),
        ({"tax_percent": 100, "net": Decimal("0.29")}, True),
        ({"tax_percent": 5, "net": None}, False),
    ],
)
def test_half_a_step_and_what_doubles_miss_are_telling(value: dict[str, Any], is_telling: bool) -> None:
    (formula,) = formulas_in("tax_percent of net, rounded half up to cents.")
    assert formula.is_telling(value) is is_telling


def test_rule_holds_where_a_part_is_missing_and_where_a_double_is_shown() -> None:
    (formula,) = formulas_in("net plus tax", multipleOf=None)
    assert formula.holds({"net": 1, "total": 7})
    assert formula.holds({"net": None, "tax": 1, "total": 7})
    assert formula.holds({"net": "1.10", "tax": "2.20", "total": "3.30"})
    assert formula.holds({"net": 0.1, "tax": 0.2, "total": Decimal("0.30000000000000004")})
    assert not formula.holds({"net": 1, "tax": 2, "total": 4})
