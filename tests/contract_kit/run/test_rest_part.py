"""The part of a run with the checks of REST: where ``--exitfirst`` ends it."""

from __future__ import annotations

import argparse
from pathlib import Path

from homeport.contract.run.parts import rest_part
from homeport.contract.run.plan import RunPlan
from homeport.contract.run.settings import CheckSettings
from tests.support.rest_api import Book, BookApi, serve_books
from tests.support.rest_document import book_project


class StripsAndStays(BookApi):
    """Titles lose their blanks, and what is deleted stays."""

    def keep(self, book: Book) -> Book:
        return {**super().keep(book), "title": book["title"].strip() or "x"}

    def remove(self, id_: str) -> None:
        return None


def test_run_does_not_end_at_what_is_switched_off_on_one_operation(tmp_path: Path) -> None:
    project = book_project(tmp_path)
    options = argparse.Namespace(exitfirst=True, seed=1, header=(), token=None, api_key=None, url=None)
    off = {f"values-are-kept on {one}": "titles are trimmed" for one in ("POST /books", "PUT /books/{bookId}")}
    with serve_books(StripsAndStays()) as url:
        results = rest_part(project, url, options, RunPlan(), CheckSettings(off))
    assert "deleted-is-gone" in {finding.check for finding in results.findings}


def test_run_ends_at_its_first_finding(tmp_path: Path) -> None:
    options = argparse.Namespace(exitfirst=True, seed=1, header=(), token=None, api_key=None, url=None)
    with serve_books(StripsAndStays()) as url:
        results = rest_part(book_project(tmp_path), url, options, RunPlan(), CheckSettings({}))
    assert "deleted-is-gone" not in {finding.check for finding in results.findings}
