"""Faults on demand: what goes wrong with DynamoDB, switched on and off while the API runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, jsonify, render_template, request

from homeport.errors import HomeportError
from homeport.inspector.site_context import Site
from homeport.project.model import Resources
from homeport.runtime.faults import ACTIONS

# Those that people meet most; the page takes any other in writing.
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


def blueprint(site: Site) -> Blueprint:
    """The page ``/faults``."""
    pages = Blueprint("faults", __name__)

    @pages.get("/faults")
    def listed() -> str:
        places = list(_places(site.projects.current().resources))
        return render_template("faults.html", rules=site.faults.rules(), places=places, actions=ACTIONS, kinds=_KINDS)

    @pages.post("/faults")
    def turned() -> Any:
        told = request.get_json()
        site.faults.turn(_text(told), told.get("on") is True, site.projects.current().resources)
        return jsonify(done=True)

    @pages.delete("/faults")
    def forgotten() -> Any:
        site.faults.forget(_text(request.get_json()))
        return jsonify(done=True)

    return pages


def _places(resources: Resources) -> Iterator[str]:
    for name, table in resources.tables.items():
        yield name
        yield from (f"{name}/{index}" for index in table.indexes)


def _text(told: Any) -> str:
    if not isinstance(told, dict) or not isinstance(told.get("text"), str):
        raise HomeportError("this names no fault", "give it as homeport dev --fault has it")
    return str(told["text"])
