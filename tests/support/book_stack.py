"""The books of ``rest_api.py`` behind a database that fails on demand, as a stack that checks can control.

class Says404(StoredBooks):
    def refuse(self, error: DatabaseError) -> Refused:
        return Refused(404, "no such book")

results = run_on_stack(tmp_path, Says404(), under_faults.CHECKS)
"""

from __future__ import annotations

import json
import threading
import uuid
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from homeport.contract.checks.check import Check
from homeport.contract.checks.client import Client
from homeport.contract.checks.runner import CheckOptions, CheckResults, run_checks
from homeport.contract.rest.infer import infer_model
from homeport.contract.stack.access import HeldCall, Holds, LoggedExchange, TracedCall
from homeport.project.triggers.trigger import NO_TRIGGERS, Triggers
from homeport.runtime.faults import ErrorResponse, Fault, NoResponse, parse_fault
from homeport.runtime.worker.faults import draw
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, Refused, serve_books
from tests.support.rest_document import book_document, book_project

_RESOURCES = """
Resources:
  BooksTable:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: bookId, AttributeType: S}]
      KeySchema: [{AttributeName: bookId, KeyType: HASH}]
      TimeToLiveSpecification: {AttributeName: expiresAt, Enabled: true}
"""
_ATTEMPTS = 3
Result = TypeVar("Result")


class DatabaseError(Exception):
    """An error of the database; ``code`` is DynamoDB's, ``lost`` for an answer that did not come."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class StoredBooks(BookApi):
    """The healthy API, whose every access to its books is a call that may fail, and is then a 503 with Retry-After."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: tuple[Fault, ...] = ()
        self.seed = 0
        self.lagging = False
        self.before: dict[str, Book | None] = {}
        self.logged: dict[str, list[TracedCall]] = {}
        self.index = ""
        self._number = 0
        self._request = threading.local()

    def set_faults(self, texts: tuple[str, ...], seed: int) -> None:
        """Have calls fail so from now on."""
        self.faults, self.seed, self._number = tuple(map(parse_fault, texts)), seed, 0

    def renew(self) -> None:
        """Forget what an environment keeps."""

    def handle(self, request: BookRequest) -> BookReply:
        """Answer a request, with an id in the answer."""
        with self.lock:
            self._number += 1
            self._request.number, self._request.attempts, self._request.calls = self._number, 0, []
            try:
                reply = super().handle(request)
            except DatabaseError as error:
                reply = self.refuse(error).reply
            identity = str(uuid.uuid4())
            self.logged[identity] = self._request.calls
            return BookReply(reply.status, reply.body, {**reply.headers, "apigw-requestid": identity})

    def refuse(self, error: DatabaseError) -> Refused:
        """Return the error that tells of a failed call."""
        refused = Refused(503, "the database does not answer")
        refused.reply.headers["Retry-After"] = "1"
        return refused

    def call(self, action: str, do: Callable[[], Result], index: str = "") -> Result:
        """Make a call as an SDK does: errors that pass are tried again. Raises DatabaseError."""
        code = ""
        for _ in range(_ATTEMPTS):
            self._request.attempts += 1
            effect = self._fault(action)
            if effect is None:
                self._request.calls.append(TracedCall(action, f"BooksTable/{index}" if index else "BooksTable"))
                return do()
            code = effect.code if isinstance(effect, ErrorResponse) else "lost"
            if isinstance(effect, NoResponse) and effect.done:
                do()
            if code.startswith("AccessDenied"):
                break
        raise DatabaseError(code)

    def _fault(self, action: str) -> Any:
        for fault in self.faults:
            place = f"{self.seed}/{self._request.number}/{self._request.attempts}/{fault.text}"
            is_error = isinstance(fault.effect, ErrorResponse | NoResponse)
            if is_error and fault.action in ("*", action) and draw(place) < fault.probability:
                return fault.effect
        return None

    def find(self, id_: str) -> Book:
        """Return a stored book. Raises Refused and DatabaseError."""
        return self.call("GetItem", lambda: BookApi.find(self, id_))

    def store(self, id_: str, book: Book) -> Book:
        """Store a book. Raises DatabaseError."""

        def put() -> Book:
            self.before[id_] = self.books.get(id_)
            return BookApi.store(self, id_, book)

        return self.call("PutItem", put)

    def remove(self, id_: str) -> None:
        """Remove a book, if it is there. Raises DatabaseError."""
        self.before[id_] = self.books.get(id_)
        self.call("DeleteItem", lambda: self.books.pop(id_, None))

    def list(self, request: BookRequest) -> BookReply:
        """List books, from the ``index`` where there is one. Raises DatabaseError."""
        return self.call("Scan", lambda: BookApi.list(self, request), self.index)

    def batch_get(self, request: BookRequest) -> BookReply:
        """Read several books. Raises DatabaseError."""
        return self.call("BatchGetItem", lambda: BookApi.batch_get(self, request))

    def attributes(self, book: Book) -> dict[str, Any]:
        """Return what the table has of a book."""
        return {name: to_attribute(value) for name, value in book.items()}

    def put_item(self, item: Mapping[str, Any]) -> None:
        """Take an item that is put into the table past the API."""
        raise NotImplementedError

    def others(self) -> list[dict[str, Any]]:  # type: ignore[valid-type]
        """Return the other items of the table."""
        return []


class RejectsSomeValues(StoredBooks):
    """About every second body is rejected for its values, of which the document says nothing."""

    def content(self, sent: Book) -> Book:
        values = {name: value for name, value in sent.items() if name != "bookId"}
        if zlib.crc32(b"1" + json.dumps(values, sort_keys=True, default=str).encode()) % 2:
            raise Refused(422, "there is no such shelf")
        return super().content(sent)


class _NoHolds:
    """No calls: the books are written one request at a time."""

    def wait(self, timeout: float = 5.0) -> HeldCall | None:
        """Return None."""
        return None

    def release_all(self) -> None:
        """Do nothing."""


class BookStack:
    """The controls of ``StoredBooks`` (``StackAccess``)."""

    def __init__(self, api: StoredBooks, properties: Mapping[str, Any]) -> None:
        self.api = api
        self.properties = properties

    @contextmanager
    def faults(self, *texts: str, seed: int = 0) -> Iterator[None]:
        """Have calls fail within the context."""
        self.api.set_faults(texts, seed)
        try:
            yield
        finally:
            self.api.set_faults((), 0)

    @contextmanager
    def hold(self, target: str = "*") -> Iterator[Holds]:
        """Hold nothing."""
        yield _NoHolds()

    @contextmanager
    def eventual(self) -> Iterator[None]:
        """Have an API that reads so see what was there before the latest write."""
        self.api.lagging = True
        try:
            yield
        finally:
            self.api.lagging = False

    def new_environments(self) -> None:
        """Forget what environments keep."""
        self.api.renew()

    def find_log(self, request_id: str) -> LoggedExchange | None:
        """Return the calls of a request."""
        calls = self.api.logged.get(request_id)
        return None if calls is None else LoggedExchange({}, f"START RequestId: {request_id}\n", tuple(calls))

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return the stored books."""
        with self.api.lock:
            return [*(self.api.attributes(book) for book in self.api.books.values()), *self.api.others()]

    def put_item(self, table: str, item: Mapping[str, Any]) -> None:
        """Store a book as it is in the table."""
        with self.api.lock:
            self.api.put_item(item)

    def describe(self, table: str) -> Mapping[str, Any]:
        """Return the properties of the table."""
        return self.properties


def to_attribute(value: Any) -> dict[str, Any]:
    """Return a JSON value as DynamoDB has it."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | Decimal):
        return {"N": str(value)}
    if isinstance(value, list):
        return {"L": [to_attribute(one) for one in value]}
    return {"M": {k: to_attribute(v) for k, v in value.items()}} if isinstance(value, dict) else {"S": value}


def run_on_stack(
    root: Path,
    api: StoredBooks,
    checks: tuple[Check, ...],
    document: dict[str, Any] | None = None,
    sort_key: str = "",
    failure: str = "503",
    triggers: Triggers = NO_TRIGGERS,
) -> CheckResults:
    """Return the results of checks on an API and its stack.

    ``sort_key`` is that of the table, if it has one. ``failure`` is the status of the document's response of a failure.
    ``triggers`` are what invokes functions of the project beside its API.
    """
    resources = _RESOURCES
    if sort_key:
        resources = resources.replace(
            "AttributeType: S}]", f"AttributeType: S}}, {{AttributeName: {sort_key}, AttributeType: S}}]"
        )
        resources = resources.replace(
            "KeyType: HASH}]", f"KeyType: HASH}}, {{AttributeName: {sort_key}, KeyType: RANGE}}]"
        )
    (root / "deploy").mkdir(parents=True, exist_ok=True)
    (root / "deploy" / "resources.yaml").write_text(resources)
    document = document or book_document()
    schema = {"content": {"application/problem+json": {"schema": {"type": "object"}}}}
    header = {"Retry-After": {"schema": {"type": "integer"}}}
    for methods in document["paths"].values():
        for operation in methods.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"][failure] = {"description": "Busy.", "headers": header, **schema}
    project = replace(book_project(root, document), triggers=triggers)
    stack = BookStack(api, project.resources.tables["BooksTable"].properties)
    with serve_books(api) as url:
        model = infer_model(project.api)
        return run_checks(project, model, [Client(url)], CheckOptions(1), stack, checks)
