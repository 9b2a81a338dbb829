"""Write docs/checks.md from the registry of checks: ``python -m tests.docs.checks_page``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from homeport.contract.checks.check import Check, Kind
from homeport.contract.checks.registry import CHECKS

PAGE = Path(__file__).parents[2] / "docs" / "checks.md"
_HEAD = """\
# Checks of REST

The promises to which `homeport test` holds an API beside its schemas, by the names that switch them off
([contract tests](contract-tests.md#checks-that-are-switched-off-and-known-findings)). This page is written by
`python -m tests.docs.checks_page`.

A check whose subject an API lacks does not apply: without ETags, none of their checks does. *Needs* tells what a check
uses beside the API's URL: the stack that the run starts, its tables, its log, or two users.
"""
_TITLES: dict[Kind, str] = {
    "round-trip": "Round trip",
    "methods": "Semantics of methods",
    "collections": "Collections",
    "preconditions": "Preconditions and retries",
    "concurrency": "Concurrency",
    "wire": "Wire",
    "errors": "Errors",
    "under-faults": "Under faults",
    "storage": "Storage",
    "sequences": "Sequences",
}


def checks_page() -> str:
    """Return the text of the page."""
    return "\n".join((_HEAD, *(line for kind in _TITLES for line in _section(kind))))


def _section(kind: Kind) -> Iterator[str]:
    yield f"## {_TITLES[kind]}\n"
    yield "| Check | Promise | Where it comes from | Needs |\n|---|---|---|---|"
    yield from (_row(check) for check in CHECKS if check.kind == kind)
    yield ""


def _row(check: Check) -> str:
    needs = ", ".join(sorted(each.replace("-", " ") for each in check.needs))
    cells = (f"`{check.name}`", check.promise, check.origin, needs)
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(checks_page(), encoding="utf-8")
