"""The page with the API's diagram."""

from __future__ import annotations

from flask import Blueprint, render_template

from homeport.inspector.site.around import Site
from homeport.inspector.site.diagram import diagram, rows


def blueprint(site: Site) -> Blueprint:
    """The page ``/diagram``."""
    pages = Blueprint("diagram", __name__)

    @pages.get("/diagram")
    def shown() -> str:
        project = site.projects.current()
        svg = diagram(project.api, project.resources)
        return render_template("diagram.html", title=project.api.title, svg=svg, rows=rows(project.api))

    return pages
