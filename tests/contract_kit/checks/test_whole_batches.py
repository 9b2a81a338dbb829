"""Batch writes below a parent: all or nothing where the document says so, and nothing of another parent's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.methods import whole_batches
from homeport.contract.rest.infer import infer_model
from tests.support.boards_api import BoardApi, board_document, run_on_boards
from tests.support.rest_api import BookReply, Refused
from tests.support.rest_document import book_project


class StopsHalfWay(BoardApi):
    """A batch that is performed up to the first id that nothing has."""

    def update_all(self, board: int, body: Any) -> BookReply:
        for one in body["cardIds"]:
            if not self.is_of(board, one):
                raise Refused(422, "no such card")
            self.cards[one].update(body["set"])
        return BookReply(200, {"cards": [self.cards[one] for one in body["cardIds"]]})


class ChangesOthers(BoardApi):
    """A batch that changes the cards of any board."""

    def is_of(self, board: int, card: int) -> bool:
        return card in self.cards


def test_a_batch_write_below_a_parent_is_known(tmp_path: Path) -> None:
    (batch,) = infer_model(book_project(tmp_path, board_document()).api).batch_writes
    assert (batch.operation.id, batch.resource, batch.ids) == ("updateCards", "cards", ("cardIds",))


@pytest.mark.parametrize(
    ("api", "found"),
    [
        (BoardApi, []),
        (StopsHalfWay, ["refused-batch-changes-nothing"]),
        (ChangesOthers, ["batch-keeps-to-its-parent"]),
    ],
)
def test_fault_of_a_batch_is_found(tmp_path: Path, api: type[BoardApi], found: list[str]) -> None:
    results = run_on_boards(tmp_path, api(), whole_batches.CHECKS)
    assert results.crashes == []
    assert [one.check for one in results.findings] == found


def test_a_batch_that_may_be_done_in_part_is_no_finding(tmp_path: Path) -> None:
    document = board_document()
    update = document["paths"]["/boards/{boardId}/cards/bulk-update"]["post"]
    update["summary"] = update["responses"]["422"]["description"] = "Set properties of cards."
    assert run_on_boards(tmp_path, StopsHalfWay(), whole_batches.CHECKS, document).findings == []
