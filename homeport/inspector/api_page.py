"""The pages about the API: ``/docs``, its spec in Swagger UI, ``/token`` to try it with, and ``/diagram``."""

from __future__ import annotations

import time
import uuid
from importlib.resources import files
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from werkzeug.exceptions import NotFound

from homeport.inspector.diagram import diagram, route_rows
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
        authorizers = site.project(site.chosen_api()).api.authorizers.values()
        names = [authorizer.name for authorizer in authorizers if authorizer.kind in ("jwt", "cognito")]
        return render_template("docs.html", authorizers=names)

    @pages.get("/docs/openapi.json")
    def spec() -> Any:
        return jsonify(contract_document(site.project(site.chosen_api()), site.url_of(site.chosen_api())))

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
        return render_template("diagram.html", title=api.title, svg=diagram(*shown), rows=route_rows(*shown))

    return pages
