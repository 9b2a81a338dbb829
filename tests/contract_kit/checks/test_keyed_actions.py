"""An action with an Idempotency-Key that makes no resource of its own: a transfer between two accounts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.client import Client
from homeport.contract.checks.preconditions import keyed_actions
from homeport.contract.checks.runner import CheckOptions, run_checks
from homeport.contract.rest.infer import infer_model
from tests.support.answering_server import AnsweringServer
from tests.support.rest_document import book_project
from tests.support.rest_model import TEXT, answers, api_of, objects, takes

_ID = {"type": "string", "pattern": "^a[0-9]{6}$"}
_AMOUNT = {"type": "integer", "minimum": 1, "maximum": 50}
_ACCOUNT = objects("accountId", "balance", accountId=_ID, balance={"type": "integer"})
_SENT = objects(
    *("giver", "taker", "amount"),
    giver={**_ID, "description": "The accountId that gives."},
    taker={**_ID, "description": "The accountId that gets; another one."},
    amount=_AMOUNT,
)


def _document() -> dict[str, Any]:
    key = {"name": "Idempotency-Key", "in": "header", "schema": TEXT, "description": "It has the same answer again."}
    transfer = takes(_SENT, answers(objects(giver=_ID, taker=_ID, amount=_AMOUNT), "201"))
    transfer["parameters"] = [key]
    transfer["responses"]["422"] = {"description": "The key was used for something else."}
    at = [{"name": "accountId", "in": "path", "required": True, "schema": _ID}]
    return {
        "paths": {
            "/accounts": {"post": answers(_ACCOUNT, "201")},
            "/accounts/{accountId}": {"parameters": at, "get": answers(_ACCOUNT)},
            "/transfers": {"post": transfer},
        }
    }


class Bank(AnsweringServer):
    """Accounts of a hundred each."""

    def __init__(self) -> None:
        self.accounts: dict[str, int] = {}
        self.keys: dict[str, tuple[Any, Any]] = {}
        super().__init__()

    def answer(self, method: str, path: list[str], body: Any) -> tuple[int, Any]:
        """Return the status and body of an answer."""
        match method, path:
            case "POST", ["accounts"]:
                id_ = f"a{len(self.accounts):06}"
                self.accounts[id_] = 100
                return 201, {"accountId": id_, "balance": 100}
            case "GET", ["accounts", id_] if id_ in self.accounts:
                return 200, {"accountId": id_, "balance": self.accounts[id_]}
            case "POST", ["transfers"] if {body["giver"], body["taker"]} <= self.accounts.keys():
                return self.transfer(body)
        return 404, {}

    def transfer(self, body: Any) -> tuple[int, Any]:
        """Move an amount, once for each key."""
        key = self.headers.get("idempotency-key", "")
        known = self.keys.get(key) if key else None
        if known is not None:
            return self.known(body, *known)
        if body["giver"] == body["taker"] or self.accounts[body["giver"]] < body["amount"]:
            return 409, {}
        self.accounts[body["giver"]] -= body["amount"]
        self.accounts[body["taker"]] += body["amount"]
        self.keys[key] = body, {**body, "number": len(self.sent)}
        return 201, self.keys[key][1]

    def known(self, body: Any, first: Any, answer: Any) -> tuple[int, Any]:
        """Answer a key that came before."""
        return (201, answer) if body == first else (422, {})


class AnswersAnything(Bank):
    """A key stands for any body."""

    def known(self, body: Any, first: Any, answer: Any) -> tuple[int, Any]:
        return 201, answer


class RejectsRepetition(Bank):
    """A key is no more than a guard."""

    def known(self, body: Any, first: Any, answer: Any) -> tuple[int, Any]:
        return 422, {}


class AnswersAnew(Bank):
    """The second answer is another one."""

    def known(self, body: Any, first: Any, answer: Any) -> tuple[int, Any]:
        return (201, {**answer, "number": len(self.sent)}) if body == first else (422, {})


@pytest.mark.parametrize(
    ("bank", "subjects"),
    [(Bank, []), (AnswersAnything, ["other body"]), (RejectsRepetition, ["repeated"]), (AnswersAnew, ["repeated"])],
)
def test_transfer_with_a_key_is_performed_once(tmp_path: Path, bank: type[Bank], subjects: list[str]) -> None:
    served = bank()
    with served.serving():
        results = run_checks(
            book_project(tmp_path),
            infer_model(api_of(_document())),
            [Client(served.url)],
            CheckOptions(1),
            checks=keyed_actions.CHECKS,
        )
    assert results.crashes == []
    assert served.keys
    assert [one.subject for one in results.findings] == subjects
