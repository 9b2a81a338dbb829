"""The page ``/send``: a request to the local API, from its document, from a recording, or written by hand."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, jsonify, render_template, request

from homeport.errors import HomeportError
from homeport.http_headers import HttpHeaders, drop_headers, header_value
from homeport.inspector.send.operations import operation_groups
from homeport.inspector.send.sender import CONNECTION_HEADERS, send
from homeport.inspector.site_context import SiteContext
from homeport.project.model import Operation
from homeport.project.project import Project
from homeport.recordings.recording import Body
from homeport.recordings.redaction import MASK
from homeport.recordings.store import RecordingFilter

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
# Recorded requests in the list.
_RECENT = 30


@dataclass(frozen=True, slots=True)
class SendForm:
    """The content of the form. ``optional`` are query parameters and headers that may be added, as they are sent.

    ``masked`` names the headers of a recorded request that are not kept.
    """

    api: str
    method: str = "GET"
    target: str = "/"
    headers: HttpHeaders = ()
    body: Body = field(default_factory=Body)
    masked: tuple[str, ...] = ()
    operation: str = ""
    optional_query: tuple[tuple[str, str], ...] = ()
    optional_headers: HttpHeaders = ()


def blueprint(site: SiteContext) -> Blueprint:
    """Return the page ``/send``."""
    pages = Blueprint("send", __name__)

    @pages.get("/send")
    def form() -> str:
        from homeport.inspector.send.credentials import all_scopes, has_tokens

        filled = _filled_form(site)
        project = site.project(filled.api)
        return render_template(
            "send.html",
            form=filled,
            base=site.url_of(filled.api),
            methods=_METHODS,
            groups=operation_groups(project.api),
            recent=site.recordings.page(RecordingFilter(), before=None, size=_RECENT).rows,
            has_masks=MASK in filled.target or MASK in filled.body.text,
            callers=tuple(project.stage.iam),
            scopes=all_scopes(project),
            tokens=has_tokens(project),
            # Browsers keep what was sent by the origin, and another project may have had this port before.
            project_key=str(site.projects.root),
        )

    @pages.get("/send/credentials")
    def show_needs() -> Any:
        from homeport.inspector.send.credentials import credential_needs, find_operation

        project = site.project(request.args.get("api", ""))
        found = find_operation(project, request.args.get("method", ""), request.args.get("target", ""))
        needs = credential_needs(found, project) if found else ()
        return jsonify(
            operation=found.id if found else None,
            needs=[{"text": each.text, "made": each.made} for each in needs],
            scopes=list(found.scopes) if found else [],
            signed=bool(found and found.iam),
        )

    @pages.post("/send")
    def send_form() -> Any:
        from homeport.inspector.send.credentials import CredentialChoice, PreparedRequest, add_credentials

        content = request.get_json()
        prepared = PreparedRequest(*_read_form(content))
        base = site.url_of(str(content.get("api", "")))
        choice = CredentialChoice.from_json(content.get("credentials"))
        if choice is not None:
            prepared = add_credentials(prepared, site.project(str(content.get("api", ""))), base, choice)
        started = time.perf_counter()
        reply = send(base, prepared.method, prepared.target, prepared.headers, prepared.body)
        took = (time.perf_counter() - started) * 1000
        try:
            text, encoding = reply.body.decode(), ""
        except UnicodeDecodeError:
            text, encoding = base64.b64encode(reply.body).decode(), "base64"
        return jsonify(
            status=reply.status,
            reason=reply.reason,
            headers=reply.headers,
            body=text,
            encoding=encoding,
            size=len(reply.body),
            ms=round(took, 1),
            added=prepared.added,
            id=header_value(reply.headers, "apigw-requestid") or header_value(reply.headers, "x-amzn-requestid"),
        )

    return pages


def _filled_form(site: SiteContext) -> SendForm:
    asked = request.args
    if id := asked.get("from"):
        return _of_recording(site, id)
    api = site.chosen_api()
    project = site.project(api)
    operation = project.api.operations_by_id.get(asked.get("operation", ""))
    if operation is not None:
        return _of_operation(site, operation, project, api)
    return SendForm(api, method=asked.get("method") or "GET", target=asked.get("target") or "/")


def _of_recording(site: SiteContext, id: str) -> SendForm:
    found = site.recordings.get(id)
    pairs = list(drop_headers(found.request_headers, CONNECTION_HEADERS))
    return SendForm(
        api=found.summary.api or site.chosen_api(),
        method=found.summary.method,
        target=found.url.removeprefix(found.base) or "/",
        headers=tuple((name, value) for name, value in pairs if MASK not in value),
        body=found.request_body,
        masked=tuple(name for name, value in pairs if MASK in value),
        operation=found.summary.operation or "",
    )


def _of_operation(site: SiteContext, operation: Operation, project: Project, api: str) -> SendForm:
    from homeport.contract.example_request import example_request

    example = example_request(operation, project.api)
    made = {one.name for one in example.variables if not one.given}
    return SendForm(
        api=api,
        method=example.method,
        target=example.target(_recorded_variables(site, operation, made) if made else {}),
        headers=example.sent_headers,
        body=Body(example.body, size=len(example.body.encode())),
        operation=operation.id,
        optional_query=tuple((one.name, one.value) for one in example.query if not one.required),
        optional_headers=tuple((one.name, one.value) for one in example.headers if not one.required),
    )


def _recorded_variables(site: SiteContext, operation: Operation, names: set[str]) -> dict[str, str]:
    """Return values of path variables that a request has had which succeeded: they are of something that exists."""
    wanted = RecordingFilter(operation=operation.id, status="2xx")
    rows = site.recordings.page(wanted, before=None, size=1).rows
    found = dict(site.recordings.get(rows[0].id).path_parameters) if rows else {}
    return {name: value for name, value in found.items() if name in names and MASK not in value}


def _read_form(form: Any) -> tuple[str, str, HttpHeaders, bytes]:
    try:
        headers = tuple((str(name), str(value)) for name, value in form["headers"])
        body = base64.b64decode(form["body64"]) if "body64" in form else str(form.get("body", "")).encode()
        return str(form["method"]), str(form["target"]), headers, body
    except (KeyError, TypeError, ValueError) as error:
        raise HomeportError(f"this describes no request: {error!r}", "give method, target, headers, body") from error
