"""DELETE /notes/{noteId}."""

from __future__ import annotations

from service import notes
from service.model import listed
from service.operation import operation
from service.proxy import Response
from service.validation import Call


@operation("deleteNote")
def handler(call: Call) -> Response:
    """204, 404 if there is no such note, 412 if it isn't as wanted."""
    notes.delete(call.path["noteId"], listed(call.headers, "If-Match", weak=False), call.deadline)
    return Response(204)
