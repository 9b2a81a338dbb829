"""The pages ``/docs`` and ``/token``: the API's spec in Swagger UI, and tokens of the local issuer to try it with."""

from __future__ import annotations

import time
import uuid
from importlib.resources import files
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from werkzeug.exceptions import NotFound

from homeport.inspector.site_context import SiteContext
from homeport.issuer.keys import FOLDER, signing_key
from homeport.issuer.mint import TokenOptions, mint, token_request
from homeport.project.openapi.extensions import export_openapi

_ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}


def blueprint(site: SiteContext) -> Blueprint:
    """Return the pages ``/docs`` and ``/token``."""
    pages = Blueprint("docs", __name__)

    @pages.get("/docs")
    def show() -> str:
        authorizers = site.projects.current().api.authorizers.values()
        names = [authorizer.name for authorizer in authorizers if authorizer.kind in ("jwt", "cognito")]
        return render_template("docs.html", authorizers=names)

    @pages.get("/docs/openapi.json")
    def spec() -> Any:
        return jsonify(export_openapi(site.projects.current().api, site.api))

    @pages.get("/docs/<name>")
    def asset(name: str) -> Response:
        if name not in _ASSETS:
            raise NotFound
        content = (files("flask_swagger_ui") / "dist" / name).read_bytes()
        headers = {"Cache-Control": "private, max-age=86400"}
        return Response(content, mimetype=_ASSETS[name], headers=headers)

    @pages.post("/token")
    def mint_token() -> Any:
        sent, project = request.get_json(), site.projects.current()
        wanted = TokenOptions(
            sub=str(sent.get("sub") or "user-1"),
            authorizer=sent.get("authorizer") or None,
            scopes=tuple(str(sent.get("scope") or "").split()),
        )
        key = signing_key(project.root / FOLDER)
        token = mint(token_request(wanted, project), key, now=time.time(), token_id=str(uuid.uuid4()))
        return jsonify(token=token)

    return pages
