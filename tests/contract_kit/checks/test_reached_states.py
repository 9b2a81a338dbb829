"""States that only actions reach: lists have them, PUT leaves them, and the final ones stay."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.collections import lists, reached_states
from homeport.contract.checks.methods import actions, parents, states
from homeport.contract.checks.runner import CheckResults
from homeport.contract.checks.state_field import StateField
from homeport.project.project import Project
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, Refused, run_on_books
from tests.support.rest_document import book_document, book_project

CHECKS = (*reached_states.CHECKS, *actions.CHECKS, *states.CHECKS)
BOOK, RESERVE, WITHDRAW, NOTES = "/books/{bookId}", "/books/{bookId}/reserve", "/books/{bookId}/withdraw", "notes"
STATES = ["offered", "reserved", "withdrawn"]
STATE = {"allOf": [{"$ref": "#/components/schemas/State"}], "readOnly": True}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return books with a state that actions set, and notes that are counted."""
    return book_project(tmp_path_factory.mktemp("states"), document_with_states())


def document_with_states() -> dict[str, Any]:
    """Return the document of books with a state and notes."""
    document = book_document()
    schemas, paths = document["components"]["schemas"], document["paths"]
    schemas["State"] = {"type": "string", "enum": STATES}
    schemas["Book"]["properties"] |= {"state": STATE, "notes": {"type": "integer", "minimum": 0, "readOnly": True}}
    text = {"type": "string", "maxLength": 9}
    schemas["NewNote"] = {"type": "object", "required": ["text"], "properties": {"text": text}}
    number = {"type": "string", "pattern": "^[0-9]{1,9}$"}
    schemas["Note"] = {"type": "object", "required": ["id", "text"], "properties": {"id": number, "text": text}}
    action = paths.pop("/books/{bookId}/lend")
    for path, id_ in ((RESERVE, "reserveBook"), (WITHDRAW, "withdrawBook")):
        refused = {**action["post"]["responses"]["409"], "description": "Not now; a withdrawn book stays withdrawn."}
        responses = {**action["post"]["responses"], "409": refused}
        paths[path] = {**action, "post": {**action["post"], "operationId": id_, "responses": responses}}
    sent, note = (
        {"application/json": {"schema": {"$ref": f"#/components/schemas/{one}"}}} for one in ("NewNote", "Note")
    )
    paths[f"{BOOK}/{NOTES}"] = {
        "parameters": action["parameters"],
        "post": {
            "operationId": "addNote",
            "x-homeport": {"access": {}},
            "requestBody": {"required": True, "content": sent},
            "responses": {"201": {"description": "Added.", "content": note}},
        },
    }
    paths[f"{BOOK}/{NOTES}/{{noteId}}"] = {
        "parameters": [*action["parameters"], {"name": "noteId", "in": "path", "required": True, "schema": number}],
        "get": {
            "operationId": "getNote",
            "x-homeport": {"access": {}},
            "responses": {"200": {"description": "A note.", "content": note}, "404": {"description": "None."}},
        },
    }
    paths[BOOK]["put"]["description"] = "Replaces the content. The state is not in the body and stays."
    filters = paths["/books"]["get"]["parameters"]
    filters[0] = {"name": "state", "in": "query", "schema": {"$ref": "#/components/schemas/State"}}
    return document


@pytest.fixture(scope="module")
def strict_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return books that are changed only while they are offered, and reserved once."""
    document = document_with_states()
    for method in ("put", "patch", "delete"):
        responses = document["paths"][BOOK][method]["responses"]
        document["paths"][BOOK][method]["responses"] = {**responses, "409": {"description": "It was reserved."}}
        document["paths"][BOOK][method]["description"] = "Only offered books\n can be changed or deleted."
    notes = document["paths"][f"{BOOK}/{NOTES}"]["post"]
    notes["responses"] = {**notes["responses"], "409": {"description": "The book is withdrawn."}}
    reserve = document["paths"][RESERVE]["post"]
    refused = {**reserve["responses"]["409"], "description": "The book has been reserved before."}
    reserve["responses"] = {**reserve["responses"], "409": refused}
    return book_project(tmp_path_factory.mktemp("strict"), document)


class States(BookApi):
    def new_book(self, id_: str, sent: Book) -> Book:
        return {**super().new_book(id_, sent), "state": "offered", "notes": 0}

    def route(self, request: BookRequest) -> BookReply:
        match request.method, request.path:
            case "POST", ("books", id_, "reserve"):
                return self.move(id_, "reserved", "offered")
            case "POST", ("books", id_, "withdraw"):
                return self.move(id_, "withdrawn", "offered", "reserved")
            case "POST", ("books", id_, "notes"):
                book = self.store(id_, self.written({**self.find(id_), "notes": self.find(id_)["notes"] + 1}))
                return BookReply(201, {"id": str(book["notes"]), **request.body})
        return super().route(request)

    def move(self, id_: str, state: str, *origins: str) -> BookReply:
        old = self.find(id_)
        if old["state"] not in origins:
            raise Refused(409, f"it is {old['state']}")
        return self.answer(200, self.store(id_, self.written({**old, "state": state})))

    def filtered(self, books: list[Book], query: Mapping[str, str]) -> list[Book]:
        return [book for book in books if query.get("state", book["state"]) == book["state"]]


class ReservesTheWithdrawn(States):
    def move(self, id_: str, state: str, *origins: str) -> BookReply:
        return super().move(id_, state, *origins, *(["withdrawn"] if state == "reserved" else []))


class HidesTheWithdrawn(States):
    def filtered(self, books: list[Book], query: Mapping[str, str]) -> list[Book]:
        return [book for book in super().filtered(books, query) if book["state"] != "withdrawn"]


class PutResetsState(States):
    def replaced(self, old: Book, sent: Book) -> Book:
        return {**super().replaced(old, sent), "state": "offered"}


class PutForgetsNotes(States):
    def replaced(self, old: Book, sent: Book) -> Book:
        return {**super().replaced(old, sent), "notes": 0}


class WithdrawsAgain(States):
    """What is withdrawn stays so when it is withdrawn again, whatever the answer is."""

    def move(self, id_: str, state: str, *origins: str) -> BookReply:
        return super().move(id_, state, *origins, *(["withdrawn"] if state == "withdrawn" else []))


class ChangesOffered(States):
    """Books that are changed and deleted only while they are offered."""

    def check(self, method: str, id_: str) -> None:
        """Raise Refused where a book is not offered any more."""
        if self.find(id_)["state"] != "offered":
            raise Refused(409, "not any more")

    def replace(self, id_: str, request: BookRequest) -> BookReply:
        if id_ in self.books:
            self.check("PUT", id_)
        return super().replace(id_, request)

    def change(self, id_: str, request: BookRequest) -> BookReply:
        self.check("PATCH", id_)
        return super().change(id_, request)

    def delete(self, id_: str, request: BookRequest) -> BookReply:
        self.check("DELETE", id_)
        return super().delete(id_, request)

    def route(self, request: BookRequest) -> BookReply:
        if request.path[2:] == ("notes",) and self.find(request.path[1])["state"] in self.closed():
            raise Refused(409, "not any more")
        return super().route(request)

    def closed(self) -> tuple[str, ...]:
        """Return the states in which a book takes no notes."""
        return ("withdrawn",)


class NotesOnWithdrawn(ChangesOffered):
    def closed(self) -> tuple[str, ...]:
        return ()


class PutsReserved(ChangesOffered):
    def check(self, method: str, id_: str) -> None:
        if method != "PUT":
            super().check(method, id_)


class DeletesReserved(ChangesOffered):
    def check(self, method: str, id_: str) -> None:
        if method != "DELETE":
            super().check(method, id_)


class ReservesAgain(ChangesOffered):
    def move(self, id_: str, state: str, *origins: str) -> BookReply:
        return super().move(id_, state, *origins, *(["reserved"] if state == "reserved" else []))


def _found(results: CheckResults) -> list[tuple[str, str, str]]:
    assert results.crashes == []
    return [(one.check, one.operation, one.subject) for one in results.findings]


@pytest.mark.parametrize("api", [States, WithdrawsAgain])
def test_states_that_are_as_documented_are_no_finding(project: Project, api: type[States]) -> None:
    assert _found(run_on_books(project, api(), CHECKS)) == []


@pytest.mark.parametrize(
    ("api", "found"),
    [
        (ReservesTheWithdrawn, ("actions-go-from-documented-states", f"POST {RESERVE}", "409")),
        (HidesTheWithdrawn, ("filter-has-reached-states", "GET /books", "?state")),
        (PutResetsState, ("put-leaves-the-rest", f"PUT {BOOK}", "/state")),
        (PutForgetsNotes, ("put-leaves-the-rest", f"PUT {BOOK}", "/notes")),
    ],
)
def test_fault_is_found(project: Project, api: type[States], found: tuple[str, str, str]) -> None:
    assert _found(run_on_books(project, api(), CHECKS)) == [found]


def test_put_may_reset_a_state_of_which_the_document_says_nothing(tmp_path: Path, project: Project) -> None:
    document: Any = {**project.api.document, "paths": {**project.api.document["paths"]}}
    item = document["paths"][BOOK]
    document["paths"][BOOK] = {**item, "put": {**item["put"], "description": "Replaces the content."}}
    assert _found(run_on_books(book_project(tmp_path, document), PutResetsState(), CHECKS)) == []


def test_required_state_is_in_no_request_that_makes_a_resource(tmp_path: Path, project: Project) -> None:
    document: Any = copy.deepcopy(dict(project.api.document))
    document["paths"]["/books"]["get"]["parameters"][0] |= {"required": True, "example": "offered"}
    api, checks = States(), tuple(one for one in lists.CHECKS if one.name == "page-keeps-its-default-limit")
    results = run_on_books(book_project(tmp_path, document), api, checks)
    assert _found(results) == []
    made = [one.body for one in api.requests if one.method == "POST"]
    assert len(made) > 10
    assert not [body for body in made if "state" in body]


@pytest.mark.parametrize(
    ("words", "final"),
    [
        ("The state does not allow it; a withdrawn book stays withdrawn.", {"withdrawn"}),
        ("withdrawn is final", {"withdrawn"}),
        ("A reserved or withdrawn book can no longer be changed.", {"reserved", "withdrawn"}),
        ("A withdrawn book can't be reserved.", {"withdrawn"}),
        ("A withdrawn book can't be lent.", set()),
        ("A withdrawn book stays withdrawn until it is offered again.", set()),
        ("An offered book stays where it is.", set()),
    ],
)
def test_final_states_are_read_from_words(words: str, final: set[str]) -> None:
    assert StateField("state", tuple(STATES)).find_final(words, "reserveBook") == final


@pytest.mark.parametrize(
    ("api", "found"),
    [
        (ChangesOffered, []),
        (PutsReserved, [("writes-go-from-documented-states", f"PUT {BOOK}", "409")]),
        (DeletesReserved, [("writes-go-from-documented-states", f"DELETE {BOOK}", "409")]),
        (ReservesAgain, [("actions-go-from-documented-states", f"POST {RESERVE}", "409")]),
        (NotesOnWithdrawn, [("closed-parents-take-nothing", f"POST {BOOK}/{NOTES}", "409")]),
    ],
)
def test_write_that_the_document_rules_out_is_refused(
    strict_project: Project, api: type[States], found: list[tuple[str, str, str]]
) -> None:
    assert _found(run_on_books(strict_project, api(), (*actions.CHECKS, *parents.CHECKS))) == found


@pytest.mark.parametrize(
    ("words", "states"),
    [
        ("Only drafts can be changed.", {"draft"}),
        ("Needs If-Match. Only a draft may be deleted; void the others.", {"draft"}),
        ("It can be edited only while it is draft or open.", {"draft", "open"}),
        ("It can only be cancelled when the order is open, else 409.", {"open"}),
        ("Only the title can be changed.", set()),
        ("Only drafts are listed.", set()),
        ("It can be changed, also when it is open.", set()),
    ],
)
def test_states_in_which_alone_something_can_be_changed_are_read(words: str, states: set[str]) -> None:
    assert StateField("state", ("draft", "open", "closed")).find_changeable(words) == states


class Restores(States):
    """Books that are restored in the state that they had."""

    def __init__(self) -> None:
        super().__init__()
        self.deleted: dict[str, Book] = {}

    def remove(self, id_: str) -> None:
        self.deleted[id_] = self.books.pop(id_)

    def route(self, request: BookRequest) -> BookReply:
        if request.path[2:] == ("restore",) and request.path[1] in self.deleted:
            return self.answer(200, self.store(request.path[1], self.restored(self.deleted.pop(request.path[1]))))
        return super().route(request)

    def restored(self, book: Book) -> Book:
        """Return a book that was deleted as it is restored."""
        return self.written(book)


class OffersRestored(Restores):
    def restored(self, book: Book) -> Book:
        return {**super().restored(book), "state": "offered"}


@pytest.mark.parametrize(
    ("words", "api", "subjects"),
    [
        ("It has the state that it had.", Restores, []),
        ("It has the state that it had.", OffersRestored, ["/state"]),
        ("Its state is offered.", OffersRestored, []),
    ],
)
def test_restored_resource_has_what_its_description_names(
    tmp_path: Path, words: str, api: type[Restores], subjects: list[str]
) -> None:
    document = document_with_states()
    reserve = document["paths"][RESERVE]["post"]
    responses = {status: one for status, one in reserve["responses"].items() if status != "409"}
    restore = {**reserve, "operationId": "restoreBook", "description": words, "responses": responses}
    document["paths"][f"{BOOK}/restore"] = {**document["paths"][RESERVE], "post": restore}
    checks = tuple(one for one in actions.CHECKS if one.name == "restored-is-as-before")
    results = run_on_books(book_project(tmp_path, document), api(), checks)
    assert [finding.subject for finding in results.findings] == subjects
    assert [run.untested for run in results.runs if run.resource == "books"] == [()]


@pytest.mark.parametrize(
    ("words", "origins"),
    [
        ("Only a draft can be sent", {"draft"}),
        ("From draft or open; else 409", {"draft", "open"}),
        ("Only an invoice that is not yet closed can be sent", set()),
        ("Only what was never open can be sent", set()),
    ],
)
def test_a_state_that_words_rule_out_is_no_origin(words: str, origins: set[str]) -> None:
    assert StateField("state", ("draft", "open", "closed")).find_origins(words) == origins
