"""``homeport test`` at the URL of a running API: whose data it touches, and what it says when nothing is there."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import yaml

from homeport.contract.created_resources import CreatedResource, deletable_path, remove_created
from homeport.contract.fixtures.stack import running_stack
from homeport.project.load import load_project
from homeport.project.model import Api
from tests.support.commands import assert_one_clear_line, homeport
from tests.support.made_project import Made, Route, write_project

pytestmark = pytest.mark.stack

TABLE = {
    "Resources": {
        "NotesTable": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            },
        }
    }
}
HEAD = """
import json
import os
import boto3

table = boto3.resource("dynamodb").Table(os.environ["NOTES_TABLE"])


def answer(status, body=None, **headers):
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}


def handler(event, context):
"""
CREATE = (
    HEAD
    + """
    note = {"id": context.aws_request_id}
    table.put_item(Item=note)
    path = event["requestContext"]["path"]
    return answer(201, note, Location=f"{path}/{note['id']}")
"""
)
LIST = (
    HEAD
    + """
    return answer(200, [note["id"] for note in table.scan()["Items"]])
"""
)
DELETE = (
    HEAD
    + """
    table.delete_item(Key=event["pathParameters"])
    return {"statusCode": 204}
"""
)
# What nobody can take back.
SHOUT = """
def handler(event, context):
    return {"statusCode": 201, "headers": {"Location": "/shouts/1"}, "body": "{}"}
"""
DONE = {"201": {"description": "Made."}}


def notes_project(root: Path) -> Path:
    def route(method: str, path: str, code: str, action: str, status: str) -> Route:
        responses = {status: {"description": "Done."}}
        return Route(method, path, code, {"x-homeport": {"access": {"NotesTable": [action]}}, "responses": responses})

    routes = (
        route("GET", "/notes", LIST, "Scan", "200"),
        route("POST", "/notes", CREATE, "PutItem", "201"),
        route("DELETE", "/notes/{id}", DELETE, "DeleteItem", "204"),
        route("DELETE", "/notes", DELETE, "DeleteItem", "204"),
        Route("POST", "/shouts", SHOUT, {"responses": DONE}),
    )
    write_project(root, Made(routes, flavor="rest", stage_name="prod"))
    (root / "deploy" / "resources.yaml").write_text(yaml.safe_dump(TABLE))
    return root


def own_address() -> str:
    """This machine's address in its network; where it has none, one that leads here and isn't a loopback one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        # Nothing is sent: a UDP socket only looks up its route.
        probe.connect(("192.0.2.1", 9))
        address: str = probe.getsockname()[0]
        if not address.startswith("127."):
            return address
    return "0.0.0.0"


def test_a_run_at_a_remote_url_leaves_others_data_and_removes_its_own(tmp_path: Path) -> None:
    project = notes_project(tmp_path)
    with running_stack(project, ("--no-data", "--host", "0.0.0.0")) as stack:
        here = urlsplit(stack.url)
        url = f"http://{own_address()}:{here.port}{here.path}"
        assert url.endswith("/prod")
        theirs = [requests.post(f"{url}/notes", json={}, timeout=60).json()["id"] for _ in range(3)]
        done = homeport(project, "test", "--url", url, "--max-examples", "3")
        assert "cases of schemathesis" in done.stdout, done.stdout + done.stderr
        made = (project / "reports" / "contract" / "made.jsonl").read_text().splitlines()
        assert any(json.loads(line)["path"] == "/notes" for line in made)
        assert sorted(requests.get(f"{url}/notes", timeout=60).json()) == sorted(theirs)
    assert "left out, for they may change what others made: DELETE /notes\n" in done.stdout
    left = "made by the run and not removed: POST /shouts created /shouts/1: the spec has no DELETE for it"
    assert left in done.stdout
    assert "/shouts/1: the spec has no DELETE for it" in (project / "reports" / "contract" / "index.html").read_text()


@pytest.fixture
def api(tmp_path: Path) -> Api:
    """Of the notes."""
    return load_project(notes_project(tmp_path), "local").api


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ({"method": "POST", "location": "/notes/a", "ids": ()}, "/notes/a"),
        ({"method": "POST", "location": "/prod/notes/a", "ids": ()}, "/notes/a"),
        ({"method": "POST", "location": "https://api.test/prod/notes/a", "ids": ()}, "/notes/a"),
        ({"method": "POST", "location": "https://other.test/notes/a", "ids": ()}, None),
        ({"method": "POST", "location": "", "ids": ("a b",)}, "/notes/a%20b"),
        ({"method": "PUT", "path": "/notes/a", "location": "", "ids": ("b",)}, "/notes/a"),
        ({"method": "POST", "location": "/shouts/1", "ids": ()}, None),
        ({"method": "POST", "location": "/notes", "ids": ()}, None),
        ({"method": "PUT", "path": "/notes", "location": "", "ids": ()}, None),
    ],
)
def test_a_created_resource_is_found_by_location_id_or_path(
    api: Api, made: dict[str, Any], expected: str | None
) -> None:
    assert deletable_path(api, CreatedResource(**{"path": "/notes", **made}), "https://api.test/prod") == expected


def test_a_resource_that_can_not_be_deleted_is_named(api: Api, tmp_path: Path) -> None:
    kept = tmp_path / "made.jsonl"
    kept.write_text(json.dumps({"method": "POST", "path": "/notes", "location": "/notes/a", "ids": []}) + "\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        (line,) = remove_created(api, kept, f"http://127.0.0.1:{taken.getsockname()[1]}", ())
    assert line.startswith("/notes/a: DELETE http://127.0.0.1:")
    assert "got no answer" in line
    assert remove_created(api, tmp_path / "none", "http://h", ()) == ()


def test_a_url_where_nothing_answers_is_one_clear_line(tmp_path: Path) -> None:
    project = notes_project(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert_one_clear_line(homeport(project, "test", "--url", url), url, "does the API run there?")
    assert_one_clear_line(homeport(project, "test", "--url", "example.com"), "'example.com' is no base URL")


def test_a_broken_spec_is_one_clear_line(tmp_path: Path) -> None:
    project = notes_project(tmp_path)
    (project / "openapi.yaml").write_text("openapi: 3.0.3\npaths: [\n")
    assert_one_clear_line(homeport(project, "test"), "openapi.yaml:")


@pytest.mark.parametrize("option", [("--max-examples", "0"), ("--seed", "x"), ("--max-time", "-1"), ("--unknown",)])
def test_a_bad_option_ends_with_status_2(tmp_path: Path, option: tuple[str, ...]) -> None:
    done = homeport(tmp_path, "test", *option)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


class PetServer(BaseHTTPRequestHandler):
    """A server that is no API Gateway: it has pets, and answers 405 to methods that they do not have."""

    def do_GET(self) -> None:
        """Answer with the pets."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'["Aldo"]')

    def refuse(self) -> None:
        """Answer that there is no such method."""
        self.send_response(405)
        self.send_header("Allow", "GET")
        self.end_headers()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_QUERY = refuse

    def log_message(self, format: str, *arguments: object) -> None:
        """Print nothing."""


def test_document_alone_is_tested_at_the_url_of_a_server_that_is_no_api_gateway(tmp_path: Path) -> None:
    pets = {"type": "array", "items": {"type": "string"}}
    response = {"description": "The pets.", "content": {"application/json": {"schema": pets}}}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Pets", "version": "1"},
        "paths": {"/pets": {"get": {"operationId": "app.__list__", "responses": {"200": response}}}},
    }
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(document))
    with ThreadingHTTPServer(("127.0.0.1", 0), PetServer) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        done = homeport(tmp_path, "test", "--url", url, "--phases", "fuzz", "--max-examples", "5")
        server.shutdown()
    assert done.returncode == 0, done.stdout + done.stderr
