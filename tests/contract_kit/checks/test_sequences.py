"""Random sequences of operations: what they find that no check of one promise does, and that they repeat by seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.contract.checks import sequences
from homeport.project.model import Source
from homeport.project.project import Project
from homeport.project.triggers.trigger import NO_TRIGGERS, QueueTrigger, Triggers
from tests.support.book_stack import StoredBooks, run_on_stack
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, run_on_books
from tests.support.rest_document import book_document, book_project

SEEDS = range(1, 5)
QUEUE = QueueTrigger(
    id="Count",
    function="count",
    source=Source("openapi.yaml", 1),
    queue_arn="arn:aws:sqs:us-east-1:123456789012:counts",
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return book_project(tmp_path_factory.mktemp("books"))


class ForgetsTheCreation(BookApi):
    """An API that takes the fourth version for the creation of a book."""

    def written(self, book: Book) -> Book:
        made = super().written(book)
        return {**made, "createdAt": made["updatedAt"]} if made["version"] == 4 else made


class KeepsOneCopy(BookApi):
    """An API in which the third version of a book changes all others."""

    def store(self, id_: str, book: Book) -> Book:
        stored = super().store(id_, book)
        for other in self.books.values():
            if other is not stored and book["version"] == 3:
                other["rare"] = not other["rare"]
        return stored


@pytest.mark.parametrize("fault", [ForgetsTheCreation, KeepsOneCopy])
def test_fault_that_depends_on_the_past_is_found_by_most_seeds(project: Project, fault: type[BookApi]) -> None:
    runs = [run_on_books(project, fault(), sequences.CHECKS, seed=seed) for seed in SEEDS]
    assert [run.crashes for run in runs] == [[] for _ in SEEDS]
    assert sum(bool(run.findings) for run in runs) >= len(SEEDS) // 2


def test_sequence_of_a_finding_is_short(project: Project) -> None:
    found = [run_on_books(project, ForgetsTheCreation(), sequences.CHECKS, seed=seed) for seed in SEEDS]
    lengths = [len(one.exchanges) for run in found for one in run.findings]
    assert lengths
    assert min(lengths) <= 6
    assert max(lengths) <= 12


class CountsInTheBackground(StoredBooks):
    """Books whose version a function of a queue counts up, some time after the answer."""

    def read(self, id_: str, request: BookRequest) -> BookReply:
        reply = super().read(id_, request)
        self.books[id_] = {**self.books[id_], "version": self.books[id_]["version"] + 1}
        return reply


@pytest.mark.parametrize(("triggers", "subjects"), [(NO_TRIGGERS, {"/version"}), (Triggers((QUEUE,)), set())])
def test_change_by_a_function_in_the_background_is_no_finding(
    tmp_path: Path, triggers: Triggers, subjects: set[str]
) -> None:
    results = run_on_stack(tmp_path, CountsInTheBackground(), sequences.CHECKS, triggers=triggers)
    assert results.crashes == []
    assert {one.subject for one in results.findings} == subjects


def test_healthy_api_holds_in_every_sequence(project: Project) -> None:
    for seed in SEEDS:
        results = run_on_books(project, BookApi(), sequences.CHECKS, seed=seed)
        assert [one.happened for one in results.findings] == []
        assert results.crashes == []


def test_same_seed_walks_the_same_way(project: Project) -> None:
    runs = [run_on_books(project, BookApi(), sequences.CHECKS, seed=5) for _ in range(2)]
    first, second = ([(label, one.body) for label, one in run.exchanges] for run in runs)
    assert first == second


class ShowsItsSecretOnce(BookApi):
    """An API that answers a create with a secret, which no later answer has."""

    def show_written(self, book: Book) -> Book:
        return {**super().show_written(book), **({"secret": f"s-{book['bookId']}"} if book["version"] == 1 else {})}


def test_property_of_a_create_s_answer_alone_need_not_be_in_a_read(tmp_path: Path) -> None:
    document = book_document()
    responses = document["paths"]["/books"]["post"]["responses"]
    [(kind, content)] = responses["201"]["content"].items()
    with_secret = {"type": "object", "properties": {"secret": {"type": "string"}}}
    responses["201"]["content"][kind] = {"schema": {"allOf": [content["schema"], with_secret]}}
    project = book_project(tmp_path, document)
    for seed in SEEDS:
        results = run_on_books(project, ShowsItsSecretOnce(), sequences.CHECKS, seed=seed)
        assert [one.happened for one in results.findings] == []
