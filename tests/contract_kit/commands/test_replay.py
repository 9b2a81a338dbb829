from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import uuid4

import pytest

from homeport.contract.compare import compare_responses, find_replacements, markdown_table, replace_all
from homeport.contract.http_exchange import Unreachable, send_exchange, target_below
from homeport.contract.replay import compare_urls, replay_exchanges
from tests.support.contract import make_exchange

JSON = (("Content-Type", "application/json"),)


@contextmanager
def api(found: int = 200) -> Iterator[str]:
    """An API that makes an item under an id of its own, and answers ``found`` to who asks for it."""
    made: set[str] = set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            item_id = str(uuid4())
            made.add(f"/items/{item_id}")
            self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(201, {"itemId": item_id})

        def do_GET(self) -> None:
            self.answer(found if self.path in made else 404, {"path": self.path})

        def answer(self, status: int, body: dict[str, str]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def sequence() -> tuple[str, list[dict[str, object]]]:
    item_id = str(uuid4())
    body = json.dumps({"itemId": item_id}).encode()
    path = json.dumps({"path": f"/items/{item_id}"}).encode()
    return item_id, [
        {"method": "POST", "url": "http://old/items", "status": 201, "reply_headers": JSON, "reply_body": body},
        {"url": f"http://old/items/{item_id}", "reply_headers": JSON, "reply_body": path},
    ]


def test_a_replay_follows_the_ids_that_are_made_anew() -> None:
    _, calls = sequence()
    with api() as url:
        assert list(replay_exchanges([make_exchange(**call) for call in calls], url)) == []


def test_a_replay_reports_another_status() -> None:
    _, calls = sequence()
    with api(found=410) as url:
        ((_, difference),) = replay_exchanges([make_exchange(**call) for call in calls], url)
    assert (difference.method, difference.place, difference.first, difference.second) == ("GET", "status", "200", "410")


def test_two_urls_that_answer_alike_have_no_difference() -> None:
    _, calls = sequence()
    with api() as one, api() as other:
        assert list(compare_urls([make_exchange(**call) for call in calls], one, other)) == []


def test_a_difference_of_two_urls_is_a_row_of_the_table() -> None:
    _, calls = sequence()
    with api() as one, api(found=410) as other:
        found = list(compare_urls([make_exchange(**call) for call in calls], one, other))
    assert [item.place for item in found] == ["status"]
    assert markdown_table(found, "A", "B")[2].endswith(" | status | 200 | 410 |")


@pytest.mark.parametrize(
    ("url", "base", "expected"),
    [
        ("http://h/prod/items?a=1", "https://x/prod/", "/items?a=1"),
        ("http://h/products", "https://x/prod", "/products"),
        ("http://h/items", "https://x", "/items"),
    ],
)
def test_the_path_of_a_stage_is_not_sent_twice(url: str, base: str, expected: str) -> None:
    assert target_below(url, base) == expected


def test_an_unreachable_url_is_reported() -> None:
    with pytest.raises(Unreachable, match="does the API run there"):
        send_exchange(make_exchange(), "http://127.0.0.1:1")


def test_times_ids_and_the_order_of_lists_do_not_count() -> None:
    one = json.dumps({"items": [{"a": str(uuid4())}, {"b": "2026-01-31T09:30:00.000000Z"}]}).encode()
    other = json.dumps({"items": [{"b": "2025-01-31T09:30:00Z"}, {"a": str(uuid4())}]}).encode()
    assert compare_responses(make_exchange(reply_body=one), make_exchange(reply_body=other)) == []


def test_headers_that_clients_act_on_count_and_others_do_not() -> None:
    one = make_exchange(reply_headers=(("Content-Type", "a/b"), ("Date", "x")))
    other = make_exchange(reply_headers=(("content-type", "a/c"), ("Date", "y")))
    (difference,) = compare_responses(one, other)
    assert (difference.place, difference.first, difference.second) == ("content-type", "a/b", "a/c")


def test_replacements_apply_to_percent_encoded_values_too() -> None:
    one = make_exchange(reply_body=b'{"key": "first/value"}')
    other = make_exchange(reply_body=b'{"key": "other/value"}')
    names = find_replacements(one, other)
    assert replace_all("/x/first%2Fvalue?y=first/value", names) == "/x/other%2Fvalue?y=other/value"
