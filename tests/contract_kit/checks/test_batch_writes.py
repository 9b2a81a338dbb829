"""Batch writes are seen in the model, do the same to each resource, and report what was done, also under faults."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks import methods
from homeport.contract.checks.faults import batch_writes
from homeport.contract.rest.resource import BatchWrite
from tests.support.book_stack import StoredBooks, run_on_stack
from tests.support.rest_api import BookReply, BookRequest
from tests.support.rest_document import book_document
from tests.support.rest_model import TEXT, answers, arrays, model_of, objects, takes

CHECKS = (*(one for one in methods.CHECKS if one.name.startswith("batch-write-")), *batch_writes.CHECKS)
_RESULT = {
    "type": "object",
    "required": ["done", "missing"],
    "properties": {name: {"type": "array", "items": TEXT} for name in ("done", "missing")},
}


def document_with_batches() -> dict[str, Any]:
    """Return the books' document with two batch writes."""
    document = book_document()
    ids = {"type": "object", "required": ["ids"], "properties": {"ids": {"type": "array", "items": TEXT}}}
    for word in ("delete", "lend"):
        document["paths"][f"/books/batch/{word}"] = {
            "post": {
                "operationId": f"{word}Books",
                "x-homeport": {"access": {}},
                "requestBody": {"required": True, "content": {"application/json": {"schema": ids}}},
                "responses": {
                    "200": {"description": "Done.", "content": {"application/json": {"schema": _RESULT}}},
                    "4XX": {"description": "Not done."},
                },
            }
        }
    return document


class BatchedBooks(StoredBooks):
    """Books that are deleted and lent several at once."""

    def route(self, request: BookRequest) -> BookReply:
        if request.path[:2] != ("books", "batch"):
            return super().route(request)
        ids = list(dict.fromkeys(request.body["ids"]))
        there = self.look_up(ids)
        done = self.delete_all(there) if request.path[-1] == "delete" else self.lend_all(there)
        return BookReply(200, {"done": done, "missing": [one for one in ids if one not in done]})

    def look_up(self, ids: Sequence[str]) -> list[str]:
        """Return the ids of those that are there."""
        return self.call("BatchGetItem", lambda: [one for one in ids if one in self.books])

    def is_cut_short(self, action: str) -> bool:
        """Return whether DynamoDB leaves a part of a batch."""
        return any(one.action == action and "unprocessed" in one.text for one in self.faults)

    def delete_all(self, ids: list[str]) -> list[str]:
        """Delete books that are there, and return their ids."""
        for one in ids:
            self.remove_in_batch(one)
        return ids

    def remove_in_batch(self, id_: str) -> None:
        """Remove a book as a part of a batch."""
        self.call("BatchWriteItem", lambda: self.books.pop(id_, None))

    def lend_all(self, ids: list[str]) -> list[str]:
        """Lend books that are there, and return their ids."""
        for one in ids:
            lent = {one: {**self.books[one], "rare": True}}
            self.call("UpdateItem", partial(self.books.update, lent))
        return ids


class StopsAtUnknown(BatchedBooks):
    """A batch that ends at the first unknown id."""

    def look_up(self, ids: Sequence[str]) -> list[str]:
        found = super().look_up(ids)
        return found if len(found) == len(ids) else found[:1]


class LendsFirst(BatchedBooks):
    """A batch that says of all what it did to the first."""

    def lend_all(self, ids: list[str]) -> list[str]:
        super().lend_all(ids[:1])
        return ids


class DeletesNothing(BatchedBooks):
    """A batch that claims its deletions."""

    def delete_all(self, ids: list[str]) -> list[str]:
        return ids


class FailsOnTwice(BatchedBooks):
    """A batch that fails for an id twice."""

    def route(self, request: BookRequest) -> BookReply:
        ids = request.body.get("ids", ()) if isinstance(request.body, dict) else ()
        return BookReply(500, {}) if len(set(ids)) < len(ids) else super().route(request)


class LeavesUnprocessed(BatchedBooks):
    """A batch that takes what DynamoDB left for deleted."""

    def remove_in_batch(self, id_: str) -> None:
        if not self.is_cut_short("BatchWriteItem"):
            super().remove_in_batch(id_)


class MissesUnread(BatchedBooks):
    """A batch that takes what DynamoDB did not read for missing."""

    def look_up(self, ids: Sequence[str]) -> list[str]:
        return [] if self.is_cut_short("BatchGetItem") else super().look_up(ids)


class SwallowsFailures(BatchedBooks):
    """A batch that takes what it could not read for missing."""

    def look_up(self, ids: Sequence[str]) -> list[str]:
        return [] if any(one.action == "BatchGetItem" for one in self.faults) else super().look_up(ids)


def test_healthy_api_has_no_finding(tmp_path: Path) -> None:
    results = run_on_stack(tmp_path, BatchedBooks(), CHECKS, document_with_batches())
    assert [(finding.check, finding.happened) for finding in results.findings] == []
    assert results.crashes == []
    assert len([one for _, one in results.exchanges if "/batch/" in one.url]) > 6


@pytest.mark.parametrize(
    ("api", "check"),
    [
        (StopsAtUnknown, "batch-write-does-each"),
        (LendsFirst, "batch-write-does-each"),
        (DeletesNothing, "batch-write-does-each"),
        (FailsOnTwice, "batch-write-takes-ids-twice"),
        (LeavesUnprocessed, "batch-write-tells-the-truth"),
        (MissesUnread, "batch-write-tells-the-truth"),
        (SwallowsFailures, "batch-write-tells-the-truth"),
    ],
)
def test_fault_is_found(tmp_path: Path, api: type[BatchedBooks], check: str) -> None:
    found = run_on_stack(tmp_path, api(), CHECKS, document_with_batches()).findings
    assert {finding.check for finding in found} == {check}


def batches_of(path: str, **body: Any) -> list[BatchWrite]:
    note = objects("noteId", noteId=TEXT, text=TEXT)
    paths = {
        "/notes": {"post": takes(objects("text", text=TEXT), answers(note, "201"))},
        "/notes/{noteId}": {"get": answers(note), "delete": answers(None, "204")},
        path: {"post": takes(objects(**body), answers(objects(unknown=arrays(TEXT))))},
    }
    return list(model_of(paths).batch_writes)


def test_batch_write_is_known_by_its_ids() -> None:
    (found,) = batches_of("/notes/remove", ids={**arrays(TEXT), "maxItems": 7})
    assert (found.resource, found.ids, found.missing, found.maximum, found.deletes) == (
        ("notes", ("ids",), "unknown", 7, True)
    )
    assert [one.deletes for one in batches_of("/archive", noteIds=arrays(TEXT))] == [False]


@pytest.mark.parametrize(
    ("path", "body"), [("/notes/merge", "ids"), ("/notes/reorder", "noteIds"), ("/tags", "ids"), ("/notes/tag", "tags")]
)
def test_no_batch_write_is_guessed(path: str, body: str) -> None:
    assert batches_of(path, **{body: arrays(TEXT)}) == []
