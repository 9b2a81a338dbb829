"""Numbers that requests at once take from, and move: what is left of one, and what two have together."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.contract.checks import concurrency
from tests.support.bank_api import Bank, run_on_bank


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_healthy_bank_has_no_finding_whatever_its_wallets_begin_with(seed: int, tmp_path: Path) -> None:
    results = run_on_bank(tmp_path, Bank(), concurrency.CHECKS, seed=seed)
    assert results.findings == []
    assert results.crashes == []
