"""The inspector's Flask application: a blueprint from each page's module, behind the access control."""

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
from homeport.inspector.access_control import protect
from homeport.inspector.site_context import SiteContext
from homeport.recordings.store import RecordingError

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
    app.context_processor(lambda: {"token": site.token, "api": site.api, "recorded": site.recorded})
    protect(app, site.token)
    for pages in (request_pages, send_pages, fault_pages, table_pages, diagram_page, docs_pages):
        app.register_blueprint(pages.blueprint(site))

    @app.get("/")
    def go_to_requests() -> AnyResponse:
        return redirect(url_for("requests.show_list"))

    @app.errorhandler(HomeportError)
    def explain_error(error: HomeportError) -> Response:
        status = 404 if isinstance(error, RecordingError) else 400
        return Response(f"{error}\n", status, mimetype="text/plain")

    return app
