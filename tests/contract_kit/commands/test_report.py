"""The figures of a run, and the page that shows them."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.finding import Finding
from homeport.contract.fuzz.least_privilege import PrivilegeFindings, TablePermission
from homeport.contract.fuzz.results import (
    Statistics,
    read_statistics,
    response_coverage,
    undocumented_responses,
)
from homeport.contract.report.page import ReportPage, html_report
from homeport.project.load import load_project
from homeport.project.model import Api
from tests.support.made_project import Made, Route, write_project

LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
VOID = {"meta", "link", "img", "br"}


@pytest.fixture
def api(tmp_path: Path) -> Api:
    """GET /items/{id} with a limit; 200 and 4XX are documented."""
    responses = {"200": {"description": "Here."}, "4XX": {"description": "No."}}
    extra = {"parameters": [LIMIT], "responses": responses}
    return load_project(write_project(tmp_path, Made((Route("GET", "/items/{id}", extra=extra),))), "local").api


def case(status: int, seconds: float = 0.01, *, failed: bool = False, **value: Any) -> dict[str, Any]:
    plain = {"method": "GET", "path": "/items/{id}", "path_parameters": {"id": "1"}, "meta": {}, **value}
    return {"status": status, "seconds": seconds, "failed": failed, "value": plain}


def invalid(place: str, name: str) -> dict[str, Any]:
    data = {"parameter": name, "parameter_location": place}
    return {"generation": {"mode": "negative"}, "phase": {"data": data}}


def report(*cases: dict[str, Any]) -> list[str]:
    recorder: dict[str, Any] = {"label": "GET /items/{id}", "cases": {}, "checks": {}, "interactions": {}}
    for number, one in enumerate(cases):
        name = str(number)
        recorder["cases"][name] = {"value": one["value"]}
        recorder["checks"][name] = [{"name": "sound", "status": "failure" if one["failed"] else "success"}]
        recorder["interactions"][name] = {
            "request": {"method": one["value"]["method"], "uri": f"http://h/items/{number}"},
            "response": {"status_code": one["status"], "elapsed": one["seconds"]},
        }
    return [json.dumps({"ScenarioFinished": {"recorder": recorder}}), '{"EngineFinished": {"running_time": 2.5}}']


def statistics(api: Api) -> Statistics:
    return read_statistics(
        report(
            case(200, query={"LIMIT": 3}),
            case(404, 0.5),
            case(500, failed=True, query={"limit": "x"}, meta=invalid("query", "limit")),
            case(405, method="TRACE"),
        ),
        api,
    )


def test_cases_checks_and_uses_are_counted(api: Api) -> None:
    found = statistics(api)
    assert found.cases == {"GET /items/{id}": 4}
    assert found.checks == {("GET /items/{id}", "sound"): (3, 1)}
    assert found.uses == {
        ("GET /items/{id}", "path id"): {"given": 3},
        ("GET /items/{id}", "query limit"): {"given": 1, "omitted": 1, "invalid": 1},
    }
    assert (found.slowest[0].exchange.url, found.slowest[0].seconds) == ("http://h/items/1", 0.5)
    assert found.seconds == 2.5


def test_statuses_are_compared_with_the_spec_for_declared_methods_only(api: Api) -> None:
    found = statistics(api)
    assert list(undocumented_responses(found, api)) == [("GET /items/{id}", 500, 1)]
    assert list(response_coverage(found, api)) == [("GET /items/{id}", "200", 1), ("GET /items/{id}", "4XX", 1)]


class Page(HTMLParser):
    """Holds that every element is closed, and collects what the page loads and where its links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.loads: list[str] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids |= {found["id"] or ""} if "id" in found else set()
        self.links |= {found["href"] or ""} if "href" in found else set()
        self.loads += [value or "" for name, value in attrs if name in ("src", "data", "srcset")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def make_page(api: Api, **given: Any) -> ReportPage:
    return ReportPage(
        **{"url": "http://h", "seed": 1, "api": api, "statistics": statistics(api), "failures": (), **given}
    )


def test_the_page_is_valid_needs_no_other_file_and_follows_the_reader_s_theme(api: Api) -> None:
    text = html_report(make_page(api))
    found = Page(text)
    assert found.links == {f"#{id}" for id in found.ids}
    assert found.loads == []
    assert "url(" not in text and "@import" not in text and "<script" not in text
    assert "prefers-color-scheme:dark" in text and "color-scheme:light dark" in text
    assert ":focus-visible" in text


def test_the_page_escapes_the_failures(api: Api) -> None:
    finding = Finding("sound", "methods", "GET /items/{id}", "<b>Unsound", "o", "m")
    lines = [
        "head",
        "  request   curl '<script>alert(1)</script>'",
        "  event     {}",
        "  replay    homeport replay f.har",
    ]
    found = Page(html_report(make_page(api, failures=[(finding, lines)])))
    for part in (
        "<b>Unsound",
        "curl '<script>alert(1)</script>'",
        "event     {}",
        "homeport replay f.har",
        "1 findings",
    ):
        assert part in found.text


def test_the_page_shows_every_permission_and_its_state(api: Api) -> None:
    used, denied = TablePermission("f", "GetItem", "T"), TablePermission("f", "Scan", "T")
    unused = TablePermission("f", "PutItem", "T")
    run = make_page(api, privileges=PrivilegeFindings((denied,), (unused,)), asked=frozenset((used, denied)))
    text = Page(html_report(run)).text
    assert text.index("GetItemTused") < text.index("PutItemTdeclared, never used") < text.index("ScanTdenied")
    assert "were not recorded" in Page(html_report(make_page(api))).text


def test_the_page_names_what_was_left_behind(api: Api) -> None:
    assert (
        "/items/9: DELETE was answered with 403"
        in Page(html_report(make_page(api, left=("/items/9: DELETE was answered with 403",)))).text
    )
