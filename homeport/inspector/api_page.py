"""The pages about the API: ``/docs``, its spec in Swagger UI, ``/token`` to try it with, and ``/diagram``."""

from __future__ import annotations

import time
import uuid
from importlib.resources import files
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from werkzeug.exceptions import NotFound

from homeport.inspector.diagram.drawing import diagram
from homeport.inspector.diagram.graph import build_graph
from homeport.inspector.diagram.links import node_links
from homeport.inspector.diagram.rows import route_rows
from homeport.inspector.docs_document import document_to_execute
from homeport.inspector.site_context import SiteContext
from homeport.issuer.keys import FOLDER, signing_key
from homeport.issuer.mint import TokenOptions, mint, token_request
from homeport.project.cloudformation.permissions.table_access import with_table_access
from homeport.project.openapi.extensions import contract_document

_ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}


def blueprint(site: SiteContext) -> Blueprint:
    """Return the pages."""
    pages = Blueprint("docs", __name__)

    @pages.get("/docs")
    def show() -> str:
        from homeport.inspector.send.credentials import all_needs, all_scopes, has_tokens

        project = site.project(site.chosen_api())
        return render_template(
            "docs.html",
            needs=all_needs(project),
            scopes=all_scopes(project),
            callers=tuple(project.stage.iam),
            tokens=has_tokens(project),
        )

    @pages.get("/docs/openapi.json")
    def spec() -> Any:
        document = contract_document(site.project(site.chosen_api()), site.url_of(site.chosen_api()))
        return jsonify(document_to_execute(document) if "execute" in request.args else document)

    @pages.get("/docs/<name>")
    def asset(name: str) -> Response:
        if name not in _ASSETS:
            raise NotFound
        content = (files("flask_swagger_ui") / "dist" / name).read_bytes()
        headers = {"Cache-Control": "private, max-age=86400"}
        return Response(content, mimetype=_ASSETS[name], headers=headers)

    @pages.post("/token")
    def mint_token() -> Any:
        sent = request.get_json()
        project = site.project(str(sent.get("api") or ""))
        wanted = TokenOptions(
            sub=str(sent.get("sub") or "user-1"),
            authorizer=sent.get("authorizer") or None,
            scopes=tuple(str(sent.get("scope") or "").split()),
        )
        key = signing_key(project.root / FOLDER)
        token = mint(token_request(wanted, project), key, now=time.time(), token_id=str(uuid.uuid4()))
        return jsonify(token=token)

    @pages.get("/diagram")
    def show_diagram() -> str:
        project = site.project(site.chosen_api())
        api = with_table_access(project.api, project.resources, project.stage.region)
        shown = (api, project.resources, project.stage, project.triggers.every)
        graph = build_graph(*shown)
        links = node_links(graph, project.resources, site.chosen_api(), url_for)
        svg = diagram(graph, links)
        return render_template("diagram.html", title=api.title, svg=svg, graph=graph, rows=route_rows(*shown))

    return pages
