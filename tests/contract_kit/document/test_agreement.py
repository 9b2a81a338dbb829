from __future__ import annotations

from typing import Any

import pytest

from tests.support.openapi_map import answer, api, body, lines


def _page(limit: dict[str, Any], size: int, name: str = "limit") -> dict[str, Any]:
    page = {"type": "object", "properties": {"items": {"type": "array", "maxItems": size, "items": {"type": "string"}}}}
    parameter = {"name": name, "in": "query", "schema": {"type": "integer", **limit}}
    return api({"/things": {"get": {"parameters": [parameter], "responses": {"200": answer(page)}}}})


def test_limit_that_no_page_can_hold_is_a_warning() -> None:
    for name in ("limit", "page_size"):
        assert lines(_page({"maximum": 100}, 50, name)) == [
            f"warning page-holds-its-limit: maximum of the query parameter {name!r} of GET /things is 100, "
            "and maxItems of its list 50"
        ]


def test_limit_that_a_page_holds_is_silent() -> None:
    assert lines(_page({"maximum": 50}, 50)) == []
    assert lines(_page({"maximum": 100}, 50, "offset")) == []


def _written(sent: dict[str, Any], answered: dict[str, Any]) -> list[str]:
    request, reply = ({"type": "object", "properties": {"name": each}} for each in (sent, answered))
    return lines(api({"/things": {"post": {"requestBody": body(request), "responses": {"201": answer(reply)}}}}))


@pytest.mark.parametrize(
    ("sent", "answered", "says"),
    [
        ({"type": "string", "maxLength": 300}, {"type": "string", "maxLength": 200}, "maxLength of"),
        ({"type": "integer", "maximum": 300}, {"type": "integer", "maximum": 200}, "maximum of"),
        ({"type": "integer", "minimum": -1}, {"type": "integer", "minimum": 0}, "minimum of"),
        ({"type": "string", "enum": ["a", "b"]}, {"type": "string", "enum": ["a"]}, "enum of"),
    ],
)
def test_property_that_an_answer_can_t_show_is_a_warning(
    sent: dict[str, Any], answered: dict[str, Any], says: str
) -> None:
    (found,) = _written(sent, answered)
    assert found.startswith(f"warning answers-hold-what-requests-send: {says}")
    assert _written(answered, sent) == []


def test_secret_that_is_only_sent_may_be_longer() -> None:
    sent = {"type": "string", "maxLength": 300, "writeOnly": True}
    assert _written(sent, {"type": "string", "maxLength": 64}) == []


def _selected(taken: dict[str, Any], had: dict[str, Any]) -> list[str]:
    page = {
        "type": "object",
        "properties": {"items": {"type": "array", "items": {"type": "object", "properties": {"state": had}}}},
    }
    parameter = {"name": "state", "in": "query", "schema": taken}
    return lines(api({"/things": {"get": {"parameters": [parameter], "responses": {"200": answer(page)}}}}))


def test_list_that_can_t_be_asked_for_a_value_of_its_items_is_a_warning() -> None:
    had = {"type": "string", "enum": ["new", "done", "old"]}
    (found,) = _selected({"type": "string", "enum": ["new", "done"]}, had)
    assert found.startswith(
        "warning lists-select-by-every-value: the query parameter 'state' of GET /things lacks 'old', "
        "which state of its items can be"
    )


@pytest.mark.parametrize(
    ("taken", "had"),
    [
        ({"type": "string", "enum": ["new", "done", "any"]}, {"type": "string", "enum": ["new", "done"]}),
        ({"type": "string", "enum": ["asc", "desc"]}, {"type": "string", "enum": ["new", "done"]}),
        ({"type": "string"}, {"type": "string", "enum": ["new", "done"]}),
        ({"type": "string", "enum": ["new", "done"]}, {"type": "string"}),
        ({"type": "string", "enum": ["new"]}, {"type": "string", "nullable": True, "enum": ["new", None]}),
    ],
)
def test_list_that_can_be_asked_for_all_values_is_silent(taken: dict[str, Any], had: dict[str, Any]) -> None:
    assert _selected(taken, had) == []
