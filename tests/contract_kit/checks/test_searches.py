"""The check of lists that search a text, on APIs with one fault each, and the words by which a search is known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.collections import searches
from homeport.contract.rest.infer import infer_model
from homeport.project.project import Project
from tests.support.rest_api import BookApi, run_on_books
from tests.support.rest_document import book_document, book_project

_WORDS = "Only books whose title contains this, in any case."


def project_with(root: Path, words: str) -> Project:
    """Return the books' project, whose list has the parameter ``q`` with a description."""
    document = book_document()
    schema = {"type": "string", "minLength": 1, "maxLength": 40}
    document["paths"]["/books"]["get"]["parameters"].append(
        {"name": "q", "in": "query", "description": words, "schema": schema}
    )
    return book_project(root, document)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return project_with(tmp_path_factory.mktemp("searched"), _WORDS)


class Searched(BookApi):
    def filtered(self, books: Any, query: Mapping[str, str]) -> Any:
        found: Any = super().filtered(books, query)
        return [one for one in found if "q" not in query or self.has(one["title"], query["q"])]

    def has(self, title: str, text: str) -> bool:
        return text.lower() in title.lower()


class LooksAtCase(Searched):
    def has(self, title: str, text: str) -> bool:
        return text in title


class LooksAtTheStart(Searched):
    def has(self, title: str, text: str) -> bool:
        return title.lower().startswith(text.lower())


class LooksAtWords(Searched):
    def has(self, title: str, text: str) -> bool:
        return text.lower() in title.lower().split()


class FindsAll(Searched):
    def has(self, title: str, text: str) -> bool:
        return True


@pytest.mark.parametrize("api", [LooksAtCase, LooksAtTheStart, LooksAtWords, FindsAll])
def test_list_that_does_not_search_as_described_is_found(project: Project, api: type[Searched]) -> None:
    results = run_on_books(project, api(), searches.CHECKS)
    assert {(one.operation, one.subject) for one in results.findings} == {("GET /books", "?q")}


def test_list_that_searches_as_described_is_no_finding(project: Project) -> None:
    api = Searched()
    results = run_on_books(project, api, searches.CHECKS)
    assert (results.findings, results.crashes) == ([], [])
    assert len({one.query["q"] for one in api.requests if "q" in one.query}) == 4


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (_WORDS, [("title", False, True, True)]),
        ("Books whose `summary` starts with this text", [("summary", True, False, True)]),
        ("Books where the title contains it; the summary is searched also.", [("title", False, False, False)]),
        ("Books whose title contains all of these words.", []),
        ("Books whose author contains this.", []),
        ("Searches the books.", []),
    ],
)
def test_search_is_known_by_its_description(
    tmp_path: Path, words: str, known: list[tuple[str, bool, bool, bool]]
) -> None:
    (books,) = infer_model(project_with(tmp_path, words).api).resources
    found = [(one.field, one.prefix, one.any_case, one.alone) for one in books.listings[0].searches]
    assert found == known
