"""A saved test has the recorded request in its archive, after those that it needs."""

from __future__ import annotations

import argparse
import ast
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from homeport.commands import record
from homeport.commands.record import run_save_test
from homeport.contract.compare import Difference, ReplayCheck
from homeport.contract.fixtures.saved_test import fill_credentials
from homeport.contract.har import from_har
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.save_test import SaveTestError, chosen_name, find_steps, name_of_test, render
from homeport.dev.running_instance import RunningInstance, announce
from homeport.http_headers import HttpHeaders
from homeport.project.load import load_project
from homeport.project.model import Api
from homeport.recordings.recording import Body, Recording
from homeport.recordings.redaction import MASK
from homeport.recordings.store import RecordingStore
from tests.support.inspector import make_body, make_recording
from tests.support.notes_api import notes_project

CHECKS: tuple[ReplayCheck, ...] = ("response", "body", "status")
UUID = "5e36ec4f-5d66-4f24-9a0e-ea02ba1ec6b0"
TIME = "2026-11-21T12:00:00.123456Z"
JSON: HttpHeaders = (("Content-Type", "application/json"),)


@cache
def api() -> Api:
    return load_project(Path(__file__).parents[3], "local").api


def post(id: str, *, target: str = "/items", chosen: bool = False, name: str = "Lamp") -> Recording:
    sent = {"itemId": id, "name": name} if chosen else {"name": name}
    return make_recording(
        id=f"post-{id}",
        method="POST",
        target=target,
        operation="createItem",
        status=201,
        headers=(("Host", "127.0.0.1"), ("Accept", "*/*"), *JSON),
        body=sent,
        reply_headers=(*JSON, ("Location", f"{target}/{id}"), ("Etag", f'"1-{TIME}"')),
        reply={"itemId": id, "name": name, "createdAt": TIME, "version": 1},
        called=["PutItem"],
    )


def on(id: str, method: str, status: int = 200, *, headers: HttpHeaders = (), reply: object = None) -> Recording:
    return make_recording(
        id=f"{method}-{id}",
        method=method,
        target=f"/items/{id}",
        operation=f"{method.lower()}Item",
        status=status,
        path_parameters=(("itemId", id),),
        headers=headers,
        reply=reply,
        called=["GetItem" if method == "GET" else "UpdateItem"],
    )


def before(recording: Recording, *earlier: Recording) -> list[str]:
    """The ids of what comes first; ``earlier`` in the order in which it was recorded."""
    return [step.request_id for step in find_steps(recording, reversed(earlier), api())][:-1]


def test_only_the_request_that_created_the_resource_comes_first() -> None:
    assert before(on(UUID, "GET"), post("other"), post(UUID), post("more")) == [f"post-{UUID}"]


def test_later_changes_of_the_resource_are_needed_too() -> None:
    change = on(UUID, "PATCH")
    assert before(on(UUID, "GET"), post(UUID), on(UUID, "GET"), change) == [f"post-{UUID}", f"PATCH-{UUID}"]


def test_a_new_creation_needs_nothing_of_the_one_before() -> None:
    assert before(on("a", "PUT", 201), on("a", "PUT", 201), on("a", "DELETE", 204)) == []
    assert before(on("a", "GET", 404), on("a", "PUT", 201), on("a", "DELETE", 204)) == ["PUT-a", "DELETE-a"]


def test_a_seeded_id_is_not_taken_for_a_new_one() -> None:
    change = on("lamp-7", "PUT", 200, reply={"itemId": "lamp-7"})
    (put, _) = find_steps(on("lamp-7", "GET"), [change], api())
    assert (put.request_id, put.notes) == ("PUT-lamp-7", {})


def test_a_failed_request_is_not_needed() -> None:
    assert before(on("a", "GET"), on("a", "PUT", 400)) == []


def test_a_new_resource_needs_no_older_one_of_its_name() -> None:
    assert before(post("a", chosen=True), post("a", chosen=True)) == []


def test_a_conflict_needs_the_first_resource() -> None:
    second = make_recording(method="POST", target="/items", status=409, body={"itemId": "a1", "name": "x"})
    assert before(second, post("a1", chosen=True)) == ["post-a1"]


def test_the_parent_of_a_resource_comes_first() -> None:
    line = make_recording(
        id="line",
        method="POST",
        target="/carts/c1/lines",
        status=201,
        path_parameters=(("cartId", "c1"),),
        reply={"lineId": "l1", "cartId": "c1"},
    )
    cart = make_recording(id="cart", method="PUT", target="/carts/c1", status=201, path_parameters=(("cartId", "c1"),))
    lines = make_recording(
        target="/carts/c1/lines/l1", path_parameters=(("cartId", "c1"), ("lineId", "l1")), reply={"lineId": "l1"}
    )
    assert before(lines, cart, line) == ["cart", "line"]


def test_a_list_needs_the_items_that_it_shows() -> None:
    page = make_recording(target="/items", reply={"items": [{"itemId": "b2"}, {"itemId": "seeded"}]})
    assert before(page, post("b1"), post("b2")) == ["post-b2"]


def test_the_response_that_gave_an_etag_comes_first() -> None:
    read = make_recording(
        id="read", target="/items/a1", path_parameters=(("itemId", "a1"),), reply_headers=(("ETag", '"7-abc"'),)
    )
    change = on("a1", "PATCH", headers=(("If-Match", '"7-abc"'),))
    assert before(change, post("a1"), read) == ["post-a1", "read"]


def test_a_saved_test_is_a_function_beside_an_archive() -> None:
    read = on(UUID, "GET", reply={"itemId": UUID, "name": "Lamp", "createdAt": TIME})
    text, archive = render(read, find_steps(read, [post(UUID)], api()))
    ast.parse(text)
    assert text.startswith(f'"""Recorded 2026-09-22 10:58:21 UTC: GET /items/{UUID} was answered 200.\n')
    assert "def test_get_item_answers_200(homeport_replay: ReplayArchive) -> None:\n" in text
    assert [(call.method, call.status) for call in from_har(archive)] == [("POST", 201), ("GET", 200)]


def test_a_saved_test_has_the_name_and_the_check_that_are_asked_for() -> None:
    read = on(UUID, "GET")
    text, _ = render(read, find_steps(read, [], api()), chosen_name("lamp_is_found"), "status")
    assert "def test_lamp_is_found(homeport_replay: ReplayArchive) -> None:\n" in text
    assert 'homeport_replay(Path(__file__).with_suffix(".har"), check="status")\n' in text
    with pytest.raises(SaveTestError, match=r"'\.\./lamp' is no name of a test"):
        chosen_name("../lamp")


def test_a_check_leaves_other_differences_out() -> None:
    places = ("status", "etag", "body")
    found = [Difference("GET", "/", place, "1", "2") for place in places]
    counted = {check: [one.place for one in found if one.counts_for(check)] for check in CHECKS}
    assert counted == {"response": ["status", "etag", "body"], "body": ["status", "body"], "status": ["status"]}


def test_an_id_that_the_client_chose_is_noted_where_it_was_created() -> None:
    steps = find_steps(on("lamp-7", "GET"), [post("lamp-7", chosen=True)], api())
    assert [step.notes for step in steps] == [{"chosen": ["lamp-7"]}, {}]


def test_an_id_that_the_service_made_is_not_noted_as_chosen() -> None:
    (step,) = find_steps(post(UUID), (), api())
    assert step.notes == {}


def test_a_repeated_create_needs_the_first_and_chooses_nothing() -> None:
    key = (("Idempotency-Key", "k-1"),)
    first, again = (replace(post(UUID), request_headers=(*JSON, *key)) for _ in range(2))
    first = replace(first, summary=replace(first.summary, id="first"))
    steps = find_steps(again, [first], api())
    assert [(step.request_id, step.notes) for step in steps] == [("first", {"chosen": ["k-1"]}), (f"post-{UUID}", {})]


def test_a_user_s_request_needs_the_user_s_earlier_writes() -> None:
    event = make_body({"requestContext": {"authorizer": {"claims": {"sub": "ada"}}}})

    def as_ada(recording: Recording) -> Recording:
        assert recording.function is not None
        return replace(recording, function=replace(recording.function, event=event))

    other = make_recording(id="other", method="PUT", target="/cart/lamp-9", operation="putLine", called=["PutItem"])
    line = as_ada(replace(other, summary=replace(other.summary, id="line")))
    order = as_ada(make_recording(method="POST", target="/orders", operation="order", status=201, reply={"total": 1}))
    steps = find_steps(order, [other, line], api())
    assert [step.request_id for step in steps] == ["line", order.summary.id]
    assert [step.notes for step in steps] == [{"new_user": "ada"}] * 2


def test_a_user_who_owns_seeded_data_is_no_new_one() -> None:
    event = make_body({"requestContext": {"authorizer": {"claims": {"sub": "ada"}}}})
    cart = make_recording(target="/cart", operation="getCart", reply={"lines": [{"productId": "kettle-2"}]})
    assert cart.function is not None
    (step,) = find_steps(replace(cart, function=replace(cart.function, event=event)), (), api())
    assert step.notes == {"user": "ada"}


def test_a_category_ties_no_requests_together() -> None:
    listed = make_recording(target="/items?status=active", reply={"items": [{"itemId": "b2", "status": "active"}]})
    assert before(listed, post("b1", name="active"), post("b2")) == ["post-b2"]


def test_a_request_without_an_operation_is_named_by_its_path() -> None:
    recording = make_recording(operation=None, target="/no-such/2", status=404)
    assert name_of_test(recording) == "test_get_no_such_2_answers_404"


@pytest.mark.parametrize(
    ("recording", "message"),
    [
        (make_recording(status=503), "the answer 503 comes from a fault or from load"),
        (make_recording(method="POST", body={"password": "***"}), "had a credential in it"),
        (
            replace(make_recording(), reply_body=Body("AAAA", "base64", 3)),
            "response body of GET /items/1 is not text",
        ),
        (replace(make_recording(), request_body=Body("{", "", 9, True)), "was too large to be kept whole"),
        (on("seeded", "DELETE", 204), "DELETE /items/seeded removed what no recorded request created"),
    ],
)
def test_a_request_that_no_test_can_repeat_is_refused(recording: Recording, message: str) -> None:
    with pytest.raises(SaveTestError) as caught:
        find_steps(recording, (), api())
    assert message in str(caught.value)


@pytest.mark.parametrize(("path", "status"), [("/no-such-path", 404), ("/products/lamp-7", 200)])
def test_a_credential_that_no_authorizer_asked_for_is_replaced_all_the_same(path: str, status: int) -> None:
    shop = load_project(Path(__file__).parents[3] / "examples" / "shop-http", "local")
    base = "http://127.0.0.1:8080"
    asked = HttpExchange("GET", base + path, (("Authorization", f"Bearer {MASK}"),), status=status, base=base)
    filled = fill_credentials(asked, shop, is_local=True, suffix="-1")
    assert MASK not in str(filled.headers)


def test_an_unknown_header_of_a_path_without_a_route_needs_no_credential() -> None:
    shop = load_project(Path(__file__).parents[3] / "examples" / "shop-http", "local")
    asked = HttpExchange("GET", "http://h/nothing", (("Cookie", MASK),), status=404, base="http://h")
    assert MASK not in str(fill_credentials(asked, shop, is_local=True, suffix="").headers)


def names_of_archive(project: Path, id_: str) -> list[str]:
    """The targets in the archive that ``save-test`` writes of a recording."""
    out = project / f"test_{id_}.py"
    assert (
        run_save_test(
            argparse.Namespace(project=project, stage="local", id=id_, out=out, force=True, name="", check="response")
        )
        == 0
    )
    return [f"{each.method} {each.url}" for each in from_har(out.with_suffix(".har").read_text())]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The notes, of which a note was created, changed, and read a minute later."""
    notes = notes_project(tmp_path)
    store = RecordingStore(notes / ".homeport" / "inspector.db")
    change, read = (on("seed-1", method, reply={"itemId": "seed-1"}) for method in ("PATCH", "GET"))
    later = replace(read, summary=replace(read.summary, received=change.summary.received + 60))
    store.add([change, later])
    store.close()
    return notes


def test_changes_of_data_that_are_gone_are_not_needed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing runs that may still write.
    monkeypatch.setattr(record, "STORE_DELAY", 0.0)
    start = on("x", "GET").summary.received + 30
    assert len(names_of_archive(project, "GET-seed-1")) == 2
    with announce(project, RunningInstance("http://127.0.0.1:8080", "http://h", "local", seeded_at=start)):
        assert len(names_of_archive(project, "GET-seed-1")) == 1
        # What was recorded before that start had the data of its own time.
        assert len(names_of_archive(project, "PATCH-seed-1")) == 1
    with announce(project, RunningInstance("http://127.0.0.1:9999", "http://h", "local", seeded_at=start)):
        assert len(names_of_archive(project, "GET-seed-1")) == 2


def test_a_history_that_was_not_looked_at_to_its_beginning_is_named(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names_of_archive(project, "GET-seed-1")
    assert "looked at" not in capsys.readouterr().err
    monkeypatch.setattr(record, "EARLIER", 1)
    names_of_archive(project, "GET-seed-1")
    assert "only the 1 requests before it were looked at" in capsys.readouterr().err
