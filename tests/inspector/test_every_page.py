"""Every page of the inspector, found by its routes: accessible, as wide as its window, usable by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Browser, Page, expect
from werkzeug.routing import Map

from homeport.contract.fixtures.stack import Stack, running_stack
from homeport.inspector.process import create_app
from homeport.recordings.run_store import Runs
from tests.support.axe import axe_source, violations
from tests.support.browser import chromium, opened, page_width
from tests.support.gallery import make_traffic, write_gallery
from tests.support.project import notes_project
from tests.support.site import make_site
from tests.support.waiting import wait_until

pytestmark = pytest.mark.stack

DATABASE = Path(".homeport/inspector.db")
FIRST = (
    "/requests",
    "/processes",
    "/requests?text=nothing-has-this",
    "/requests?status=abc",
    "/runs?text=nothing-has-this",
)
MOST = {"requests.show_list": 3, "requests.show_one": 20, "runs.show_list": 2, "runs.show_one": 3, "send.form": 2}
"""Pages that are looked at of each route, where it is more than one."""
OTHERS_OWN: dict[str, list[str]] = {"docs.show": []}
"""Pages that have a test of their own."""
PARTS = {
    *("static", "requests.list_newer", "requests.download_event", "runs.list_rows", "runs.show_followed"),
    *("runs.download_event", "send.show_needs", "services.download_object", "docs.spec", "docs.asset"),
    *("status.show_parts", "go_to_requests", "tables.count_items", "tables.export"),
}
"""The routes that answer with no page of their own."""


class Window(NamedTuple):
    """A window to look at a page in."""

    width: int
    dark: bool


WINDOWS = (Window(1280, dark=False), Window(390, dark=True))
FURTHER_WINDOWS = (Window(1280, dark=True), Window(390, dark=False))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def axe() -> str:
    return axe_source()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gallery(tmp_path_factory.mktemp("gallery"))


@pytest.fixture(scope="module")
def stack(root: Path) -> Iterator[Stack]:
    with running_stack(root, ("--no-data", "--inspected"), state=root / ".homeport") as stack:
        wait_until(lambda: "made state machine" in stack.read_output(), stack.read_output)
        statuses = make_traffic(stack)
        expected = [*("201", "201", "200", "404", "400", "502", "200", "200", "502", "401", "403", "200", "200"), "403"]
        assert list(map(str, statuses.values())) == [*expected, "429"], statuses
        runs = Runs(root / DATABASE)
        wait_until(lambda: runs.page(failed=True).rows != (), stack.read_output)
        yield stack


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> Map:
    return create_app(make_site(notes_project(tmp_path_factory.mktemp("routes")))).url_map


@pytest.fixture(scope="module")
def pages(stack: Stack, routes: Map) -> dict[str, list[str]]:
    """The addresses of pages by their routes, as links lead to them from the first page on; MOST of each route."""
    adapter, found, left = routes.bind("127.0.0.1"), dict[str, list[str]](), [*FIRST]
    seen = set(left)
    while left:
        path = left.pop(0)
        endpoint = adapter.match(urlsplit(path).path)[0]
        known = found.setdefault(endpoint, [])
        if endpoint in PARTS or len(known) >= MOST.get(endpoint, 1):
            continue
        known.append(path)
        links = re.findall(r'href="(/[^"#]*)', requests.get(stack.inspector + path, timeout=60).text)
        left += [link for link in dict.fromkeys(map(unescape, links)) if link not in seen]
        seen |= {*left}
    return {endpoint: paths for endpoint, paths in found.items() if endpoint not in PARTS} | {"": ["/nowhere"]}


def test_every_page_is_found_by_links(pages: dict[str, list[str]], routes: Map) -> None:
    known = {rule.endpoint for rule in routes.iter_rules() if "GET" in (rule.methods or ())}
    assert known - PARTS == pages.keys() - {""}


def look_at(browser: Browser, stack: Stack, window: Window, pages: dict[str, list[str]], axe: str) -> Iterator[str]:
    """Yield what is wrong with a page in a window."""
    with opened(browser, stack.inspector, dark=window.dark, width=window.width) as page:
        for path in (path for paths in pages.values() for path in paths):
            page.goto(path)
            wide = page_width(page)
            if wide > window.width:
                yield f"{path} is {wide} px wide in a window of {window.width}: {widest(page, window.width)}"
            yield from (f"{path} at {window}: {found}" for found in violations(page, axe))


def widest(page: Page, width: int) -> str:
    """Return the innermost element that reaches over the window."""
    script = """(width) => [...document.querySelectorAll("main *")]
      .filter((each) => each.getBoundingClientRect().right > width + 1)
      .map((each) => each.outerHTML.slice(0, 120)).at(-1) ?? "" """
    return str(page.evaluate(script, width))


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_a_page_of_each_template_is_accessible_and_as_wide_as_its_window(
    browser: Browser, stack: Stack, window: Window, pages: dict[str, list[str]], axe: str
) -> None:
    # The pages of services have one template; requests are of many kinds.
    sampled = {name: paths[::5] for name, paths in pages.items() if not name.startswith("services.show_")}
    services = {name: pages[name] for name in ("services.show_all", "services.show_queue", "services.show_execution")}
    found = list(look_at(browser, stack, window, {**sampled, **services} | OTHERS_OWN, axe))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_the_api_page_is_accessible_with_an_operation_open(
    browser: Browser, stack: Stack, window: Window, axe: str
) -> None:
    with opened(browser, stack.inspector, dark=window.dark, width=window.width) as page:
        page.goto("/docs")
        page.locator(".opblock-summary-control").last.click()
        page.get_by_role("button", name="Execute").click()
        expect(page.locator(".live-responses-table")).to_be_visible()
        assert list(violations(page, axe)) == []
        assert page_width(page) <= window.width


@pytest.mark.slow
@pytest.mark.parametrize("window", [*WINDOWS, *FURTHER_WINDOWS], ids=str)
def test_every_page_is_accessible_and_as_wide_as_its_window(
    browser: Browser, stack: Stack, window: Window, pages: dict[str, list[str]], axe: str
) -> None:
    found = list(look_at(browser, stack, window, pages | OTHERS_OWN, axe))
    assert not found, "\n".join(found)


_REACHABLE = """() => {
  const every = document.querySelectorAll("a[href], button:enabled, input:enabled, select, textarea, summary");
  return [...every].filter((each) => each.checkVisibility({ visibilityProperty: true }) && each.type !== "hidden"
    && each.tabIndex >= 0).map((each, at) => (each.dataset.at = at));
}"""
_FOCUSED = """() => {
  const found = document.activeElement, shown = (each) => each && getComputedStyle(each).outlineStyle !== "none";
  return [found.dataset.at ?? "", shown(found) || shown(found.closest("tr")), found.outerHTML.slice(0, 120)];
}"""


@pytest.mark.parametrize("endpoint", ["requests.show_list", "requests.show_one", "faults.show", "tables.show_item"])
def test_everything_is_reached_by_keyboard_and_shows_that_it_is(
    browser: Browser, stack: Stack, pages: dict[str, list[str]], endpoint: str
) -> None:
    with opened(browser, stack.inspector) as page:
        # The oldest request has what followed it, which is loaded anew meanwhile.
        page.goto(pages[endpoint][len(pages[endpoint]) // 2])
        page.wait_for_load_state()
        left = set(map(str, page.evaluate(_REACHABLE)))
        unseen = []
        for _ in range(2 * len(left) + 20):
            page.keyboard.press("Tab")
            at, is_shown, element = page.evaluate(_FOCUSED)
            left.discard(at)
            unseen += [] if is_shown or element.startswith("<body") else [element]
            if not left:
                break
        assert (left, unseen) == (set(), [])
