"""The desk: one function behind all routes."""

from __future__ import annotations

import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from service import comments, proxy, tickets
from service.errors import Busy, DeskError
from service.proxy import Response
from service.validation import Call, check_request

log = logging.getLogger()


def list_tickets(call: Call) -> Response:
    query = call.query
    found = tickets.find(query.get("status"), query.get("assignee"), query["sort"])
    offset, limit = query["offset"], query["limit"]
    page = found[offset : offset + limit]
    return Response(200, {"data": page, "meta": {"total": len(found), "offset": offset, "limit": limit}})


def create_ticket(call: Call) -> Response:
    ticket = tickets.create(call.body)
    return Response(201, {"data": ticket}, {"location": f"/tickets/{ticket['id']}"})


def get_ticket(call: Call) -> Response:
    return Response(200, {"data": tickets.get(call.path["ticket_id"])})


def update_ticket(call: Call) -> Response:
    return Response(200, {"data": tickets.update(call.path["ticket_id"], call.body)})


def delete_ticket(call: Call) -> Response:
    tickets.delete(call.path["ticket_id"])
    return Response(204)


def transition_ticket(call: Call) -> Response:
    return Response(200, {"data": tickets.transition(call.path["ticket_id"], call.body["to"])})


def assign_ticket(call: Call) -> Response:
    tickets.assign(call.path["ticket_id"], call.path["user"])
    return Response(204)


def unassign_ticket(call: Call) -> Response:
    tickets.unassign(call.path["ticket_id"], call.path["user"])
    return Response(204)


def bulk_close(call: Call) -> Response:
    results = [{"id": number, "result": tickets.close(number)} for number in call.body["ids"]]
    return Response(200, {"data": results})


def list_comments(call: Call) -> Response:
    tickets.get(call.path["ticket_id"])
    page, after = comments.page(call.path["ticket_id"], call.query["limit"], call.query.get("after"))
    return Response(200, {"data": page, "meta": {"next": after}})


def add_comment(call: Call) -> Response:
    ticket_id = call.path["ticket_id"]
    comment = comments.add(ticket_id, call.body)
    return Response(201, {"data": comment}, {"location": f"/tickets/{ticket_id}/comments/{comment['comment_id']}"})


def get_comment(call: Call) -> Response:
    return Response(200, {"data": comments.get(call.path["ticket_id"], call.path["comment_id"])})


def delete_comment(call: Call) -> Response:
    comments.delete(call.path["ticket_id"], call.path["comment_id"])
    return Response(204)


ROUTES = {
    "GET /tickets": ("listTickets", list_tickets),
    "POST /tickets": ("createTicket", create_ticket),
    "POST /tickets/bulk-close": ("bulkCloseTickets", bulk_close),
    "GET /tickets/{ticket_id}": ("getTicket", get_ticket),
    "PATCH /tickets/{ticket_id}": ("updateTicket", update_ticket),
    "DELETE /tickets/{ticket_id}": ("deleteTicket", delete_ticket),
    "POST /tickets/{ticket_id}/transition": ("transitionTicket", transition_ticket),
    "PUT /tickets/{ticket_id}/assignees/{user}": ("assignTicket", assign_ticket),
    "DELETE /tickets/{ticket_id}/assignees/{user}": ("unassignTicket", unassign_ticket),
    "GET /tickets/{ticket_id}/comments": ("listComments", list_comments),
    "POST /tickets/{ticket_id}/comments": ("addComment", add_comment),
    "GET /tickets/{ticket_id}/comments/{comment_id}": ("getComment", get_comment),
    "DELETE /tickets/{ticket_id}/comments/{comment_id}": ("deleteComment", delete_comment),
}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer a request by its route."""
    operation, answer = ROUTES[event["routeKey"]]
    try:
        response = answer(check_request(operation, proxy.read_event(event)))
    except DeskError as error:
        response = Response(error.status, error.body())
    except (ClientError, BotoCoreError):
        log.exception("the database")
        response = Response(503, Busy("The database is busy. Try again.").body())
    except Exception:
        log.exception("a bug")
        response = Response(500, DeskError("Something went wrong.").body())
    return proxy.reply(response)
