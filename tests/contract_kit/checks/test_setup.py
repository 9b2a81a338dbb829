"""Resources are made although a create needs more than a valid body: parents, known ids, other writes before it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from homeport.contract.checks.client import Client
from homeport.contract.checks.session import Session
from homeport.contract.rest.infer import infer_model
from homeport.contract.rest.values import Values
from tests.support.answering_server import AnsweringServer
from tests.support.rest_document import book_project
from tests.support.rest_model import TEXT, WHOLE, answers, api_of, arrays, asks, objects, takes

PRODUCT = objects("productId", productId=TEXT, name=TEXT, stock=WHOLE)
LINE = objects("productId", productId=TEXT, quantity=WHOLE)
ORDER = objects("orderId", orderId=TEXT, lines=arrays(LINE))
REVIEW = objects("reviewId", reviewId=TEXT, text=TEXT)
COMMENT = objects("commentId", commentId=TEXT)
PLAN = objects("planId", "userId", planId=TEXT, userId=TEXT)
USER = objects("id", id=TEXT, email={"type": "string", "format": "email"})


class Shop(AnsweringServer):
    """A shop: an order needs a cart, a line of the cart a product, a review its product, a user an address of its own.

    A user has one plan at most, and may comment once verified.

    ``admin`` says that products can be made.
    """

    def __init__(self, *, admin: bool) -> None:
        self.admin = admin
        self.products: dict[str, dict[str, Any]] = {"lamp": {"productId": "lamp", "name": "Lamp", "stock": 1000}}
        self.cart: dict[str, int] = {}
        self.emails: set[str] = {"ada@example.com"}
        self.plans: dict[str, str] = {}
        self.verified: set[str] = set()
        super().__init__()

    def answer(self, method: str, path: list[str], body: Any) -> tuple[int, Any]:
        """Return the status and body of an answer."""
        if path[0] == "products":
            return self._of_products(method, path[1:], body)
        if path[0] == "cart":
            return self._of_cart(method, path[1:], body)
        if path[0] == "users" and path[2:] == ["verify"]:
            self.verified.add(path[1])
            return 200, {"id": path[1], "email": "x"}
        if path[0] == "users" and path[2:] == ["comments"]:
            return (201, {"commentId": f"c{len(self.sent)}"}) if path[1] in self.verified else (409, {"message": "no"})
        if path[0] == "users" and path[2:] == ["plans"]:
            return self._plan(path[1])
        return self._order() if path == ["orders"] else self._user(body)

    def _of_products(self, method: str, path: list[str], body: Any) -> tuple[int, Any]:
        match method, path:
            case "GET", []:
                return 200, {"products": list(self.products.values())}
            case "POST", [] if self.admin:
                made = {"productId": f"p{len(self.products)}", "name": body["name"], "stock": 0}
                self.products[made["productId"]] = made
                return 201, made
            case "POST", [id_, "stock"]:
                self.products[id_]["stock"] += body["change"]
                return 200, self.products[id_]
            case "POST", [id_, "reviews"] if id_ in self.products:
                return 201, {"reviewId": "r1", **body}
        return 404 if path else 403, {"message": "no"}

    def _of_cart(self, method: str, path: list[str], body: Any) -> tuple[int, Any]:
        if method == "GET":
            return 200, {"lines": [{"productId": id_, "quantity": n} for id_, n in self.cart.items()]}
        if method == "DELETE":
            self.cart.pop(path[0], None)
            return 204, None
        if path[0] not in self.products:
            return 404, {"message": "no such product"}
        self.cart[path[0]] = body["quantity"]
        return 200, {"productId": path[0], **body}

    def _order(self) -> tuple[int, Any]:
        if not self.cart or any(self.products[id_]["stock"] < n for id_, n in self.cart.items()):
            return 409, {"message": "there is too little of it"}
        self.cart.clear()
        return 201, {"orderId": f"o{len(self.sent)}", "lines": []}

    def _plan(self, user: str) -> tuple[int, Any]:
        if user in self.plans.values():
            return 409, {"message": "the user has a plan"}
        self.plans[f"plan{len(self.plans)}"] = user
        return 201, {"planId": f"plan{len(self.plans) - 1}", "userId": user}

    def _user(self, body: Any) -> tuple[int, Any]:
        if body["email"] in self.emails:
            return 409, {"message": "taken"}
        self.emails.add(body["email"])
        return 201, {"id": f"u{len(self.emails)}", **body}


def shop_document() -> dict[str, Any]:
    """Return the document of the shop."""
    quantity = objects("quantity", quantity={**WHOLE, "minimum": 1, "example": 2})
    change = objects("change", change={**WHOLE, "example": 20})
    email = {"type": "string", "format": "email", "example": "ada@example.com"}
    key = {"type": "string", "x-required": True}
    paths = {
        "/products": {
            "get": answers(objects(products=arrays(PRODUCT))),
            "post": takes(objects("name", name=TEXT), answers(PRODUCT, "201")),
        },
        "/products/{productId}": {"get": answers(PRODUCT)},
        "/products/{productId}/stock": {"post": takes(change, answers(PRODUCT))},
        "/products/{productId}/reviews": {
            "get": answers(arrays(REVIEW)),
            "post": takes(objects("text", text=TEXT), answers(REVIEW, "201")),
        },
        "/cart": {"get": answers(objects(lines=arrays(LINE)))},
        "/cart/{productId}": {"put": takes(quantity, answers(LINE)), "delete": answers(None, "204")},
        "/orders": {"post": asks(answers(ORDER, "201"), "header", **{"Idempotency-Key": key})},
        "/orders/{orderId}": {"get": answers(ORDER)},
        "/users": {"post": takes(objects("email", email=email, nick=TEXT), answers(USER, "201"))},
        "/users/{id}": {"get": answers(USER)},
        "/users/{id}/verify": {"post": answers(USER)},
        "/users/{id}/comments": {"post": takes(objects(note=TEXT), answers(COMMENT, "201"))},
        "/users/{id}/comments/{commentId}": {"get": answers(COMMENT)},
        "/users/{userId}/plans": {"post": takes(objects(note=TEXT), answers(PLAN, "201"))},
        "/plans/{planId}": {"get": answers(PLAN)},
    }
    return {"paths": paths}


@contextmanager
def shop_session(root: Path, *, admin: bool = True) -> Iterator[tuple[Session, Shop]]:
    """Serve a shop, and return a check's session with it."""
    document = shop_document()
    model = infer_model(api_of(document))
    generator = random.Random(1)
    server = Shop(admin=admin)
    with server.serving():
        client = Client(server.url)
        project = book_project(root)
        yield Session(project, model, client, generator, Values(document, generator)), server


def make(session: Session, name: str) -> Any:
    """Make a resource of a name."""
    resource = session.model.find(name)
    assert resource is not None
    return session.make(resource)


def test_the_id_comes_from_the_answer(tmp_path: Path) -> None:
    with shop_session(tmp_path) as (session, _):
        made = make(session, "products")
        assert made.path == {"productId": "p1"}
        assert made.representation["stock"] == 0


def test_an_exchange_says_when_it_was_and_how_long_it_took(tmp_path: Path) -> None:
    with shop_session(tmp_path) as (session, _):
        earliest = time.time()
        exchange = make(session, "products").answer.exchange
        assert earliest <= exchange.started <= time.time()
        assert exchange.duration_ms > 0


def test_the_key_of_another_resource_is_that_of_one_made_for_it(tmp_path: Path) -> None:
    with shop_session(tmp_path) as (session, server):
        made = make(session, "cart")
        assert made.path == {"productId": "p1"}
        assert server.sent == ["POST /products", "POST /products/p1/stock", "PUT /cart/p1"]


def test_the_key_of_another_resource_is_that_of_one_in_its_list_where_none_can_be_made(tmp_path: Path) -> None:
    with shop_session(tmp_path, admin=False) as (session, _):
        assert make(session, "cart").path == {"productId": "lamp"}
        assert make(session, "cart") is None
        assert session.untested_reasons == ["no cart can be made"]


def test_a_create_that_is_refused_is_tried_again_after_another_write(tmp_path: Path) -> None:
    with shop_session(tmp_path) as (session, server):
        made = make(session, "orders")
        assert made is not None
        assert [one.exchange.method for one in made.before] == ["PUT"]
        server.sent.clear()
        assert make(session, "orders") is not None
        assert [one.partition(" ")[0] for one in server.sent] == ["POST", "POST", "PUT", "POST"]


def test_others_of_the_kind_are_deleted_where_one_of_them_is_in_the_way(tmp_path: Path) -> None:
    with shop_session(tmp_path) as (session, server):
        server.products["old"] = {"productId": "old", "name": "Old", "stock": 0}
        server.cart["old"] = 1
        assert make(session, "orders") is not None
        assert "DELETE /cart/old" in server.sent


def test_parents_are_made_first(tmp_path: Path) -> None:
    with shop_session(tmp_path) as (session, server):
        made = make(session, "reviews")
        assert made is not None
        assert made.path == {"productId": "p1"}
        assert server.sent[-1] == "POST /products/p1/reviews"


def test_a_value_that_another_resource_has_is_replaced_by_a_distinct_one(tmp_path: Path) -> None:
    with shop_session(tmp_path) as (session, server):
        assert make(session, "users") is not None
        assert make(session, "users") is not None
        assert server.sent.count("POST /users") == 3


def test_a_property_whose_values_are_taken_is_known_afterwards(tmp_path: Path) -> None:
    with shop_session(tmp_path) as (session, server):
        users = session.model.find("users")
        assert users is not None
        assert users.create is not None
        assert make(session, "users") is not None
        for number in range(3):
            made = session.make(users, email="grace@example.com", nick=f"nick {number}")
            assert made is not None
            assert made.sent["nick"] == f"nick {number}"
        assert sum("grace@example.com" in one for one in server.emails) == 3
        # The first user takes two creates, and tells that addresses are unique.
        assert server.sent.count("POST /users") == 5
        assert session.body(users.create, users)["email"] not in server.emails


def test_a_resource_of_which_a_parent_has_one_is_made_below_others(tmp_path: Path) -> None:
    with shop_session(tmp_path) as (session, _):
        made = [make(session, "plans") for _ in range(3)]
        assert None not in made
        assert len({one.representation["userId"] for one in made}) == 3


def test_a_resource_that_can_not_be_made_is_noted_with_the_statuses(tmp_path: Path) -> None:
    with shop_session(tmp_path, admin=False) as (session, _):
        assert make(session, "products") is None
        assert session.untested_reasons == [
            'no products can be made: POST /products was answered with 403, "no" '
            "(give the run credentials of a user who may)"
        ]
        found = session.model.find("products")
        assert found is not None
        assert session.existing(found) is None


def test_a_parent_is_made_ready_by_an_action_where_that_is_what_a_create_needs(tmp_path: Path) -> None:
    with shop_session(tmp_path) as (session, server):
        made = [make(session, "comments") for _ in range(2)]
        assert None not in made
        assert sum(one.endswith("/verify") for one in server.sent) == 1
