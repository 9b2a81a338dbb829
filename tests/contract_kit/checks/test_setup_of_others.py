"""Bodies name resources that belong together, and lists that no request fills are looked at as they are."""

from __future__ import annotations

from pathlib import Path

from homeport.contract.checks.collections.population import population_of
from tests.support.library_api import Library, library_session


def test_a_loan_is_of_a_copy_of_its_book(tmp_path: Path) -> None:
    library = Library()
    with library.serving():
        session = library_session(tmp_path, library)
        loans = session.model.find("loans")
        assert loans is not None
        made = [session.make(loans) for _ in range(3)]
        assert [one.sent["copyId"] for one in made if one is not None] == ["c0", "c1", "c2"]


def test_a_list_that_no_request_fills_is_looked_at_as_it_is(tmp_path: Path) -> None:
    library = Library()
    with library.serving():
        session = library_session(tmp_path, library)
        books = session.model.find("books")
        assert books is not None
        population = population_of(session, books)
        assert [population.id_of(one) for one in population.made] == ["970", "971", "972"]
        assert population.values("title") == ("Book 0", "Book 1", "Book 2")
        assert session.untested_reasons == []
