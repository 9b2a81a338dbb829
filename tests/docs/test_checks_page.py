"""docs/checks.md has every check, as the registry has it."""

from __future__ import annotations

from homeport.contract.checks.registry import CHECKS
from tests.docs.checks_page import PAGE, checks_page


def test_the_page_is_that_of_the_registry() -> None:
    assert PAGE.read_text(encoding="utf-8") == checks_page(), "run: python -m tests.docs.checks_page"


def test_each_check_is_on_the_page_once_and_has_a_sentence_and_an_origin() -> None:
    page = checks_page()
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    for check in CHECKS:
        assert page.count(f"| `{check.name}` |") == 1
        assert check.promise[0].isupper()
        assert not check.promise.endswith(".")
        assert check.origin
