"""The services' pages, runs, and what followed a request, clicked through in a browser beside a stack that runs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from homeport.aws.setup.clients import Clients
from homeport.contract.fixtures.stack import Stack, running_stack
from homeport.recordings.followed import FollowedItem, follow
from homeport.recordings.run_store import Runs
from homeport.recordings.store import RecordingFilter, Recordings
from tests.support.browser import chromium, opened, page_width, screenshot
from tests.support.parcels import SECRET, SECURE, write_parcels
from tests.support.waiting import wait_until

pytestmark = pytest.mark.stack

DATABASE = Path(".homeport/inspector.db")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_parcels(tmp_path_factory.mktemp("parcels"))


@pytest.fixture(scope="module")
def stack(root: Path) -> Iterator[Stack]:
    with running_stack(root, ("--no-data", "--inspected"), state=root / ".homeport") as stack:
        wait_until(lambda: "made state machine" in stack.read_output(), stack.read_output)
        ssm = aws(stack)("ssm")
        ssm.put_parameter(Name="/parcels/secure", Value=SECURE, Type="SecureString")
        for id in ("good-1", "bad-1"):
            answer = requests.post(f"{stack.url}/parcels", json={"id": id}, timeout=60)
            assert answer.status_code == 201, answer.text
        yield stack


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    with opened(browser, stack.inspector) as page:
        yield page


def aws(stack: Stack) -> Clients:
    assert stack.aws is not None
    return Clients(stack.aws, "us-east-1", embedded=True)


def shape(followed: tuple[FollowedItem, ...]) -> dict[str, list[tuple[str, str, bool]]]:
    """Return what followed as calls with their runs: origin, function, and whether it failed."""
    found: dict[str, list[tuple[str, str, bool]]] = {}
    for item in followed:
        call = " ".join(item.what.split()[:2])
        found.setdefault(call, []).extend((one.run.origin, one.run.function, one.link.failed) for one in item.runs)
        for one in item.runs:
            for name, runs in shape(one.made).items():
                found.setdefault(name, []).extend(runs)
    return found


def test_request_is_followed_to_the_dead_letters(root: Path, stack: Stack) -> None:
    recordings, runs = Recordings(root / DATABASE), Runs(root / DATABASE)

    def found() -> dict[str, list[tuple[str, str, bool]]]:
        rows = recordings.page(RecordingFilter(text="bad-1")).rows
        return shape(follow(runs, "request", rows[0].number)) if rows else {}

    def is_done() -> bool:
        shown = found()
        tries = [failed for _, _, failed in shown.get("sqs SendMessage", ())]
        return tries.count(True) == 2 and all(map(shown.get, ("s3 PutObject", "sns Publish", "states StartExecution")))

    wait_until(is_done, lambda: f"{found()}\n{stack.read_output()}")
    shown = found()
    assert {("dynamodb parcels-local-ParcelsTable", "index-parcel", False)} == set(shown["dynamodb PutItem"])
    attempts = [each for each in shown["sqs SendMessage"] if each[2]]
    assert attempts == [("sqs parcels-local-ShipQueue", "ship-parcel", True)] * 2
    assert {("s3 parcels-local-labels", "show-event", False)} == set(shown["s3 PutObject"])
    assert {("sns parcels-local-News", "show-event", False)} == set(shown["sns Publish"])
    assert {("states", "show-event", False)} == set(shown["states StartExecution"])


def test_no_secret_is_in_the_recordings(root: Path, stack: Stack) -> None:
    runs = Runs(root / DATABASE)
    wait_until(lambda: runs.page(function="index-parcel").rows != (), stack.read_output)
    everything = b"".join(file.read_bytes() for file in (root / ".homeport").glob("inspector.db*"))
    assert b"secret is *** and ***" in everything
    assert SECRET.encode() not in everything
    assert SECURE.encode() not in everything


def test_request_shows_its_calls_and_what_followed(page: Page, stack: Stack) -> None:
    page.goto("/requests?text=bad-1")
    page.locator("#requests tbody a").first.click()
    calls = page.locator("table.calls tbody tr")
    for text in ("secretsmanager GetSecretValue", "s3 PutObject", "states StartExecution", "dynamodb PutItem"):
        service, operation = text.split()
        row = calls.filter(has_text=operation).filter(has_text=service)
        expect(row).to_contain_text("succeeded")
    followed = page.locator("section", has=page.get_by_role("heading", name="What followed"))
    expect(followed).to_contain_text("ship-parcel ran for sqs parcels-local-ShipQueue")
    # It comes while the page is open.
    expect(followed).to_contain_text("it goes to the dead-letter queue parcels-local-DeadQueue after 2 receives")
    screenshot(page, "followed")
    followed.get_by_role("link", name="ship-parcel").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ship-parcel")
    page.get_by_role("link", name=re.compile("^POST .parcels at")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("POST /parcels")


def test_services_have_an_overview_without_secrets(page: Page, stack: Stack) -> None:
    page.goto("/services")
    for heading in ("Functions", "Schedules", "Buckets", "Queues", "Topics", "Event buses", "State machines"):
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    row = page.locator("tr", has_text="/parcels/secure")
    expect(row).to_contain_text("***")
    expect(page.locator("tr", has_text="/parcels/mode")).to_contain_text("fast")
    assert SECRET not in page.content() and SECURE not in page.content()
    screenshot(page, "services")
    for path in ("/services/secret?name=parcels-secret", "/services/parameter?name=/parcels/secure"):
        page.goto(path)
        assert SECRET not in page.content() and SECURE not in page.content()


def test_object_is_uploaded_seen_downloaded_and_deleted(page: Page, tmp_path: Path) -> None:
    page.goto("/services/buckets/parcels-local-labels")
    file = tmp_path / "note.txt"
    file.write_text("<b>hello</b>")
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_label("Key (else the file's name)").fill("notes/a b.txt")
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("link", name="notes/a b.txt").click()
    expect(page.locator("pre", has_text="<b>hello</b>")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    kept = tmp_path / "kept"
    download.value.save_as(kept)
    assert kept.read_text() == "<b>hello</b>"
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete: sure?").click()
    page.wait_for_url("**/services/buckets/parcels-local-labels")
    expect(page.get_by_role("link", name="notes/a b.txt")).to_have_count(0)


def test_messages_are_sent_received_and_redriven(page: Page, stack: Stack) -> None:
    page.goto("/services/queues/parcels-local-DeadQueue")
    page.get_by_label("Message", exact=True).fill("by hand")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#said")).to_contain_text("Sent ")
    page.wait_for_load_state()
    page.get_by_role("button", name="Receive", exact=True).click()
    answer = page.locator("#answer")
    expect(answer).to_contain_text("by hand")
    screenshot(page, "queue")
    page.get_by_role("button", name="Redrive to parcels-local-ShipQueue").click()
    page.get_by_role("button", name="Redrive to parcels-local-ShipQueue: sure?").click()
    expect(page.locator("#said")).to_contain_text(re.compile("Moved [1-9]"))
    page.goto("/services/queues/parcels-local-DeadQueue")
    page.get_by_role("button", name="Purge").click()
    page.get_by_role("button", name="Purge: sure?").click()
    expect(page.locator("#said")).to_contain_text("Purged")


def test_message_event_and_execution_are_made_by_hand(page: Page, root: Path, stack: Stack) -> None:
    page.goto("/services/topics/arn:aws:sns:us-east-1:000000000000:parcels-local-News")
    expect(page.locator("tr", has_text="lambda")).to_be_visible()
    page.get_by_label("Message", exact=True).fill("by hand")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("#said")).to_contain_text("Published")
    page.goto("/services/buses/parcels")
    expect(page.locator("tr", has_text="depot")).to_be_visible()
    page.get_by_label("Detail, as JSON").fill("{broken")
    page.get_by_role("button", name="Put", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("the detail is no JSON")
    page.get_by_label("Source").fill("depot")
    page.get_by_label("Detail, as JSON").fill('{"gate": 7}')
    page.get_by_role("button", name="Put", exact=True).click()
    expect(page.locator("#said")).to_contain_text("Put the event")
    runs = Runs(root / DATABASE)
    wait_until(lambda: runs.page('"gate": 7').rows != (), stack.read_output)
    page.goto("/services")
    page.get_by_role("link", name=re.compile("Flow")).click()
    page.get_by_label("Input, as JSON").fill('{"n": 5}')
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/services/executions/**")

    def is_over() -> bool:
        page.reload()
        return "SUCCEEDED" in page.locator("dl.given").inner_text()

    wait_until(is_over, stack.read_output)
    expect(page.locator("table.rows tbody tr").first).to_contain_text("ExecutionStarted")
    screenshot(page, "execution")


def test_schedule_runs_now_and_function_is_invoked(page: Page, stack: Stack) -> None:
    page.goto("/services")
    page.locator("tr", has_text="Nightly").get_by_role("button", name="Run now").click()
    page.wait_for_url("**/runs")
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    page.goto("/services/functions/show-event")
    page.get_by_label("Event, as JSON").fill('{"by": "hand"}')
    page.get_by_role("button", name="Invoke").click()
    expect(page.locator("#answer-title")).to_have_text("show-event succeeded.")
    expect(page.locator("#answer-text")).to_contain_text('{"by": "hand"}')
    expect(page.locator("#answer-text")).to_contain_text("shown ['by']")


def test_function_that_is_invoked_from_the_terminal_is_a_run(page: Page, root: Path, stack: Stack) -> None:
    event = root / "event.json"
    event.write_text('{"from": "the terminal"}')
    command = [sys.executable, "-m", "homeport", "invoke", "show-event", "--project", str(root), "--event", str(event)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    runs = Runs(root / DATABASE)
    wait_until(lambda: runs.page("the terminal").rows != (), stack.read_output)
    page.goto("/runs?text=the terminal")
    expect(page.locator("#runs tbody tr")).to_contain_text("homeport invoke")


def test_parameter_and_secret_are_changed(page: Page, stack: Stack) -> None:
    page.goto("/services/parameter?name=/parcels/mode")
    page.get_by_label("New value").fill("slow")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("pre", has_text="slow")).to_be_visible()
    page.goto("/services/secret?name=parcels-secret")
    page.get_by_label("New value").fill("another-secret-1")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#said")).to_contain_text("Changed parcels-secret")
    value = aws(stack)("secretsmanager").get_secret_value(SecretId="parcels-secret")["SecretString"]
    assert value == "another-secret-1"


def test_fault_of_a_service_is_switched_on(page: Page, stack: Stack) -> None:
    page.goto("/faults")
    form = page.locator("#service-fault")
    form.get_by_label("Operation").select_option("s3:PutObject")
    form.get_by_label("What happens").select_option("error")
    form.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("switch", name="s3:PutObject=error")).to_be_checked()
    answer = requests.post(f"{stack.url}/parcels", json={"id": "never"}, timeout=60)
    assert answer.status_code >= 500
    page.get_by_role("button", name="Remove s3:PutObject=error").click()
    expect(page.get_by_text("No faults", exact=True)).to_be_visible()


def test_a_queue_is_looked_at_without_a_receive(page: Page, stack: Stack) -> None:
    sqs = aws(stack)("sqs")
    url = sqs.create_queue(QueueName="seen-only")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="just looking")
    for _ in range(2):
        page.goto("/services/queues/seen-only")
        row = page.get_by_role("row").filter(has_text="just looking")
        expect(row.get_by_role("cell").nth(1)).to_have_text("visible")
        expect(row.get_by_role("cell").nth(2)).to_have_text("0")
    (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])["Messages"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"


def test_records_users_keys_and_mails_have_pages(page: Page, stack: Stack) -> None:
    page.goto("/services")
    page.get_by_role("link", name="parcels-local-Clicks").click()
    page.get_by_label("Data").fill('{"page": "/start"}')
    page.get_by_role("button", name="Put").click()
    expect(page.get_by_role("row").filter(has_text="/start")).to_have_count(1)
    page.goto("/services")
    page.get_by_role("link", name="Users", exact=True).click()
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill("Secret-Pass-1")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("row").filter(has_text="ada")).to_contain_text("confirmed")
    (key,) = aws(stack)("kms").list_keys()["Keys"]
    page.goto(f"/services/keys/{key['KeyId']}")
    page.get_by_label("Text", exact=True).fill("to be kept")
    page.get_by_role("button", name="Encrypt").click()
    sealed = page.locator("#answer-text")
    expect(sealed).to_have_text(re.compile("^[A-Za-z0-9+/=]{20,}$"))
    page.get_by_label("Ciphertext").fill(sealed.inner_text())
    page.get_by_role("button", name="Decrypt").click()
    expect(sealed).to_have_text("to be kept")
    ses = aws(stack)("ses")
    ses.verify_email_identity(EmailAddress="shop@example.com")
    body = {"Subject": {"Data": "On its way"}, "Body": {"Text": {"Data": "It comes tomorrow."}}}
    ses.send_email(Source="shop@example.com", Destination={"ToAddresses": ["ada@example.com"]}, Message=body)
    page.goto("/services")
    page.get_by_role("link", name="On its way").click()
    expect(page.locator("pre").last).to_have_text("It comes tomorrow.")


def test_diagram_leads_from_the_api_to_what_follows(page: Page) -> None:
    page.goto("/diagram")
    picture = page.get_by_role("group", name=re.compile("other resources"))
    for text in (
        "ShipQueue",
        "invoked by ShipQueue",
        "invoked by ParcelsTable",
        "ShipQueue: SendMessage",
        "invoked by Flow",
    ):
        expect(picture.get_by_text(text, exact=True).first).to_be_visible()
    assert picture.locator("path.invokes").count() >= 4
    screenshot(page, "diagram-services")


@pytest.mark.parametrize(
    "path",
    ["/runs", "/runs/1", "/services", "/services/queues/parcels-local-ShipQueue", "/services/functions/show-event"],
)
def test_page_fits_a_phone(browser: Browser, stack: Stack, path: str) -> None:
    with opened(browser, stack.inspector) as page:
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(path)
        assert page_width(page) <= 390


def test_request_fits_a_phone(browser: Browser, stack: Stack) -> None:
    with opened(browser, stack.inspector) as page:
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto("/requests?text=good-1")
        page.locator("#requests tbody a").first.click()
        expect(page.get_by_role("heading", name="What followed")).to_be_visible()
        assert page_width(page) <= 390


def test_pages_are_reached_by_keys(page: Page) -> None:
    page.goto("/")
    page.wait_for_load_state()
    page.keyboard.press("g")
    page.keyboard.press("v")
    expect(page.get_by_role("heading", name="Services", level=1)).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("g")
    page.keyboard.press("u")
    expect(page.get_by_role("heading", name="Runs", level=1)).to_be_visible()


def test_change_without_the_page_s_token_is_refused(stack: Stack) -> None:
    target = f"{stack.inspector}/services/queues/parcels-local-DeadQueue/send"
    origin = {"Origin": stack.inspector, "Content-Type": "application/json"}
    assert requests.post(target, json={"body": "x"}, headers=origin, timeout=60).status_code == 403
    elsewhere = {"Origin": "http://evil.example", "Content-Type": "application/json"}
    assert requests.post(target, json={"body": "x"}, headers=elsewhere, timeout=60).status_code == 403
