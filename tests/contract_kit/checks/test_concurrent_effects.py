"""The checks of what two requests at once do beyond a resource find lost counts, and what two got that was for one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.concurrency import counts, effects
from tests.support.held_books import HeldBooks, run_on_held_books
from tests.support.rest_api import BookReply, BookRequest, Refused
from tests.support.rest_document import book_project

_COUNT = {"type": "integer", "minimum": 0}
_ID = {"type": "string", "minLength": 1, "maxLength": 64}


class Desk(HeldBooks):
    """A library's desk: it counts visits by their route, and hands out a ticket for each form that was filled in."""

    def __init__(self) -> None:
        super().__init__()
        self.visits: dict[str, int] = {}
        self.forms: list[str] = []
        self.tickets: dict[str, dict[str, Any]] = {}

    def route(self, request: BookRequest) -> BookReply:
        match request.method, request.path:
            case "GET", ("totals",):
                places = [{"place": place, "visits": count} for place, count in self.visits.items()]
                return BookReply(200, {"visits": sum(self.visits.values()), "places": places})
            case "PUT", ("forms", form):
                self.forms = [*{*self.forms, form}]
                return BookReply(200, {"formId": form, "pages": 1})
            case "POST", ("tickets",):
                return self.hand_out()
            case "GET", ("tickets", ticket) if ticket in self.tickets:
                return BookReply(200, self.tickets[ticket])
            case "POST", ("visits", *place):
                self.visit("/".join(place))
                return BookReply(200, {"place": "/".join(place)})
        raise Refused(404, "none")

    def visit(self, place: str) -> None:
        """Count a visit."""
        self.holds.take("UpdateItem")
        with self.lock:
            self.visits[place] = self.visits.get(place, 0) + 1

    def hand_out(self) -> BookReply:
        """Hand out a ticket for a form."""
        if not self.forms:
            raise Refused(409, "no form")
        self.holds.take("TransactWriteItems")
        with self.lock:
            if not self.forms:
                raise Refused(409, "no form")
            self.forms.pop()
            return self.new_ticket()

    def new_ticket(self) -> BookReply:
        """Return a new ticket."""
        ticket = f"ticket-{len(self.tickets)}"
        self.tickets[ticket] = {"ticketId": ticket, "pages": 1}
        return BookReply(201, self.tickets[ticket], {"Location": f"/tickets/{ticket}"})


class LosesVisits(Desk):
    """Visits that are counted up from what was read."""

    def visit(self, place: str) -> None:
        count = self.visits.get(place, 0)
        self.holds.take("PutItem")
        self.visits[place] = count + 1


class HandsOutTwice(Desk):
    """A form for which two get a ticket."""

    def hand_out(self) -> BookReply:
        if not self.forms:
            raise Refused(409, "no form")
        self.holds.take("PutItem")
        self.forms = self.forms[1:]
        return self.new_ticket()


CHECKS = (*effects.CHECKS, *counts.CHECKS)

FAULTS: dict[type[Desk], str] = {LosesVisits: "counts-add-up", HandsOutTwice: "one-gets-what-is-there-for-one"}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_fault_is_found(fault: type[Desk], tmp_path: Path) -> None:
    results = run_on_held_books(book_project(tmp_path, desk_document()), fault(), CHECKS)
    assert {finding.check for finding in results.findings} == {FAULTS[fault]}
    assert not results.crashes


def test_healthy_api_has_no_finding(tmp_path: Path) -> None:
    results = run_on_held_books(book_project(tmp_path, desk_document()), Desk(), CHECKS)
    assert not results.findings
    assert not results.crashes


def desk_document() -> dict[str, Any]:
    """Return the desk's document."""
    form = _schema(formId=_ID, pages=_COUNT)
    ticket = _schema(ticketId=_ID, pages=_COUNT)
    place = _schema(place={"type": "string"}, visits=_COUNT)
    totals = _schema(visits=_COUNT, places={"type": "array", "items": place})
    body = {"required": True, "content": {"application/json": {"schema": _schema(pages=_COUNT)}}}
    route = {"name": "proxy", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 20}}
    paths = {
        "/totals": {"get": _operation("getTotals", {"200": _answer(totals)})},
        "/visits/{proxy+}": {
            "post": {**_operation("visit", {"200": _answer(_schema(place={"type": "string"}))}), "parameters": [route]}
        },
        "/forms/{formId}": {
            "parameters": [{"name": "formId", "in": "path", "required": True, "schema": _ID}],
            "put": {**_operation("putForm", {"200": _answer(form), "201": _answer(form)}), "requestBody": body},
        },
        "/tickets": {"post": _operation("createTicket", {"201": _answer(ticket), "409": {"description": "No form."}})},
        "/tickets/{ticketId}": {
            "parameters": [{"name": "ticketId", "in": "path", "required": True, "schema": _ID}],
            "get": _operation("getTicket", {"200": _answer(ticket), "404": {"description": "None."}}),
        },
    }
    return {"openapi": "3.0.3", "info": {"title": "Desk", "version": "1"}, "paths": paths}


def _schema(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*properties], "properties": properties}


def _answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "It.", "content": {"application/json": {"schema": schema}}}


def _operation(id_: str, responses: dict[str, Any]) -> dict[str, Any]:
    return {"operationId": id_, "responses": responses, "x-homeport": {"access": {}}}
