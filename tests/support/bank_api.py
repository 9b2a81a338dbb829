"""A bank over a real socket: wallets, transfers between them, and coupons that can be redeemed so many times.

Each operation is one promise, so that a subclass can break it alone. Its database calls wait where a check holds them.
"""

from __future__ import annotations

import threading
import uuid
from pathlib import Path
from typing import Any

from homeport.contract.checks.check import Check
from homeport.contract.checks.client import Client
from homeport.contract.checks.runner import CheckOptions, CheckResults, run_checks
from homeport.contract.rest.infer import infer_model
from tests.support.answering_server import AnsweringServer
from tests.support.held_books import BookHolds
from tests.support.rest_api import Refused
from tests.support.rest_document import book_project
from tests.support.rest_model import TEXT, WHOLE, answers, api_of, objects, takes

_AMOUNT = {**WHOLE, "minimum": 1, "maximum": 1000}
_BALANCE = {**WHOLE, "minimum": 0, "maximum": 10**6}
_CODE = {**TEXT, "pattern": "^[A-Z0-9]{4,20}$"}
_NAME = {**TEXT, "minLength": 1, "maxLength": 60}
_WALLET_ID = {**TEXT, "minLength": 1, "description": "The id of a wallet."}
_WALLET = objects("walletId", "owner", "balance", walletId=TEXT, owner=_NAME, balance=_BALANCE)
_COUPON = objects("code", "left", code=_CODE, left=_BALANCE)
_MOVE = {"from": _WALLET_ID, "to": _WALLET_ID, "amount": _AMOUNT}
_TRANSFER = objects("transferId", "from", "to", "amount", transferId=TEXT, **_MOVE)
_REFUSED = objects(title=TEXT)


def _with_refusals(operation: dict[str, Any]) -> dict[str, Any]:
    refusals = {status: answers(_REFUSED, status)["responses"][status] for status in ("400", "404", "409", "422")}
    return {**operation, "responses": {**operation["responses"], **refusals}}


_PATHS = {
    "/wallets": {
        "post": _with_refusals(
            takes(objects("owner", "balance", owner=_NAME, balance=_BALANCE), answers(_WALLET, "201"))
        )
    },
    "/wallets/{walletId}": {"get": answers(_WALLET)},
    "/wallets/{walletId}/withdraw": {
        "post": _with_refusals(takes(objects("amount", amount=_AMOUNT), answers(_WALLET)))
    },
    "/wallets/{walletId}/usage": {"get": answers(objects("withdrawals", withdrawals=WHOLE))},
    "/transfers": {"post": _with_refusals(takes(objects(*_MOVE, **_MOVE), answers(_TRANSFER, "201")))},
    "/transfers/{transferId}": {"get": answers(_TRANSFER)},
    "/coupons": {
        "post": _with_refusals(
            takes(objects("code", "left", code=_CODE, left={**_AMOUNT, "minimum": 1}), answers(_COUPON, "201"))
        )
    },
    "/coupons/{code}": {"get": answers(_COUPON)},
    "/coupons/{code}/redeem": {"post": _with_refusals(answers(_COUPON))},
}

Item = dict[str, Any]


class Bank(AnsweringServer):
    """A bank that loses nothing and gives nothing away."""

    def __init__(self) -> None:
        self.holds, self.lock = BookHolds(), threading.RLock()
        self.wallets: dict[str, Item] = {}
        self.transfers: dict[str, Item] = {}
        self.coupons: dict[str, Item] = {}
        self.usage: dict[str, int] = {}
        super().__init__()

    def answer(self, method: str, path: list[str], body: Any) -> tuple[int, Any]:
        """Return the status and body of an answer."""
        try:
            match method, path:
                case "POST", ["wallets"]:
                    made = {"walletId": uuid.uuid4().hex, "owner": body["owner"], "balance": body["balance"]}
                    self.wallets[made["walletId"]] = made
                    return 201, made
                case "POST", ["wallets", id_, "withdraw"]:
                    self.find(self.wallets, id_)
                    wallet = self.take(self.wallets, id_, "balance", body["amount"])
                    self.count(id_)
                    return 200, wallet
                case "GET", ["wallets", id_, "usage"]:
                    return 200, {"withdrawals": self.usage.get(id_, 0)}
                case "POST", ["transfers"]:
                    return 201, self.move(body)
                case "POST", ["coupons"]:
                    if body["code"] in self.coupons:
                        raise Refused(409, "there is one")
                    self.coupons[body["code"]] = {"code": body["code"], "left": body["left"]}
                    return 201, self.coupons[body["code"]]
                case "POST", ["coupons", id_, "redeem"]:
                    return 200, self.take(self.coupons, id_, "left", 1)
                case "GET", [name, id_]:
                    return 200, self.find(
                        {"wallets": self.wallets, "transfers": self.transfers}.get(name, self.coupons), id_
                    )
        except Refused as refused:
            return refused.reply.status, refused.reply.body
        return 404, {"title": "not found"}

    def find(self, items: dict[str, Item], id_: str) -> Item:
        """Return an item. Raises Refused."""
        if id_ not in items:
            raise Refused(404, "none")
        return dict(items[id_])

    def take(self, items: dict[str, Item], id_: str, name: str, number: int) -> Item:
        """Take a number from what an item has, all or nothing."""
        self.holds.take("UpdateItem")
        with self.lock:
            item = self.find(items, id_)
            if item[name] < number:
                raise Refused(409, "too little is left")
            items[id_][name] -= number
            return dict(items[id_])

    def count(self, id_: str) -> None:
        """Count a withdrawal."""
        self.holds.take("UpdateItem")
        with self.lock:
            self.usage[id_] = self.usage.get(id_, 0) + 1

    def move(self, body: Item) -> Item:
        """Move an amount from one wallet to another, in one transaction."""
        self.holds.take("GetItem")
        self.check_move(body)
        self.holds.take("TransactWriteItems")
        with self.lock:
            self.check_move(body)
            return self.book(body)

    def book(self, body: Item) -> Item:
        """Take an amount from one wallet and give it to the other."""
        self.wallets[body["from"]]["balance"] -= body["amount"]
        self.wallets[body["to"]]["balance"] += body["amount"]
        return self.keep_transfer(body)

    def check_move(self, body: Item) -> None:
        """Raise Refused unless both wallets are there, and the first has the amount."""
        if body["from"] == body["to"] or not {body["from"], body["to"]} <= self.wallets.keys():
            raise Refused(422, "there is no such pair of wallets")
        if self.wallets[body["from"]]["balance"] < body["amount"]:
            raise Refused(409, "the balance is lower")

    def keep_transfer(self, body: Item) -> Item:
        """Store a transfer."""
        made = {"transferId": uuid.uuid4().hex, **body}
        self.transfers[made["transferId"]] = made
        return made


def run_on_bank(root: Path, bank: Bank, checks: tuple[Check, ...], *, seed: int = 1) -> CheckResults:
    """Return the results of checks on a bank whose calls they may hold."""
    with bank.serving():
        model = infer_model(api_of({"paths": _PATHS}))
        return run_checks(book_project(root), model, [Client(bank.url)], CheckOptions(seed), bank.holds, checks)
