"""The notes as an app of Chalice: its routes call the same functions as every other format's."""

import sys
from pathlib import Path
from typing import Any

from chalice import Chalice, CORSConfig, Response

sys.path.append(str(Path(__file__).with_name("code")))

from guard import authorize
from notes import create, delete, list_all, read

app = Chalice(app_name="notes")
cors = CORSConfig(allow_origin="https://notes.example", allow_headers=["Content-Type", "Authorization"])


@app.authorizer(ttl_seconds=300)
def guard(auth_request: Any) -> Any:
    return authorize({"authorizationToken": auth_request.token}, None)


def call(function: Any) -> Any:
    """Answer the request as one of the shared functions does."""
    request = app.current_request
    event = {"body": request.raw_body.decode(), "pathParameters": request.uri_params}
    found = function({**event, "requestContext": request.context}, None)
    headers = {name: value for name, value in found["headers"].items() if not name.startswith("Access-Control")}
    return Response(body=found["body"], status_code=found["statusCode"], headers=headers)


@app.route("/notes", methods=["POST"], cors=cors)
def create_note() -> Any:
    return call(create)


@app.route("/notes", methods=["GET"], cors=cors)
def list_notes() -> Any:
    return call(list_all)


@app.route("/notes/{noteId}", methods=["GET"], cors=cors)
def read_note(noteId: str) -> Any:
    return call(read)


@app.route("/notes/{noteId}", methods=["DELETE"], cors=cors, authorizer=guard)
def delete_note(noteId: str) -> Any:
    return call(delete)
