"""The faults that tests/contract/mutants plants: each still has its place in the code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract_kit.mutants.__main__ import main
from tests.contract_kit.mutants.attempt import CASES, REST, Outcome, read_findings
from tests.contract_kit.mutants.campaign import STAGES, Campaign, Ledger, Quiet, Tried
from tests.contract_kit.mutants.mutant import KINDS, PROJECTS, Edit, MisplacedFault, Mutant
from tests.contract_kit.mutants.planted_copy import case_files, planted_copy
from tests.contract_kit.mutants.registry import EVERY, SHORT
from tests.contract_kit.mutants.table import Verdict, report_lines


class TagReader(yaml.CSafeLoader):
    """Reads CloudFormation's short forms (``!Ref``) as text."""


TagReader.add_multi_constructor("!", lambda loader, tag, node: str(node))


@pytest.mark.parametrize("mutant", EVERY, ids=lambda mutant: mutant.name)
def test_a_planted_fault_changes_one_place_for_each_edit(mutant: Mutant) -> None:
    for file, text in mutant.mutated().items():
        assert text != (mutant.origin / file).read_text()
        if file.endswith(".py"):
            compile(text, file, "exec")
        else:
            assert yaml.load(text, TagReader)


def test_faults_have_known_kinds_and_names_of_their_own() -> None:
    assert len({mutant.name for mutant in EVERY}) == len(EVERY)
    assert {mutant.kind for mutant in EVERY} == set(KINDS)
    assert set(SHORT) <= {mutant.name for mutant in EVERY}
    assert set(STAGES) == set(PROJECTS)


def test_a_fault_whose_place_is_gone_is_refused() -> None:
    with pytest.raises(MisplacedFault, match=r"has 'a' 2 times, not once"):
        Edit("a.py", "a", "b").apply("a a")


def test_a_copy_has_the_fault_and_the_cases_but_no_test_of_the_kit() -> None:
    mutant = next(mutant for mutant in EVERY if mutant.name == "a name loses the blanks around it")
    with planted_copy("items", mutant) as copy:
        assert ".strip(), **" in (copy / "service" / "model.py").read_text()
        assert [file.name for file in case_files(copy)] == ["test_items.py", "test_promises.py"]
        assert not (copy / "tests" / "contract" / "kit").exists()


def test_only_errors_of_a_report_count() -> None:
    error = {"check": "a", "operation": "GET /", "subject": "/x", "severity": "error"}
    assert read_findings(json.dumps([error, {**error, "check": "b", "severity": "note"}])) == {("a", "GET /", "/x")}


def test_a_ledger_is_read_as_it_was_written(tmp_path: Path) -> None:
    ledger = Ledger.read(tmp_path / "out.jsonl")
    ledger.add(Quiet("items", "rest", 2, "rest", 1.5, (("a", "GET /", ""),)))
    ledger.add(Tried("a fault", "items", "methods", Outcome("rest", ("a", "b"), 2.0)))
    again = Ledger.read(tmp_path / "out.jsonl")
    assert (again.quiet, again.tried) == (ledger.quiet, ledger.tried)
    assert again.alarms("items") == {"rest": {("a", "GET /", "")}}
    assert again.alarms("shop") == {}


def tried(by: str, number: int, **fields: Any) -> Tried:
    return Tried(f"fault {number}", "items", "methods", Outcome(by, (), 1.0, **fields))


def test_a_verdict_is_good_from_its_shares_on() -> None:
    ledger = Ledger(None)
    for number in range(100):
        ledger.add(tried("rest" if number < 90 else "cases" if number < 97 else "", number))
    assert Verdict.of(ledger, ledger.tried, True).good
    ledger.add(tried("cases", 89))
    assert not Verdict.of(ledger, ledger.tried, True).good


def test_a_false_alarm_spoils_a_verdict_and_is_told() -> None:
    ledger = Ledger(None)
    ledger.add(tried("rest", 1))
    ledger.add(Quiet("items", "local", 3, "rest", 1.0, (("put-twice", "PUT /items/{itemId}", ""),)))
    verdict = Verdict.of(ledger, ledger.tried, True)
    assert not verdict.good
    assert "false alarm: unmutated items, stage local, seed 3, rest: put-twice PUT /items/{itemId} " in list(
        report_lines(verdict)
    )


def test_a_report_tells_what_was_missed_and_what_could_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    ledger = Ledger(None)
    for one in (tried("", 1), tried("", 2, problem="rest, status 2:\nno stack"), tried("cases", 3)):
        ledger.add(one)
    lines = list(report_lines(Verdict.of(ledger, ledger.tried, True)))
    assert "missed: items, methods: fault 1" in lines
    assert "not run: items, methods: fault 2: no stack" in lines
    assert "found by cases only: items, methods: fault 3" in lines
    assert lines[-1] == ("3 faults: 0% found by the generic checks, 33% with the projects' own cases; 0 false alarms")


def test_cases_run_once_without_a_fault_and_checks_with_every_seed_and_stage() -> None:
    campaign = Campaign((), ("items",), (REST, CASES), 2, 1, print)
    assert [(stage, seed, part.name) for _, stage, seed, part in campaign.quiet_runs()] == [
        ("local", 1, "rest"),
        ("local", 1, "cases"),
        ("rest", 1, "rest"),
        ("local", 2, "rest"),
        ("rest", 2, "rest"),
    ]


def test_a_campaign_goes_on_with_what_its_file_lacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.jsonl"
    ledger = Ledger(out)
    ledger.add(Quiet("items", "local", 1, "rest", 1.0, ()))
    ledger.add(Quiet("items", "rest", 1, "rest", 1.0, ()))
    name = "a name loses the blanks around it"
    ledger.add(Tried(name, "items", "round-trip", Outcome("rest", ("text-comes-back",), 1.0)))
    assert main(["--only", name, "--rest-only", "--seeds", "1", "--out", str(out)]) == 0
    assert "1 faults: 100% found" in capsys.readouterr().out
