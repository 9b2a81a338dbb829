"""The inspector beside an API with an authorizer, a REST API's stage, and answers that drift from the spec."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from homeport.contract.fixtures.stack import Stack, running_stack
from tests.support.browser import chromium, opened, screenshot
from tests.support.project import write_files

pytestmark = pytest.mark.stack

SPEC = """
openapi: 3.0.3
info: {title: Guarded, version: 1.0.0}
paths:
  /mine:
    get:
      operationId: getMine
      security: [{userPool: [mine:read]}]
      responses: {"200": {description: Yours.}}
    post:
      operationId: postMine
      requestBody: {content: {text/plain: {schema: {type: string}}}}
      responses:
        "200":
          description: What came.
          content: {application/json: {schema: {type: object, properties: {length: {type: integer}}}}}
components:
  securitySchemes:
    userPool:
      type: oauth2
      flows: {}
      x-amazon-apigateway-authorizer:
        type: jwt
        identitySource: $request.header.Authorization
        jwtConfiguration: {issuer: "https://issuer.example.com", audience: [guarded]}
"""
HANDLERS = {
    "service/handlers/get_mine.py": """
        def handler(event, context):
            return {"statusCode": 200, "body": "sub=" + event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"]}
    """,
    "service/handlers/post_mine.py": """
        import json
        def handler(event, context):
            headers = {"content-type": "application/json", "x-echo": event["headers"].get("x-asked", "")}
            length = str(len(event.get("body", "")))
            return {"statusCode": 200, "headers": headers, "body": json.dumps({"length": length})}
    """,
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    files = {"openapi.yaml": SPEC, "deploy/stages.yaml": "stages: {local: {stageName: v1}}\n", **HANDLERS}
    root = write_files(tmp_path_factory.mktemp("guarded"), files)
    with running_stack(root, ("--dynamodb", "none", "--inspected")) as stack:
        yield stack


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    with opened(browser, stack.inspector) as page:
        yield page


def execute(page: Page, operation: str) -> None:
    block = page.locator(f"#operations-default-{operation}")
    if "is-open" not in (block.get_attribute("class") or ""):
        block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Execute").click()


def test_execute_adds_what_the_operation_asks_for(page: Page) -> None:
    page.goto("/docs")
    expect(page.locator(".needs")).to_contain_text("a token of the local issuer for userPool")
    answer = page.locator("#operations-default-getMine .live-responses-table")
    status = answer.locator("tbody .response-col_status")
    page.get_by_label("Subject").fill("ada")
    execute(page, "getMine")
    expect(status).to_contain_text("200")
    expect(answer).to_contain_text("sub=ada")
    page.get_by_label("Add what each operation asks for").uncheck()
    execute(page, "getMine")
    expect(status).to_contain_text("401")
    page.get_by_label("Scopes").fill("mine:read")
    page.get_by_role("button", name="Show the token").click()
    expect(page.get_by_label("Token", exact=True)).to_have_value(re.compile(r"^eyJ"))


def test_drift_is_shown_in_the_list_and_on_the_request_s_page(page: Page, stack: Stack) -> None:
    reply = requests.post(f"{stack.url}/mine", data="four", headers={"Content-Type": "text/plain"}, timeout=60)
    id = reply.headers["Apigw-Requestid"]
    page.goto("/requests?drift")
    row = page.locator("#requests tbody tr").first
    expect(row).to_contain_text("drift")
    page.goto(f"/requests/{id}?new")
    drift = page.get_by_role("region", name="Drift")
    expect(drift.locator("li")).to_contain_text('/length: "4" is not of type "integer" (openapi.yaml:')
    screenshot(page, "drift")


def test_a_sent_path_has_the_named_stage(page: Page, stack: Stack) -> None:
    assert stack.url.endswith("/v1")
    page.goto("/send")
    page.get_by_label("Method").select_option("POST")
    page.get_by_label("Path").fill("/mine?a=b%20c")
    page.get_by_role("textbox", name="Headers").fill("X-Asked: yes\nContent-Type: text/plain")
    page.get_by_role("textbox", name="Body").fill("three")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer-headers")).to_contain_text("X-Echo: yes")
    page.get_by_role("link", name="See what happened").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("POST /v1/mine?a=b%20c")
    page.get_by_role("link", name="Edit and replay").click()
    expect(page.get_by_label("Path")).to_have_value("/mine?a=b%20c")


def test_the_diagram_shows_who_is_asked_for_a_token(page: Page) -> None:
    page.goto("/diagram")
    expect(page.locator("#diagram").get_by_text("behind userPool")).to_be_visible()


def test_pages_say_that_there_are_no_tables_or_no_dynamodb(page: Page) -> None:
    page.goto("/tables")
    expect(page.get_by_text("The project has no tables")).to_be_visible()
