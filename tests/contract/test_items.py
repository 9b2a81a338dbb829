"""The items API as its users see it, in cases that read like its documentation."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urljoin

import pytest
import requests


@pytest.fixture
def made(api: str) -> dict[str, Any]:
    """An item that is there."""
    reply = requests.post(f"{api}/items", json={"name": "Lamp", "price": 24.9, "tags": ["light"]}, timeout=10)
    assert reply.status_code == 201
    item: dict[str, Any] = reply.json()
    return item


def test_an_item_gets_an_id_where_the_client_gives_none(api: str, made: dict[str, Any]) -> None:
    assert uuid.UUID(made["itemId"])
    assert requests.get(f"{api}/items/{made['itemId']}", timeout=10).json() == made


def test_a_create_response_has_the_location_of_the_item(api: str) -> None:
    item_id = str(uuid.uuid4())
    reply = requests.post(f"{api}/items", json={"itemId": item_id, "name": "Lamp"}, timeout=10)
    assert urljoin(reply.url, reply.headers["Location"]) == f"{api}/items/{item_id}"


def test_an_id_can_be_taken_once(api: str, made: dict[str, Any]) -> None:
    again = requests.post(f"{api}/items", json={"itemId": made["itemId"], "name": "Other"}, timeout=10)
    assert again.status_code == 409
    assert again.headers["Content-Type"] == "application/problem+json"
    assert requests.get(f"{api}/items/{made['itemId']}", timeout=10).json() == made


def test_a_replace_creates_a_missing_item_and_counts_versions(api: str) -> None:
    url = f"{api}/items/{uuid.uuid4()}"
    first = requests.put(url, json={"name": "Lamp"}, timeout=10)
    second = requests.put(url, json={"name": "Lamp", "price": 1}, timeout=10)
    assert (first.status_code, first.json()["version"]) == (201, 1)
    assert (second.status_code, second.json()["version"]) == (200, 2)
    assert second.json()["createdAt"] == first.json()["createdAt"]


def test_versions_count_every_one_of_many_parallel_writes(api: str) -> None:
    url = f"{api}/items/{uuid.uuid4()}"

    def write(number: int) -> int:
        reply = requests.put(url, json={"name": f"Lamp {number}"}, timeout=30)
        version: int = reply.json()["version"]
        return version

    with ThreadPoolExecutor(16) as pool:
        versions = sorted(pool.map(write, range(64)))
    assert versions == list(range(1, 65))


def test_one_of_many_writers_with_the_same_version_wins(api: str, made: dict[str, Any]) -> None:
    url = f"{api}/items/{made['itemId']}"
    read = requests.get(url, timeout=10).headers["ETag"]

    def write(number: int) -> int:
        body, headers = {"name": f"Lamp {number}"}, {"If-Match": read}
        return requests.patch(url, json=body, headers=headers, timeout=30).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = sorted(pool.map(write, range(16)))
    assert statuses == [200] + [412] * 15
    assert requests.get(url, timeout=10).json()["version"] == 2


def test_many_simultaneous_retries_of_one_post_make_one_item(api: str) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}

    def create(_: int) -> tuple[int, str]:
        reply = requests.post(f"{api}/items", json={"name": "Once"}, headers=key, timeout=30)
        return reply.status_code, reply.text

    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(create, range(48)))
    assert [status for status, _ in answers] == [201]


def test_pages_hold_every_item_once_and_the_last_has_no_cursor(api: str) -> None:
    mine = {requests.post(f"{api}/items", json={"name": f"n{i}"}, timeout=10).json()["itemId"] for i in range(7)}
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 3}
    cursors: set[str | None] = set()
    while query.get("cursor") not in cursors:
        cursors.add(query.get("cursor"))
        page = requests.get(f"{api}/items", params=query, timeout=10).json()
        assert len(page["items"]) <= 3
        seen += [item["itemId"] for item in page["items"]]
        query["cursor"] = page.get("cursor")
    assert query["cursor"] is None, "a page leads back to itself"
    assert mine <= set(seen)
    assert len(seen) == len(set(seen))


def test_a_tampered_cursor_is_rejected(api: str, made: dict[str, Any]) -> None:
    requests.post(f"{api}/items", json={"name": "another"}, timeout=10)
    cursor = requests.get(f"{api}/items", params={"limit": 1}, timeout=10).json()["cursor"]
    swapped = cursor[:8] + cursor[9] + cursor[8] + cursor[10:]
    for tampered in ("A" + cursor[1:], swapped, cursor[:-4], cursor[4:], cursor[:40] + cursor[44:], cursor.lower()):
        assert requests.get(f"{api}/items", params={"cursor": tampered}, timeout=10).status_code == 400


def test_every_validation_error_is_listed(api: str) -> None:
    reply = requests.post(f"{api}/items", json={"name": 5, "price": "cheap", "colour": "red"}, timeout=10)
    problem = reply.json()
    assert reply.status_code == 400
    if "x-amzn-ErrorType" in reply.headers:
        # The validator of a REST API rejects the body before the function sees it.
        assert problem == {"message": "Invalid request body"}
        return
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert {error["pointer"] for error in problem["errors"]} >= {"/name", "/price"}


@pytest.mark.parametrize("price", ["0.1", "12345678901234567890.123456789012345678", "1E-100", "-0.000001"])
def test_numbers_survive_exactly(api: str, price: str) -> None:
    body = f'{{"name": "x", "price": {price}}}'
    reply = requests.post(f"{api}/items", data=body, headers={"Content-Type": "application/json"}, timeout=10)
    if price.startswith("-"):
        assert reply.status_code == 400
        return
    assert reply.status_code == 201
    assert f'"price":{price}' in reply.text


def test_a_delete_of_a_missing_item_is_404(api: str, made: dict[str, Any]) -> None:
    url = f"{api}/items/{made['itemId']}"
    assert requests.delete(url, timeout=10).status_code == 204
    assert requests.delete(url, timeout=10).status_code == 404
    assert requests.get(url, timeout=10).status_code == 404
