"""A healthy REST API of books in this process, over a real socket, and the means to run checks on it.

A test plants a fault by a subclass of ``BookApi`` that overrides one of its small methods:

    class Strips(BookApi):
        def keep(self, book: Book) -> Book:
            return {**book, "title": book["title"].strip()}

    results = run_on_books(book_project(tmp_path), Strips(), round_trip.CHECKS)
"""

from __future__ import annotations

import base64
import copy
import json
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jsonschema_rs

from homeport.contract.checks.check import Check
from homeport.contract.checks.client import Client, write_json
from homeport.contract.checks.runner import CheckOptions, CheckResults, run_checks
from homeport.contract.rest.infer import infer_model
from homeport.project.project import Project
from homeport.project.schema.json_schema import to_json_schema
from tests.support.rest_document import CONTENT, book_document

Book = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BookRequest:
    """A request. The names of ``headers`` are in lower case; ``body`` is its JSON value, ``raw`` its bytes."""

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None
    valid_json: bool = True
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class BookReply:
    """A reply; ``body`` is a JSON value, None for none."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, title: str) -> None:
        super().__init__(title)
        self.reply = BookReply(status, {"title": title, "status": status}, {"Content-Type": "application/problem+json"})


class BookApi:
    """The API. Each method is one promise, so that a subclass can break it alone."""

    def __init__(self) -> None:
        self.books: dict[str, Book] = {}
        self.keys: dict[str, tuple[Any, BookReply]] = {}
        self.lock = threading.RLock()
        self.requests: list[BookRequest] = []
        self._last = datetime.fromtimestamp(0, UTC)
        document = book_document()
        schemas = document["components"]["schemas"]
        self._validators = {
            name: jsonschema_rs.Draft7Validator(to_json_schema(schemas[name], document), validate_formats=True)
            for name in ("BookInput", "BookPatch", "BookIds")
        }

    def handle(self, request: BookRequest) -> BookReply:
        """Answer a request."""
        self.requests.append(request)
        try:
            with self.lock:
                return self.route(request)
        except Refused as refused:
            return refused.reply

    def route(self, request: BookRequest) -> BookReply:
        """Answer a request by its method and path."""
        match request.method, request.path:
            case "GET", ("books",):
                return self.list(request)
            case "POST", ("books",):
                return self.create_once(request)
            case "POST", ("books", "batch-get"):
                return self.batch_get(request)
            case "GET" | "HEAD", ("books", id_):
                return self.read(id_, request)
            case "PUT", ("books", id_):
                return self.replace(id_, request)
            case "PATCH", ("books", id_):
                return self.change(id_, request)
            case "DELETE", ("books", id_):
                return self.delete(id_, request)
            case "POST", ("books", id_, "lend"):
                return self.lend(id_, request)
        raise Refused(404, "no such route")

    # What is kept and shown

    def now(self) -> str:
        """Return the time, later than any before."""
        self._last = max(datetime.now(UTC), self._last + timedelta(microseconds=1))
        return self._last.isoformat(timespec="microseconds").replace("+00:00", "Z")

    def keep(self, book: Book) -> Book:
        """Return what is stored of a book."""
        return copy.deepcopy(book)

    def show(self, book: Book) -> Book:
        """Return what an answer has of a stored book."""
        return copy.deepcopy(book)

    def show_in_list(self, book: Book) -> Book:
        """Return what a list or a batch has of a stored book."""
        return self.show(book)

    def show_written(self, book: Book) -> Book:
        """Return what the answer of a write has of the book that is stored now."""
        return self.show(book)

    def etag(self, book: Book) -> str:
        """Return the entity tag of a stored book."""
        return f'"{book["version"]}-{book["createdAt"]}"'

    def find(self, id_: str) -> Book:
        """Return a stored book. Raises Refused."""
        if id_ not in self.books:
            raise Refused(404, "no such book")
        return self.books[id_]

    def store(self, id_: str, book: Book) -> Book:
        """Store a book and return it."""
        self.books[id_] = self.keep(book)
        return self.books[id_]

    def valid(self, name: str, request: BookRequest) -> Any:
        """Return a request's body. Raises Refused unless it keeps to the schema ``name``."""
        if not request.valid_json or not self._validators[name].is_valid(request.body):
            raise Refused(400, "not valid")
        return request.body

    def content(self, sent: Book) -> Book:
        """Return the properties that a client writes, each with its value or its default."""
        return {name: copy.deepcopy(sent.get(name, schema.get("default"))) for name, schema in CONTENT.items()}

    def merged(self, book: Book, patch: Book) -> Book:
        """Return a book with a merge patch."""
        content = {name: book[name] for name in CONTENT}
        return {**book, **self.content(merge_patch(content, patch))}

    def written(self, book: Book) -> Book:
        """Return a book with the time and the version of one more write."""
        return {**book, "updatedAt": self.now(), "version": book["version"] + 1}

    def require(self, book: Book | None, request: BookRequest) -> None:
        """Raise Refused unless the preconditions of a write hold."""
        tags = set() if book is None else {self.etag(book), "*"}
        wanted, unwanted = request.headers.get("if-match"), request.headers.get("if-none-match")
        if wanted is not None and not tags & set(_tags(wanted)):
            raise Refused(412, "not as wanted")
        if unwanted is not None and tags & {tag.removeprefix("W/") for tag in _tags(unwanted)}:
            raise Refused(412, "not as wanted")

    # Operations

    def create_once(self, request: BookRequest) -> BookReply:
        """Create a book, or answer as the first request with this Idempotency-Key was answered."""
        key = request.headers.get("idempotency-key")
        if key is None:
            return self.create(request)
        if key in self.keys:
            body, reply = self.keys[key]
            if body != request.body:
                raise Refused(422, "the key was used with another body")
            return reply
        reply = self.create(request)
        self.keys[key] = request.body, reply
        return reply

    def create(self, request: BookRequest) -> BookReply:
        """Create a book."""
        sent = self.valid("BookInput", request)
        id_ = sent.get("bookId", str(uuid.uuid4()))
        if id_ in self.books:
            raise Refused(409, "taken")
        return self.answer(201, self.store(id_, self.new_book(id_, sent)), Location=f"/books/{id_}")

    def new_book(self, id_: str, sent: Book) -> Book:
        """Return a new book."""
        now = self.now()
        return {"bookId": id_, **self.content(sent), "createdAt": now, "updatedAt": now, "version": 1}

    def read(self, id_: str, request: BookRequest) -> BookReply:
        """Read a book."""
        book = self.find(id_)
        wanted, known = request.headers.get("if-match"), request.headers.get("if-none-match")
        if wanted is not None and not {self.etag(book), "*"} & set(_tags(wanted)):
            raise Refused(412, "not as wanted")
        if known is not None and {self.etag(book), "*"} & {tag.removeprefix("W/") for tag in _tags(known)}:
            return BookReply(304, None, {"ETag": self.etag(book)})
        return BookReply(200, self.show(book), {"ETag": self.etag(book)})

    def replace(self, id_: str, request: BookRequest) -> BookReply:
        """Replace a book, or create it."""
        sent = self.valid("BookInput", request)
        if sent.get("bookId", id_) != id_:
            raise Refused(409, "another id")
        old = self.books.get(id_)
        self.require(old, request)
        if old is None:
            return self.answer(201, self.store(id_, self.new_book(id_, sent)), Location=f"/books/{id_}")
        return self.answer(200, self.store(id_, self.written(self.replaced(old, sent))))

    def replaced(self, old: Book, sent: Book) -> Book:
        """Return a book with other content."""
        return {**old, **self.content(sent)}

    def change(self, id_: str, request: BookRequest) -> BookReply:
        """Change a book."""
        patch = self.valid("BookPatch", request)
        old = self.find(id_)
        self.require(old, request)
        return self.answer(200, self.store(id_, self.written(self.merged(old, patch))))

    def delete(self, id_: str, request: BookRequest) -> BookReply:
        """Delete a book."""
        self.require(self.find(id_), request)
        self.remove(id_)
        return BookReply(204)

    def remove(self, id_: str) -> None:
        """Remove a stored book."""
        del self.books[id_]

    def lend(self, id_: str, request: BookRequest) -> BookReply:
        """Lend a book."""
        old = self.find(id_)
        self.require(old, request)
        if old["shelf"] == "lent":
            raise Refused(409, "lent already")
        return self.answer(200, self.store(id_, self.written({**old, "shelf": "lent"})))

    def list(self, request: BookRequest) -> BookReply:
        """List books."""
        query = request.query
        limit = int(query["limit"]) if query.get("limit", "10").isdecimal() and "limit" in query else 10
        if not 1 <= limit <= 20 or not query.get("limit", "1").isdecimal():
            raise Refused(400, "limit")
        if (
            query.get("shelf", "open") not in ("open", "lent", "lost")
            or query.get("sort", "title").lstrip("-") != "title"
        ):
            raise Refused(400, "shelf or sort")
        chosen = {name: query.get(name, "") for name in ("shelf", "sort")}
        found = self.ordered(self.filtered(list(self.books.values()), query), query)
        if "cursor" in query:
            found = [book for book in found if self.is_after(book, self.position(query["cursor"], chosen), query)]
        page, rest = self.cut(found, limit)
        body: dict[str, Any] = {"books": [self.show_in_list(book) for book in page]}
        if rest:
            body["cursor"] = self.cursor(page[-1], chosen)
        return BookReply(200, body)

    def filtered(self, books: list[Book], query: Mapping[str, str]) -> list[Book]:  # type: ignore[valid-type]
        """Return the books of the shelf that a query wants."""
        return [book for book in books if query.get("shelf", book["shelf"]) == book["shelf"]]  # type: ignore[attr-defined]

    def ordered(self, books: Any, query: Mapping[str, str]) -> Any:
        """Return books in the order that a query wants."""
        return sorted(books, key=lambda book: _place(book, query), reverse=query.get("sort") == "-title")

    def cut(self, books: Any, limit: int) -> tuple[Any, Any]:
        """Return a page of books, and those that follow."""
        return books[:limit], books[limit:]

    def is_after(self, book: Book, position: Any, query: Mapping[str, str]) -> bool:
        """Return whether a book follows a cursor's position."""
        place = _place(book, query)
        return place < tuple(position) if query.get("sort") == "-title" else place > tuple(position)

    def cursor(self, last: Book, chosen: dict[str, str]) -> str:
        """Return the cursor behind a book. It holds for the query that it was made for."""
        text = json.dumps([chosen, _place(last, chosen)], sort_keys=True)
        return base64.urlsafe_b64encode(text.encode()).decode()

    def position(self, cursor: str, chosen: dict[str, str]) -> Any:
        """Return a cursor's position. Raises Refused for one that is damaged, or of another query."""
        try:
            text = base64.b64decode(cursor, altchars=b"-_", validate=True)
            made_for, place = json.loads(text)
        except ValueError:
            raise Refused(400, "cursor") from None
        if made_for != chosen or self.cursor({"title": place[0], "bookId": place[1]}, chosen) != cursor:
            raise Refused(400, "cursor")
        return place

    def batch_get(self, request: BookRequest) -> BookReply:
        """Read several books."""
        ids = self.valid("BookIds", request)["bookIds"]
        here = [self.show_in_list(self.books[id_]) for id_ in ids if id_ in self.books]
        return BookReply(200, {"books": here, "missing": [id_ for id_ in ids if id_ not in self.books]})

    def answer(self, status: int, book: Book, **headers: str) -> BookReply:
        """Return the answer of a write."""
        return BookReply(status, self.show_written(book), {"ETag": self.etag(book), **headers})


def merge_patch(target: Any, patch: Any) -> Any:
    """Return a value with a merge patch (RFC 7396, section 2)."""
    if not isinstance(patch, dict):
        return patch
    made = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            made.pop(name, None)
        else:
            made[name] = merge_patch(made.get(name), value)
    return made


@contextmanager
def serve_books(api: BookApi) -> Iterator[str]:
    """Serve an API on a free port; the value is its base URL."""
    with _Server(api) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def run_on_books(
    project: Project, api: BookApi, checks: tuple[Check, ...], *, seed: int = 1, rounds: int = 1
) -> CheckResults:
    """Return the results of checks on an API."""
    with serve_books(api) as url:
        return run_checks(
            project, infer_model(project.api), [Client(url)], CheckOptions(seed, rounds=rounds), None, checks
        )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, api: BookApi) -> None:
        self.api = api
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_any(self) -> None:
        """Answer a request."""
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        try:
            body, valid = json.loads(data or b"null", parse_float=Decimal), True
            # A lone surrogate is no character, and raises ValueError here.
            json.dumps(body, ensure_ascii=False, default=str).encode()
        except (ValueError, RecursionError):
            body, valid = None, False
        request = BookRequest(
            self.command,
            tuple(unquote(part) for part in parts.path.strip("/").split("/")),
            {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()},
            {name.lower(): ", ".join(self.headers.get_all(name, [])) for name in self.headers},
            body,
            valid,
            data,
        )
        reply = self.server.api.handle(request)
        text = b"" if reply.body is None else write_json(reply.body).encode()
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            if text or name != "Content-Type":
                self.send_header(name, value)
        if reply.status not in (204, 304):
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_any

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


def _tags(header: str) -> list[str]:
    return [tag.strip() for tag in header.split(",")]


def _place(book: Book, query: Mapping[str, str]) -> tuple[str, str]:
    return (book["title"] if query.get("sort") else ""), book["bookId"]
