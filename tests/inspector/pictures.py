"""Renew the pictures of the inspector in ``docs/``: ``python -m tests.inspector.pictures``, or ``make screenshots``.

A stack of the items API answers the same requests each time. The pictures have two pixels for each of CSS, the light
theme, and the fonts Inter and JetBrains Mono where they are installed (Debian's fonts-inter and fonts-jetbrains-mono).
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from playwright.sync_api import Page, ViewportSize

from homeport.contract.fixtures.stack import running_stack
from tests.support.browser import chromium
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SIZE: ViewportSize = {"width": 1240, "height": 800}
PORTS = ("--port", "8080", "--inspector-port", "8081", "--dynamodb-port", "8000")
# Headless Chromium takes the fonts that fontconfig names: those of a bare machine are not what people have.
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
<match><test name="family" compare="contains"><string>ans</string></test>
<edit name="family" mode="prepend" binding="strong"><string>Inter</string></edit></match>
<match><test name="family"><string>system-ui</string></test>
<edit name="family" mode="prepend" binding="strong"><string>Inter</string></edit></match>
<match><test name="family"><string>ui-monospace</string></test>
<edit name="family" mode="prepend" binding="strong"><string>JetBrains Mono</string></edit></match>
</fontconfig>
"""


def send_requests(url: str) -> None:
    """Send what the pictures show: each function starts cold first, then people use the API."""

    def send(method: str, path: str, body: object = None) -> requests.Response:
        time.sleep(0.15)
        return requests.request(method, url + path, json=body, timeout=60)

    for path in ("/items", "/items/kettle-2"):
        send("GET", path)
    lamp = send("POST", "/items", {"name": "Floor lamp", "price": 89, "tags": ["light"]}).json()
    item = f"/items/{lamp['itemId']}"
    send("PUT", "/items/globe-3", {"name": "Globe", "price": 54.5, "tags": ["office"]})
    send("GET", "/items?status=active&limit=2")
    send("PATCH", item, {"price": 79})
    send("GET", item)
    send("GET", "/items/sofa-1")
    send("POST", "/items", {"price": "cheap"})
    send("GET", "/nowhere")
    send("DELETE", item)
    send("GET", item)
    send("GET", "/items/globe-3")
    send("GET", "/items/kettle-2")


@contextmanager
def _font_settings() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fonts.conf"
        file.write_text(FONTS)
        os.environ["FONTCONFIG_FILE"] = str(file)
        yield
        del os.environ["FONTCONFIG_FILE"]


def take_pictures(page: Page, folder: Path) -> None:
    """Write the pictures of the pages into a folder."""
    page.goto("/requests")
    page.screenshot(path=folder / "inspector-requests.png")
    page.goto("/requests?method=PUT")
    page.get_by_role("link", name="/items/globe-3").click()
    page.wait_for_url("**/requests/*")
    page.mouse.move(0, 0)
    page.screenshot(path=folder / "inspector-request.png")
    # The drawing is wider than a page's column.
    page.set_viewport_size({"width": 1400, "height": SIZE["height"]})
    page.goto("/diagram")
    page.screenshot(path=folder / "inspector-diagram.png")


def main(folder: Path = DOCS) -> None:
    """Renew the pictures."""
    with tempfile.TemporaryDirectory() as place:
        project = Path(place) / "items"
        project.mkdir()
        for name in ("openapi.yaml", "service", "deploy"):
            (project / name).symlink_to(ROOT / name)
        options = ("--no-data", "--inspected", *PORTS)
        with running_stack(project, options) as stack, _font_settings(), chromium() as browser:
            send_requests(stack.url)
            page = browser.new_page(base_url=stack.inspector, viewport=SIZE, device_scale_factor=2)
            count = "document.querySelectorAll('#requests tbody tr').length"
            page.goto("/requests")
            wait_until(lambda: page.evaluate(count) == 14, lambda: f"{page.evaluate(count)} requests are shown")
            take_pictures(page, folder)
    sys.stdout.write(f"renewed {', '.join(sorted(file.name for file in folder.glob('inspector-*.png')))}\n")


if __name__ == "__main__":
    main()
