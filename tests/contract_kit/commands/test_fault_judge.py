"""Schemathesis' failures are told apart: those of an API, and those of what a schema can't say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from homeport.contract.fuzz.fault_judge import FaultJudge
from homeport.contract.fuzz.results import FailedCheck, read_findings
from homeport.contract.http_exchange import HttpExchange
from tests.support.contract import make_exchange, make_scenario
from tests.support.rest_model import TEXT, WHOLE, answers, api_of, arrays, objects, takes

_NOTE = objects("noteId", "text", noteId=TEXT, text=TEXT)
_MISSING = {"description": "There is none."}


def _query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


def _paths() -> dict[str, Any]:
    page = objects(items=arrays(_NOTE), older=TEXT)
    listing = answers(page)
    listing["parameters"] = [
        _query("limit", WHOLE),
        _query("cursor", TEXT),
        _query("after", {**TEXT, "pattern": "^[0-9]{4}$"}),
    ]
    replace = takes(objects("text", text=TEXT), answers(_NOTE))
    replace["responses"]["428"] = _MISSING
    replace["responses"]["400"] = _MISSING
    cover = answers(_NOTE)
    cover["responses"]["404"] = _MISSING
    return {
        "/notes": {"get": listing, "post": takes(objects("text", text=TEXT, ttl_seconds=WHOLE), answers(_NOTE, "201"))},
        "/notes/{noteId}": {"get": answers(_NOTE), "put": replace},
        "/moves": {
            "post": takes(objects("to", to={**TEXT, "description": "Another folder (else 400)."}), answers(_NOTE))
        },
        "/notes/{noteId}/cover": {"get": cover, "put": replace},
        "/notes/{noteId}/size": {"get": answers(_NOTE)},
    }


def test_value_that_words_rule_out_is_no_valid_request() -> None:
    asked = make_exchange(method="POST", url="http://h/moves", status=400)
    assert not _is_fault("positive_data_acceptance", "POST /moves", asked)
    assert _is_fault("positive_data_acceptance", "POST /moves", replace(asked, status=415))


@pytest.mark.parametrize(("part", "is_fault"), [("", True), ("/cover", False), ("/size", True)])
def test_part_of_a_resource_that_a_put_makes_need_not_be_there(part: str, is_fault: bool) -> None:
    made = make_exchange(method="POST", url="http://h/notes", status=201)
    asked = make_exchange(url=f"http://h/notes/1{part}", status=404)
    assert _is_fault("ensure_resource_availability", f"GET /notes/{{noteId}}{part}", made, asked) is is_fault


def _is_fault(check: str, operation: str, *exchanges: HttpExchange) -> bool:
    judge = FaultJudge(api_of({"paths": _paths(), "components": {}}))
    return judge.is_fault(FailedCheck(operation, check, "title", "message", exchanges))


@pytest.mark.parametrize(
    ("query", "is_fault"),
    [("cursor=0", False), ("limit=3&cursor=", False), ("limit=3", True), ("after=0001", True), ("", True)],
)
def test_refused_cursor_is_no_refused_request(query: str, is_fault: bool) -> None:
    """Only the API knows its cursors; a parameter with a pattern is described by its schema."""
    asked = make_exchange(url=f"http://h/notes?{query}", status=400)
    assert _is_fault("positive_data_acceptance", "GET /notes", asked) is is_fault


@pytest.mark.parametrize(("status", "is_fault"), [(428, False), (400, True), (410, True)])
def test_documented_status_about_a_state_is_no_refused_request(status: int, is_fault: bool) -> None:
    asked = make_exchange(method="PUT", url="http://h/notes/1", status=status)
    assert _is_fault("positive_data_acceptance", "PUT /notes/{noteId}", asked) is is_fault


@pytest.mark.parametrize(
    ("created", "is_fault"),
    [
        ({"body": b'{"text": "x", "ttl_seconds": 1}'}, False),
        ({"body": b'{"text": "x"}', "headers": (("Idempotency-Key", "12345678"),)}, False),
        ({"body": b'{"text": "x"}'}, True),
        ({"body": b'["text"'}, True),
    ],
)
def test_resource_that_its_request_lets_expire_may_be_gone(created: dict[str, Any], is_fault: bool) -> None:
    made = make_exchange(method="POST", url="http://h/notes", status=201, **created)
    read = make_exchange(url="http://h/notes/1", status=404)
    assert _is_fault("ensure_resource_availability", "POST /notes", made, read) is is_fault


@pytest.mark.parametrize(
    ("status", "body", "is_fault"),
    [
        (401, b'{"message":"Unauthorized"}', False),
        (403, b'{"message":"Forbidden"}', False),
        (429, b'{"message":"Too Many Requests"}', False),
        (401, b'{"error": "who are you?"}', True),
        (200, b'{"message":"Unauthorized"}', True),
    ],
)
def test_answer_that_the_gateway_gave_by_itself_is_no_fault_of_the_api(
    status: int, body: bytes, is_fault: bool
) -> None:
    """An HTTP API's 401 has no Content-Type, and no owner can give it one."""
    answered = make_exchange(url="http://h/notes", status=status, reply_body=body)
    assert _is_fault("content_type_conformance", "GET /notes", answered) is is_fault


def test_failure_that_is_none_hides_no_later_one_of_its_kind() -> None:
    lines = [make_scenario({"id": name, "checks": ["a"]}) for name in ("first", "second")]
    (found,) = read_findings(lines, lambda failed: "second" in failed.exchanges[-1].url)
    assert found.exchanges[-1].url == "http://h/second"


@pytest.mark.parametrize(("status", "is_fault"), [(428, False), (200, True), (404, True)])
def test_precondition_that_is_required_is_a_rejection_of_its_own(status: int, is_fault: bool) -> None:
    asked = make_exchange(method="PUT", url="http://h/notes/1", status=status)
    assert _is_fault("missing_required_header", "PUT /notes/{noteId}", asked) is is_fault
