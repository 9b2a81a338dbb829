"""The pages below ``/requests``: the live list of recorded requests, and all details of one."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, render_template, request

from homeport.errors import HomeportError
from homeport.inspector.invocations import ShownInvocation, shown_invocation
from homeport.inspector.runs import followed_page
from homeport.inspector.send.curl_command import curl_command
from homeport.inspector.site_context import SiteContext
from homeport.inspector.stages import stage_bars
from homeport.project.project import Project
from homeport.recordings.database import RecordingError
from homeport.recordings.recording import Recording
from homeport.recordings.store import RecordingFilter, RecordingPage

_PAGE = 100
# Seconds until a request that was just answered is recorded.
_RECORDING_DELAY = 10.0
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


def blueprint(site: SiteContext) -> Blueprint:
    """Return the pages below ``/requests``."""
    pages = Blueprint("requests", __name__)

    @pages.get("/requests")
    def show_list() -> str:
        wanted, projects = _filter(), site.projects.current().every_api
        newest = site.recordings.newest()
        page, problem = _page(site, wanted, before=request.args.get("before", _up_to(newest), type=int))
        older = f"?{urlencode({**request.args.to_dict(), 'before': page.older})}"
        return render_template(
            "requests.html",
            page=page,
            older=older,
            wanted=wanted,
            filters=_filter_words(wanted),
            newest_href=f"?{urlencode({k: v for k, v in request.args.items() if k != 'before'})}",
            problem=problem,
            methods=_METHODS,
            operations=list(dict.fromkeys(one.id for each in projects for one in each.api.operations)),
            newest=newest,
            live="before" not in request.args and not problem,
        )

    @pages.get("/requests/rows")
    def list_newer() -> Response:
        after = request.args.get("after", 0, type=int)
        newest = site.recordings.newest()
        page = RecordingPage((), None, 0)
        if newest > after:
            page = site.recordings.page(_filter(), before=_up_to(newest), after=after, size=_PAGE)
        html = render_template("rows.html", rows=page.rows)
        return jsonify(html=html, newest=newest, count=len(page.rows), total=page.total, begun_anew=newest < after)

    @pages.get("/requests/<id>")
    def show_one(id: str) -> str:
        found = _recording(site, id)
        return render_template(
            "request.html",
            found=found,
            invocations=_invocations(found, site.projects.current()),
            bars=stage_bars(found),
            curl=curl_command(found),
            **followed_page(site, "request", found.summary.number),
        )

    @pages.get("/requests/<id>/event.json")
    def download_event(id: str) -> Response:
        found = site.recordings.get(id)
        if found.function is None:
            raise RecordingError("no function was called for this request, so there is no event")
        headers = {"Content-Disposition": 'attachment; filename="event.json"'}
        return Response(found.function.event.text, mimetype="application/json", headers=headers)

    @pages.post("/requests/<id>/save-test")
    def save_test(id: str) -> Any:
        done = save_test_of(site, _recording(site, id).summary.id, request.get_json())
        if done.returncode != 0:
            raise HomeportError(done.stderr.strip().removeprefix("homeport: "))
        file = Path(done.stdout.strip()).relative_to(site.projects.root)
        return jsonify(file=str(file), notes=done.stderr.strip().removeprefix("homeport: "))

    return pages


def _up_to(newest: int) -> int:
    """Return the number before which a page's rows are: what is stored meanwhile comes with the next look alone."""
    return newest + 1


def _filter() -> RecordingFilter:
    asked = request.args
    return RecordingFilter(
        text=asked.get("text", "").strip(),
        method=asked.get("method", ""),
        status=asked.get("status", "").strip(),
        operation=asked.get("operation", ""),
        drift="drift" in asked,
    )


def _filter_words(wanted: RecordingFilter) -> list[str]:
    """Return the conditions of a filter as an empty list names them."""
    named = {"text": f"“{wanted.text}”", "method": wanted.method, "status": f"status {wanted.status}"}
    named["operation"] = f"operation {wanted.operation}"
    found = [words for name, words in named.items() if getattr(wanted, name)]
    return [*found, "drift"] if wanted.drift else found


def _page(site: SiteContext, wanted: RecordingFilter, before: int | None) -> tuple[RecordingPage, str]:
    try:
        return site.recordings.page(wanted, before=before, size=_PAGE), ""
    except RecordingError as error:
        return RecordingPage((), None, 0), str(error)


def _invocations(found: Recording, project: Project) -> list[ShownInvocation]:
    """Return the function that answered, then the authorizer."""
    function, authorizer = found.function, found.authorizer
    shown = [shown_invocation(function, "Function", project, is_main=True)] if function is not None else []
    if authorizer is not None:
        shown.append(shown_invocation(authorizer, "Authorizer", project, is_main=False))
    return shown


def _recording(site: SiteContext, id: str) -> Recording:
    """Return a recording; wait for it if its request was just sent."""
    deadline = time.monotonic() + (_RECORDING_DELAY if "new" in request.args else 0.0)
    while True:
        try:
            return site.recordings.get(id)
        except RecordingError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.1)


def save_test_of(site: SiteContext, id: str, choices: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
    """Run the command, which prints the test's file or an error. ``choices`` has ``name``, ``check`` and ``force``."""
    command = [sys.executable, "-m", "homeport", "save-test", "--project", str(site.projects.root)]
    command += ["--stage", site.projects.stage, *site.projects.inputs.to_options()]
    command += [f"--{option}={choices[option]}" for option in ("name", "check") if choices.get(option)]
    command += ["--force"] if choices.get("force") is True else []
    return subprocess.run(
        [*command, "--", id],
        cwd=site.projects.root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
