"""service/store.py on real engines."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from homeport.dynamodb.client import dynamodb_client
from service.errors import Conflict, NotFound, TooLarge, Unavailable
from service.model import Item, content, new_item, timestamp
from tests.support.dynamodb import create_items_table
from tests.support.service import OUTSIDE, REGION

NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
LATER = "2026-02-01T00:00:00.000000Z"


@pytest.mark.skipif(OUTSIDE not in os.environ, reason=f"{OUTSIDE} is not set: the store is tested on one engine only")
def test_another_engine_makes_a_table_as_asked() -> None:
    url = os.environ[OUTSIDE]
    client, name = dynamodb_client(url, REGION), f"test-{uuid4().hex}"
    create_items_table(client, name)
    try:
        assert client.describe_table(TableName=name)["Table"]["KeySchema"] == [
            {"AttributeName": "itemId", "KeyType": "HASH"}
        ]
    finally:
        client.delete_table(TableName=name)


def make_item(item_id: str = "1", **fields: Any) -> Item:
    return new_item({"itemId": item_id, "name": "Widget", **fields}, new_id="", now=NOW)


def test_an_item_comes_back_as_it_was_stored(store: Any) -> None:
    item = make_item(
        name="\x00 é 😀 \u2028",
        description="",
        price=Decimal("12345678901234567890.123456789012345678"),
        tags=["ß", "ss"],
    )
    store.create(item)
    assert store.get("1") == item


@pytest.mark.parametrize("price", ["0", "1E-130", "1E+38", "9" * 38, "-0.0", "0.10"])
def test_a_number_comes_back_exactly(store: Any, price: str) -> None:
    item = make_item(price=Decimal(price))
    store.create(item)
    assert store.get("1")["price"] == Decimal(price)


def test_what_is_not_there_is_not_found(store: Any) -> None:
    with pytest.raises(NotFound):
        store.get("1")
    with pytest.raises(NotFound):
        store.delete("1")


def test_a_taken_id_is_a_conflict_and_changes_nothing(store: Any) -> None:
    store.create(make_item(name="First"))
    with pytest.raises(Conflict):
        store.create(make_item(name="Second"))
    assert store.get("1")["name"] == "First"


def test_a_retry_that_finds_its_own_item_has_succeeded(store: Any) -> None:
    store.create(make_item(price=Decimal("1.5"), tags=["a"]))
    store.create(make_item(price=Decimal("1.5"), tags=["a"]))


def test_replacing_keeps_the_creation_time_and_counts_the_version(store: Any) -> None:
    store.create(make_item(description="Old", price=Decimal(1), tags=["old"]))
    replaced = store.replace("1", content({"name": "New"}), LATER)
    assert replaced == {**make_item(name="New"), "updatedAt": LATER, "version": 2}
    assert store.get("1") == replaced


def test_replacing_what_is_not_there_creates_it(store: Any) -> None:
    created = store.replace("1", content({"name": "Widget"}), timestamp(NOW))
    assert created == make_item()
    assert store.get("1") == created


def test_a_deleted_item_is_gone_and_its_id_free(store: Any) -> None:
    store.create(make_item())
    store.delete("1")
    with pytest.raises(NotFound):
        store.get("1")
    store.create(make_item(name="Another"))


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 7, 8, 100])
def test_pages_hold_each_item_once_and_the_last_says_so(store: Any, limit: int) -> None:
    for number in range(7):
        store.create(make_item(f"i{number}"))
    sizes, found, after = [], [], None
    while True:
        items, after = store.page(limit, after)
        sizes.append(len(items))
        found += items
        if after is None:
            break
    assert sorted(item["itemId"] for item in found) == [f"i{number}" for number in range(7)]
    assert sizes == [limit] * (7 // limit) + [7 % limit] * (7 % limit > 0)


def test_a_page_starts_after_a_key_whose_item_is_gone(store: Any) -> None:
    for number in range(4):
        store.create(make_item(f"i{number}"))
    first, after = store.page(2, None)
    store.delete(after)
    rest, end = store.page(2, after)
    assert sorted(item["itemId"] for item in first + rest) == ["i0", "i1", "i2", "i3"]
    assert end is None


@pytest.mark.parametrize("key", ["\x00", "ÿ" * 128, "no such id"])
def test_a_page_may_start_after_any_key(store: Any, key: str) -> None:
    store.create(make_item())
    items, after = store.page(10, key)
    assert len(items) in (0, 1)
    assert after is None


def test_an_empty_table_is_one_empty_page(store: Any) -> None:
    assert store.page(10, None) == ([], None)


def test_writers_at_the_same_time_lose_no_version(store: Any) -> None:
    def replace(number: int) -> int:
        return int(store.replace("1", content({"name": f"N{number}"}), LATER)["version"])

    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(replace, range(120)))
    assert sorted(versions) == list(range(1, 121))


def test_only_one_of_many_creators_wins(store: Any) -> None:
    def create(number: int) -> bool:
        try:
            store.create(make_item(name=f"N{number}"))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(40))) == 1


def test_an_item_that_dynamodb_finds_too_large_is_told_as_that(store: Any) -> None:
    with pytest.raises(TooLarge):
        store.create(make_item(description="x" * 500_000))
    store.create(make_item())
    with pytest.raises(TooLarge):
        store.replace("1", content({"name": "N", "description": "x" * 500_000}), LATER)
    assert store.get("1") == make_item()


def failing_store(url: str) -> Any:
    from service.store import ItemStore

    return ItemStore(dynamodb_client(url, REGION, patient=False), "items")


@contextmanager
def dynamodb_that_says(status: int, code: str) -> Iterator[str]:
    """The URL of a DynamoDB that answers every call with one error."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no"}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ProvisionedThroughputExceededException"),
        (400, "ThrottlingException"),
        (400, "RequestLimitExceeded"),
        (400, "TransactionConflictException"),
        (500, "InternalServerError"),
        (503, "ServiceUnavailable"),
    ],
)
def test_a_busy_dynamodb_is_unavailable(endpoint: str, status: int, code: str) -> None:
    with dynamodb_that_says(status, code) as url, pytest.raises(Unavailable):
        failing_store(url).get("1")


def test_a_dynamodb_that_is_not_there_is_unavailable(endpoint: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unavailable):
        failing_store(f"http://127.0.0.1:{port}").get("1")


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException", "ValidationException"])
def test_a_mistake_of_ours_stays_what_it_is(endpoint: str, code: str) -> None:
    with dynamodb_that_says(400, code) as url, pytest.raises(ClientError):
        failing_store(url).get("1")
