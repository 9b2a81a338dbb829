"""What the contract tests share. The fixtures named ``homeport_…`` are those of Homeport's pytest plugin."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

# What happens later happens within a second or two; this is for a machine that is busy.
LONGEST = 90.0


@pytest.fixture
def place(homeport_url: str) -> Callable[..., dict[str, Any]]:
    """Places an order of so many pieces."""

    def order(quantity: int = 1, lines: int = 1) -> dict[str, Any]:
        body = {"customer": "Ann", "lines": [{"sku": "TEA-1", "quantity": quantity}] * lines}
        reply = requests.post(f"{homeport_url}/orders", json=body, timeout=10)
        assert reply.status_code == 201
        found: dict[str, Any] = reply.json()
        return found

    return order


@pytest.fixture
def find(homeport_url: str) -> Callable[[str], dict[str, Any]]:
    """Returns an order as it is now."""

    def order(order_id: str) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(f"{homeport_url}/orders/{order_id}", timeout=10).json()
        return found

    return order


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], Any]:
    """Returns the first thing found by a look that is true, and looks on until then."""

    def wait(look: Callable[[], Any]) -> Any:
        end = time.monotonic() + LONGEST
        while time.monotonic() < end:
            if found := look():
                return found
            time.sleep(0.2)
        raise AssertionError(f"nothing came within {LONGEST:.0f} s")

    return wait


@pytest.fixture
def ship_one(
    place: Callable[..., dict[str, Any]], find: Callable[[str], dict[str, Any]], until: Callable[..., Any]
) -> Callable[[], dict[str, Any]]:
    """Places an order, and returns it when it is shipped."""

    def ship() -> dict[str, Any]:
        order_id = place()["orderId"]
        found: dict[str, Any] = until(lambda: (order := find(order_id))["status"] == "shipped" and order)
        return found

    return ship
