"""Where a request's time went, as bars of a chart. Pure.

The live list of requests, and all that is known of one.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, render_template, request

from homeport.inspector.send import curl_command
from homeport.inspector.site_context import Site
from homeport.recordings.reader import Filter, Page, RecordingError
from homeport.recordings.recording import Recording

WIDTH = 320.0
_THINNEST = 1.5


@dataclass(frozen=True, slots=True)
class Bar:
    """A stage; ``x`` and ``width`` are of the chart's WIDTH. ``last`` is the stage that answered or refused."""

    name: str
    duration_ms: float
    x: float
    width: float
    last: bool


def bars(recording: Recording) -> tuple[Bar, ...]:
    """The stages one after the other, in proportion to the time of all."""
    total = sum(stage.duration_ms for stage in recording.stages) or 1.0
    found, before = [], 0.0
    for number, stage in enumerate(recording.stages, 1):
        x = min(before / total * WIDTH, WIDTH - _THINNEST)
        width = max(stage.duration_ms / total * WIDTH, _THINNEST)
        found.append(Bar(stage.name, stage.duration_ms, round(x, 1), round(width, 1), number == len(recording.stages)))
        before += stage.duration_ms
    return tuple(found)


_PAGE = 100
# Seconds until a request that was just answered is recorded.
_PATIENCE = 3.0
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


def blueprint(site: Site) -> Blueprint:
    """The pages below ``/requests``."""
    pages = Blueprint("requests", __name__)

    @pages.get("/requests")
    def listed() -> str:
        wanted = _filter()
        page, problem = _page(site, wanted, before=request.args.get("before", type=int))
        older = f"?{urlencode({**request.args.to_dict(), 'before': page.older})}"
        return render_template(
            "requests.html",
            page=page,
            older=older,
            wanted=wanted,
            problem=problem,
            methods=_METHODS,
            operations=[operation.id for operation in site.projects.current().api.operations],
            newest=site.recordings.newest(),
            live="before" not in request.args and not problem,
        )

    @pages.get("/requests/rows")
    def rows() -> Response:
        after = request.args.get("after", 0, type=int)
        newest = site.recordings.newest()
        page = site.recordings.page(_filter(), after=after, size=_PAGE) if newest > after else Page((), None, 0)
        html = render_template("rows.html", rows=page.rows)
        return jsonify(html=html, newest=newest, count=len(page.rows), total=page.total, begun_anew=newest < after)

    @pages.get("/requests/<id>")
    def shown(id: str) -> str:
        found = _recording(site, id)
        return render_template(
            "request.html",
            found=found,
            called=[called for called in (found.authorizer, found.function) if called is not None],
            bars=bars(found),
            curl=curl_command(found),
        )

    @pages.get("/requests/<id>/event.json")
    def event(id: str) -> Response:
        found = site.recordings.get(id)
        if found.function is None:
            raise RecordingError("no function was called for this request, so there is no event")
        headers = {"Content-Disposition": 'attachment; filename="event.json"'}
        return Response(found.function.event.text, mimetype="application/json", headers=headers)

    @pages.post("/requests/<id>/save-test")
    def save_test(id: str) -> Any:
        done = _save_test(site, site.recordings.get(id).summary.id)
        answer = (done.stdout if done.returncode == 0 else done.stderr).strip()
        return jsonify(saved=done.returncode == 0, text=answer.removeprefix("homeport: "))

    return pages


def _filter() -> Filter:
    asked = request.args
    return Filter(
        text=asked.get("text", "").strip(),
        method=asked.get("method", ""),
        status=asked.get("status", "").strip(),
        operation=asked.get("operation", ""),
        drift="drift" in asked,
    )


def _page(site: Site, wanted: Filter, before: int | None) -> tuple[Page, str]:
    try:
        return site.recordings.page(wanted, before=before, size=_PAGE), ""
    except RecordingError as error:
        return Page((), None, 0), str(error)


def _recording(site: Site, id: str) -> Recording:
    """A recording, waited for if it was just made."""
    deadline = time.monotonic() + (_PATIENCE if "new" in request.args else 0.0)
    while True:
        try:
            return site.recordings.get(id)
        except RecordingError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.1)


def _save_test(site: Site, id: str) -> subprocess.CompletedProcess[str]:
    """As a person would: by the command, which says where the test is, or what is in its way."""
    command = [sys.executable, "-m", "homeport", "save-test", "--project", str(site.projects.root)]
    command += ["--stage", site.projects.stage, "--", id]
    return subprocess.run(
        command,
        cwd=site.projects.root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
