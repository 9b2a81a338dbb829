"""PUT /notes/{noteId}."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote
from uuid import uuid4

from service import notes
from service.model import content, etag, listed, shown, timestamp
from service.operation import operation
from service.proxy import Response
from service.validation import Call


@operation("putNote")
def handler(call: Call) -> Response:
    """201 with the new note, 200 with the replaced one, 412 if it isn't as wanted."""
    now = datetime.now(UTC)
    note_id = call.path["noteId"]
    match = listed(call.headers, "If-Match", weak=False)
    none_match = listed(call.headers, "If-None-Match", weak=True)
    note = notes.put(note_id, content(call.body, now), uuid4().hex, timestamp(now), match, none_match, call.deadline)
    if note["createdAt"] != timestamp(now):
        return Response(200, shown(note), {"etag": etag(note)})
    location = f"{call.url_path.rpartition('/')[0]}/{quote(note_id, safe='')}"
    return Response(201, shown(note), {"location": location, "etag": etag(note)})
