"""The page of ``--json``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from homeport.commands.json_output import FIELDS, PROBLEM_FIELDS, VERSION
from tests.docs.reference.markdown import page, table

_LEAD = f"""
With `--json` a command prints its result as one JSON object on standard output, and nothing else there; progress,
questions and errors go to standard error. Each object has `"version": {VERSION}`. Within a version keys may come, and
none goes or changes its type. [Exit statuses](exit-statuses.md) are the same as without it. `homeport logs` prints an
object a line, with `--follow` as they come.
"""


def json_page() -> str:
    """Return the page."""
    parts = (_fields(f"homeport {name} --json", fields) for name, fields in sorted(FIELDS.items()))
    problem = _fields("What could not be done", PROBLEM_FIELDS)
    return page("JSON for programs", _LEAD, *parts, problem)


def _fields(heading: str, fields: Mapping[str, str]) -> Iterator[str]:
    yield from (f"## {heading}", "")
    yield from table(("Key", "Meaning"), ((f"`{name}`", about) for name, about in fields.items()))
