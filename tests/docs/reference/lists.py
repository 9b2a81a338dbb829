"""The pages of lists: environment variables, files of the state folder, exit statuses."""

from __future__ import annotations

from collections.abc import Iterator

from homeport.environment import STATE_FILES
from homeport.environment_variables import VARIABLES, Purpose
from homeport.errors import EXIT_STATUSES
from tests.docs.reference.markdown import page, table

_PURPOSES: dict[Purpose, tuple[str, str]] = {
    "set by you": ("Set by you", "Commands and tests read these."),
    "in a function": (
        "In a function",
        "A function has the variables of Lambda, those of its stage and of `x-homeport`, and the name of each table "
        "that it may use (`ITEMS_TABLE` for `ItemsTable`). Nothing else of your shell reaches it.",
    ),
    "between processes": ("Between processes", "Homeport sets these for processes of its own."),
}


def environment_page() -> str:
    """Return the page of environment variables."""
    parts = (_variables(purpose) for purpose in _PURPOSES)
    return page("Environment variables", "The variables that Homeport reads, and those that it sets.", *parts)


def _variables(purpose: Purpose) -> Iterator[str]:
    heading, lead = _PURPOSES[purpose]
    yield from (f"## {heading}", "", lead, "")
    found = [variable for variable in VARIABLES if variable.purpose == purpose]
    names = ((f"`{it.name}…`" if it.name.endswith("_") else f"`{it.name}`", it.about, it.default) for it in found)
    yield from table(("Variable", "Meaning", "Without it"), names)


def files_page() -> str:
    """Return the page of the state folder."""
    lead = """
`.homeport` in a project, or the folder that `HOMEPORT_STATE_DIR` names. All of it may be removed while nothing
runs: what is lost then are the items of the tables, recordings, logs and snapshots.
"""
    rows = ((f"`{name}`", about) for name, about in sorted(STATE_FILES.items()))
    return page("The state folder", lead, table(("File or folder", "What it holds"), rows))


def exit_statuses_page() -> str:
    """Return the page of exit statuses."""
    rows = ((str(status), meaning) for status, meaning in EXIT_STATUSES.items())
    return page("Exit statuses", "The exit statuses of all commands.", table(("Status", "Meaning"), rows))
