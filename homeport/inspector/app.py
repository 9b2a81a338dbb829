"""The site's Flask application: its pages, each of a module of its own, behind the guard."""

from __future__ import annotations

from flask import Flask, Response, redirect, url_for
from flask.json.provider import DefaultJSONProvider
from werkzeug.wrappers import Response as AnyResponse

from homeport.errors import HomeportError
from homeport.inspector import api_page as docs_pages
from homeport.inspector import diagram as diagram_page
from homeport.inspector import faults as fault_pages
from homeport.inspector import requests as request_pages
from homeport.inspector import send as send_pages
from homeport.inspector import tables as table_pages
from homeport.inspector import template_filters as show
from homeport.inspector.guard import protect
from homeport.inspector.site_context import Site
from homeport.recordings.reader import RecordingError

_LARGEST = 12 * 1024 * 1024


class _InOrder(DefaultJSONProvider):
    sort_keys = False


def create_app(site: Site) -> Flask:
    """The application."""
    app = Flask("homeport.inspector")
    # The order of the spec is its author's.
    app.json = _InOrder(app)
    app.config.update(MAX_CONTENT_LENGTH=_LARGEST)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(show.FILTERS)
    app.context_processor(lambda: {"token": site.token, "api": site.api, "recorded": site.recorded})
    protect(app, site.token)
    for pages in (request_pages, send_pages, fault_pages, table_pages, diagram_page, docs_pages):
        app.register_blueprint(pages.blueprint(site))

    @app.get("/")
    def home() -> AnyResponse:
        return redirect(url_for("requests.listed"))

    @app.errorhandler(HomeportError)
    def explained(error: HomeportError) -> Response:
        status = 404 if isinstance(error, RecordingError) else 400
        return Response(f"{error}\n", status, mimetype="text/plain")

    return app
