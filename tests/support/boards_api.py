"""Boards with labels and cards, which are made below a board and have paths of their own."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homeport.contract.checks.check import Check
from homeport.contract.checks.runner import CheckResults
from tests.support.rest_api import BookApi, BookReply, BookRequest, Refused, run_on_books
from tests.support.rest_document import book_project

TEXT: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 40, "pattern": "^[a-z]+$"}
ID: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 9_999_999}
IDS: dict[str, Any] = {"type": "array", "uniqueItems": True, "maxItems": 5, "items": ID}
DONE: dict[str, Any] = {"type": "boolean"}


class BoardApi(BookApi):
    """The API. Each method is one promise, so that a subclass can break it alone."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = itertools.count(1)
        self.boards: dict[int, Any] = {}
        self.labels: dict[int, Any] = {}
        self.cards: dict[int, Any] = {}

    def route(self, request: BookRequest) -> BookReply:
        path = tuple(int(part) if part.isdecimal() else part for part in request.path)
        body: Any = request.body
        match request.method, path:
            case "POST", ("boards",):
                return self.add(self.boards, {"name": body["name"]})
            case "GET", ("boards", int(id_)):
                return BookReply(200, self.get(self.boards, id_))
            case "DELETE", ("boards", int(id_)):
                self.get(self.boards, id_)
                self.remove_board(id_)
                return BookReply(204)
        return self.route_below(request.method, path, request)

    def route_below(self, method: str, path: tuple[int | str, ...], request: BookRequest) -> BookReply:
        """Answer a request for labels and cards."""
        body: Any = request.body
        match method, path:
            case "POST", ("boards", int(id_), "labels"):
                self.get(self.boards, id_)
                return self.add(self.labels, {"boardId": id_, "name": body["name"]})
            case "GET", ("boards", int(id_), "labels"):
                return BookReply(200, {"labels": self.below(self.labels, id_)})
            case "DELETE", ("labels", int(id_)):
                self.get(self.labels, id_)
                self.remove_label(id_)
                return BookReply(204)
            case "POST", ("boards", int(id_), "cards"):
                self.get(self.boards, id_)
                self.check_labels(id_, body)
                return self.add(self.cards, {"boardId": id_, "labelIds": [], "done": False, **body})
            case "GET", ("boards", int(id_), "cards"):
                return BookReply(200, {"cards": self.chosen(self.below(self.cards, id_), request.query)})
            case "POST", ("boards", int(id_), "cards", "bulk-update"):
                return self.update_all(id_, body)
            case "GET", ("cards", int(id_)):
                return BookReply(200, self.get(self.cards, id_))
        raise Refused(404, "no such route")

    def add(self, kind: dict[int, Any], value: dict[str, Any]) -> BookReply:
        """Make a resource."""
        id_ = next(self.numbers)
        kind[id_] = {"id": id_, **value}
        return BookReply(201, kind[id_])

    def get(self, kind: dict[int, Any], id_: int) -> Any:
        """Return a resource. Raises Refused."""
        if id_ not in kind:
            raise Refused(404, "no such resource")
        return kind[id_]

    def below(self, kind: dict[int, Any], board: int) -> list[Any]:
        """Return the resources of a board."""
        self.get(self.boards, board)
        return [one for one in kind.values() if one["boardId"] == board]

    def chosen(self, cards: list[Any], query: Mapping[str, str]) -> list[Any]:
        """Return the cards that a query selects."""
        return [one for one in cards if "labelId" not in query or self.has_label(one, int(query["labelId"]))]

    def has_label(self, card: Any, label: int) -> bool:
        """Return whether a card has a label."""
        return label in card["labelIds"]

    def check_labels(self, board: int, body: Any) -> None:
        """Refuse labels that a board does not have."""
        if any(self.labels.get(one, {}).get("boardId") != board for one in body.get("labelIds", ())):
            raise Refused(422, "no such label")

    def remove_label(self, id_: int) -> None:
        """Remove a label, also from its cards."""
        del self.labels[id_]
        for card in self.cards.values():
            card["labelIds"] = [one for one in card["labelIds"] if one != id_]

    def remove_board(self, id_: int) -> None:
        """Remove a board with its cards."""
        del self.boards[id_]
        self.cards = {key: one for key, one in self.cards.items() if one["boardId"] != id_}

    def update_all(self, board: int, body: Any) -> BookReply:
        """Set properties of several cards, of all or of none."""
        ids = body["cardIds"]
        if not all(self.is_of(board, one) for one in ids):
            raise Refused(422, "no such card")
        for one in ids:
            self.cards[one].update(body["set"])
        return BookReply(200, {"cards": [self.cards[one] for one in ids]})

    def is_of(self, board: int, card: int) -> bool:
        """Return whether a card is one of a board's."""
        return card in self.cards and bool(self.cards[card]["boardId"] == board)


def _object(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


def _operation(id_: str, status: str, answer: Any = None, body: Any = None, **more: Any) -> dict[str, Any]:
    content = {"content": {"application/json": {"schema": answer}}} if answer else {}
    found = {"operationId": id_, "x-homeport": {"access": {}}, **more}
    found["responses"] = {status: {"description": "Done.", **content}, **more.get("responses", {})}
    if body:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return found


def board_document() -> dict[str, Any]:
    """Return the boards' document."""
    board = _object("id", "name", id=ID, name=TEXT)
    label = _object("id", "boardId", "name", id=ID, boardId=ID, name=TEXT)
    card = _object("id", "boardId", "text", "labelIds", "done", id=ID, boardId=ID, text=TEXT, labelIds=IDS, done=DONE)
    new_card = _object("text", text=TEXT, labelIds=IDS)
    bulk = _object("cardIds", "set", cardIds={**IDS, "minItems": 1}, set=_object(done=DONE))
    refused = {name: {"description": words} for name, words in (("404", "Not there."), ("422", "No such label."))}
    nothing = {**refused, "422": {"description": "The board lacks one of the cards. Nothing was changed."}}

    def at(name: str, **operations: Any) -> dict[str, Any]:
        return {"parameters": [{"name": name, "in": "path", "required": True, "schema": ID}], **operations}

    label_id = {"name": "labelId", "in": "query", "schema": ID}
    paths = {
        "/boards": {"post": _operation("makeBoard", "201", board, _object("name", name=TEXT))},
        "/boards/{boardId}": at(
            "boardId",
            get=_operation("getBoard", "200", board, responses=refused),
            delete=_operation("deleteBoard", "204", summary="Remove a board with its cards", responses=refused),
        ),
        "/boards/{boardId}/labels": at(
            "boardId",
            get=_operation("listLabels", "200", _object("labels", labels={"type": "array", "items": label})),
            post=_operation("makeLabel", "201", label, _object("name", name=TEXT), responses=refused),
        ),
        "/labels/{labelId}": at(
            "labelId",
            delete=_operation("deleteLabel", "204", summary="Remove a label, also from its cards", responses=refused),
        ),
        "/boards/{boardId}/cards": at(
            "boardId",
            get=_operation(
                "listCards", "200", _object("cards", cards={"type": "array", "items": card}), parameters=[label_id]
            ),
            post=_operation("makeCard", "201", card, new_card, responses=refused),
        ),
        "/boards/{boardId}/cards/bulk-update": at(
            "boardId",
            post=_operation(
                "updateCards",
                "200",
                _object("cards", cards={"type": "array", "items": card}),
                bulk,
                summary="Set properties of several cards, of all or of none",
                responses=nothing,
            ),
        ),
        "/cards/{cardId}": at("cardId", get=_operation("getCard", "200", card, responses=refused)),
    }
    return {"openapi": "3.0.3", "info": {"title": "Boards", "version": "1"}, "paths": paths}


def run_on_boards(root: Path, api: BoardApi, checks: tuple[Check, ...], document: Any = None) -> CheckResults:
    """Return the results of checks on an API of boards."""
    return run_on_books(book_project(root, document or board_document()), api, checks)
