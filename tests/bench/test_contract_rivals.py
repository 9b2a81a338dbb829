"""The table of who finds what."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.contract_rivals import OPEN_PROJECTS, Compared, Quiet, Results, choose, rivals_table
from tests.contract_kit.mutants.mutant import KINDS
from tests.contract_kit.mutants.registry import EVERY

pytestmark = pytest.mark.unit


def test_a_sample_has_faults_of_each_kind_and_is_the_same_for_a_seed() -> None:
    sample = choose(EVERY, 2, "", 1)
    assert [mutant.kind for mutant in sample] == [*KINDS, *KINDS]
    assert {mutant.project for mutant in sample} <= set(OPEN_PROJECTS)
    assert sample == choose(EVERY, 2, "", 1)
    assert [mutant.kind for mutant in choose(EVERY, 1, "wire", 1)] == ["wire"]


def test_the_table_counts_what_each_side_found_and_its_false_alarms() -> None:
    compared = [
        Compared("a", "items", "methods", ("put-replaces-all",), ()),
        Compared("b", "items", "methods", ("x",), ("not_a_server_error",)),
        Compared("c", "items", "wire", (), ()),
    ]
    quiet = {"items": Quiet(frozenset(), frozenset({("unsupported_method", "PUT /items", "")}))}
    assert rivals_table(compared, quiet).splitlines() == [
        "| Kind | Faults | plain schemathesis | homeport test |",
        "| --- | ---: | ---: | ---: |",
        "| methods | 2 | 1 | 2 |",
        "| wire | 1 | 0 | 0 |",
        "| all | 3 | 1 | 2 |",
        "| false alarms |  | 1 | 0 |",
    ]


def test_a_run_goes_on_with_the_results_of_an_earlier_one_with_the_same_settings(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    kept = Results({"seed": 1, "budget": 60}, file)
    kept.quiet["items"] = Quiet(frozenset(), frozenset({("unsupported_method", "PUT /items", "")}))
    kept.compared["items/a"] = Compared("a", "items", "methods", ("put-replaces-all",), ())
    kept.write()
    assert Results.read({"seed": 1, "budget": 60}, file) == kept
    assert Results.read({"seed": 2, "budget": 60}, file) == Results({"seed": 2, "budget": 60}, file)
