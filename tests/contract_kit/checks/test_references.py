"""Ids of other resources in a resource: lists select by them, and they are gone with what they name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.collections import members
from homeport.contract.checks.methods import references
from tests.support.boards_api import BoardApi, board_document, run_on_boards


class ForgetsTheFilter(BoardApi):
    def has_label(self, card: Any, label: int) -> bool:
        return True


@pytest.mark.parametrize(("api", "subjects"), [(BoardApi, []), (ForgetsTheFilter, ["?labelId"])])
def test_a_filter_by_the_id_of_another_resource_is_tried_with_ids_that_are_there(
    tmp_path: Path, api: type[BoardApi], subjects: list[str]
) -> None:
    results = run_on_boards(tmp_path, api(), members.CHECKS)
    assert results.crashes == []
    assert [one.subject for one in results.findings] == subjects
    assert [one for run in results.runs for one in run.untested] == []


class LabelStays(BoardApi):
    def remove_label(self, id_: int) -> None:
        del self.labels[id_]


class CardsStay(BoardApi):
    def remove_board(self, id_: int) -> None:
        del self.boards[id_]


@pytest.mark.parametrize(
    ("api", "found"),
    [
        (BoardApi, set()),
        (LabelStays, {("DELETE /labels/{labelId}", "/labelIds")}),
        (CardsStay, {("DELETE /boards/{boardId}", "cards")}),
    ],
)
def test_a_delete_takes_with_it_what_its_words_say(
    tmp_path: Path, api: type[BoardApi], found: set[tuple[str, str]]
) -> None:
    results = run_on_boards(tmp_path, api(), references.CHECKS)
    assert results.crashes == []
    assert {(one.operation, one.subject) for one in results.findings} == found


@pytest.mark.parametrize("api", [LabelStays, CardsStay])
@pytest.mark.parametrize("words", ["Remove it", "Remove it. Its cards stay as they are, also from then on."])
def test_a_delete_that_takes_nothing_with_it_by_its_words_is_no_finding(
    tmp_path: Path, api: type[BoardApi], words: str
) -> None:
    document = board_document()
    for path in ("/labels/{labelId}", "/boards/{boardId}"):
        document["paths"][path]["delete"]["summary"] = words
    assert run_on_boards(tmp_path, api(), references.CHECKS, document).findings == []
