"""Below a device that is registered again is nothing that the deleted one had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.client import Client
from homeport.contract.checks.methods import recreated_parents
from homeport.contract.checks.runner import CheckOptions, run_checks
from homeport.contract.rest.infer import infer_model
from tests.support.answering_server import AnsweringServer
from tests.support.rest_document import book_project
from tests.support.rest_model import TEXT, answers, api_of, arrays, objects, takes

_DEVICE, _ORDER = objects("serial", serial=TEXT, name=TEXT), objects("orderId", orderId=TEXT, name=TEXT)
_GIVEN = objects("name", name=TEXT)


def _document(words: str) -> dict[str, Any]:
    below = {"post": takes(_GIVEN, answers(_ORDER, "201")), "get": answers(objects(orders=arrays(_ORDER)))}
    device = {
        "put": takes(_GIVEN, answers(_DEVICE, "201")),
        "get": answers(_DEVICE),
        "delete": {**answers(None, "204"), "description": words},
    }
    return {"paths": {"/devices/{serial}": device, "/devices/{serial}/orders": below}}


class Devices(AnsweringServer):
    """Devices with orders."""

    def __init__(self) -> None:
        self.devices: dict[str, Any] = {}
        self.orders: dict[str, list[Any]] = {}
        super().__init__()

    def answer(self, method: str, path: list[str], body: Any) -> tuple[int, Any]:
        """Return the status and body of an answer."""
        serial, is_below = path[1], len(path) > 2
        match method:
            case "PUT":
                self.devices[serial] = {"serial": serial, **body}
                return 201, self.devices[serial]
            case _ if serial not in self.devices:
                return 404, {}
            case "DELETE":
                self.remove(serial)
                return 204, None
            case "POST":
                made = {"orderId": f"o{len(self.sent)}", **body}
                self.orders.setdefault(serial, []).append(made)
                return 201, made
        return 200, {"orders": self.orders.get(serial, [])} if is_below else self.devices[serial]

    def remove(self, serial: str) -> None:
        """Remove a device with its orders."""
        del self.devices[serial]
        self.orders.pop(serial, None)


class LeavesOrders(Devices):
    def remove(self, serial: str) -> None:
        del self.devices[serial]


_WORDS = "Its orders are removed with it."


@pytest.mark.parametrize(
    ("api", "words", "found"),
    [
        (Devices, _WORDS, []),
        (LeavesOrders, _WORDS, ["error"]),
        (LeavesOrders, "Remove it.", ["warning"]),
        (LeavesOrders, "Remove it. Its orders are kept.", []),
    ],
)
def test_order_of_a_deleted_device_is_found_below_the_new_one(
    tmp_path: Path, api: type[Devices], words: str, found: list[str]
) -> None:
    served = api()
    with served.serving():
        project, model = book_project(tmp_path), infer_model(api_of(_document(words)))
        results = run_checks(project, model, [Client(served.url)], CheckOptions(1), checks=recreated_parents.CHECKS)
    assert results.crashes == []
    assert [one.severity for one in results.findings] == found
    assert [run.untested for run in results.runs if run.untested] == []
