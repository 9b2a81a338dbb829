"""The answers to requests that fail: a page for people, plain text for scripts.

A request that the access control rejects gets plain text alone: a page has the token of state-changing requests.
"""

from __future__ import annotations

from typing import NamedTuple

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import Forbidden, HTTPException, InternalServerError, NotFound

from homeport.errors import HomeportError
from homeport.recordings.database import RecordingError


class ErrorAnswer(NamedTuple):
    """An answer: its status, a title, and what is wrong and what to do."""

    status: int
    title: str
    message: str


def add_error_pages(app: Flask) -> None:
    """Answer each error that a view raises."""

    @app.errorhandler(HTTPException)
    def answer_http_error(error: HTTPException) -> Response:
        if isinstance(error, NotFound):
            message = f"The inspector has no page {request.path}."
            return _send(ErrorAnswer(404, "Not found", message), plain=f"{error.description}")
        if isinstance(error, InternalServerError):
            message = "This is an error of the inspector itself, please report it. The terminal of homeport dev has it."
            return _send(ErrorAnswer(500, "The inspector failed", message))
        title = error.name.capitalize()
        return _send(ErrorAnswer(error.code or 500, title, error.description or title))

    @app.errorhandler(HomeportError)
    def answer_error(error: HomeportError) -> Response:
        if isinstance(error, RecordingError):
            return _send(ErrorAnswer(404, "Not recorded", str(error)))
        return _send(ErrorAnswer(400, "This did not work", str(error)))


def _send(answer: ErrorAnswer, *, plain: str = "") -> Response:
    # A browser that opens a page asks for HTML; fetch() in a script takes anything.
    if answer.status == Forbidden.code or "text/html" not in request.headers.get("Accept", ""):
        return Response(f"{plain or answer.message}\n", answer.status, mimetype="text/plain")
    return Response(render_template("error.html", answer=answer), answer.status)
