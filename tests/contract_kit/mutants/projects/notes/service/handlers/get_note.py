"""GET /notes/{noteId}."""

from __future__ import annotations

from service import notes
from service.model import etag, listed, shown
from service.operation import operation
from service.proxy import Response
from service.validation import Call


@operation("getNote")
def handler(call: Call) -> Response:
    """200 with the note, 304 if the client has it already, 404 if there is none."""
    note = notes.get(call.path["noteId"], call.deadline)
    tags = listed(call.headers, "If-None-Match", weak=True)
    known = tags is not None and (not tags or note["revision"] in tags)
    return Response(304 if known else 200, None if known else shown(note), {"etag": etag(note)})
