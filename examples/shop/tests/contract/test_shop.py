"""The shop as users, partners and admins see it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

ADMIN = {"Authorization": "Bearer local-admin"}
PARTNER = {"x-api-key": "local-partner-key"}
WAIT = 60
User = Callable[[str], dict[str, str]]


def make_product(api: str, stock: int = 0, **content: Any) -> str:
    """A product of its own for a test; its id."""
    product_id = f"p-{uuid.uuid4()}"
    body = {"productId": product_id, "category": "things", "name": "Thing", "price": 500, **content}
    made = requests.post(f"{api}/admin/products", json=body, headers=ADMIN, timeout=WAIT)
    assert made.status_code == 201, made.text
    if stock:
        change = {"change": stock}
        url = f"{api}/admin/products/{product_id}/stock"
        assert requests.post(url, json=change, headers=ADMIN, timeout=WAIT).json()["stock"] == stock
    return product_id


def put(api: str, who: dict[str, str], product_id: str, quantity: int) -> None:
    url = f"{api}/cart/{product_id}"
    reply = requests.put(url, json={"quantity": quantity}, headers=who, timeout=WAIT)
    assert (reply.status_code, reply.json()) == (200, {"productId": product_id, "quantity": quantity})


def check_out(api: str, who: dict[str, str], key: str | None = None) -> requests.Response:
    headers = {**who, "Idempotency-Key": key or str(uuid.uuid4())}
    return requests.post(f"{api}/orders", headers=headers, timeout=WAIT)


def stock(api: str, product_id: str) -> int:
    found: int = requests.get(f"{api}/products/{product_id}", timeout=WAIT).json()["stock"]
    return found


def pages(url: str, name: str, who: dict[str, str], **query: Any) -> list[dict[str, Any]]:
    found = []
    while True:
        page = requests.get(url, params=query, headers=who, timeout=WAIT).json()
        found += page[name]
        if "cursor" not in page:
            return found
        assert page["cursor"] != query.get("cursor"), "a page leads back to itself"
        query["cursor"] = page["cursor"]


def test_products_of_a_category_come_cheapest_first_and_in_whole_pages(api: str) -> None:
    category = f"c{uuid.uuid4().hex[:20]}"
    prices = [300, 100, 200, 100, 500, 400]
    made = {make_product(api, category=category, price=price): price for price in prices}
    found = pages(f"{api}/products", "products", {}, category=category, limit=2)
    assert [product["price"] for product in found] == sorted(prices)
    assert {product["productId"]: product["price"] for product in found} == made
    middle = pages(f"{api}/products", "products", {}, category=category, minPrice=200, maxPrice=400, limit=1)
    assert [product["price"] for product in middle] == [200, 300, 400]
    assert pages(f"{api}/products", "products", {}, category=category, minPrice=9, maxPrice=8) == []


def test_a_replaced_product_moves_to_its_new_place(api: str) -> None:
    product_id = make_product(api, stock=3)
    category = f"c{uuid.uuid4().hex[:20]}"
    body = {"category": category, "name": "Other", "price": 700}
    url = f"{api}/admin/products/{product_id}"
    replaced = requests.put(url, json=body, headers=ADMIN, timeout=WAIT).json()
    assert {**replaced, "updatedAt": ""} == {**body, "productId": product_id, "stock": 3, "updatedAt": ""}
    assert pages(f"{api}/products", "products", {}, category=category) == [replaced]


def test_a_product_is_created_once_and_its_stock_never_falls_below_nothing(api: str) -> None:
    product_id = make_product(api, stock=2)
    again = {"productId": product_id, "category": "things", "name": "Thing", "price": 1}
    assert requests.post(f"{api}/admin/products", json=again, headers=ADMIN, timeout=WAIT).status_code == 409
    url = f"{api}/admin/products/{product_id}/stock"
    assert requests.post(url, json={"change": -3}, headers=ADMIN, timeout=WAIT).status_code == 409
    assert requests.post(url, json={"change": -2}, headers=ADMIN, timeout=WAIT).json()["stock"] == 0
    missing = f"{api}/admin/products/none/stock"
    assert requests.post(missing, json={"change": 1}, headers=ADMIN, timeout=WAIT).status_code == 404


def test_a_cart_is_its_users_own(api: str, user: User) -> None:
    product_id = make_product(api)
    ada, bob = user(f"ada-{product_id}"), user(f"bob-{product_id}")
    put(api, ada, product_id, 2)
    put(api, ada, product_id, 3)
    cart = requests.get(f"{api}/cart", headers=ada, timeout=WAIT).json()
    assert cart == {"lines": [{"productId": product_id, "quantity": 3}]}
    assert requests.get(f"{api}/cart", headers=bob, timeout=WAIT).json() == {"lines": []}
    assert requests.delete(f"{api}/cart/{product_id}", headers=ada, timeout=WAIT).status_code == 204
    assert requests.get(f"{api}/cart", headers=ada, timeout=WAIT).json() == {"lines": []}
    assert requests.put(f"{api}/cart/none", json={"quantity": 1}, headers=ada, timeout=WAIT).status_code == 404


def test_checking_out_takes_the_stock_empties_the_cart_and_keeps_the_prices(api: str, user: User) -> None:
    cheap, dear = make_product(api, stock=5, price=100), make_product(api, stock=5, price=900)
    who = user(f"buyer-{cheap}")
    put(api, who, cheap, 2)
    put(api, who, dear, 1)
    made = check_out(api, who)
    order = made.json()
    assert (made.status_code, order["total"], order["status"]) == (201, 1100, "placed")
    assert (stock(api, cheap), stock(api, dear)) == (3, 4)
    assert requests.get(f"{api}/cart", headers=who, timeout=WAIT).json() == {"lines": []}
    body = {"category": "things", "name": "Thing", "price": 1}
    requests.put(f"{api}/admin/products/{cheap}", json=body, headers=ADMIN, timeout=WAIT)
    assert requests.get(f"{api}/orders/{order['orderId']}", headers=who, timeout=WAIT).json() == order
    stranger = user(f"stranger-{cheap}")
    assert requests.get(f"{api}/orders/{order['orderId']}", headers=stranger, timeout=WAIT).status_code == 404


def test_a_checkout_is_all_or_nothing(api: str, user: User) -> None:
    plenty, scarce = make_product(api, stock=9), make_product(api, stock=1)
    who = user(f"greedy-{plenty}")
    put(api, who, plenty, 2)
    put(api, who, scarce, 2)
    refused = check_out(api, who)
    assert refused.status_code == 409
    assert refused.json()["detail"] == f"There is too little of {scarce} in stock."
    assert (stock(api, plenty), stock(api, scarce)) == (9, 1)
    assert len(requests.get(f"{api}/cart", headers=who, timeout=WAIT).json()["lines"]) == 2


def test_a_checkout_of_nothing_or_without_a_key_is_refused(api: str, user: User) -> None:
    who = user(f"idle-{uuid.uuid4()}")
    assert check_out(api, who).json()["detail"] == "The cart is empty."
    keyless = requests.post(f"{api}/orders", headers=who, timeout=WAIT)
    assert (keyless.status_code, "Idempotency-Key" in keyless.text) == (400, True)


def test_many_retries_of_one_checkout_make_one_order(api: str, user: User) -> None:
    product_id = make_product(api, stock=50)
    who, key = user(f"nervous-{product_id}"), str(uuid.uuid4())
    put(api, who, product_id, 3)
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: check_out(api, who, key), range(16)))
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.text for reply in replies}) == 1
    assert [reply.headers.get("Idempotency-Replayed") for reply in replies].count(None) == 1
    assert stock(api, product_id) == 47


def test_of_200_parallel_buyers_as_many_get_one_as_there_are(api: str, user: User) -> None:
    product_id = make_product(api, stock=60)
    buyers = [user(f"rush-{product_id}-{number}") for number in range(200)]

    def buy(who: dict[str, str]) -> int:
        put(api, who, product_id, 1)
        key = str(uuid.uuid4())
        # 503 says: others are at it, try again with the same key.
        for _ in range(20):
            reply = check_out(api, who, key)
            if reply.status_code != 503:
                break
        return reply.status_code

    with ThreadPoolExecutor(32) as pool:
        statuses = Counter(pool.map(buy, buyers))
    assert statuses == {201: 60, 409: 140}
    assert stock(api, product_id) == 0


def test_orders_are_listed_newest_first(api: str, user: User) -> None:
    product_id = make_product(api, stock=9)
    who = user(f"regular-{product_id}")
    made = []
    for _ in range(5):
        put(api, who, product_id, 1)
        made.append(check_out(api, who).json())
    for limit in (1, 2, 5, 100):
        assert pages(f"{api}/orders", "orders", who, limit=limit) == made[::-1]


def test_admins_see_orders_by_status_and_send_them_on_their_way(api: str, user: User) -> None:
    product_id = make_product(api, stock=1)
    who = user(f"patient-{product_id}")
    put(api, who, product_id, 1)
    order_id = check_out(api, who).json()["orderId"]
    url = f"{api}/admin/orders/{order_id}"
    for status in ("packed", "delivered"):
        changed = requests.patch(url, json={"status": status}, headers=ADMIN, timeout=WAIT)
        assert changed.json()["status"] == status
        listed = pages(f"{api}/admin/orders", "orders", ADMIN, status=status, limit=2)
        assert order_id in [order["orderId"] for order in listed]
    assert requests.patch(url, json={"status": "shipped"}, headers=ADMIN, timeout=WAIT).status_code == 409
    placed = pages(f"{api}/admin/orders", "orders", ADMIN, status="placed", limit=50)
    assert order_id not in [order["orderId"] for order in placed]
    gone = f"{api}/admin/orders/{'0' * 32}"
    assert requests.patch(gone, json={"status": "packed"}, headers=ADMIN, timeout=WAIT).status_code == 404


def test_a_partner_follows_what_was_written_last(api: str) -> None:
    first = pages(f"{api}/feed", "products", PARTNER, limit=7)
    last = requests.get(f"{api}/feed", params={"limit": 100}, headers=PARTNER, timeout=WAIT).json()["products"][-1]
    product_id = make_product(api)
    cursor = f"{last['updatedAt']}_{last['productId']}"
    since = pages(f"{api}/feed", "products", PARTNER, cursor=cursor)
    assert product_id in [product["productId"] for product in since]
    times = [product["updatedAt"] for product in first]
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/cart", {}, 401),
        ("GET", "/cart", {"Authorization": "nonsense"}, 401),
        ("GET", "/cart", ADMIN, 401),
        ("GET", "/admin/orders?status=placed", {}, 401),
        ("GET", "/admin/orders?status=placed", {"Authorization": "Bearer guess"}, 403),
        ("GET", "/admin/orders?status=placed", {"Authorization": "Basic guess"}, 401),
        ("GET", "/feed", {}, 403),
        ("GET", "/feed", {"x-api-key": "guess"}, 403),
        ("GET", "/feed", ADMIN, 403),
        ("DELETE", "/products", {}, 403),
    ],
)
def test_who_may_not_is_refused(api: str, method: str, path: str, headers: dict[str, str], status: int) -> None:
    assert requests.request(method, api + path, headers=headers, timeout=WAIT).status_code == status


def test_a_token_with_another_signature_is_refused(api: str, user: User) -> None:
    good = user("ada")["Authorization"]
    assert requests.get(f"{api}/cart", headers={"Authorization": good}, timeout=WAIT).status_code == 200
    forged = good[:-6] + ("AAAAAA" if good[-6:] != "AAAAAA" else "BBBBBB")
    assert requests.get(f"{api}/cart", headers={"Authorization": forged}, timeout=WAIT).status_code == 401


@pytest.mark.parametrize("origin", ["http://localhost:5173", "http://localhost:5174"])
def test_pages_of_named_origins_are_let_in(api: str, origin: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    preflight = requests.options(f"{api}/cart", headers=asked, timeout=WAIT)
    assert preflight.headers["Access-Control-Allow-Origin"] == origin
    answer = requests.get(f"{api}/products/lamp-7", headers={"Origin": origin}, timeout=WAIT)
    assert answer.headers["Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize("origin", ["http://localhost:5173", "http://localhost:5174"])
def test_errors_of_the_gateway_allow_the_first_origin_whoever_asks(api: str, origin: str) -> None:
    """API Gateway's own errors can't choose among origins: pages of the others can't read them."""
    refused = requests.get(f"{api}/cart", headers={"Origin": origin}, timeout=WAIT)
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, "http://localhost:5173")


def test_pages_of_other_origins_are_not(api: str) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    preflight = requests.options(f"{api}/cart", headers=asked, timeout=WAIT)
    assert preflight.headers["Access-Control-Allow-Origin"] != asked["Origin"]
    answer = requests.get(f"{api}/products/lamp-7", headers=asked, timeout=WAIT)
    assert "Access-Control-Allow-Origin" not in answer.headers
