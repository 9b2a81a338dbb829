"""A real browser for tests of the inspector: Debian's Chromium, or the one that Playwright installed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from tests.support.waiting import LAST_RESORT, queue_length

DEBIANS = Path("/usr/bin/chromium")
SCREENSHOTS = Path(__file__).parents[2] / "reports" / "inspector"


@contextmanager
def chromium() -> Iterator[Browser]:
    """Headless; skips the tests, with the reason, where there is none (in CI they fail)."""
    with sync_playwright() as playwright:
        try:
            path = str(DEBIANS) if DEBIANS.exists() else None
            browser = playwright.chromium.launch(executable_path=path)
        except Error as error:
            reason = f"no browser: apt-get install chromium, or playwright install chromium ({error.message[:100]!r})"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, url: str, *, dark: bool = False, width: int = 1240) -> Iterator[Page]:
    """A page on ``url``. Whatever it writes into the console as an error, or breaks the policy with, fails the test."""
    context = browser.new_context(
        base_url=url, color_scheme="dark" if dark else "light", viewport={"width": width, "height": 800}
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    limit = LAST_RESORT * 1000 * queue_length()
    context.set_default_timeout(limit)
    expect.set_options(timeout=limit)
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert [problem for problem in problems if not re.search("the server responded with a status of 4", problem)] == []


def page_width(page: Page) -> int:
    """Return how many pixels a page is wide, once its style sheet is there: without it, elements are visible too."""
    page.wait_for_load_state()
    return int(page.evaluate("document.documentElement.scrollWidth"))


def screenshot(page: Page, name: str) -> Path:
    """Keep what the page shows as ``reports/inspector/NAME.png``."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    file = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=file)
    return file
