"""What a saved test says, and which requests come before it."""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from homeport.contract.save_test.prerequisites import find_steps
from homeport.contract.save_test.saved_test import SaveTestError, name_of_test, render
from homeport.http_headers import HttpHeaders
from homeport.project.load import load_project
from homeport.project.model import Api
from homeport.recordings.recording import Body, Recording
from tests.support.inspector import make_recording

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
    return [step.summary.id for step in find_steps(recording, reversed(earlier), api()).steps.values()][:-1]


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
    assert before(on("lamp-7", "GET"), change) == []
    assert 'f"{homeport_url}/items/lamp-7"' in lines(on("lamp-7", "PUT", 200))


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


def test_a_saved_test_reads_like_the_requests() -> None:
    read = on(UUID, "GET", reply={"itemId": UUID, "name": "Lamp", "createdAt": TIME, "note": "It bends."})
    assert (
        lines(read, post(UUID))
        == f'''"""Recorded 2026-09-22 10:58:21 UTC: GET /items/{UUID} was answered 200.

Written by `homeport save-test GET-{UUID}`.
"""

from __future__ import annotations

import requests

from homeport.contract.fixtures.matchers import like


def test_get_item_answers_200(homeport_url: str) -> None:
    create_item = requests.post(f"{{homeport_url}}/items", json={{"name": "Lamp"}}, timeout=30)
    assert create_item.status_code == 201, create_item.text
    item_id = create_item.json()["itemId"]
    reply = requests.get(f"{{homeport_url}}/items/{{item_id}}", timeout=30)
    assert reply.status_code == 200, reply.text
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.json() == {{
        "itemId": item_id,
        "name": "Lamp",
        "createdAt": like("{{time}}"),
        "note": "It bends.",
    }}
'''
    )


def lines(recording: Recording, *earlier: Recording) -> str:
    text = render(find_steps(recording, reversed(earlier), api()), api())
    ast.parse(text)
    return text


def test_an_id_that_the_client_chose_is_new_in_each_run() -> None:
    text = lines(post("lamp-7", chosen=True))
    assert '    item_id = fresh("lamp-7")\n' in text
    assert 'json={"itemId": item_id, "name": "Lamp"}' in text
    assert '"itemId": item_id,' in text


def test_a_short_id_replaces_no_other_text() -> None:
    page = make_recording(target="/items?limit=10", reply={"items": [{"itemId": "1", "name": "1"}]})
    text = lines(page, post("1", chosen=True, name="1"))
    assert "/items?limit=10" in text
    assert '"itemId": item_id, "name": "1"' in text


def test_a_credential_that_no_scheme_knows_is_from_the_environment() -> None:
    headers = (("Authorization", "Bearer ***"), ("X-Session", "***"), ("Cookie", "sid=***"), ("X-Plain", "1"))
    text = lines(on("a", "GET", headers=headers))
    assert '    authorization = homeport_credentials("Authorization")\n' in text
    assert '"Authorization": f"Bearer {authorization}"' in text
    assert '"X-Session": f"{x_session}"' in text
    assert '"Cookie": f"{cookie}"' in text
    assert '"X-Plain": "1"' in text


def test_a_body_that_python_s_json_would_change_is_sent_as_it_was() -> None:
    body = '{"price": 1.10000000000000000000000000000001}'
    text = lines(make_recording(method="POST", target="/items", headers=JSON, body=body, status=400))
    assert 'data="{\\"price\\": 1.10000000000000000000000000000001}".encode()' in text


def test_json_without_a_content_type_is_sent_without_one() -> None:
    text = lines(make_recording(method="POST", target="/items", body={"a": 1}, status=400))
    assert 'requests.post(f"{homeport_url}/items", data="{\\"a\\": 1}".encode(), timeout=30)' in text


def test_the_stage_s_path_belongs_to_the_base_url() -> None:
    text = lines(make_recording(target="/rest/items", stage="rest"))
    assert 'f"{homeport_url}/items"' in text


def test_braces_and_quotes_of_a_target_survive() -> None:
    assert 'f"{homeport_url}/items?q=%22{{a}}"' in lines(make_recording(target="/items?q=%22{a}"))


def test_a_request_without_an_operation_is_named_by_its_path() -> None:
    recording = make_recording(operation=None, target="/no-such/2", status=404)
    assert name_of_test(recording) == "test_get_no_such_2_answers_404"


def test_bytes_and_texts_are_compared_too() -> None:
    assert '    assert reply.text == "pong"\n' in lines(make_recording(reply="pong", reply_headers=()))
    empty = lines(make_recording(status=204, reply_headers=()))
    assert empty.endswith('    assert reply.status_code == 204, reply.text\n    assert reply.text == ""\n')


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
        lines(recording)
    assert message in str(caught.value)


def test_no_variable_is_used_before_the_response_that_it_is_read_from() -> None:
    match, tag = (("If-Match", '"v1"'),), (("ETag", '"v1"'),)
    made = on("a", "PUT", 201)
    change = on("a", "PATCH", headers=match)
    read = make_recording(id="read", target="/items/a", path_parameters=(("itemId", "a"),), reply_headers=tag)
    text = lines(on("a", "DELETE", 204, headers=match), made, change, read)
    sent, _, after = text.partition("etag = get_item")
    assert '"If-Match": "\\"v1\\""' in sent
    assert '"If-Match": etag' in after
