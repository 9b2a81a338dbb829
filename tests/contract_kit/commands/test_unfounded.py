"""Failures of schemathesis that come from what a schema can't tell are left out."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.contract.fuzz.results import FailedCheck
from homeport.contract.fuzz.unfounded import is_unfounded
from homeport.contract.http_exchange import HttpExchange
from tests.support.rest_model import TEXT, answers, arrays, asks, model_of, objects, takes

BOOK = objects("id", id=TEXT, title=TEXT)
PAGE = objects(books=arrays(BOOK), next=TEXT)
MODEL = model_of(
    {
        "/books": {
            "get": asks(answers(PAGE), "query", after=TEXT, limit={"type": "integer"}),
            "post": asks(takes(BOOK, answers(BOOK, "201")), "header", **{"Idempotency-Key": TEXT}),
        },
        "/books/{id}": {"get": answers(BOOK), "delete": answers(None, "204")},
    }
)


def exchange(method: str, target: str, status: int, *headers: tuple[str, str], kind: str = "") -> HttpExchange:
    reply = (("content-type", kind),) if kind else ()
    return HttpExchange(method, f"http://127.0.0.1{target}", headers, b"", status, reply, b"", "")


def failed(check: str, operation: str, *exchanges: HttpExchange) -> FailedCheck:
    return FailedCheck(operation, check, "a title", "a message", exchanges)


_KEY = ("Idempotency-Key", "k1")
_JSON = "application/json"


@pytest.mark.parametrize(
    ("failure", "unfounded"),
    [
        (failed("positive_data_acceptance", "GET /books", exchange("GET", "/books?after=0", 400)), True),
        (failed("positive_data_acceptance", "GET /books", exchange("GET", "/books?limit=5", 400)), False),
        (failed("positive_data_acceptance", "GET /books/{id}", exchange("GET", "/books/1?after=0", 400)), False),
        (failed("not_a_server_error", "GET /books", exchange("GET", "/books?after=0", 500)), False),
        (failed("ensure_resource_availability", "DELETE /books/{id}", exchange("POST", "/books", 201, _KEY)), True),
        (failed("ensure_resource_availability", "DELETE /books/{id}", exchange("POST", "/books", 201)), False),
        (failed("content_type_conformance", "GET /books", exchange("GET", "/books", 401)), True),
        (failed("content_type_conformance", "GET /books", exchange("GET", "/books", 401, kind=_JSON)), False),
        (failed("content_type_conformance", "GET /books", exchange("GET", "/books", 200)), False),
        (failed("not_a_server_error", "GET /books"), False),
    ],
)
def test_only_what_no_schema_tells_is_left_out(failure: Any, unfounded: bool) -> None:
    assert is_unfounded(failure, MODEL) is unfounded
