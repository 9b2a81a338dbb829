"""service/validation.py with the validators of openapi.yaml."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from service import exact_json
from service.errors import BadRequest
from service.model import too_precise
from service.proxy import Request
from service.validation import Call, check_request


def violations(operation: str, **request: Any) -> list[dict[str, str]]:
    with pytest.raises(BadRequest) as refusal:
        check_request(operation, Request("/items", **request), check_body=too_precise)
    return refusal.value.errors


def in_body(pointer: str, detail: str) -> dict[str, str]:
    return {"in": "body", "pointer": pointer, "detail": detail}


def test_a_valid_request_comes_out_in_its_schemas_types() -> None:
    request = Request("/items/1", {"itemId": "1"}, body=b'{"name": "Widget", "price": 1.10}')
    assert check_request("replaceItem", request) == Call(
        url_path="/items/1",
        path={"itemId": "1"},
        query={},
        headers={},
        body={"name": "Widget", "price": Decimal("1.10")},
    )


def test_a_parameter_that_is_left_out_gets_the_contracts_default() -> None:
    assert check_request("listItems", Request("/items")).query == {"limit": 25}
    assert check_request("listItems", Request("/items", query={"limit": ["3"], "unknown": ["x"]})).query == {"limit": 3}


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_a_json_body_is_read_whatever_its_content_type_says(content_type: str) -> None:
    request = Request("/items", headers={"content-type": content_type}, body=b'{"name": "Widget"}')
    assert check_request("createItem", request).body == {"name": "Widget"}


def test_a_body_that_an_operation_has_no_use_for_is_ignored() -> None:
    assert check_request("getItem", Request("/items/1", {"itemId": "1"}, body=b"\xff")).body is None


def test_everything_that_is_wrong_is_listed() -> None:
    body = b'{"itemId": "a/b", "price": -1.%s, "status": "lost", "tags": ["a", "a", 1], "version": 2}' % (b"1" * 38)
    assert violations("replaceItem", path_parameters={"itemId": "-1"}, body=body) == [
        {"in": "path", "pointer": "/itemId", "detail": "must match the pattern ^[A-Za-z0-9_][A-Za-z0-9_.~-]*$"},
        in_body("/itemId", "must match the pattern ^[A-Za-z0-9_][A-Za-z0-9_.~-]*$"),
        in_body("/price", "must be at least 0"),
        in_body("/status", 'must be one of "draft", "active", "archived"'),
        in_body("/tags", "must not have an item twice"),
        in_body("/tags/2", "must be a string"),
        in_body("/name", "is required"),
        in_body("/version", "is unknown"),
        in_body("/price", "must have at most 38 significant digits"),
    ]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", in_body("", "is required")),
        (b"\xff", in_body("", "is not UTF-8 text")),
        (b"null", in_body("", "must be an object")),
        (b"[]", in_body("", "must be an object")),
        (b'{"name": ""}', in_body("/name", "must have at least 1 character")),
        (b'{"name": null}', in_body("/name", "must be a string")),
        (b'{"name": "W", "price": true}', in_body("/price", "must be a number or null")),
        (b'{"name": "W", "price": -1}', in_body("/price", "must be at least 0")),
        (b'{"name": "W", "price": 5e-324}', in_body("/price", "must have one of the allowed forms")),
        (b'{"name": "W", "price": 1e39}', in_body("/price", "must be at most 100000000000000000000000000000000000000")),
        (b'{"name": "W", "": 1}', in_body("/", "is unknown")),
        (b'{"name": "W", "a/b~c": 1}', in_body("/a~1b~0c", "is unknown")),
    ],
)
def test_a_bad_body_is_explained(body: bytes, error: dict[str, str]) -> None:
    assert violations("createItem", body=body) == [error]


@pytest.mark.parametrize(
    ("limit", "detail"),
    [
        (["0"], "must be at least 1"),
        (["101"], "must be at most 100"),
        (["-0"], "must be at least 1"),
        (["1", "1"], "must be given only once"),
        *[
            ([text], "must be an integer")
            for text in ("", "1e3", "1.0", "1,2", "+5", " 5", "5\n", "٣", "0x1", "05", "true")
        ],
    ],
)
def test_a_bad_limit_is_explained(limit: list[str], detail: str) -> None:
    assert violations("listItems", query={"limit": limit}) == [{"in": "query", "pointer": "/limit", "detail": detail}]


@pytest.mark.parametrize("item_id", ["", " ", "a b", "a/b", "..", "é", "a\n", "\x00", "\ud800", "%41", "a" * 129])
def test_a_bad_id_is_rejected(item_id: str) -> None:
    errors = violations("getItem", path_parameters={"itemId": item_id})
    assert {(error["in"], error["pointer"]) for error in errors} == {("path", "/itemId")}


@pytest.mark.parametrize("item_id", ["1", "_", "A.b_c~d-e", "a" * 128])
def test_a_good_id_is_accepted(item_id: str) -> None:
    assert check_request("getItem", Request("/", {"itemId": item_id})).path == {"itemId": item_id}


def test_the_answer_to_a_huge_bad_request_stays_small() -> None:
    many = b'{"name": "W", ' + b", ".join(b'"%x%s": 1' % (number, b"x" * 500) for number in range(1000)) + b"}"
    errors = violations("createItem", body=many)
    assert len(errors) == 100
    assert all(len(error["pointer"]) <= 102 for error in errors)


@pytest.mark.parametrize(
    "body", [b"{}", b'{"name": "W"}', b'{"description": null, "price": null, "status": null, "tags": null}']
)
def test_a_patch_may_leave_out_everything_and_null_whatever_has_a_default(body: bytes) -> None:
    request = Request("/items/1", {"itemId": "1"}, headers={"content-type": "application/merge-patch+json"}, body=body)
    assert check_request("changeItem", request).body == exact_json.loads(body)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", in_body("", "is required")),
        (b"null", in_body("", "must be an object")),
        (b'[{"op": "remove", "path": "/price"}]', in_body("", "must be an object")),
        (b'{"name": null}', in_body("/name", "must be a string")),
        (b'{"tags": "a"}', in_body("/tags", "must be an array or null")),
        (b'{"tags": [null]}', in_body("/tags/0", "must be a string")),
        (b'{"status": "lost"}', in_body("/status", 'must be one of "draft", "active", "archived"')),
        (b'{"itemId": "1"}', in_body("/itemId", "is unknown")),
        (b'{"version": 1}', in_body("/version", "is unknown")),
    ],
)
def test_a_bad_patch_is_explained(body: bytes, error: dict[str, str]) -> None:
    assert violations("changeItem", path_parameters={"itemId": "1"}, body=body) == [error]
