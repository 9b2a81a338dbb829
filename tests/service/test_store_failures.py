"""service/store.py on a DynamoDB that is busy, away, or loses its answers."""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from homeport.dynamodb.client import dynamodb_client
from service.errors import Changed, Conflict, KeyReused, NotFound, TooLarge, Unavailable
from service.idempotency import Receipt
from service.model import content
from service.preconditions import Preconditions, etag
from tests.support.faulty import Faulty, Loses, Meanwhile, Says, Step, cancelled, error, faulty_dynamodb
from tests.support.service import REGION, make_id, make_item, service_environment

pytestmark = pytest.mark.stack

Calls = Callable[..., Any]


@pytest.fixture
def item_id() -> str:
    return make_id()


def store_at(url: str, *, retries: bool = True) -> Any:
    from service.store import ItemStore, connect

    with service_environment(url):
        client = connect() if retries else dynamodb_client(url, REGION, fail_fast=True)
    return ItemStore(client, "items", "receipts")


def now() -> datetime:
    return datetime.now(UTC)


def receipt(key: str) -> Receipt:
    return Receipt.of(key, {"name": "Widget"}, now())


def soon() -> float:
    return time.monotonic() + 10


OPERATIONS: dict[str, Calls] = {
    "create": lambda store, item_id: store.create(make_item(item_id)),
    "create_once": lambda store, item_id: store.create_once(make_item(item_id), receipt(item_id), soon()),
    "get": lambda store, item_id: store.get(item_id),
    "get_many": lambda store, item_id: store.get_many([item_id], soon()),
    "replace": lambda store, item_id: store.replace(item_id, content({"name": "N"}), now()),
    "change": lambda store, item_id: store.change(item_id, {"name": "N"}, now()),
    "delete": lambda store, item_id: store.delete(item_id),
    "page": lambda store, item_id: store.page(1, None),
    "page_by_status": lambda store, item_id: store.page_by_status("active", 1, None),
}
operations = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
busy = pytest.mark.parametrize(
    "answer",
    [
        error("ProvisionedThroughputExceededException"),
        error("ThrottlingException"),
        error("RequestLimitExceeded"),
        error("TransactionConflictException"),
        error("InternalServerError", 500),
        error("ServiceUnavailable", 503),
    ],
    ids=lambda answer: answer.body["__type"].rpartition("#")[2],
)


@operations
@busy
def test_a_busy_dynamodb_is_unavailable(endpoint: str, operation: Calls, answer: Step, item_id: str) -> None:
    with faulty_dynamodb(endpoint, [], then=answer) as faulty, pytest.raises(Unavailable):
        operation(store_at(faulty.url, retries=False), item_id)


@operations
def test_a_dynamodb_that_is_not_there_is_unavailable(endpoint: str, operation: Calls, item_id: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unavailable):
        operation(store_at(f"http://127.0.0.1:{port}", retries=False), item_id)


@operations
def test_a_dynamodb_that_answers_nothing_is_unavailable(endpoint: str, operation: Calls, item_id: str) -> None:
    with faulty_dynamodb(endpoint, [], then=Loses()) as faulty, pytest.raises(Unavailable):
        operation(store_at(faulty.url, retries=False), item_id)


@operations
@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException", "ValidationException"])
def test_a_mistake_of_ours_stays_what_it_is(endpoint: str, operation: Calls, code: str, item_id: str) -> None:
    with faulty_dynamodb(endpoint, [], then=error(code)) as faulty, pytest.raises(ClientError):
        operation(store_at(faulty.url, retries=False), item_id)


@pytest.mark.parametrize("code", ["ThrottlingException", "ProvisionedThroughputExceededException"])
def test_a_moment_of_trouble_goes_unnoticed(endpoint: str, code: str, item_id: str) -> None:
    with faulty_dynamodb(endpoint, [error(code)]) as faulty:
        store_at(faulty.url).create(make_item(item_id))
    assert faulty.actions == ["PutItem", "PutItem"]
    assert store_at(endpoint).get(item_id) == make_item(item_id)


def test_a_creation_whose_answer_got_lost_has_succeeded(endpoint: str, item_id: str) -> None:
    with faulty_dynamodb(endpoint, [Loses()]) as faulty:
        store_at(faulty.url).create(make_item(item_id))
    assert faulty.actions == ["PutItem", "PutItem"]
    assert store_at(endpoint).get(item_id) == make_item(item_id)


def test_a_creation_whose_answer_got_lost_does_not_take_another_for_its_own(endpoint: str, item_id: str) -> None:
    store_at(endpoint).create(make_item(item_id))
    with faulty_dynamodb(endpoint, [Loses()]) as faulty, pytest.raises(Conflict):
        store_at(faulty.url).create(make_item(item_id, now=now()))


@pytest.mark.parametrize("losses", [1, 2])
def test_a_replacement_whose_answer_got_lost_counts_once(endpoint: str, losses: int, item_id: str) -> None:
    with faulty_dynamodb(endpoint, [Loses()] * losses) as faulty:
        created = store_at(faulty.url).replace(item_id, content({"name": "N"}), now())
    assert faulty.actions == ["UpdateItem"] * (losses + 1)
    assert created["version"] == 1
    assert store_at(endpoint).get(item_id) == created


def test_a_change_with_an_etag_whose_answer_got_lost_has_succeeded(endpoint: str, item_id: str) -> None:
    item = make_item(item_id)
    store_at(endpoint).create(item)
    with faulty_dynamodb(endpoint, [Loses()]) as faulty:
        wanted = Preconditions.of({"If-Match": etag(item)})
        changed = store_at(faulty.url).change(item_id, {"name": "N", "tags": ["a"]}, now(), wanted)
    assert (changed["version"], changed["name"], changed["tags"]) == (2, "N", ["a"])
    assert store_at(endpoint).get(item_id) == changed


def test_a_creation_that_somebody_changed_before_its_answer_came_has_succeeded(endpoint: str, item_id: str) -> None:
    item = make_item(item_id)
    someone = Meanwhile(lambda: store_at(endpoint).change(item_id, {"name": "Other"}, now()))
    with faulty_dynamodb(endpoint, [Loses(), someone]) as faulty:
        store_at(faulty.url).create(item)
    assert store_at(endpoint).get(item_id)["name"] == "Other"


Write = Callable[[Any, str, Preconditions], Any]
WRITES: dict[str, Write] = {
    "replace": lambda store, item_id, wanted: store.replace(item_id, content({"name": "Mine"}), now(), wanted),
    "change": lambda store, item_id, wanted: store.change(item_id, {"name": "Mine"}, now(), wanted),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_that_may_have_been_made_before_another_one_is_not_said_to_have_failed(
    endpoint: str, write: Write, item_id: str
) -> None:
    store = store_at(endpoint)
    store.create(make_item(item_id))
    someone = Meanwhile(lambda: store.change(item_id, {"price": 1}, now()))
    with faulty_dynamodb(endpoint, [Loses(), someone]) as faulty, pytest.raises(Unavailable) as refusal:
        write(store_at(faulty.url), item_id, Preconditions.of({"If-Match": etag(store.get(item_id))}))
    assert refusal.value.detail.startswith("The database's answer got lost, and the item was changed since.")
    item = store.get(item_id)
    assert (item["name"], item["price"], item["version"]) == ("Mine", 1, 3)


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_that_another_one_came_before_has_failed_for_certain(endpoint: str, write: Write, item_id: str) -> None:
    store = store_at(endpoint)
    store.create(make_item(item_id))
    someone = Meanwhile(lambda: store.change(item_id, {"price": 1}, now()))
    busy_first = error("ThrottlingException")
    with faulty_dynamodb(endpoint, [busy_first, someone]) as faulty, pytest.raises(Changed):
        write(store_at(faulty.url), item_id, Preconditions.of({"If-Match": etag(store.get(item_id))}))
    assert store.get(item_id)["version"] == 2


def test_a_creation_by_put_that_somebody_changed_since_is_not_said_to_have_failed(endpoint: str, item_id: str) -> None:
    store = store_at(endpoint)
    someone = Meanwhile(lambda: store.change(item_id, {"price": 1}, now()))
    with faulty_dynamodb(endpoint, [Loses(), someone]) as faulty, pytest.raises(Unavailable):
        WRITES["replace"](store_at(faulty.url), item_id, Preconditions.of({"If-None-Match": "*"}))
    with faulty_dynamodb(endpoint, [Loses()]) as faulty, pytest.raises(Changed):
        WRITES["replace"](store_at(faulty.url), item_id, Preconditions.of({"If-None-Match": "*"}))


def test_a_deletion_that_may_have_been_made_before_the_item_was_made_anew_is_not_said_to_have_failed(
    endpoint: str, item_id: str
) -> None:
    store = store_at(endpoint)
    store.create(make_item(item_id))
    someone = Meanwhile(lambda: store.create(make_item(item_id, now=now())))
    wanted = Preconditions.of({"If-Match": etag(make_item(item_id))})
    with faulty_dynamodb(endpoint, [Loses(), someone]) as faulty, pytest.raises(Unavailable):
        store_at(faulty.url).delete(item_id, wanted)


def test_a_change_that_comes_too_late_is_refused_though_an_answer_got_lost(endpoint: str, item_id: str) -> None:
    store_at(endpoint).create(make_item(item_id))
    with faulty_dynamodb(endpoint, [Loses()]) as faulty, pytest.raises(Changed):
        store_at(faulty.url).change(item_id, {"name": "N"}, now(), Preconditions.of({"If-Match": '"other"'}))
    assert store_at(endpoint).get(item_id)["version"] == 1


def test_a_deletion_whose_answer_got_lost_has_succeeded(endpoint: str, item_id: str) -> None:
    store_at(endpoint).create(make_item(item_id))
    with faulty_dynamodb(endpoint, [Loses()]) as faulty:
        store_at(faulty.url).delete(item_id)
    assert faulty.actions == ["DeleteItem", "DeleteItem"]
    with pytest.raises(NotFound):
        store_at(endpoint).get(item_id)


def create_once(faulty: Faulty, item_id: str, deadline: float = math.inf) -> Any:
    return store_at(faulty.url).create_once(make_item(item_id), receipt(item_id), deadline)


def test_a_transaction_whose_answer_got_lost_has_succeeded(endpoint: str, item_id: str) -> None:
    with faulty_dynamodb(endpoint, [Loses()]) as faulty:
        assert create_once(faulty, item_id) == make_item(item_id)
    assert store_at(endpoint).get(item_id) == make_item(item_id)


@pytest.mark.parametrize(
    "codes",
    [
        ("TransactionConflict", "None"),
        ("None", "TransactionConflict"),
        ("ConditionalCheckFailed", "TransactionConflict"),
        ("ThrottlingError", "None"),
        ("ProvisionedThroughputExceeded", "ProvisionedThroughputExceeded"),
    ],
)
def test_a_transaction_in_anothers_way_is_tried_again(endpoint: str, codes: tuple[str, str], item_id: str) -> None:
    with faulty_dynamodb(endpoint, [cancelled(*codes)] * 2) as faulty:
        assert create_once(faulty, item_id) == make_item(item_id)
    assert faulty.actions == ["TransactWriteItems"] * 3


def test_a_transaction_that_is_always_in_anothers_way_is_unavailable_in_time(endpoint: str, item_id: str) -> None:
    in_the_way = cancelled("TransactionConflict", "None")
    with faulty_dynamodb(endpoint, [], then=in_the_way) as faulty, pytest.raises(Unavailable):
        create_once(faulty, item_id)
    assert faulty.actions == ["TransactWriteItems"] * 8
    with faulty_dynamodb(endpoint, [], then=in_the_way) as faulty, pytest.raises(Unavailable):
        create_once(faulty, item_id, deadline=time.monotonic() + 2)
    assert faulty.actions == ["TransactWriteItems"]


def test_final_reason_of_a_cancelled_transaction_is_reported(endpoint: str, item_id: str) -> None:
    made = {"idempotencyKey": {"S": item_id}, "fingerprint": {"S": "another"}, "item": {"M": {}}}
    for answer, meaning in [
        (cancelled("ConditionalCheckFailed", "None"), Conflict),
        (cancelled("ConditionalCheckFailed", "ConditionalCheckFailed", Item=made), KeyReused),
        (cancelled("ValidationError", "None", Message="Item size has exceeded the maximum allowed size"), TooLarge),
        (cancelled("ValidationError", "None", Message="our mistake"), ClientError),
        (cancelled("AccessDenied", "None"), ClientError),
    ]:
        with faulty_dynamodb(endpoint, [answer]) as faulty, pytest.raises(meaning):
            create_once(faulty, item_id)
        assert faulty.actions == ["TransactWriteItems"]


def test_keys_that_are_left_over_are_asked_for_again(endpoint: str) -> None:
    ids = [make_id() for _ in range(3)]
    for item_id in ids:
        store_at(endpoint).create(make_item(item_id))
    keys = [{"itemId": {"S": item_id}} for item_id in ids]
    left_over = {"items": {"Keys": keys[1:], "ConsistentRead": True}}
    first = {"Responses": {"items": [keys[0] | {"name": {"S": "Widget"}}]}, "UnprocessedKeys": left_over}
    none = {"Responses": {}, "UnprocessedKeys": left_over}
    with faulty_dynamodb(endpoint, [Says(200, first), Says(200, none)]) as faulty:
        found = store_at(faulty.url).get_many(ids, soon())
    assert sorted(found) == sorted(ids)
    asked = [body["RequestItems"]["items"] for _, body in faulty.asked]
    assert asked == [{"Keys": keys, "ConsistentRead": True}, left_over["items"], left_over["items"]]


def test_keys_that_stay_left_over_are_not_taken_for_missing_items(endpoint: str, item_id: str) -> None:
    left_over = {"items": {"Keys": [{"itemId": {"S": item_id}}], "ConsistentRead": True}}
    nothing = Says(200, {"Responses": {}, "UnprocessedKeys": left_over})
    with faulty_dynamodb(endpoint, [], then=nothing) as faulty, pytest.raises(Unavailable):
        store_at(faulty.url).get_many([item_id], math.inf)
    assert faulty.actions == ["BatchGetItem"] * 8


def test_a_page_that_dynamodb_left_empty_goes_on_where_it_stopped(endpoint: str) -> None:
    stopped = {"itemId": {"S": "x"}, "status": {"S": "active"}, "createdAt": {"S": "2026"}}
    with faulty_dynamodb(endpoint, [], then=Says(200, {"Items": [], "LastEvaluatedKey": stopped})) as faulty:
        store = store_at(faulty.url)
        assert store.page_by_status("active", 5, None) == ([], ("2026", "x"))
    with faulty_dynamodb(
        endpoint, [], then=Says(200, {"Items": [], "LastEvaluatedKey": {"itemId": {"S": "x"}}})
    ) as faulty:
        assert store_at(faulty.url).page(5, None) == ([], ("0", "x"))
