"""The check of lists that select by a member of an array, on APIs with one fault each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.collections import members
from homeport.contract.checks.runner import CheckResults
from homeport.contract.rest.infer import infer_model
from homeport.project.project import Project
from tests.support.rest_api import BookApi, run_on_books
from tests.support.rest_document import book_document, book_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    document = book_document()
    parameter = {"name": "tag", "in": "query", "schema": {"type": "string", "minLength": 1, "maxLength": 20}}
    document["paths"]["/books"]["get"]["parameters"].append(parameter)
    return book_project(tmp_path_factory.mktemp("tagged"), document)


class Tagged(BookApi):
    def filtered(self, books: Any, query: Mapping[str, str]) -> Any:
        found: Any = super().filtered(books, query)
        return [one for one in found if "tag" not in query or self.has(one["tags"], query)]

    def has(self, tags: Any, query: Mapping[str, str]) -> bool:
        return query["tag"] in tags


class ForgetsOnTheSecondPage(Tagged):
    def has(self, tags: Any, query: Mapping[str, str]) -> bool:
        return "cursor" in query or super().has(tags, query)


class LooksAtTheFirst(Tagged):
    def has(self, tags: Any, query: Mapping[str, str]) -> bool:
        return bool(tags[:1] == [query["tag"]])


class Ignores(Tagged):
    def has(self, tags: Any, query: Mapping[str, str]) -> bool:
        return True


class LooksForParts(Tagged):
    def has(self, tags: Any, query: Mapping[str, str]) -> bool:
        return query["tag"] in " ".join(tags)


def _found(results: CheckResults) -> set[tuple[str, str]]:
    assert results.crashes == []
    return {(one.operation, one.subject) for one in results.findings}


def test_parameter_that_is_named_like_a_member_is_inferred(project: Project) -> None:
    (books,) = infer_model(project.api).resources
    assert [(one.parameter, one.field) for one in books.listings[0].members] == [("tag", "tags")]


@pytest.mark.parametrize("api", [ForgetsOnTheSecondPage, LooksAtTheFirst, Ignores, LooksForParts])
def test_list_that_does_not_select_by_the_member_is_found(project: Project, api: type[Tagged]) -> None:
    assert _found(run_on_books(project, api(), members.CHECKS)) == {("GET /books", "?tag")}


def test_list_that_selects_by_the_member_is_no_finding(project: Project, tmp_path: Path) -> None:
    results = run_on_books(project, Tagged(), members.CHECKS)
    assert _found(results) == set()
    assert [run.untested for run in results.runs] == [()]


def test_part_of_a_member_may_do_where_the_document_says_so(tmp_path: Path) -> None:
    document = book_document()
    schema = {"type": "string", "minLength": 1, "maxLength": 20}
    parameter = {"name": "tag", "in": "query", "description": "A tag that begins with this.", "schema": schema}
    document["paths"]["/books"]["get"]["parameters"].append(parameter)
    results = run_on_books(book_project(tmp_path, document), LooksForParts(), members.CHECKS)
    assert _found(results) == set()
