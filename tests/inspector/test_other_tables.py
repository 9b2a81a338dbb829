"""The inspector shows every table of the local DynamoDB, those that the project does not declare too."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from tests.support.site import OWN, client_of, make_site

ROOT = Path(__file__).parents[2]
KEYS = [{"AttributeName": "at", "KeyType": "RANGE"}, {"AttributeName": "user", "KeyType": "HASH"}]
BY_DAY = {"IndexName": "byDay", "KeySchema": KEYS}
ITEM = {"user": {"S": "ada"}, "at": {"N": "7"}, "note": {"S": "made by hand"}}


class DynamoDB(BaseHTTPRequestHandler):
    """DynamoDB with the tables of another tool, on two pages of the list."""

    def do_POST(self) -> None:
        """Answer a call."""
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        action = self.headers["X-Amz-Target"].partition(".")[2]
        name = sent.get("TableName", "")
        if action == "ListTables":
            first = {"TableNames": [], "LastEvaluatedTableName": "a-table"}
            self.answer({"TableNames": ["by-hand"]} if "ExclusiveStartTableName" in sent else first)
        elif name != "by-hand":
            self.answer({"__type": "ResourceNotFoundException", "message": f"no {name}"}, 400)
        elif action == "DescribeTable":
            self.answer({"Table": {"KeySchema": KEYS, "GlobalSecondaryIndexes": [BY_DAY], "ItemCount": 1}})
        else:
            self.answer({"Items": [ITEM]} if action == "Scan" else {"Item": ITEM})

    def answer(self, body: Any, status: int = 200) -> None:
        """Send JSON."""
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def inspector(folder: Path) -> Iterator[FlaskClient]:
    """The inspector of the items API beside that DynamoDB."""
    for name in ("openapi.yaml", "service", "deploy"):
        (folder / name).symlink_to(ROOT / name)
    with ThreadingHTTPServer(("127.0.0.1", 0), DynamoDB) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        yield client_of(replace(make_site(folder), dynamodb=endpoint))
        server.shutdown()


def test_a_table_that_the_project_does_not_declare_is_listed_with_its_key(tmp_path: Path) -> None:
    with inspector(tmp_path) as client:
        text = client.get("/tables", headers=OWN).text
    assert '<a href="/tables/ItemsTable">' in text
    assert '<a href="/tables/by-hand">by-hand</a>' in text
    assert '<td class="mono">user, at</td>' in text
    assert '<a class="mono" href="/tables/by-hand?index=byDay">byDay</a>' in text


def test_the_items_of_such_a_table_are_shown_and_each_can_be_opened(tmp_path: Path) -> None:
    with inspector(tmp_path) as client:
        text = client.get("/tables/by-hand", headers=OWN).text
        assert "made by hand" in text
        link = text.partition('<a class="mono" href="')[2].partition('"')[0]
        assert "&#34;made by hand&#34;" in client.get(link, headers=OWN).text


def test_an_unknown_table_is_answered_with_the_names_of_all(tmp_path: Path) -> None:
    with inspector(tmp_path) as client:
        reply = client.get("/tables/nothing", headers=OWN)
    assert (reply.status_code, reply.text.partition(" (")[0]) == (400, "there is no table 'nothing'")
    assert "ItemsTable" in reply.text
    assert "by-hand" in reply.text


def test_a_project_without_dynamodb_still_lists_its_tables(tmp_path: Path) -> None:
    with inspector(tmp_path) as _:
        text = client_of(make_site(tmp_path)).get("/tables", headers=OWN).text
    assert "this homeport dev has no DynamoDB" in text
    assert '<a href="/tables/ItemsTable">' in text
