"""An order from its request to its parcel, its receipt and the nightly report."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

Place = Callable[..., dict[str, Any]]
Find = Callable[[str], dict[str, Any]]
Until = Callable[[Callable[[], Any]], Any]


def test_an_order_is_placed_and_found(homeport_url: str, place: Place, find: Find) -> None:
    order = place(2)
    assert order["status"] == "placed"
    assert find(order["orderId"])["lines"] == [{"sku": "TEA-1", "quantity": 2}]


@pytest.mark.parametrize("body", [{}, {"customer": "Ann", "lines": []}, {"customer": " ", "lines": [{}]}])
def test_an_order_of_nothing_is_refused(homeport_url: str, body: Any) -> None:
    reply = requests.post(f"{homeport_url}/orders", json=body, timeout=10)
    assert (reply.status_code, reply.headers["Content-Type"]) == (400, "application/problem+json")


def test_a_placed_order_is_shipped(ship_one: Callable[[], dict[str, Any]]) -> None:
    order = ship_one()
    assert order["shippedAt"] >= order["placedAt"]


def test_an_order_that_fits_into_no_parcel_is_a_dead_letter(
    place: Place, find: Find, until: Until, ship_one: Callable[[], Any], homeport_queue: Callable[[str], Any]
) -> None:
    # The queue hides a message for two minutes after a failure; here for a second, from the next poll on.
    homeport_queue("ShipQueue").set_attributes(Attributes={"VisibilityTimeout": "1"})
    ship_one()
    order = place(1000, lines=2)
    letter = until(lambda: homeport_queue("ShipDeadLetters").receive_messages(WaitTimeSeconds=1))
    assert json.loads(letter[0].body) == {"orderId": order["orderId"], "pieces": 2000}
    assert find(order["orderId"])["status"] == "placed"


def test_a_receipt_that_is_sent_to_its_url_is_noted(homeport_url: str, place: Place, find: Find, until: Until) -> None:
    order_id = place()["orderId"]
    given = requests.get(f"{homeport_url}/orders/{order_id}/receipt-url", timeout=10).json()
    sent = requests.put(given["url"], data=b"%PDF-1.7", headers={"Content-Type": "application/pdf"}, timeout=10)
    assert sent.status_code == 200
    receipt = until(lambda: find(order_id).get("receipt"))
    assert receipt == {"contentType": "application/pdf", "bytes": 8}


def test_there_is_no_url_for_the_receipt_of_an_unknown_order(homeport_url: str) -> None:
    reply = requests.get(f"{homeport_url}/orders/00000000-0000-4000-8000-000000000000/receipt-url", timeout=10)
    assert (reply.status_code, reply.json()["title"]) == (404, "Not Found")


def test_the_nightly_report_counts_the_orders(
    place: Place, until: Until, homeport_bucket: Callable[[str], Any], homeport_schedule: Callable[[str], None]
) -> None:
    place()
    homeport_schedule("Nightly")
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    reports = homeport_bucket("FilesBucket").objects
    report = until(lambda: next(iter(reports.filter(Prefix="reports/")), None))
    assert report.key.startswith(f"reports/{today[:8]}")
    assert sum(json.loads(report.get()["Body"].read()).values()) >= 1
