"""The page ``/faults``: faults of DynamoDB, switched on and off while the API runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, jsonify, render_template, request

from homeport.errors import HomeportError
from homeport.inspector.site_context import SiteContext
from homeport.project.model import Resources
from homeport.runtime.faults import ACTIONS

# The most frequent kinds of faults; the page takes any other as text.
_KINDS = (
    "ProvisionedThroughputExceeded",
    "ThrottlingException",
    "InternalServerError",
    "ServiceUnavailable",
    "TransactionCanceled",
    "latency:200ms",
    "latency:2s",
    "timeout",
    "lost",
    "unprocessed",
)


def blueprint(site: SiteContext) -> Blueprint:
    """Return the page ``/faults``."""
    pages = Blueprint("faults", __name__)

    @pages.get("/faults")
    def show() -> str:
        places = list(_places(site.projects.current().resources))
        return render_template("faults.html", rules=site.faults.rules(), places=places, actions=ACTIONS, kinds=_KINDS)

    @pages.post("/faults")
    def switch() -> Any:
        sent = request.get_json()
        site.faults.switch(_text(sent), sent.get("on") is True, site.projects.current().resources)
        return jsonify(done=True)

    @pages.delete("/faults")
    def forget() -> Any:
        site.faults.forget(_text(request.get_json()))
        return jsonify(done=True)

    return pages


def _places(resources: Resources) -> Iterator[str]:
    for name, table in resources.tables.items():
        yield name
        yield from (f"{name}/{index}" for index in table.indexes)


def _text(sent: Any) -> str:
    if not isinstance(sent, dict) or not isinstance(sent.get("text"), str):
        raise HomeportError("this names no fault", "give it as homeport dev --fault has it")
    return str(sent["text"])
