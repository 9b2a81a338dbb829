"""docs/reference is what the code's own tables say, and leaves nothing out."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.cli import make_parser
from homeport.environment_variables import VARIABLES
from homeport.project.keys.section import Section
from homeport.project.stages.keys import STAGE
from tests.docs.reference import FOLDER, PAGES
from tests.docs.reference.commands import sub_commands
from tests.docs.reference.fixtures import fixture_names
from tests.docs.reference.markdown import anchor

ROOT = Path(__file__).parents[2]
# Words of AWS that begin as its variables do.
_NO_VARIABLES = {"AWS_IAM", "AWS_PROXY", "AWS_SERVICES", "AWS_SES"}


@pytest.mark.parametrize("name", PAGES)
def test_page_is_that_of_the_tables(name: str) -> None:
    written = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert written == PAGES[name](), "run: make reference"


def test_folder_has_no_other_page() -> None:
    assert {file.stem for file in FOLDER.glob("*.md")} == set(PAGES)


def test_each_link_inside_of_the_reference_leads_to_a_heading() -> None:
    for name, text in ((name, (FOLDER / f"{name}.md").read_text(encoding="utf-8")) for name in PAGES):
        headings = {anchor(line.lstrip("# ")) for line in text.splitlines() if line.startswith("#")}
        assert set(re.findall(r"\]\(#([^)]*)\)", text)) <= headings, name
        for target in re.findall(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)", text):
            assert (FOLDER / target).resolve().is_file(), f"{name}: {target}"


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        yield from action.option_strings
    for _, (_, inner) in sub_commands(parser):
        yield from _options(inner)


def test_each_command_and_each_option_is_there() -> None:
    page = (FOLDER / "commands.md").read_text(encoding="utf-8")
    for name, (_, parser) in sub_commands(make_parser()):
        section = page.partition(f"\n## homeport {name}\n")[2].partition("\n## homeport ")[0]
        assert section, name
        missing = {option for option in _options(parser) if f"`{option}" not in section} - {"-h", "--help"}
        assert not missing, f"{name}: {missing}"


def test_each_command_and_option_has_a_description() -> None:
    for name, (summary, parser) in sub_commands(make_parser()):
        assert summary, name
        for inner in (parser, *(found for _, (_, found) in sub_commands(parser))):
            actions = [action for action in inner._actions if not isinstance(action, argparse._SubParsersAction)]
            silent = [action.dest for action in actions if not action.help]
            assert silent == [], f"{name}: {silent}"


def test_each_key_has_a_description() -> None:
    def silent(section: Section) -> Iterator[str]:
        for key in section.keys:
            if not key.about.endswith((".", "`")):
                yield key.name
            if isinstance(key.value, Section):
                yield from silent(key.value)

    assert list(silent(STAGE)) == []


def test_each_variable_that_the_code_names_is_listed() -> None:
    listed = {variable.name for variable in VARIABLES}
    found = set()
    for file in _sources():
        found |= set(re.findall(r"\b((?:HOMEPORT|AWS)_[A-Z0-9_]+)\b", file.read_text(encoding="utf-8")))
    families = tuple(name for name in listed if name.endswith("_"))
    unlisted = {name for name in found - _NO_VARIABLES - listed if not name.startswith(families)}
    assert unlisted == set()
    assert {name for name in listed if name.startswith("HOMEPORT_")} - _composed() <= found


def _composed() -> set[str]:
    """Return the variables whose names the code puts together, of which a test of their reader tells."""
    fields = ("PROJECT", "STAGE", "URL", "DYNAMODB_URL", "AWS_URL", "TOKEN", "API_KEY")
    return {f"HOMEPORT_{field}" for field in fields}


def _sources() -> Iterator[Path]:
    """Yield the sources of the kit but for the table itself and the skeleton of a project."""
    for suffix in ("py", "mjs", "cjs", "js"):
        for file in (ROOT / "homeport").rglob(f"*.{suffix}"):
            if file.name != "environment_variables.py" and not {"skeleton", "node_modules"} & set(file.parts):
                yield file


def test_each_fixture_is_there() -> None:
    page = (FOLDER / "fixtures.md").read_text(encoding="utf-8")
    assert [name for name in fixture_names() if f"| `{name}` |" not in page] == []
    assert "homeport_url" in fixture_names()
