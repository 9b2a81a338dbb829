"""The pages below ``/runs``: invocations that no request waited for, each with its cause and with what followed."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, url_for

from homeport.inspector.delivery_status import delivery_status
from homeport.inspector.formats import clock
from homeport.inspector.invocations import shown_invocation
from homeport.inspector.site_context import SiteContext
from homeport.recordings.followed import FollowedItem, ancestors, follow
from homeport.recordings.links import Owner
from homeport.recordings.run_store import RunPage

_PAGE = 100


@dataclass(frozen=True, slots=True)
class CauseLink:
    """A cause of a run: a request or another run, in words and with the address of its page."""

    text: str
    href: str


def followed_page(site: SiteContext, owner: Owner, number: int) -> dict[str, object]:
    """Return the variables of ``followed.html``: what a request or a run made, and what became of it."""
    project = site.projects.current()

    def ending_of(made: FollowedItem) -> str:
        return delivery_status(made, project.resources, project.triggers)

    return {"followed": follow(site.runs, owner, number), "ending_of": ending_of}


def causes(site: SiteContext, number: int) -> list[CauseLink]:
    """Return what caused a run, the nearest first, as far as it is still kept."""
    found = ancestors(site.runs, number)
    requests = site.recordings.summaries([each.number for each in found if each.owner == "request"])
    runs = site.runs.summaries([each.number for each in found if each.owner == "run"])
    links = []
    for each in found:
        if each.owner == "request" and (summary := requests.get(each.number)) is not None:
            href = url_for("requests.show_one", id=summary.id)
            links.append(CauseLink(f"{summary.method} {summary.target} at {clock(summary.received)}", href))
        elif each.owner == "run" and (run := runs.get(each.number)) is not None:
            links.append(
                CauseLink(f"a run of {run.function} for {run.origin}", url_for("runs.show_one", number=run.number))
            )
    return links


def _asked_page(site: SiteContext) -> RunPage:
    asked = request.args
    return site.runs.page(
        asked.get("text", "").strip(),
        asked.get("function", ""),
        failed="failed" in asked,
        before=asked.get("before", None, type=int),
        size=_PAGE,
    )


def _filter_words() -> list[str]:
    """Return the conditions of the filter as an empty list names them."""
    asked = request.args
    text, function = asked.get("text", "").strip(), asked.get("function", "")
    words = [f"“{text}”"] * bool(text) + [f"function {function}"] * bool(function)
    return [*words, "only failed"] if "failed" in asked else words


def blueprint(site: SiteContext) -> Blueprint:
    """Return the pages below ``/runs``."""
    pages = Blueprint("runs", __name__)

    @pages.get("/runs")
    def show_list() -> str:
        asked, page = request.args, _asked_page(site)
        projects = site.projects.current().every_api
        return render_template(
            "runs.html",
            page=page,
            asked=asked,
            filters=_filter_words(),
            refresh="" if "before" in asked else f"{url_for('.list_rows')}?{urlencode(asked.to_dict())}",
            older=f"?{urlencode({**asked.to_dict(), 'before': page.older})}",
            functions=sorted({name for each in projects for name in each.api.functions}),
        )

    @pages.get("/runs/rows")
    def list_rows() -> str:
        return render_template("run_rows.html", page=_asked_page(site), filters=_filter_words())

    @pages.get("/followed/<any(request, run):owner>/<int:number>")
    def show_followed(owner: Owner, number: int) -> str:
        return render_template("followed.html", **followed_page(site, owner, number))

    @pages.get("/runs/<int:number>")
    def show_one(number: int) -> str:
        found = site.runs.get(number)
        return render_template(
            "run.html",
            found=found,
            invocations=[shown_invocation(found.invocation, "Function", site.projects.current(), is_main=True)],
            causes=causes(site, number),
            **followed_page(site, "run", number),
        )

    @pages.get("/runs/<int:number>/event.json")
    def download_event(number: int) -> Response:
        headers = {"Content-Disposition": 'attachment; filename="event.json"'}
        return Response(site.runs.get(number).invocation.event.text, mimetype="application/json", headers=headers)

    return pages
