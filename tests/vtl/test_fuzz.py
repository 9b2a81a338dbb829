"""A short fuzz of templates; ``python -m tests.vtl.fuzz`` is the long one."""

from __future__ import annotations

from random import Random

from tests.support.vtl_templates import TemplateMaker
from tests.vtl.fuzz import fuzz


def test_same_seed_makes_the_same_templates() -> None:
    first, second = (TemplateMaker(Random(1)) for _ in range(2))
    assert [first.template() for _ in range(50)] == [second.template() for _ in range(50)]


def test_generated_template_renders_or_ends_in_an_error_of_its_own() -> None:
    tally = fuzz(600, seed=7)
    assert tally.findings == []
    assert sum(tally.outcomes.values()) == 600
    assert tally.outcomes["rendered"] > 200 and tally.outcomes["template error"] > 50
