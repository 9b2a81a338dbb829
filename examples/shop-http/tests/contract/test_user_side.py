"""The user side as an HTTP API: the same handlers behind a JWT authorizer."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

import requests

ROOT = Path(__file__).parents[2]
WAIT = 60
User = Callable[[str], dict[str, str]]


def test_a_user_browses_fills_a_cart_checks_out_and_sees_the_order(api: str, user: User) -> None:
    who = user(f"ada-{uuid.uuid4()}")
    lamps = requests.get(f"{api}/products", params={"category": "lamps"}, timeout=WAIT).json()["products"]
    assert [lamp["productId"] for lamp in lamps] == ["lamp-7", "lamp-9"]
    line = requests.put(f"{api}/cart/lamp-7", json={"quantity": 2}, headers=who, timeout=WAIT)
    assert line.status_code == 200
    key = {"Idempotency-Key": str(uuid.uuid4())}
    made = requests.post(f"{api}/orders", headers={**who, **key}, timeout=WAIT)
    again = requests.post(f"{api}/orders", headers={**who, **key}, timeout=WAIT)
    assert (made.status_code, again.status_code) == (201, 201)
    assert again.json() == made.json()
    assert urljoin(made.url, made.headers["Location"]) == f"{api}/orders/{made.json()['orderId']}"
    assert made.json()["total"] == 4980
    assert requests.get(f"{api}/orders", headers=who, timeout=WAIT).json() == {"orders": [made.json()]}


def test_only_a_bearer_of_a_valid_token_is_let_in(api: str, user: User) -> None:
    good = user("ada")["Authorization"]
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": good[:-4] + "AAAA"}):
        assert requests.get(f"{api}/cart", headers=headers, timeout=WAIT).status_code == 401


def test_there_is_no_admin_side(api: str) -> None:
    admin = {"Authorization": "Bearer local-admin"}
    assert requests.get(f"{api}/admin/orders?status=placed", headers=admin, timeout=WAIT).status_code == 404


def test_the_gateway_sets_the_cors_headers(api: str) -> None:
    origin = "http://localhost:5173"
    answer = requests.get(f"{api}/products/lamp-7", headers={"Origin": origin}, timeout=WAIT)
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    other = requests.get(f"{api}/products/lamp-7", headers={"Origin": "https://elsewhere.example"}, timeout=WAIT)
    assert "Access-Control-Allow-Origin" not in other.headers
