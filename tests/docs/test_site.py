"""The documentation's site: every page is in its menu, and a link to nowhere is an error."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.docs.site_menu import expand
from tests.docs.site_pages import is_page, site_page, site_path

ROOT = Path(__file__).parents[2]
FILES = {"README.md", "LICENSE", "docs/a.md", "docs/how-to/b.md", "examples/shop/README.md", "docs/x.png"}


@pytest.mark.parametrize(
    ("file", "text", "there"),
    [
        ("README.md", "[a](docs/a.md#part)", "[a](a.md#part)"),
        ("README.md", "[![x](docs/x.png)](docs/a.md)", "[![x](x.png)](a.md)"),
        ("docs/how-to/b.md", "[home](../../README.md), [a](../a.md)", "[home](../index.md), [a](../a.md)"),
        ("docs/a.md", "[shop](../examples/shop/README.md)", "[shop](examples/shop.md)"),
        ("README.md", "[licence](LICENSE)", "[licence](files/LICENSE)"),
        ("docs/a.md", "[out](https://a.example/b.md) [here](#part)", "[out](https://a.example/b.md) [here](#part)"),
        ("docs/a.md", "```\n[no](link.md)\n```\n", "```\n[no](link.md)\n```\n"),
    ],
)
def test_link_leads_to_the_same_page_on_the_site(file: str, text: str, there: str) -> None:
    page = site_page(text, file, FILES)
    assert (page.text, page.problems) == (there, ())


def test_link_to_nowhere_is_a_problem() -> None:
    assert site_page("[c](c.md)", "docs/a.md", FILES).problems == (
        "docs/a.md: the link c.md leads to docs/c.md, which is not there",
    )


def test_sources_are_no_pages() -> None:
    assert [is_page(file) for file in ("README.md", "docs/a.md", "homeport/notes.md")] == [True, True, False]
    assert site_path("homeport/cli.py") == "files/homeport/cli.py"


def test_star_in_the_menu_stands_for_the_pages_that_no_line_names() -> None:
    menu = ["index.md", {"More": ["more/first.md", "more/*"]}]
    pages = ["index.md", "more/first.md", "more/other.md", "more/deep/page.md", "alone.md"]
    assert expand(menu, pages) == ["index.md", {"More": ["more/first.md", "more/other.md"]}]


@pytest.mark.slow
def test_site_is_built_without_a_warning_and_dead_anchors_are_errors(tmp_path: Path) -> None:
    for name in (*(file.name for file in ROOT.glob("*.md")), "LICENSE", "mkdocs.yml", "docs", "examples"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, tmp_path / name)
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    command = [sys.executable, "-m", "tests.docs.site", "build", "--root", str(tmp_path)]

    def build() -> str:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
        return done.stdout + done.stderr

    assert build() == "made build/site/index.html\n"
    page = tmp_path / "docs" / "trust.md"
    page.write_text(page.read_text() + "\n[nowhere](security.md#no-such-heading)\n")
    assert "no-such-heading" in build()


def test_workflow_builds_the_site() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/docs.yml").read_text())
    assert {"run": "make docs"} in workflow["jobs"]["build"]["steps"]
