"""The state of the stack: its processes and the faults that are on, on every page, and the page ``/processes``."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, jsonify, render_template

from homeport.inspector.site_context import SiteContext
from homeport.process_states import ProcessState, State, read_process_states
from homeport.runtime.control import ControlError, read_faults

# The colour of each state; a process that does its work once is shown in the list of every page only where it failed.
_TONES: Mapping[State, str] = {
    "waiting": "ok",
    "starting": "warn",
    "running": "ok",
    "done": "ok",
    "failed": "bad",
    "stopped": "bad",
}


@dataclass(frozen=True, slots=True)
class ShownProcess:
    """A process as a page shows it. ``tone`` is a CSS class, ``port`` where it serves (``:8080``), ``""``: nowhere."""

    name: str
    tone: str
    port: str
    is_once: bool
    state: ProcessState


@dataclass(frozen=True, slots=True)
class StackState:
    """The processes, and the faults that are on as ``--fault`` has them."""

    processes: tuple[ShownProcess, ...]
    faults: tuple[str, ...]

    @property
    def listed(self) -> tuple[ShownProcess, ...]:
        """The processes that every page lists: those that run, and those that failed."""
        return tuple(each for each in self.processes if not each.is_once or each.tone == "bad")

    @property
    def troubled(self) -> tuple[ShownProcess, ...]:
        """The processes that failed or are not started any more."""
        return tuple(each for each in self.processes if each.tone == "bad")


def shown_process(state: ProcessState) -> ShownProcess:
    """Return a process in the words and colours of a page."""
    name = state.name.removeprefix("the ")
    port = urlsplit(state.url).port if state.url else None
    return ShownProcess(
        name=name[:1].upper() + name[1:],
        tone=_TONES[state.state],
        port=f":{port}" if port else "",
        is_once=name.endswith("set-up"),
        state=state,
    )


def stack_status(site: SiteContext) -> StackState:
    """Return the state of the moment; a gateway that takes no orders now has no faults to show."""
    faults: tuple[str, ...] = ()
    if site.control.exists():
        with suppress(ControlError):
            faults = tuple(dict.fromkeys(fault.text for fault in read_faults(site.control).faults))
    return StackState(tuple(map(shown_process, read_process_states(site.states))), faults)


def blueprint(site: SiteContext) -> Blueprint:
    """Return the page ``/processes``, and ``/status``, which every page asks for what changed."""
    pages = Blueprint("status", __name__)

    @pages.get("/status")
    def show_parts() -> Any:
        status = stack_status(site)
        return jsonify(
            banners=render_template("banners.html", status=status),
            processes=render_template("processes_list.html", status=status),
        )

    @pages.get("/processes")
    def show_processes() -> str:
        return render_template("processes.html")

    return pages
