"""A create that wants what another one has is refused, where the words of its 409 say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.contract.checks.methods import conflicts
from tests.support.library_api import Library, library_session

(CHECK,) = [one for one in conflicts.CHECKS if one.name == "taken-is-refused"]


class LendsTwice(Library):
    """A library that lends a copy to everybody."""

    def is_lent(self, copy: str) -> bool:
        return False


@pytest.mark.parametrize(("library", "subjects"), [(Library, []), (LendsTwice, ["/copyId"])])
def test_a_copy_that_is_on_loan_is_not_lent_again(tmp_path: Path, library: type[Library], subjects: list[str]) -> None:
    served = library()
    with served.serving():
        session = library_session(tmp_path, served)
        loans = session.model.find("loans")
        assert loans is not None
        found = list(CHECK.run(session, loans))
        assert [one.subject for one in found] == subjects
        assert served.sent.count("POST /loans") > 2
