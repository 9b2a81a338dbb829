"""Entries that a batch is said to have taken are in the list as they were sent, whatever DynamoDB leaves out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.methods import batch_creates
from homeport.contract.rest.batch_creates import infer_batch_creates
from homeport.contract.rest.infer import infer_model
from tests.support.held_books import HeldBooks, run_on_held_books
from tests.support.rest_api import BookReply, BookRequest, Refused
from tests.support.rest_document import book_project

_ID = {"type": "string", "pattern": "^[a-z]+[0-9]*$"}
_METER = {"type": "object", "required": ["meterId"], "properties": {"meterId": _ID}}
_READING = {
    "type": "object",
    "additionalProperties": False,
    "required": ["metric", "at", "value"],
    "properties": {
        "metric": {**_ID, "example": "heat"},
        "at": {"type": "string", "format": "date-time"},
        "value": {"type": "number", "minimum": -1000, "maximum": 1000},
    },
}


class Meters(HeldBooks):
    """Meters, and what they read: nothing of the future."""

    def __init__(self) -> None:
        super().__init__()
        self.readings: dict[str, list[Any]] = {}

    def route(self, request: BookRequest) -> BookReply:
        match request.method, request.path:
            case "POST", ("meters",):
                id_ = f"meter{len(self.readings)}"
                self.readings[id_] = []
                return BookReply(201, {"meterId": id_})
            case "GET", ("meters", id_) if id_ in self.readings:
                return BookReply(200, {"meterId": id_})
            case "GET", ("meters", id_, "readings") if id_ in self.readings:
                found = [one for one in self.readings[id_] if one["metric"] == request.query["metric"]]
                return BookReply(200, {"readings": found})
            case "POST", ("meters", id_, "readings") if id_ in self.readings:
                entries: Any = request.body
                taken = self.take_all(entries["readings"])
                self.store_all(id_, taken)
                return BookReply(200, {"accepted": self.count(taken, entries["readings"])})
        raise Refused(404, "none")

    def take_all(self, entries: list[Any]) -> list[Any]:
        """Return the entries that are taken."""
        return [self.kept(one) for one in entries if not _is_to_come(one)]

    def kept(self, entry: Any) -> Any:
        """Return an entry as it is kept."""
        return entry

    def store_all(self, id_: str, taken: list[Any]) -> None:
        """Store entries, those that were left out at first as well."""
        self.readings[id_] += taken

    def count(self, taken: list[Any], entries: list[Any]) -> int:
        """Return how many entries were taken."""
        return len(taken)


class Rounds(Meters):
    def kept(self, entry: Any) -> Any:
        return {**entry, "value": round(entry["value"], 1)}


class KeepsTwo(Meters):
    def kept(self, entry: Any) -> Any:
        return {**entry, "value": round(entry["value"], 2)}


class StopsAtTheFuture(Meters):
    def take_all(self, entries: list[Any]) -> list[Any]:
        future = next((number for number, one in enumerate(entries) if _is_to_come(one)), len(entries))
        return entries[:future]

    def count(self, taken: list[Any], entries: list[Any]) -> int:
        return sum(not _is_to_come(one) for one in entries)


class ForgetsTheUnprocessed(Meters):
    def store_all(self, id_: str, taken: list[Any]) -> None:
        self.readings[id_] += taken[: len(taken) // 2] if "BatchWriteItem" in self.holds.failing else taken


def _is_to_come(entry: Any) -> bool:
    return datetime.fromisoformat(entry["at"]) > datetime.now(UTC) + timedelta(minutes=5)


def meters_document() -> dict[str, Any]:
    """Return the meters' document."""

    def operation(id_: str, status: str, answer: Any, body: Any = None, **more: Any) -> dict[str, Any]:
        content = {"application/json": {"schema": answer}}
        found = {"operationId": id_, "x-homeport": {"access": {}}, **more}
        found["responses"] = {status: {"description": ".", "content": content}}
        sent = {"required": True, "content": {"application/json": {"schema": body}}}
        return {**found, "requestBody": sent} if body else found

    entries = {"type": "array", "minItems": 1, "maxItems": 50, "items": _READING}
    several = {"type": "object", "required": ["readings"], "properties": {"readings": entries}}
    count = {"type": "object", "required": ["accepted"], "properties": {"accepted": {"type": "integer"}}}
    metric = {"name": "metric", "in": "query", "required": True, "schema": {**_ID, "example": "heat"}}
    at = {"parameters": [{"name": "meterId", "in": "path", "required": True, "schema": _ID}]}
    paths = {
        "/meters": {"post": operation("makeMeter", "201", _METER)},
        "/meters/{meterId}": {**at, "get": operation("getMeter", "200", _METER)},
        "/meters/{meterId}/readings": {
            **at,
            "get": operation("listReadings", "200", several, parameters=[metric]),
            "post": operation("addReadings", "200", count, several),
        },
    }
    return {"openapi": "3.0.3", "info": {"title": "Meters", "version": "1"}, "paths": paths}


def test_a_batch_create_is_known_by_the_list_at_its_path(tmp_path: Path) -> None:
    model = infer_model(book_project(tmp_path, meters_document()).api)
    ((resource, batch),) = infer_batch_creates(model.resources, model.document)
    assert (resource.name, batch.operation.id, batch.entries) == ("readings", "addReadings", "readings")
    assert (batch.asked, batch.maximum) == ({"metric": "metric"}, 50)


@pytest.mark.parametrize(
    ("api", "found"),
    [
        (Meters, []),
        (Rounds, [("batch-entries-are-listed", "/value")]),
        (StopsAtTheFuture, [("batch-entries-are-listed", "mixed")]),
        (ForgetsTheUnprocessed, [("batch-leaves-nothing-unprocessed", "unprocessed")]),
    ],
)
def test_fault_of_a_batch_create_is_found(tmp_path: Path, api: type[Meters], found: list[tuple[str, str]]) -> None:
    results = run_on_held_books(book_project(tmp_path, meters_document()), api(), batch_creates.CHECKS)
    assert results.crashes == []
    assert [(one.check, one.subject) for one in results.findings] == found


@pytest.mark.parametrize(("api", "count"), [(KeepsTwo, 0), (Rounds, 1)])
def test_decimals_that_the_description_leaves_out_are_not_sent(tmp_path: Path, api: type[Meters], count: int) -> None:
    document = meters_document()
    document = json.loads(json.dumps(document).replace('"maximum": 1000', '"description": "Kept with two decimals."'))
    results = run_on_held_books(book_project(tmp_path, document), api(), batch_creates.CHECKS)
    assert len(results.findings) == count
