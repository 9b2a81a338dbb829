"""Two APIs that are alike have no differences, whatever each of them generates; a real difference is seen."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.compare import Difference, compare_responses, find_replacements, replace_in_body
from homeport.contract.http_exchange import HttpExchange, send_exchange
from homeport.contract.replay import compare_urls, run_parity
from homeport.project.project import ProjectInputs
from tests.support.notes_api import Notes, notes_api, notes_project


def session() -> list[HttpExchange]:
    """Requests with their responses, as they were recorded at an API of their own."""
    with notes_api() as api:
        calls: list[HttpExchange] = []

        def ask(method: str, target: str, body: Any = None) -> Any:
            sent = b"" if body is None else json.dumps(body).encode()
            answered = send_exchange(HttpExchange(method, target, (), sent), api.url)
            calls.append(answered)
            return json.loads(answered.reply_body or "null")

        ids = [ask("POST", "/notes", {"text": f"note {number}"})["noteId"] for number in range(4)]
        ask("GET", "/notes")
        cursor = ask("GET", "/notes?limit=2")["cursor"]
        ask("GET", f"/notes?limit=2&cursor={cursor}")
        ask("GET", f"/notes/{ids[0]}")
        ask("PATCH", f"/notes/{ids[1]}", {"text": "changed"})
        ask("DELETE", f"/notes/{ids[2]}")
        ask("GET", f"/notes/{ids[2]}")
        return calls


def compare(first: Notes, second: Notes) -> list[Difference]:
    return list(compare_urls(session(), first.url, second.url))


def test_two_fresh_apis_have_no_difference_in_ids_times_cursors_and_pages() -> None:
    with notes_api() as first, notes_api() as second:
        assert compare(first, second) == []
        assert len(first.items) == len(second.items) == 4


def test_a_stage_in_one_base_url_makes_no_difference() -> None:
    with notes_api("/prod") as first, notes_api() as second:
        assert compare(first, second) == []
    with notes_api() as first, notes_api("/prod") as second:
        assert compare(first, second) == []


def test_a_renamed_property_is_a_difference() -> None:
    with notes_api() as first, notes_api() as second:
        second.renamed = ("text", "title")
        found = compare(first, second)
    assert {(each.method, each.place) for each in found} == {("POST", "body"), ("GET", "body"), ("PATCH", "body")}


def test_a_missing_item_is_a_difference() -> None:
    with notes_api() as first, notes_api() as second:
        del second.items["seed-1"]
        assert any(each.target == "/notes" and each.place == "body" for each in compare(first, second))


def test_a_throttled_request_is_sent_again_and_is_no_difference() -> None:
    with notes_api() as first, notes_api() as second:
        second.throttled = 2
        pauses: list[float] = []
        assert list(compare_urls(session(), first.url, second.url, pause=pauses.append)) == []
        assert pauses == [1.0, 1.0]


def test_a_request_that_the_first_throttled_is_not_sent_to_the_second() -> None:
    (create, *_) = session()
    with notes_api() as first, notes_api() as second:
        first.throttled = 1
        assert list(compare_urls([create], first.url, second.url)) == []
        assert second.received == []


def options_of(project: Path, first: Notes, second: Notes) -> argparse.Namespace:
    urls = {"first": first.url, "second": second.url}
    return argparse.Namespace(
        project=project, stage="local", file=None, seed=1, max_examples=3, inputs=ProjectInputs(), api=None, **urls
    )


@pytest.mark.stack
def test_generated_requests_reach_both_sides_once_and_find_no_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with notes_api("/prod") as first, notes_api() as second:
        assert run_parity(options_of(notes_project(tmp_path), first, second)) == 0
        assert [line.split()[0] for line in second.received[1:]] == [line.split()[0] for line in first.received[1:]]
        assert len(first.items) == len(second.items)
    assert capsys.readouterr().out.endswith(" calls, answered alike\n")


@pytest.mark.stack
def test_generated_requests_find_a_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with notes_api() as first, notes_api() as second:
        second.renamed = ("text", "title")
        assert run_parity(options_of(notes_project(tmp_path), first, second)) == 1
    assert "| POST /notes | body |" in capsys.readouterr().out


BASES = "http://127.0.0.1:1/prod", "http://127.0.0.1:2"


def pair(
    reply: Any, other: Any, *, status: int = 200, sent: Any = None, **headers: tuple[str, str]
) -> list[Difference]:
    """The differences of two responses to one request; headers are given as pairs of values."""
    calls = [
        HttpExchange(
            "POST",
            f"{base}/notes",
            (),
            b"" if sent is None else json.dumps(sent).encode(),
            status,
            tuple((name.replace("_", "-"), values[number]) for name, values in headers.items()),
            json.dumps(body).encode(),
            base=base,
        )
        for number, (base, body) in enumerate(zip(BASES, (reply, other), strict=True))
    ]
    return compare_responses(calls[0], calls[1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"createdAt": 1764444444}, {"createdAt": 1764444449}),
        ({"at": 1764444444123}, {"at": 1764444449456}),
        ({"at": 1764444444.5}, {"at": 1764444449.25}),
        ({"at": "Sun, 29 Nov 2026 19:30:00 GMT"}, {"at": "Sun, 29 Nov 2026 19:30:07 GMT"}),
        ({"requestId": "JCJgriq-vHcEPMg="}, {"requestId": "KDKhsjr-wIdFQNh="}),
        ({"next": "eyJub3RlSWQiOiAiYTEifQ=="}, {"next": "eyJub3RlSWQiOiAiYjIifQ=="}),
        ({"id": "01JDXK3Q5W8Z9R2T4V6B8N0M1P"}, {"id": "01JDXK3Q7A1B2C3D4E5F6G7H8J"}),
        ({"self": f"{BASES[0]}/notes/1"}, {"self": f"{BASES[1]}/notes/1"}),
        ([{"a": 1}, {"a": 2}], [{"a": 2}, {"a": 1}]),
    ],
)
def test_a_generated_value_is_no_difference(one: Any, other: Any) -> None:
    assert pair(one, other) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "Lamp"}, {"name": "Lamps"}),
        ({"count": 3}, {"count": 4}),
        ({"price": "24.90"}, {"price": 24.9}),
        ({"done": True}, {"done": 1}),
        ({"createdAt": 1764444444}, {"createdAt": "2026-11-29T19:30:00Z"}),
        ({"a": None}, {}),
        ([1, 2], [1, 2, 2]),
    ],
)
def test_another_value_is_a_difference(one: Any, other: Any) -> None:
    assert [each.place for each in pair(one, other)] == ["body"]


def test_the_id_of_a_created_resource_may_have_any_form() -> None:
    one, other = {"noteId": 17, "text": "x"}, {"noteId": 203, "text": "x"}
    assert pair(one, other, status=201) == []
    assert pair(one, other, status=201, location=("/prod/notes/17", "/notes/203")) == []
    assert [each.place for each in pair(one, other)] == ["body"]


def test_a_value_that_the_client_sent_is_not_taken_for_a_generated_one() -> None:
    key = "5e36ec4f-5d66-4f24-9a0e-ea02ba1ec6b0"
    assert pair({"key": key}, {"key": key}, sent={"key": key}) == []
    other = "6e36ec4f-5d66-4f24-9a0e-ea02ba1ec6b0"
    assert [each.place for each in pair({"key": key}, {"key": other}, sent={"key": key})] == ["body"]


def test_a_location_at_another_host_is_a_difference() -> None:
    alike = pair({}, {}, location=(f"{BASES[0]}/notes/1", f"{BASES[1]}/notes/1"))
    assert alike == []
    (difference,) = pair({}, {}, location=("/prod/notes/1", "https://x.example/notes/1"))
    assert difference.place == "location"


def test_a_short_id_is_followed_only_where_an_id_is_named() -> None:
    one, other = (HttpExchange("POST", f"{base}/notes", (), b"{}", 201, base=base) for base in BASES)
    values = find_replacements(
        HttpExchange(**{**fields(one), "reply_body": b'{"noteId": 7}'}),
        HttpExchange(**{**fields(other), "reply_body": b'{"noteId": 9}'}),
    )
    assert values["7"] == "9"
    body = '{"noteId": 7, "ids": ["7"], "count": 7, "text": "7 of 7"}'
    assert replace_in_body(body, values) == '{"noteId": 9, "ids": ["9"], "count": 7, "text": "7 of 7"}'


def fields(exchange: HttpExchange) -> dict[str, Any]:
    return {name: getattr(exchange, name) for name in exchange.__slots__}
