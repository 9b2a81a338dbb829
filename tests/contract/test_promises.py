"""What the contract promises from one call to the next, and that what was answered is what is stored."""

from __future__ import annotations

import re
import time
import uuid
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin

import pytest
import requests

WAIT = 10


def make(api: str, **properties: Any) -> requests.Response:
    reply = requests.post(f"{api}/items", json={"name": "Lamp", **properties}, timeout=WAIT)
    assert reply.status_code == 201, reply.text
    return reply


def url_of(api: str, reply: requests.Response) -> str:
    return f"{api}/items/{reply.json()['itemId']}"


def pages(api: str, **query: Any) -> list[list[dict[str, Any]]]:
    found = []
    cursors: set[str] = set()
    while True:
        page = requests.get(f"{api}/items", params=query, timeout=WAIT).json()
        found.append(page["items"])
        assert len(page["items"]) <= query["limit"]
        if "cursor" not in page:
            return found
        query["cursor"] = page["cursor"]
        assert query["cursor"] not in cursors, "a page leads back to itself"
        cursors.add(query["cursor"])


def test_every_response_with_an_item_has_its_etag(api: str) -> None:
    made = make(api)
    url = url_of(api, made)
    read = requests.get(url, timeout=WAIT)
    assert read.headers["ETag"] == made.headers["ETag"]
    assert read.headers["Content-Type"] == "application/json"
    changed = requests.patch(url, json={"price": 1}, timeout=WAIT)
    assert changed.headers["ETag"] != made.headers["ETag"]
    assert requests.get(url, timeout=WAIT).headers["ETag"] == changed.headers["ETag"]
    replaced = requests.put(url, json={"name": "New"}, timeout=WAIT)
    assert replaced.headers["ETag"] not in (made.headers["ETag"], changed.headers["ETag"])
    assert requests.get(url, timeout=WAIT).headers["ETag"] == replaced.headers["ETag"]


def test_a_known_item_is_not_sent_again(api: str) -> None:
    made = make(api)
    url = url_of(api, made)
    for known in (made.headers["ETag"], f'"x", W/{made.headers["ETag"]}', "*"):
        again = requests.get(url, headers={"If-None-Match": known}, timeout=WAIT)
        assert (again.status_code, again.content) == (304, b"")
    assert requests.get(url, headers={"If-None-Match": '"x"'}, timeout=WAIT).status_code == 200


def test_a_changed_item_is_not_sent_for_if_match_with_the_old_etag(api: str) -> None:
    made = make(api)
    url = url_of(api, made)
    assert requests.get(url, headers={"If-Match": made.headers["ETag"]}, timeout=WAIT).json() == made.json()
    requests.patch(url, json={"price": 1}, timeout=WAIT).raise_for_status()
    assert requests.get(url, headers={"If-Match": made.headers["ETag"]}, timeout=WAIT).status_code == 412


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_write_with_an_outdated_etag_changes_nothing(api: str, method: str) -> None:
    made = make(api)
    url = url_of(api, made)
    now = requests.patch(url, json={"name": "Theirs"}, timeout=WAIT)
    headers = {"If-Match": made.headers["ETag"]}
    late = requests.request(method, url, json={"name": "Mine"}, headers=headers, timeout=WAIT)
    assert late.status_code == 412
    assert late.headers["Content-Type"] == "application/problem+json"
    assert requests.get(url, timeout=WAIT).json() == now.json()
    good = {"If-Match": now.headers["ETag"]}
    done = requests.request(method, url, json={"name": "Mine"}, headers=good, timeout=WAIT)
    assert done.status_code == (204 if method == "DELETE" else 200)


def test_an_etag_of_an_item_that_had_the_id_before_is_outdated(api: str) -> None:
    first = make(api)
    url = url_of(api, first)
    requests.delete(url, timeout=WAIT)
    make(api, itemId=first.json()["itemId"])
    late = requests.put(url, json={"name": "x"}, headers={"If-Match": first.headers["ETag"]}, timeout=WAIT)
    assert late.status_code == 412


def test_put_can_be_told_to_create_only_or_to_replace_only(api: str) -> None:
    made = make(api)
    only_create, only_replace = {"If-None-Match": "*"}, {"If-Match": "*"}
    body = {"name": "x"}
    assert requests.put(url_of(api, made), json=body, headers=only_create, timeout=WAIT).status_code == 412
    assert requests.put(url_of(api, made), json=body, headers=only_replace, timeout=WAIT).status_code == 200
    free = f"{api}/items/{uuid.uuid4()}"
    assert requests.put(free, json=body, headers=only_replace, timeout=WAIT).status_code == 412
    created = requests.put(free, json=body, headers=only_create, timeout=WAIT)
    assert (created.status_code, urljoin(created.url, created.headers["Location"])) == (201, free)


def test_a_put_under_another_id_is_a_conflict(api: str) -> None:
    made = make(api)
    reply = requests.put(url_of(api, made), json={"itemId": "another", "name": "x"}, timeout=WAIT)
    assert reply.status_code == 409
    assert requests.get(url_of(api, made), timeout=WAIT).json() == made.json()


def test_put_leaves_nothing_of_what_was_there_and_patch_the_rest(api: str) -> None:
    made = make(api, description="d", price=2, status="draft", tags=["a", "b"])
    url = url_of(api, made)
    patched = requests.patch(url, json={"price": 3}, timeout=WAIT).json()
    same = ("itemId", "name", "description", "status", "tags", "createdAt")
    assert [patched[name] for name in same] == [made.json()[name] for name in same]
    assert (patched["price"], patched["version"]) == (3, 2)
    assert patched["updatedAt"] > made.json()["updatedAt"]
    put = requests.put(url, json={"name": "New"}, timeout=WAIT).json()
    assert (put["description"], put["price"], put["status"], put["tags"]) == ("", None, "active", [])
    assert (put["version"], put["createdAt"]) == (3, made.json()["createdAt"])


def test_null_in_a_patch_gives_the_default(api: str) -> None:
    made = make(api, description="d", price=2, status="draft", tags=["a"])
    nulls = {"description": None, "price": None, "status": None, "tags": None}
    patched = requests.patch(url_of(api, made), json=nulls, timeout=WAIT).json()
    assert [patched[name] for name in nulls] == ["", None, "active", []]


def test_a_patch_creates_nothing(api: str) -> None:
    url = f"{api}/items/{uuid.uuid4()}"
    assert requests.patch(url, json={"name": "x"}, timeout=WAIT).status_code == 404
    assert requests.get(url, timeout=WAIT).status_code == 404


def test_a_written_item_is_read_at_once(api: str) -> None:
    made = make(api)
    url = url_of(api, made)
    for price in range(20):
        written = requests.patch(url, json={"price": price}, timeout=WAIT).json()
        assert requests.get(url, timeout=WAIT).json() == written


def test_many_items_come_in_the_order_of_their_ids(api: str) -> None:
    # In no order that a list of them could have by itself.
    low, middle, high = sorted(make(api).json()["itemId"] for _ in range(3))
    gone = str(uuid.uuid4())
    asked = [middle, gone, high, low]
    reply = requests.post(f"{api}/items/batch-get", json={"itemIds": asked}, timeout=WAIT).json()
    assert [item["itemId"] for item in reply["items"]] == [middle, high, low]
    assert reply["missing"] == [gone]


def test_a_hundred_items_can_be_asked_for_and_no_more(api: str) -> None:
    ids = [str(uuid.uuid4()) for _ in range(101)]
    url = f"{api}/items/batch-get"
    assert requests.post(url, json={"itemIds": ids[:100]}, timeout=WAIT).json()["missing"] == ids[:100]
    assert requests.post(url, json={"itemIds": ids}, timeout=WAIT).status_code == 400


def test_a_repeated_post_with_its_key_makes_one_item(api: str) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = requests.post(f"{api}/items", json={"name": "Once"}, headers=key, timeout=WAIT)
    again = requests.post(f"{api}/items", json={"name": "Once"}, headers=key, timeout=WAIT)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    other = requests.post(f"{api}/items", json={"name": "Other"}, headers=key, timeout=WAIT)
    assert other.status_code == 422
    taken = {"itemId": first.json()["itemId"], "name": "x"}
    new_key = {"Idempotency-Key": str(uuid.uuid4())}
    assert requests.post(f"{api}/items", json=taken, headers=new_key, timeout=WAIT).status_code == 409


def test_a_list_by_status_holds_exactly_those_newest_first(api: str) -> None:
    mine = [make(api, status="draft").json()["itemId"] for _ in range(5)]
    make(api, status="archived")
    found = _settled(api, set(mine))
    assert {item["status"] for item in found} == {"draft"}
    times = [item["createdAt"] for item in found]
    assert times == sorted(times, reverse=True)
    assert [item["itemId"] for item in found if item["itemId"] in mine] == mine[::-1]
    assert len({item["itemId"] for item in found}) == len(found)


def test_each_status_has_a_list_of_its_own(api: str) -> None:
    for status in ("draft", "active", "archived", "draft"):
        make(api, status=status)
        reply = requests.get(f"{api}/items", params={"status": status, "limit": 100}, timeout=WAIT).json()
        assert {item["status"] for item in reply["items"]} <= {status}


def _settled(api: str, wanted: set[str]) -> list[dict[str, Any]]:
    """The items of the status draft, in pages of two, as soon as the index has all that are wanted."""
    for _ in range(20):
        found = [item for page in pages(api, status="draft", limit=2) for item in page]
        if wanted <= {item["itemId"] for item in found}:
            return found
        time.sleep(0.2)
    raise AssertionError(f"the list by status still lacks some of {wanted}")


def test_a_page_has_the_asked_length_and_a_full_last_page_has_no_cursor(api: str) -> None:
    for _ in range(4):
        make(api)
    count = sum(len(page) for page in pages(api, limit=100))
    found = [len(page) for page in pages(api, limit=2)]
    assert sum(found) == count
    assert max(found) == 2
    if count <= 100:
        whole = requests.get(f"{api}/items", params={"limit": count}, timeout=WAIT).json()
        assert (len(whole["items"]), "cursor" in whole) == (count, False)


def test_a_problem_has_its_status_and_an_instance_of_its_own(api: str) -> None:
    url = f"{api}/items/{uuid.uuid4()}"
    problems = [requests.get(url, timeout=WAIT).json() for _ in range(2)]
    assert [problem["status"] for problem in problems] == [404, 404]
    # A sentence for the client, not what Python makes of an exception.
    assert all(re.fullmatch(r"[A-Z][^()]*\.", problem["detail"]) for problem in problems)
    assert problems[0]["instance"] != problems[1]["instance"]


@pytest.mark.parametrize(
    "body", ['{"name": "x", "name": "y"}', '{"name": "\\ud800"}', '{"name": "x", "price": NaN}', "{", b"\xff"]
)
def test_json_that_parsers_read_differently_is_rejected(api: str, body: str | bytes) -> None:
    reply = requests.post(f"{api}/items", data=body, headers={"Content-Type": "application/json"}, timeout=WAIT)
    assert reply.status_code == 400


def test_text_comes_back_unchanged(api: str) -> None:
    name = 'Qu"ote \\ <b>&amp; \u2028 \U0001f600 é'
    made = make(api, name=name)
    assert made.json()["name"] == name
    assert requests.get(url_of(api, made), timeout=WAIT).json()["name"] == name


def test_the_response_is_the_stored_item(api: str, homeport_table: Any) -> None:
    made = make(api, price=24.9, tags=["light"], description="d").json()
    key = {"itemId": made["itemId"]}
    stored = homeport_table("ItemsTable").get_item(Key=key, ConsistentRead=True)["Item"]
    assert stored == {**made, "price": Decimal("24.9")}
    requests.delete(f"{api}/items/{made['itemId']}", timeout=WAIT)
    assert "Item" not in homeport_table("ItemsTable").get_item(Key=key, ConsistentRead=True)


def test_a_throttled_table_is_a_503_with_retry_after(api: str, homeport_faults: Any) -> None:
    url = url_of(api, make(api))
    homeport_faults.throttle("ItemsTable.GetItem")
    busy = requests.get(url, timeout=WAIT)
    assert (busy.status_code, busy.headers["Content-Type"]) == (503, "application/problem+json")
    assert int(busy.headers["Retry-After"]) >= 1
    homeport_faults()
    assert requests.get(url, timeout=WAIT).status_code == 200
