"""Sums that the examples of a document show, and answers that don't add up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from homeport.contract.document.sums import AnswerSums, sum_rules
from homeport.contract.http_exchange import HttpExchange
from tests.support.openapi_map import api, line, mapped

_LABEL = "GET /orders/{id}"


def _document(*examples: Any) -> Any:
    content = {
        "application/json": {"schema": {}, "examples": {f"e{n}": {"value": one} for n, one in enumerate(examples)}}
    }
    operation = {
        "operationId": "getOrder",
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "responses": {"200": {"description": "", "content": content}},
    }
    return mapped(api({"/orders/{id}": {"get": operation}}))


def _order(total: Any, *lines: tuple[Any, Any]) -> dict[str, Any]:
    return {
        "id": "1",
        "total": total,
        "lines": [{"sku": "a", "price": price, "count": count} for price, count in lines],
    }


def _found(document: Any, value: Any) -> list[str]:
    sums = AnswerSums(document)
    sums.add(_LABEL, HttpExchange("GET", "/orders/1", status=200, reply_body=json.dumps(value).encode()))
    return [line(finding) for finding in sums.findings()]


def test_rule_is_taken_from_an_example_that_no_plain_sum_explains() -> None:
    (rule,) = sum_rules(_document(_order(4980, (2490, 2))))
    assert str(rule) == "the sum of price * count over lines"


@pytest.mark.parametrize(
    "examples",
    [
        (_order(2490, (2490, 1)),),
        (_order(5, (4, 1), (1, 1)),),
        (_order(4999, (2490, 2)),),
        (_order(4980, (2490, 2)), _order(1, (2490, 2))),
        (_order(0),),
        (),
    ],
    ids=["a factor of one", "plain sum", "no sum", "another example breaks it", "no lines", "no example"],
)
def test_no_rule_is_taken_from_what_may_be_chance(examples: tuple[Any, ...]) -> None:
    assert sum_rules(_document(*examples)) == ()


def test_answer_that_does_not_add_up_is_found_once_also_inside_another() -> None:
    document = _document(_order(4980, (2490, 2)))
    (found,) = _found(document, {"orders": [_order(10, (10, 1)), _order(30, (10, 2)), _order(31, (10, 2))]})
    assert "GET /orders/{id} answered with total 30: the sum of price * count over lines is 20" in found


@pytest.mark.parametrize(
    "total", [_order(20, (10, 2)), _order(0), _order(0.3, (0.1, 3)), {"total": 3}, _order("20", (10, 2))]
)
def test_answer_that_adds_up_or_has_no_such_sum_is_none(total: Any) -> None:
    assert _found(_document(_order(4980, (2490, 2))), total) == []


def test_total_that_is_rounded_may_differ_by_half_a_cent_for_each_line() -> None:
    document = _document(_order(2.5, (1.25, 2)))
    assert _found(document, _order(0.67, (0.333, 2))) == []
    assert _found(document, _order(0.69, (0.333, 2))) != []
