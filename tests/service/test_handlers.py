"""service/handlers/: the operations as clients see them, behind each kind of API."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.support.service import ROOT, Api, Reply, make_id

pytestmark = pytest.mark.stack

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

    changed = any_api("change_item", method="PATCH", item_id=item_id, body={"price": 1.5, "tags": ["a"]})
    assert changed.status == 200
    assert changed.json == {
        **replaced.json,
        "price": Decimal("1.5"),
        "tags": ["a"],
        "updatedAt": changed.json["updatedAt"],
        "version": 3,
    }

    deleted = any_api("delete_item", method="DELETE", item_id=item_id)
    assert (deleted.status, deleted.text) == (204, "")
    assert any_api("get_item", item_id=item_id).status == 404
    assert any_api("delete_item", method="DELETE", item_id=item_id).status == 404
    assert any_api("change_item", method="PATCH", item_id=item_id, body={}).status == 404


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
@pytest.mark.parametrize(("name", "method"), [("replace_item", "PUT"), ("change_item", "PATCH")])
def test_a_bad_body_changes_nothing(any_api: Api, body: str | bytes, name: str, method: str) -> None:
    item_id = make_id()
    refused = any_api(name, method=method, item_id=item_id, body=body)
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


def test_the_list_of_a_status_goes_through_its_items_newest_first(any_api: Api) -> None:
    mine = [create(any_api, status="archived").json["itemId"] for _ in range(5)]
    create(any_api, status="draft")
    query, found = "status=archived&limit=2", []
    while True:
        page = any_api("list_items", query=query)
        assert page.status == 200
        assert {item["status"] for item in page.json["items"]} == {"archived"}
        found += [item["itemId"] for item in page.json["items"]]
        if "cursor" not in page.json:
            break
        query = f"status=archived&limit=2&cursor={page.json['cursor']}"
    assert found[:5] == mine[::-1]
    assert len(found) == len(set(found))


def test_a_cursor_may_go_on_in_another_list(api: Api) -> None:
    for _ in range(3):
        create(api)
    cursor = api("list_items", query="limit=1").json["cursor"]
    assert api("list_items", query=f"status=draft&cursor={cursor}").status == 200
    cursor = api("list_items", query="status=active&limit=1").json["cursor"]
    assert api("list_items", query=f"cursor={cursor}").status == 200


def test_every_answer_with_an_item_has_its_etag(any_api: Api) -> None:
    item_id = make_id()
    created = create(any_api, itemId=item_id)
    got = any_api("get_item", item_id=item_id)
    replaced = any_api("replace_item", method="PUT", item_id=item_id, body={"name": "N"})
    changed = any_api("change_item", method="PATCH", item_id=item_id, body={})
    put = any_api("replace_item", method="PUT", item_id=make_id(), body={"name": "N"})
    etags = [answer.headers["etag"] for answer in (created, got, replaced, changed, put)]
    assert [etag.partition("-")[0] for etag in etags] == ['"1', '"1', '"2', '"3', '"1']
    assert etags[0] == etags[1]


def test_a_client_that_has_an_item_is_not_sent_it_again(any_api: Api) -> None:
    made = create(any_api)
    item_id, etag = made.json["itemId"], made.headers["etag"]
    known = any_api("get_item", item_id=item_id, headers={"If-None-Match": f'W/{etag}, "x"'})
    assert (known.status, known.text, known.headers) == (304, "", {"etag": etag})
    assert any_api("get_item", item_id=item_id, headers={"If-None-Match": '"x"'}).status == 200
    assert any_api("get_item", item_id=make_id(), headers={"If-None-Match": "*"}).status == 404


def test_a_write_is_made_only_to_the_item_that_was_meant(any_api: Api) -> None:
    made = create(any_api)
    at: dict[str, Any] = {"item_id": made.json["itemId"], "headers": {"If-Match": made.headers["etag"]}}
    changed = any_api("change_item", method="PATCH", body={"name": "First"}, **at)
    assert changed.status == 200
    for refused in (
        any_api("change_item", method="PATCH", body={"name": "Second"}, **at),
        any_api("replace_item", method="PUT", body={"name": "Second"}, **at),
        any_api("delete_item", method="DELETE", **at),
    ):
        assert (refused.status, refused.json["title"]) == (412, "Precondition Failed")
        assert refused.headers == {"content-type": "application/problem+json"}
    assert any_api("get_item", item_id=at["item_id"]).json == changed.json


def test_put_can_be_told_only_to_create_or_only_to_replace(any_api: Api) -> None:
    item_id = make_id()

    def put(**headers: str) -> int:
        return any_api("replace_item", method="PUT", item_id=item_id, body={"name": "N"}, headers=headers).status

    assert [put(**{"If-Match": "*"}), put(**{"If-None-Match": "*"}), put(**{"If-None-Match": "*"})] == [412, 201, 412]
    assert put(**{"If-Match": "*"}) == 200


def test_a_post_with_a_key_is_answered_the_same_again(any_api: Api) -> None:
    request = {"method": "POST", "body": {"name": "Widget", "price": 1.5}, "headers": {"Idempotency-Key": make_id()}}
    first = any_api("create_item", **request)
    assert first.status == 201
    any_api("change_item", method="PATCH", item_id=first.json["itemId"], body={"name": "Changed"})
    again = any_api("create_item", **request)
    assert (again.status, again.text) == (201, first.text)
    assert again.headers == {**first.headers, "idempotency-replayed": "true"}
    other = any_api("create_item", **{**request, "body": {"name": "Other"}})
    assert (other.status, other.json["title"]) == (422, "Unprocessable Content")


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256])
def test_a_bad_key_is_refused(any_api: Api, key: str) -> None:
    refused = any_api("create_item", method="POST", body={"name": "N"}, headers={"Idempotency-Key": key})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "/Idempotency-Key")


def test_many_items_are_found_in_the_order_that_was_asked_for(any_api: Api) -> None:
    ids = [create(any_api).json["itemId"] for _ in range(3)]
    asked = [ids[2], "nothing-1", ids[0], "nothing-0", ids[1]]
    answer = any_api("batch_get_items", method="POST", path="/items/batch-get", body={"itemIds": asked})
    assert answer.status == 200
    assert [item["itemId"] for item in answer.json["items"]] == [ids[2], ids[0], ids[1]]
    assert answer.json["missing"] == ["nothing-1", "nothing-0"]
    assert answer.json["items"][0] == any_api("get_item", item_id=ids[2]).json


@pytest.mark.parametrize(
    "ids", [[], ["a", "a"], ["-"], [1], "a", None, [f"i{number}" for number in range(101)], ["batch-get"]], ids=str
)
def test_a_bad_list_of_ids_is_refused(any_api: Api, ids: Any) -> None:
    answer = any_api("batch_get_items", method="POST", path="/items/batch-get", body={"itemIds": ids})
    assert (answer.status, answer.json["title"]) == (400, "Bad Request")


def test_an_id_that_is_a_route_is_refused(any_api: Api) -> None:
    assert create(any_api, itemId="batch-get").status == 400
    assert any_api("get_item", item_id="batch-get").status == 400


@pytest.mark.parametrize(
    "query",
    [
        *["limit=0", "limit=1&limit=2", "limit=1e3", "cursor=", "cursor=3c1e", "cursor=abc"],
        *["status=", "status=lost", "status=Active", "status=active&status=draft"],
    ],
)
def test_a_bad_query_is_refused(any_api: Api, query: str) -> None:
    refused = any_api("list_items", query=query)
    assert (refused.status, refused.json["title"]) == (400, "Bad Request")


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda path: path.stem)
def test_a_handler_has_at_most_30_lines(handler: Path) -> None:
    assert len(handler.read_text().splitlines()) <= 30
