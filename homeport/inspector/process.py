"""The inspector's process: ``python -m homeport.inspector.process SETTINGS``, started by ``homeport dev``.

Its Flask application has a blueprint from each page's module, behind the access control.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask, redirect, url_for
from flask.json.provider import DefaultJSONProvider
from werkzeug.wrappers import Response as AnyResponse

from homeport.child_process import InspectorSettings
from homeport.inspector import api_page, faults, requests, runs, sources, status
from homeport.inspector.error_pages import add_error_pages
from homeport.inspector.formats import FILTERS
from homeport.inspector.json_view import json_view
from homeport.inspector.send import page as send
from homeport.inspector.services import site as services
from homeport.inspector.site_context import SiteContext, protect
from homeport.inspector.tables import page as tables
from homeport.project.shared import follower_of
from homeport.recordings.run_store import Runs
from homeport.recordings.store import Recordings

_LARGEST = 12 * 1024 * 1024


class _OrderedJson(DefaultJSONProvider):
    sort_keys = False


def create_app(site: SiteContext) -> Flask:
    """Return the application."""
    app = Flask("homeport.inspector")
    # The spec keeps its author's order.
    app.json = _OrderedJson(app)
    app.config.update(MAX_CONTENT_LENGTH=_LARGEST)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.filters["within_project"] = lambda text: sources.within_project(site, text)
    app.jinja_env.filters["source_link"] = lambda place: sources.source_link(site, place)
    app.jinja_env.globals["json_view"] = json_view
    app.context_processor(lambda: _page_context(site))
    protect(app, site.token)
    add_error_pages(app)
    for page in (requests, runs, send, faults, tables, services, api_page, status, sources):
        app.register_blueprint(page.blueprint(site))

    @app.get("/")
    def go_to_requests() -> AnyResponse:
        return redirect(url_for("requests.show_list"))

    return app


def _page_context(site: SiteContext) -> dict[str, Any]:
    name = site.chosen_api()
    urls = {"api": site.url_of(name), "api_name": name, "apis": site.apis if len(site.apis) > 1 else {}}
    return {
        "token": site.token,
        "recorded": site.recorded,
        "stack_status": lambda: status.stack_status(site),
        **urls,
    }


_THREADS = 4
# The API takes precedence.
_NICENESS = 10


def main(argument: str) -> None:
    """Serve until SIGTERM, or until the supervisor is gone."""
    settings = InspectorSettings.from_argument(argument)
    settings.follow_supervisor()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    logging.getLogger("waitress").setLevel(logging.ERROR)
    with suppress(OSError):
        os.nice(_NICENESS)
    # Loaded only now, so that the API's start comes first.
    from waitress.server import create_server

    app = create_app(site_context(settings))
    server = create_server(
        app, sockets=[socket.socket(fileno=settings.listener)], threads=_THREADS, ident=None, expose_tracebacks=False
    )
    settings.report_ready()
    server.run()


def site_context(settings: InspectorSettings) -> SiteContext:
    """Return the context of the pages."""
    return SiteContext(
        projects=follower_of(settings),
        recordings=Recordings(Path(settings.recordings)),
        runs=Runs(Path(settings.recordings)),
        recorded=settings.recorded,
        apis=settings.apis,
        dynamodb=settings.dynamodb,
        control=Path(settings.control),
        token=_token(Path(settings.token_file)),
        states=Path(settings.states),
        aws=settings.aws,
        functions=settings.functions,
    )


def _token(file: Path) -> str:
    """Return the token, the same for a whole run of the supervisor: an open page outlives this process."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(32))
    return file.read_text()


if __name__ == "__main__":
    main(sys.argv[1])
