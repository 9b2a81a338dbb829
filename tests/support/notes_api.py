"""An API of notes in this process: it makes ids, cursors and times of its own, as real ones do."""

from __future__ import annotations

import base64
import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

SEEDED = {"noteId": "seed-1", "text": "theirs"}


class Notes(ThreadingHTTPServer):
    """The server. ``via`` says that it forwards to another machine; ``received`` are the requests that it got."""

    daemon_threads = True

    def __init__(self, prefix: str, via: bool) -> None:
        self.prefix = prefix
        self.via = via
        self.items: dict[str, dict[str, Any]] = {"seed-1": dict(SEEDED)}
        self.received: list[str] = []
        self.renamed: tuple[str, str] | None = None
        self.throttled = 0
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        """The API's base URL."""
        return f"http://127.0.0.1:{self.server_address[1]}{self.prefix}"


@contextmanager
def notes_api(prefix: str = "", *, via: bool = False) -> Iterator[Notes]:
    """Serve an API below the path ``prefix``, with one note that the test did not make."""
    with Notes(prefix, via) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Notes

    def do_any(self) -> None:
        """Answer a request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        path = parts.path.removeprefix(self.server.prefix) or "/"
        self.server.received.append(f"{self.command} {path}")
        if self.server.throttled:
            self.server.throttled -= 1
            return self._answer(429, {"message": "Too Many Requests"})
        try:
            sent = json.loads(body or "{}")
        except ValueError:
            sent = None
        if not isinstance(sent, dict):
            return self._answer(400, {"message": "no object"})
        id_ = path.removeprefix("/notes").strip("/")
        if path == "/notes" and self.command == "POST":
            return self._create(sent)
        if path == "/notes" and self.command == "GET":
            return self._list({name: values[0] for name, values in parse_qs(parts.query).items()})
        if not path.startswith("/notes/") or id_ not in self.server.items:
            return self._answer(404, {"message": f"no {path}", "requestId": str(uuid.uuid4())})
        if self.command == "DELETE":
            del self.server.items[id_]
            return self._answer(204, None)
        if self.command in ("PATCH", "PUT"):
            self.server.items[id_] |= {**sent, "noteId": id_}
        return self._answer(200, self.server.items[id_], ETag=f'"{uuid.uuid4().hex}"')

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_TRACE = do_any

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""

    def _create(self, sent: dict[str, Any]) -> None:
        id_ = str(sent.get("noteId") or uuid.uuid4().hex[:10])
        note = {**sent, "noteId": id_, "createdAt": datetime.now(UTC).isoformat(), "epoch": time.time()}
        self.server.items[id_] = note
        self._answer(201, note, Location=f"{self.server.prefix}/notes/{id_}")

    def _list(self, query: dict[str, str]) -> None:
        # As a scan does: the order is that of the ids, which are random.
        ids = sorted(self.server.items)
        if "cursor" in query:
            last = json.loads(base64.urlsafe_b64decode(query["cursor"]))["noteId"]
            ids = [id_ for id_ in ids if id_ > last]
        size = int(query["limit"]) if query.get("limit", "").isdecimal() else len(ids)
        found: dict[str, Any] = {"notes": [self.server.items[id_] for id_ in ids[:size]]}
        if 0 < size < len(ids):
            found["cursor"] = base64.urlsafe_b64encode(json.dumps({"noteId": ids[size - 1]}).encode()).decode()
        self._answer(200, found)

    def _answer(self, status: int, body: Any, **headers: str) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        if self.server.renamed:
            old, new = (f'"{name}":'.encode() for name in self.server.renamed)
            data = data.replace(old, new)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        if self.server.via:
            self.send_header("Via", "1.1 proxy")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def notes_project(root: Path) -> Path:
    """Write the project whose spec describes the notes."""
    note = {"type": "object", "properties": {"text": {"type": "string", "maxLength": 20}}}
    body = {"content": {"application/json": {"schema": note}}}
    key = [{"name": "noteId", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 40}}]
    limit = [{"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 3}}]

    def operation(id_: str, *statuses: str, **more: Any) -> dict[str, Any]:
        answers = {status: {"description": "."} for status in (*statuses, "404")}
        return {"operationId": id_, "responses": answers, "x-homeport": {"access": {}}, **more}

    sent = {"requestBody": {**body, "required": True}}
    paths = {
        "/notes": {
            "get": operation("listNotes", "200", parameters=limit),
            "post": operation("createNote", "201", **sent),
            "delete": operation("deleteNotes", "204"),
        },
        "/notes/{noteId}": {
            "parameters": key,
            "get": operation("getNote", "200"),
            "patch": operation("changeNote", "200", **sent),
            "delete": operation("deleteNote", "204"),
        },
    }
    root.mkdir(parents=True, exist_ok=True)
    spec = {"openapi": "3.0.3", "info": {"title": "Notes", "version": "1"}, "paths": paths}
    (root / "openapi.yaml").write_text(yaml.safe_dump(spec, sort_keys=False))
    for name in ("list_notes", "create_note", "delete_notes", "get_note", "change_note", "delete_note"):
        handler = root / "service" / "handlers" / f"{name}.py"
        handler.parent.mkdir(parents=True, exist_ok=True)
        handler.write_text("def handler(event, context):\n    return {'statusCode': 200}\n")
    return root
