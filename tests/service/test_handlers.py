"""service/handlers/: the operations as clients see them, behind each kind of API."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.support.service import ROOT, Api, Reply, make_id

HANDLERS = sorted((ROOT / "service" / "handlers").glob("[a-z]*.py"))


def create(api: Api, **body: Any) -> Reply:
    return api("create_item", method="POST", body={"name": "Widget", **body})


def test_the_tutorial_works(any_api: Api) -> None:
    item_id = make_id()
    created = any_api("create_item", method="POST", body=f'{{"itemId":"{item_id}","name":"Widget"}}', as_form=True)
    assert created.status == 201
    assert created.headers["location"].endswith(f"/items/{item_id}")
    item = created.json
    assert (item["itemId"], item["name"], item["version"]) == (item_id, "Widget", 1)
    assert any_api("get_item", item_id=item_id).json == item

    replaced = any_api("replace_item", method="PUT", item_id=item_id, body={"name": "Better"})
    assert replaced.status == 200
    assert replaced.json == {**item, "name": "Better", "updatedAt": replaced.json["updatedAt"], "version": 2}

    deleted = any_api("delete_item", method="DELETE", item_id=item_id)
    assert (deleted.status, deleted.text) == (204, "")
    assert any_api("get_item", item_id=item_id).status == 404
    assert any_api("delete_item", method="DELETE", item_id=item_id).status == 404


def test_an_item_without_an_id_gets_a_new_one(api: Api) -> None:
    first, second = create(api), create(api)
    assert first.status == second.status == 201
    assert UUID(first.json["itemId"]) != UUID(second.json["itemId"])


def test_the_location_is_the_path_as_the_client_sees_it(any_api: Api) -> None:
    item_id = make_id()
    created = any_api("create_item", method="POST", body={"itemId": item_id, "name": "W"}, stage="/prod")
    assert created.headers["location"] == f"/prod/items/{item_id}"


def test_the_reply_to_a_write_is_what_a_read_gives(api: Api) -> None:
    body = '{"name": "é\\u0000", "price": 10.50, "tags": ["b", "a"], "status": "draft", "description": "d"}'
    created = api("create_item", method="POST", body=body)
    assert created.json["price"] == Decimal("10.5")
    assert api("get_item", item_id=created.json["itemId"]).text == created.text


def test_a_taken_id_is_a_conflict(any_api: Api) -> None:
    item_id = make_id()
    assert create(any_api, itemId=item_id).status == 201
    conflict = create(any_api, itemId=item_id, name="Other")
    assert (conflict.status, conflict.json["title"]) == (409, "Conflict")
    assert any_api("get_item", item_id=item_id).json["name"] == "Widget"


def test_put_creates_what_is_not_there(any_api: Api) -> None:
    item_id = make_id()
    created = any_api("replace_item", method="PUT", item_id=item_id, body={"itemId": item_id, "name": "W"})
    assert (created.status, created.json["version"]) == (201, 1)
    assert created.headers["location"].endswith(f"/items/{item_id}")
    assert any_api("get_item", item_id=item_id).json == created.json


def test_put_refuses_the_id_of_another_item(any_api: Api) -> None:
    item_id = make_id()
    refused = any_api("replace_item", method="PUT", item_id=item_id, body={"itemId": "other", "name": "W"})
    assert (refused.status, refused.json["title"]) == (409, "Conflict")
    assert any_api("get_item", item_id=item_id).status == 404


@pytest.mark.parametrize("body", ["", "{", "[]", '{"name":1}', '{"name":"W","price":1e999}', b"\xff", '"\ufffd"'])
def test_a_bad_body_changes_nothing(any_api: Api, body: str | bytes) -> None:
    item_id = make_id()
    refused = any_api("replace_item", method="PUT", item_id=item_id, body=body)
    assert refused.status == 400
    assert refused.headers == {"content-type": "application/problem+json"}
    assert refused.json["errors"]
    assert any_api("get_item", item_id=item_id).status == 404


def test_the_list_goes_through_all_items_once(any_api: Api) -> None:
    mine = {create(any_api).json["itemId"] for _ in range(5)}
    query, found = "limit=2", []
    while True:
        page = any_api("list_items", query=query)
        assert page.status == 200
        found += [item["itemId"] for item in page.json["items"]]
        if "cursor" not in page.json:
            break
        assert len(page.json["items"]) == 2
        query = f"limit=2&cursor={page.json['cursor']}"
    assert len(found) == len(set(found))
    assert mine <= set(found)


@pytest.mark.parametrize("query", ["limit=0", "limit=1&limit=2", "limit=1e3", "cursor=", "cursor=3c1e", "cursor=abc"])
def test_a_bad_query_is_refused(any_api: Api, query: str) -> None:
    refused = any_api("list_items", query=query)
    assert (refused.status, refused.json["title"]) == (400, "Bad Request")


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda path: path.stem)
def test_a_handler_has_at_most_30_lines(handler: Path) -> None:
    assert len(handler.read_text().splitlines()) <= 30
