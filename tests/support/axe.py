"""axe-core, which finds what people with disabilities could not use: installed by npm as its lock file has it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from homeport.environment import read_environment
from homeport.errors import SetupError
from homeport.runtime.node.npm import locked_packages

LOCKED = Path(__file__).parents[1] / "inspector" / "axe"
_RUN = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.flatMap((rule) => rule.nodes.map(
    (node) => [`${rule.id}: ${node.target.join(" ")}`, node.failureSummary.replace(/\\s+/g, " ")]));
}"""


def axe_source() -> str:
    """Return axe-core's script; skips the test, with the reason, where npm can't install it (in CI it fails)."""
    try:
        folder = locked_packages(read_environment().cache_dir, "axe", LOCKED, lambda line: None)
    except SetupError as error:
        if os.environ.get("CI"):
            pytest.fail(f"no axe-core: {error}")
        pytest.skip(f"no axe-core: {error}")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


def violations(page: Page, axe: str) -> Iterator[str]:
    """Yield what axe-core finds on a page, each with its rule, the element and what is wrong."""
    # The page's policy forbids scripts of others; what Playwright evaluates is none of the page's.
    page.evaluate(axe)
    yield from (f"{where} ({why})" for where, why in page.evaluate(_RUN))
