"""The inspector, clicked through in headless Chromium beside a stack that runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests
from playwright.sync_api import Browser, Page, Route, expect

from homeport.contract.fixtures.stack import Stack, running_stack
from homeport.gateway.pipeline import STEP_NAMES
from tests.support.browser import chromium, opened, screenshot

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The items API in a folder of its own."""
    root = tmp_path_factory.mktemp("items")
    for name in ("openapi.yaml", "service", "deploy"):
        (root / name).symlink_to(ROOT / name)
    return root


@pytest.fixture(scope="module")
def stack(project: Path) -> Iterator[Stack]:
    # The state stands in the project, where ``homeport invoke`` and ``homeport save-test`` look for a running stack.
    with running_stack(project, ("--no-data", "--inspected"), state=project / ".homeport") as stack:
        make_traffic(stack.url)
        yield stack


def make_traffic(url: str) -> None:
    requests.post(f"{url}/items", json={"name": "Desk lamp", "price": 24.9}, timeout=60)
    for path in ("/items", "/items/kettle-2", "/items/none", "/nowhere", "/items?status=active"):
        requests.get(url + path, headers={"Authorization": "Bearer open-sesame-12"}, timeout=60)
    requests.put(f"{url}/items/globe-3", json={"name": "Globe", "tags": ["office"]}, timeout=60)
    requests.post(f"{url}/items", data="{broken", timeout=60)


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    with opened(browser, stack.inspector) as page:
        yield page


def open_request(page: Page, search: str) -> None:
    page.goto(f"/requests?{urlencode({'text': search})}")
    page.locator("#requests tbody a").first.click()
    page.wait_for_url(re.compile(r"/requests/."))


def test_a_request_appears_in_the_list_as_it_is_made(page: Page, stack: Stack) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="Requests")).to_be_visible()
    requests.get(f"{stack.url}/items/just-now", timeout=60)
    row = page.locator("#requests tbody tr").filter(has_text="/items/just-now")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("GET")
    expect(row).to_contain_text("404")
    expect(row).to_contain_text("getItem")
    screenshot(page, "requests")


def test_the_first_request_that_a_filter_lets_through_takes_the_place_of_the_empty_state(
    page: Page, stack: Stack
) -> None:
    page.goto("/requests?text=not-there-yet")
    expect(page.get_by_text("No request matches “not-there-yet”.")).to_be_visible()
    requests.get(f"{stack.url}/items/not-there-yet", timeout=60)
    expect(page.locator("#requests tbody tr")).to_be_visible()
    expect(page.locator("#empty")).to_be_hidden()


def test_the_list_is_searched_and_filtered(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Search").fill("globe")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#requests tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Clear").click()
    page.get_by_label("Status").fill("4xx")
    page.get_by_label("Method").select_option("POST")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#requests tbody tr")).to_have_count(1)
    expect(page.locator("#requests tbody tr")).to_contain_text("400")
    page.get_by_label("Status").fill("abc")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("alert")).to_contain_text("'abc' is no status")


def test_a_request_is_shown_with_its_stages_event_calls_log_and_reply(page: Page) -> None:
    open_request(page, "/items/kettle-2")
    step = page.locator("table.stages tr.last")
    expect(step).to_contain_text("Integration")
    expect(step).to_contain_text("answered here")
    page.get_by_text(re.compile(r"\d+ other steps passed")).click()
    # The function's invocation is a part of the last step.
    expect(page.locator("table.stages tbody tr:not(.part)")).to_have_count(len(STEP_NAMES))
    calls = page.locator("table.calls tbody tr")
    expect(calls).to_contain_text(["GetItem"])
    expect(calls).to_contain_text(["allowed dynamodb:GetItem"])
    expect(calls.locator("td").nth(4)).to_have_text("1.0")
    event = json.loads(page.locator("#event").inner_text())
    assert event["rawPath"] == "/items/kettle-2"
    assert event["headers"]["authorization"] == "***"
    expect(page.locator(".log")).to_contain_text("REPORT Duration")
    expect(page.get_by_role("heading", name="Response")).to_be_visible()
    assert "open-sesame" not in page.content()
    screenshot(page, "request")


def test_a_rejected_request_ends_at_the_stage_that_rejected_it(page: Page) -> None:
    open_request(page, "/nowhere")
    expect(page.get_by_text("API Gateway answered by itself, at “Route”: NO_ROUTE")).to_be_visible()
    expect(page.locator("table.stages tr.last")).to_contain_text("refused here")


def test_a_request_is_edited_and_replayed(page: Page) -> None:
    open_request(page, "/items/globe-3")
    page.get_by_role("link", name="Edit and replay").click()
    expect(page.get_by_label("Method")).to_have_value("PUT")
    page.get_by_role("textbox", name="Body").fill('{"name": "Bigger globe"}')
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#answer-status")).to_have_text("200 OK")
    expect(page.locator("#answer-body")).to_contain_text("Bigger globe")
    page.get_by_role("link", name="See what happened").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("PUT /items/globe-3")


@pytest.mark.parametrize(
    ("path", "script", "name"), [("/send", "send.js", "Send"), ("/faults", "faults.js", "Switch on")]
)
def test_a_form_can_be_sent_once_its_script_runs(page: Page, path: str, script: str, name: str) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(f"**/static/{script}", hold)
    with page.expect_request(f"**/static/{script}"):
        page.goto(path, wait_until="commit")
    button = page.get_by_role("button", name=name, exact=True).first
    expect(button).to_be_disabled()
    held[0].continue_()
    expect(button).to_be_enabled()


def test_redacted_headers_are_not_replayed_and_are_named(page: Page) -> None:
    open_request(page, "/items/kettle-2")
    page.keyboard.press("e")
    expect(page.get_by_text("Not kept, so give your own if needed: Authorization")).to_be_visible()
    expect(page.get_by_role("textbox", name="Headers")).not_to_have_value(re.compile("Authorization"))


def test_an_invalid_request_is_explained(page: Page) -> None:
    page.goto("/send")
    page.get_by_label("Path").fill("items")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#said")).to_contain_text("'items' is no path (begin it with /")


def test_the_copied_curl_command_makes_the_request_again(page: Page, stack: Stack) -> None:
    open_request(page, "/items/globe-3")
    page.get_by_role("button", name="Copy as curl").click()
    expect(page.locator("#said")).to_have_text("Copied.")
    command = str(page.evaluate("navigator.clipboard.readText()"))
    done = subprocess.run(f"{command} --silent", shell=True, capture_output=True, text=True, timeout=300, check=True)
    assert json.loads(done.stdout)["itemId"] == "globe-3"


def test_the_copied_event_runs_the_function_alone(page: Page, project: Path, tmp_path: Path) -> None:
    open_request(page, "/items/kettle-2")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download event.json").click()
    event = tmp_path / "event.json"
    download.value.save_as(event)
    command = [sys.executable, "-m", "homeport", "invoke", "getItem", "--project", str(project), "--event", str(event)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(json.loads(done.stdout)["body"])["name"] == "Kettle"
    page.get_by_role("button", name="Copy event").click()
    expect(page.locator("#said")).to_have_text("Copied.")
    assert json.loads(str(page.evaluate("navigator.clipboard.readText()"))) == json.loads(event.read_text())


def test_a_request_is_saved_as_a_test(page: Page, project: Path) -> None:
    open_request(page, "/items/kettle-2")
    page.get_by_role("button", name="Save as test").click()
    dialog = page.get_by_role("dialog", name="Save as test")
    dialog.get_by_role("textbox", name="Name").fill("kettle_is_found")
    dialog.get_by_label("What must be as recorded").select_option("status")
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(dialog.locator("#saved")).to_contain_text("pytest tests/contract/test_kettle_is_found.py")
    text = (project / "tests" / "contract" / "test_kettle_is_found.py").read_text()
    assert "def test_kettle_is_found(" in text
    assert 'with_suffix(".har"), check="status")' in text
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("is there already")


def test_an_operation_is_sent_with_its_example_and_comes_into_the_history(page: Page) -> None:
    page.goto("/send")
    page.get_by_role("searchbox", name="Find an operation").fill("createitem")
    page.get_by_role("link", name="POST /items", exact=True).click()
    expect(page.get_by_label("Path")).to_have_value("/items")
    expect(page.locator("#needs")).to_contain_text("none: the operation is open")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#answer-status")).to_contain_text("201")
    expect(page.locator("#sent-list")).to_contain_text("POST /items 201")
    screenshot(page, "send")


def test_faults_are_switched_on_and_off(page: Page, stack: Stack) -> None:
    page.goto("/faults")
    page.get_by_label("Where").select_option("ItemsTable")
    page.get_by_label("Operation").select_option("GetItem")
    page.get_by_label("What happens").select_option("InternalServerError")
    page.get_by_role("button", name="Switch on").first.click()
    rule = page.get_by_role("switch", name="ItemsTable.GetItem=InternalServerError")
    expect(rule).to_be_checked()
    screenshot(page, "faults")
    assert requests.get(f"{stack.url}/items/kettle-2", timeout=60).status_code >= 500
    rule.uncheck()
    expect(rule).to_be_enabled()
    expect(rule).not_to_be_checked()
    assert requests.get(f"{stack.url}/items/kettle-2", timeout=60).status_code == 200
    page.get_by_role("button", name="Remove ItemsTable.GetItem").click()
    expect(page.get_by_text("No faults", exact=True)).to_be_visible()


def test_the_switch_shows_the_faults_of_the_stack(page: Page, stack: Stack) -> None:
    page.goto("/faults")
    page.get_by_label("Fault", exact=True).fill("ItemsTable.Query=timeout")
    page.get_by_role("button", name="Switch on").last.click()
    rule = page.get_by_role("switch", name="ItemsTable.Query=timeout")
    expect(rule).to_be_checked()
    page.route("**/faults", lambda route: route.fulfill(status=400, body="the stack takes no faults"))
    rule.click()
    expect(page.get_by_role("alert")).to_contain_text("takes no faults")
    expect(rule).to_be_checked()
    expect(rule).to_be_enabled()
    page.unroute("**/faults")
    page.get_by_role("button", name="Remove ItemsTable.Query").click()
    expect(page.get_by_text("No faults", exact=True)).to_be_visible()


def test_text_that_is_no_fault_is_explained(page: Page) -> None:
    page.goto("/faults")
    page.get_by_label("Fault", exact=True).fill("ItmesTable=timeout")
    page.get_by_role("button", name="Switch on").last.click()
    expect(page.get_by_role("alert")).to_contain_text("ItmesTable")


def test_items_are_read_changed_added_and_deleted(page: Page, stack: Stack) -> None:
    page.goto("/tables")
    page.get_by_role("link", name="ItemsTable").click()
    screenshot(page, "table")
    page.get_by_role("link", name="lamp-7").click()
    text = page.get_by_label("JSON")
    item = json.loads(text.input_value())
    text.fill(json.dumps({**item, "name": "Floor lamp"}))
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/tables/ItemsTable")
    assert requests.get(f"{stack.url}/items/lamp-7", timeout=60).json()["name"] == "Floor lamp"
    page.get_by_role("link", name="Add an item").click()
    text.fill(json.dumps({**item, "itemId": "added-1"}))
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="added-1").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it for good?").click()
    page.wait_for_url("**/tables/ItemsTable")
    assert requests.get(f"{stack.url}/items/added-1", timeout=60).status_code == 404


def test_dynamodb_s_validation_error_is_shown(page: Page) -> None:
    page.goto("/tables/ItemsTable/item")
    page.get_by_label("JSON").fill('{"name": "no key"}')
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("the item has no itemId")


def test_items_are_queried_counted_and_exported(page: Page, stack: Stack) -> None:
    page.goto("/tables/ItemsTable")
    page.get_by_label("Table or index").select_option("byStatus")
    page.wait_for_url("**/tables/ItemsTable?index=byStatus*")
    page.get_by_label("status =").fill("active")
    page.get_by_text("Filter", exact=True).click()
    rule = page.locator(".rule")
    rule.get_by_label("Attribute").fill("name")
    rule.get_by_label("Condition").select_option("begins with")
    rule.get_by_label("Value").fill("Kett")
    page.get_by_role("button", name="Scan").click()
    expect(page.locator("#items tbody tr")).to_have_count(1)
    expect(page.locator("#items")).to_contain_text("kettle-2")
    page.get_by_role("button", name="Count exactly").click()
    expect(page.locator("#counted")).to_have_text("1 item")
    screenshot(page, "query")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export JSON lines").click()
    (line,) = Path(download.value.path()).read_text().splitlines()
    assert json.loads(line)["Item"]["itemId"] == {"S": "kettle-2"}


def test_an_item_that_has_changed_meanwhile_is_not_overwritten(page: Page, stack: Stack) -> None:
    requests.put(f"{stack.url}/items/shared-1", json={"name": "First"}, timeout=60)
    page.goto("/tables/ItemsTable?pk=shared-1")
    page.get_by_role("link", name="shared-1").click()
    text = page.get_by_label("JSON")
    item = json.loads(text.input_value())
    requests.put(f"{stack.url}/items/shared-1", json={"name": "Second"}, timeout=60)
    text.fill(json.dumps({**item, "name": "Third"}))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("this item has changed since it was opened")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it for good?").click()
    expect(page.get_by_role("alert")).to_contain_text("this item has changed since it was opened")
    assert requests.get(f"{stack.url}/items/shared-1", timeout=60).json()["name"] == "Second"


def test_items_are_paged(page: Page, stack: Stack) -> None:
    for number in range(60):
        requests.put(f"{stack.url}/items/paged-{number}", json={"name": f"Number {number}"}, timeout=60)
    page.goto("/tables/ItemsTable")
    expect(page.locator("#items tbody tr")).to_have_count(50)
    page.get_by_role("link", name="Next page").click()
    expect(page.get_by_role("link", name="First page")).to_be_visible()
    assert page.locator("#items tbody tr").count() >= 10


def test_the_diagram_shows_routes_functions_and_tables(page: Page) -> None:
    page.goto("/diagram")
    picture = page.get_by_role("group", name=re.compile(r"^Items: \d+ routes, \d+ functions, 2 tables"))
    for text in ("GET /items/{itemId}", "get-item", "ItemsTable: GetItem", "byStatus"):
        expect(picture.get_by_text(text, exact=True).first).to_be_visible()
    screenshot(page, "diagram")
    page.get_by_role("searchbox").fill("ItemsTable: GetItem")
    expect(picture).to_have_class(re.compile("lighting"))
    picture.get_by_role("link", name=re.compile("^ItemsTable")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("ItemsTable")


def test_the_api_page_sends_a_request(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/docs")
    operation = page.locator("#operations-items-getItem")
    operation.locator(".opblock-summary-control").click()
    operation.locator("tr[data-param-name=itemId] input").fill("kettle-2")
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table")
    expect(answer.locator("tbody .response-col_status").first).to_contain_text("200")
    expect(answer).to_contain_text("Kettle")
    screenshot(page, "api")
    # It works offline: everything is of the inspector's own.
    assert {url.split("/")[2] for url in asked if url.startswith("http")} == {page.url.split("/")[2]}


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("items/kettle-2")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("text=items"))
    page.wait_for_load_state()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("kettle-2")
    page.wait_for_load_state()
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page.get_by_role("heading", name="Tables")).to_be_visible()


def test_the_site_is_dark_where_the_system_is(browser: Browser, stack: Stack) -> None:
    backs = []
    for dark in (False, True):
        with opened(browser, stack.inspector, dark=dark) as page:
            page.goto("/requests")
            backs.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
            screenshot(page, "requests-dark" if dark else "requests-light")
    assert backs == ["rgb(255, 255, 255)", "rgb(16, 19, 23)"]
