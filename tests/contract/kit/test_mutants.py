"""The faults that tests/contract/mutants plants: each still has its place in the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.mutants.faults import MUTANTS, Mutant
from tests.contract.mutants.subtle import SUBTLE

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("mutant", (*MUTANTS, *SUBTLE), ids=lambda mutant: mutant.name)
def test_a_planted_fault_changes_one_place(mutant: Mutant) -> None:
    assert mutant.before != mutant.after
    assert (ROOT / mutant.file).read_text().count(mutant.before) == 1
