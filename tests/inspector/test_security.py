"""Who is let in: the local person's own pages, and nobody else."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from flask.testing import FlaskClient

from homeport.contract.fixtures.stack import running_stack
from tests.support.inspector import make_recording
from tests.support.project import notes_project
from tests.support.site import ORIGIN, OWN, TOKEN, client_of, make_site

PAGES = (
    "/requests",
    "/requests/rows",
    "/send",
    "/tables",
    "/diagram",
    "/docs",
    "/docs/openapi.json",
    "/static/site.js",
)
CHANGES = (
    ("POST", "/send"),
    ("POST", "/faults"),
    ("DELETE", "/faults"),
    ("PUT", "/tables/NotesTable/item"),
    ("DELETE", "/tables/NotesTable/item"),
    ("POST", "/token"),
    ("POST", "/requests/JCJgriq-vHcEPMg=/save-test"),
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    root = notes_project(tmp_path_factory.mktemp("notes"))
    return client_of(make_site(root, recordings=[make_recording()]))


@pytest.mark.parametrize("host", ["127.0.0.1:8081", "localhost:8081", "localhost", "[::1]:8081", "LOCALHOST:18081"])
def test_the_names_of_this_machine_are_accepted(client: FlaskClient, host: str) -> None:
    assert client.get("/requests", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8081", "127.0.0.1.nip.io", "localhost.evil.example", "192.168.1.7:8081"),
        *("evil@127.0.0.1", "127.0.0.1@evil.example", "0.0.0.0:8081", "", "[", "127.0.0.1:8081/x"),
    ],
)
@pytest.mark.parametrize("page", PAGES)
def test_a_dns_name_rebound_to_this_machine_is_rejected(client: FlaskClient, host: str, page: str) -> None:
    reply = client.get(page, headers={"Host": host})
    # Werkzeug itself refuses hosts that can't be any.
    assert reply.status_code in (400, 403)
    assert "homeport-token" not in reply.text


@pytest.mark.parametrize(("method", "path"), CHANGES)
@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"Origin": "http://evil.example"}, "takes no requests of other sites"),
        ({"Origin": "http://127.0.0.1:8080"}, "takes no requests of other sites"),
        ({"Origin": "http://localhost:8081"}, "takes no requests of other sites"),
        ({"Origin": "https://127.0.0.1:8081"}, "takes no requests of other sites"),
        ({"Origin": "null"}, "takes no requests of other sites"),
        ({"Origin": None}, "takes changes from its own pages only"),
        ({"Sec-Fetch-Site": "cross-site"}, "takes changes from its own pages only"),
        ({"Sec-Fetch-Site": "same-site"}, "takes changes from its own pages only"),
        ({"X-Homeport-Token": None}, "load it again"),
        ({"X-Homeport-Token": "wrong"}, "load it again"),
        ({"X-Homeport-Token": "tökén"}, "load it again"),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, "this machine only"),
    ],
)
def test_a_state_changing_request_needs_the_inspector_s_origin_and_token(
    client: FlaskClient, method: str, path: str, changed: dict[str, str | None], told: str
) -> None:
    headers = {name: value for name, value in {**OWN, **changed}.items() if value is not None}
    reply = client.open(path, method=method, json={}, headers=headers)
    assert reply.status_code == 403
    assert told in reply.text


@pytest.mark.stack
@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_an_own_page_with_its_token_is_let_through(client: FlaskClient, method: str, path: str) -> None:
    reply = client.open(path, method=method, json={}, headers={**OWN, "Sec-Fetch-Site": "same-origin"})
    assert reply.status_code in (200, 400)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
def test_a_state_changing_method_needs_the_token(client: FlaskClient, method: str) -> None:
    headers = {"Host": OWN["Host"], "Origin": ORIGIN}
    assert client.open("/requests", method=method, headers=headers).status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_other_sites_can_not_read_or_embed_a_page(client: FlaskClient, page: str) -> None:
    for site in ("cross-site", "same-site"):
        for mode in ("no-cors", "cors"):
            headers = {"Host": OWN["Host"], "Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
            assert client.get(page, headers=headers).status_code == 403
    assert client.get(page, headers={"Origin": "http://evil.example"}).status_code == 403


def test_another_site_may_link_to_the_inspector(client: FlaskClient) -> None:
    headers = {"Host": OWN["Host"], "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/requests", headers=headers).status_code == 200


@pytest.mark.parametrize("page", [*PAGES, "/nothing", "/requests/none"])
def test_every_response_forbids_foreign_scripts_and_frames(client: FlaskClient, page: str) -> None:
    headers = client.get(page, buffered=True).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Access-Control-Allow-Origin" not in headers
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize("page", PAGES)
def test_no_page_has_scripts_or_styles_of_its_own(client: FlaskClient, page: str) -> None:
    reply = client.get(page, buffered=True)
    if reply.mimetype == "text/html":
        assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", reply.text) == []


def test_recorded_text_is_escaped(tmp_path: Path) -> None:
    script = "<script>alert(1)</script>"
    evil = make_recording(
        target=f"/notes/{script}", headers=(("X", script),), body=script, reply=script, log=f"{script}\n"
    )
    client = client_of(make_site(notes_project(tmp_path), recordings=[evil]))
    for page in (
        "/requests",
        f"/requests/{evil.summary.id}",
        f"/send?from={evil.summary.id}",
        f"/requests?text={script}",
    ):
        shown = client.get(page).text
        assert "alert(1)" in shown
        assert script not in shown
    rows = client.get("/requests/rows").json
    assert rows is not None
    assert script not in rows["html"]


def test_a_request_can_be_sent_to_the_api_only(client: FlaskClient) -> None:
    for target in ("http://evil.example/", "//evil.example", "@evil.example/", "", "/a b", "/a\r\nX: y"):
        content: dict[str, object] = {"method": "GET", "target": target, "headers": []}
        reply = client.post("/send", json=content, headers=OWN)
        # //evil.example is a path of the API, which does not answer here.
        assert reply.status_code == 400
        assert "the API does not answer" in reply.text if target == "//evil.example" else "is no path" in reply.text
    for headers in ([["A: b\r\nC", "d"]], [["A", "b\r\nC: d"]]):
        content = {"method": "GET", "target": "/", "headers": headers}
        assert client.post("/send", json=content, headers=OWN).status_code == 400


def test_only_pages_contain_the_token(client: FlaskClient) -> None:
    for page in ("/requests/rows", "/docs/openapi.json", "/static/site.js", "/nothing", "/status"):
        assert TOKEN not in client.get(page, buffered=True).text


@pytest.fixture(scope="module")
def secretive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return notes_project(tmp_path_factory.mktemp("secretive"))


@pytest.mark.stack
def test_the_inspector_listens_on_the_loopback_address_only(secretive: Path) -> None:
    with running_stack(secretive, ("--no-data", "--inspected", "--host", "0.0.0.0")) as stack:
        inspector, api = urlsplit(stack.inspector), urlsplit(stack.url)
        assert inspector.hostname == "127.0.0.1"
        socket.create_connection(("127.0.0.2", api.port or 0), 5).close()
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.2", inspector.port or 0), 5)


@pytest.mark.stack
def test_credentials_are_redacted_everywhere(secretive: Path) -> None:
    secrets = {
        "Authorization": "Bearer secret-bearer-1",
        "Cookie": "session=secret-cookie-2",
        "x-api-key": "secret-key-3",
    }
    with running_stack(secretive, ("--no-data", "--inspected")) as stack:
        body = json.dumps({"password": "secret-password-4", "text": "plain"})
        reply = requests.put(f"{stack.url}/notes/1?access_token=secret-token-5", data=body, headers=secrets, timeout=60)
        assert reply.status_code == 204
        id = reply.headers["Apigw-Requestid"]
        pages = (f"/requests/{id}?new", "/requests", f"/requests/{id}/event.json", f"/send?from={id}", "/requests/rows")
        shown = [requests.get(stack.inspector + page, timeout=60) for page in pages]
        assert [page.status_code for page in shown] == [200] * len(pages)
        assert re.findall(r"secret-\w+-\d", "".join(page.text for page in shown)) == []
        assert "plain" in shown[0].text
        # The process list is for everyone on the machine.
        token = re.search(r'homeport-token" content="([^"]+)"', shown[0].text)
        assert token
        assert all(token[1] not in line.read_text(errors="replace") for line in Path("/proc").glob("[0-9]*/cmdline"))
