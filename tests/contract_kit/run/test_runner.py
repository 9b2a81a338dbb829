"""The runner of the checks: rounds, shards, checks that break down, and paths that are no resource."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Client
from homeport.contract.checks.runner import CheckOptions, CheckResults, run_checks
from homeport.contract.checks.session import Session
from homeport.contract.rest.infer import infer_model
from homeport.contract.rest.resource import Resource
from homeport.project.load import load_project
from tests.support.made_project import Made, Route, write_project
from tests.support.rest_api import BookApi, serve_books
from tests.support.rest_document import book_project


def lists(session: Session, resource: Resource) -> Iterator[Breach]:
    """Send a request, and find nothing."""
    session.client.send(resource.listings[0].operation)
    yield from ()


def finds(session: Session, resource: Resource) -> Iterator[Breach]:
    """Find something with a request."""
    answer = session.client.send(resource.listings[0].operation)
    yield Breach(answer.operation, "as bad as ever", (answer.exchange,))


def breaks_down(session: Session, resource: Resource) -> Iterator[Breach]:
    """Reckon with another answer."""
    yield from finds(session, resource)
    raise KeyError("cursor")


def check(name: str) -> Check:
    run = {"lists": lists, "finds": finds, "breaks-down": breaks_down}[name]
    return Check(name, "methods", "It is good", "RFC 9110", run)


def run_books(folder: Path, names: list[str], options: CheckOptions) -> CheckResults:
    project = book_project(folder)
    with serve_books(BookApi()) as url:
        return run_checks(project, infer_model(project.api), [Client(url)], options, None, list(map(check, names)))


def ran(results: CheckResults) -> list[str]:
    return [run.check.name for run in results.runs]


def test_a_later_round_repeats_checks_that_may_find_more(tmp_path: Path) -> None:
    results = run_books(tmp_path, ["lists", "finds"], CheckOptions(1, rounds=3))
    assert ran(results) == ["lists", "finds", "lists", "lists"]
    assert len(results.findings) == 1


def test_run_ends_at_the_first_finding_that_is_wanted(tmp_path: Path) -> None:
    wanted = CheckOptions(1, rounds=2, ends_at=lambda finding: finding.check == "finds")
    results = run_books(tmp_path / "one", ["lists", "finds", "lists"], wanted)
    assert ran(results) == ["lists", "finds"]
    assert results.left_out == ["lists on books: the run ended at its first finding"]
    known = run_books(tmp_path / "other", ["finds", "lists"], CheckOptions(1, ends_at=lambda _: False))
    assert ran(known) == ["finds", "lists"]


def test_run_ends_after_the_check_in_which_it_is_interrupted(tmp_path: Path) -> None:
    interrupts = iter((False, True))
    results = run_books(tmp_path, ["finds", "lists"], CheckOptions(1, is_stopped=lambda: next(interrupts, True)))
    assert ran(results) == ["finds"]
    assert [finding.check for finding in results.findings] == ["finds"]
    assert results.left_out == ["lists on books: the run was interrupted"]
    assert results.cut_short


def test_shards_have_all_checks_among_them(tmp_path: Path) -> None:
    names = ["lists", "finds", "breaks-down"]
    parts = [ran(run_books(tmp_path / str(k), names, CheckOptions(1, shard=(k, 2)))) for k in (1, 2)]
    assert sorted(parts[0] + parts[1]) == sorted(names)


def test_a_check_that_breaks_down_keeps_its_findings_and_is_named(tmp_path: Path) -> None:
    results = run_books(tmp_path, ["breaks-down", "lists"], CheckOptions(1))
    assert ran(results) == ["breaks-down", "lists"]
    assert [finding.check for finding in results.findings] == ["breaks-down"]
    assert results.crashes[0].startswith("breaks-down on books: KeyError('cursor') at test_runner.py:")
    assert "a fault of homeport's own" in results.runs[0].untested[0]


@pytest.mark.parametrize("seconds", [0.0])
def test_checks_for_which_there_was_no_time_are_named(tmp_path: Path, seconds: float) -> None:
    results = run_books(tmp_path, ["lists"], CheckOptions(1, rounds=5, seconds=seconds))
    assert results.left_out == ["lists on books: the time was over"]
    assert results.cut_short


def test_paths_that_are_no_resource_have_a_model_of_others(tmp_path: Path) -> None:
    routes = (Route("GET", "/mine"), Route("GET", "/mine/too"), Route("GET", "/notes/{id}"))
    model = infer_model(load_project(write_project(tmp_path, Made(routes)), "local").api)
    assert {operation.path for operation in model.others} >= {"/mine", "/mine/too"}


def test_check_of_two_users_is_left_out_in_silence_where_nobody_needs_credentials(tmp_path: Path) -> None:
    users = replace(check("lists"), needs=frozenset(("two-users",)))
    project = book_project(tmp_path)
    model = infer_model(project.api)
    operations = tuple(replace(one, api_key_required=True) for one in project.api.operations)
    with_keys = replace(project, api=replace(project.api, operations=operations))
    with serve_books(BookApi()) as url:
        found = [run_checks(one, model, [Client(url)], CheckOptions(1), None, [users]) for one in (project, with_keys)]
    assert [one.left_out for one in found] == [[], ["lists on books: needs two-users"]]
