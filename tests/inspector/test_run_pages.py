"""The pages of runs, of mappings and of services, without a stack: what they show, and what they refuse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from homeport.recordings.links import Link
from homeport.recordings.recording import Body, MappedStep, RecordedCall
from homeport.recordings.store import Linked
from tests.support.inspector import RECEIVED, make_body, make_recording, make_run
from tests.support.project import notes_project
from tests.support.site import OWN, client_of, make_site


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    """Provide the site of a project without services, with a request, two runs and mappings."""
    call = RecordedCall("SendMessage", "sqs:SendMessage", "jobs", True, 2.0, None, None, "sqs", 200, ("sqs:1",))
    steps = (
        MappedStep("mapped parameters", (("header.X-Id", "7"),), Body()),
        MappedStep("request template for application/json", (), make_body('{"a":1}')),
        MappedStep("integration response 200", (), make_body("the default one: there is no other one")),
    )
    request = replace(make_recording(id="the-request"), mapping=steps, backend=call)
    made = Link("sqs:1", taken=False, at=RECEIVED, what="sqs SendMessage jobs")
    first = Link("sqs:1", taken=True, receives=1, failed=True)
    runs = (
        Linked(make_run("ship", id="run-1", error="Unhandled", log="one <b>\n"), [first]),
        Linked(
            make_run("ship", id="run-2", started=RECEIVED + 1, records=2), [replace(first, receives=2, failed=False)]
        ),
    )
    return client_of(make_site(notes_project(tmp_path), recordings=(Linked(request, [made]), *runs)))


def text_of(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path, headers=OWN)
    assert answer.status_code == status, answer.text
    return answer.text


def test_request_shows_mappings_calls_and_what_followed(client: FlaskClient) -> None:
    page = text_of(client, "/requests/the-request")
    for part in ("Mappings, step by step", "header.X-Id", "the default one", "Call of the integration", "SendMessage"):
        assert part in page
    assert "What followed" in page
    assert "with a batch of 2" in page and "receive 2" in page
    assert page.index("failed</span>") < page.index("done</span>")


def test_run_shows_its_cause_and_its_log(client: FlaskClient) -> None:
    page = text_of(client, "/runs/1")
    assert '<a href="/requests/the-request">GET /items/1 at ' in page
    assert "one &lt;b&gt;" in page
    assert text_of(client, "/runs/1/event.json") == ""
    assert "no run has the number 9" in text_of(client, "/runs/9", 404)


def test_runs_are_listed_and_filtered(client: FlaskClient) -> None:
    page = text_of(client, "/runs")
    assert page.index('href="/runs/2"') < page.index('href="/runs/1"')
    failed = text_of(client, "/runs?failed=on")
    assert 'href="/runs/1"' in failed and 'href="/runs/2"' not in failed
    assert "No run matches “nowhere”." in text_of(client, "/runs?text=nowhere")


def test_parts_of_a_page_are_asked_for_anew(client: FlaskClient) -> None:
    assert 'data-refresh="/runs/rows?text=ship&amp;failed=on"' in text_of(client, "/runs?text=ship&failed=on")
    assert 'href="/runs/1"' in text_of(client, "/runs/rows?failed=on")
    assert 'data-refresh="/followed/request/1"' in text_of(client, "/requests/the-request")
    assert "ran for sqs jobs" in text_of(client, "/followed/request/1")
    assert "What followed" not in text_of(client, "/followed/run/1")
    text_of(client, "/followed/other/1", 404)


def test_services_that_do_not_run_are_named(client: FlaskClient) -> None:
    page = text_of(client, "/services")
    assert "Not used by the project: buckets, queues, topics, event buses, state machines, parameters, secrets" in page
    assert "No schedules. Write one into deploy/resources.yaml" in page
    assert "get-note" in page
    assert "no service of AWS runs in this homeport dev" in text_of(client, "/services/queues/jobs", 400)
    assert "there is no function" in text_of(client, "/services/functions/none", 400)


@pytest.mark.parametrize(
    "path",
    [
        "/services/queues/jobs/send",
        "/services/queues/jobs/purge",
        "/services/queues/jobs/redrive",
        "/services/buckets/files/upload",
        "/services/buckets/files/delete",
        "/services/topics/arn/publish",
        "/services/buses/default/put",
        "/services/machines/arn/start",
        "/services/executions/arn/stop",
        "/services/parameter?name=a",
        "/services/secret?name=a",
        "/services/functions/get-note/invoke",
        "/services/schedules/Nightly/run",
    ],
)
def test_change_needs_the_page_s_token_and_origin(client: FlaskClient, path: str) -> None:
    without = {name: value for name, value in OWN.items() if name != "X-Homeport-Token"}
    assert client.post(path, json={}, headers=without).status_code == 403
    assert client.post(path, json={}, headers={**OWN, "Origin": "http://evil.example"}).status_code == 403
    assert client.get(path, headers=OWN).status_code in (400, 405)


def test_form_that_is_none_is_explained(client: FlaskClient) -> None:
    answer = client.post("/services/functions/get-note/invoke", json=[1], headers=OWN)
    assert (answer.status_code, answer.text) == (400, "this is no form of these pages\n")
    answer = client.post("/services/functions/get-note/invoke", json={"event": "{"}, headers=OWN)
    assert answer.status_code == 400 and "the event is no JSON" in answer.text


def test_page_says_what_to_do_about_a_denied_permission(tmp_path: Path) -> None:
    project = notes_project(tmp_path)
    check = ("sqs:SendMessage", "arn:aws:sqs:us-east-1:000000000000:jobs", False)
    request, run = make_recording(id="the-request"), make_run("ship", error="Unhandled")
    assert request.function is not None
    refused = replace(request, function=replace(request.function, checks=(check,)))
    failed = replace(run, invocation=replace(run.invocation, checks=(check,)))
    client = client_of(make_site(project, recordings=(Linked(refused, []), Linked(failed, []))))
    for path, function in (("/requests/the-request", "f"), ("/runs/1", "ship")):
        page = text_of(client, path)
        assert f"<strong>What to do:</strong> {function} was denied sqs:SendMessage: add {{Effect: Allow," in page


def test_page_repeats_what_the_worker_advises_about_a_missing_module(tmp_path: Path) -> None:
    run = make_run("ship", error="Runtime.ImportModuleError", log="homeport: fault ThingsTable=x\nhomeport: add it\n")
    page = text_of(client_of(make_site(notes_project(tmp_path), recordings=(Linked(run, []),))), "/runs/1")
    assert page.count("<strong>What to do:</strong>") == 1
    assert "<strong>What to do:</strong> add it" in page
