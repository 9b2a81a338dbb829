"""Writes docs/reference and homeport/schemas from the tables of the code: ``python -m tests.docs.reference``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.docs.reference.commands import commands_page
from tests.docs.reference.fixtures import fixtures_page
from tests.docs.reference.index import index_page
from tests.docs.reference.lists import environment_page, exit_statuses_page, files_page
from tests.docs.reference.resources import resources_page
from tests.docs.reference.results import json_page
from tests.docs.reference.settings import extensions_page, stages_page, x_homeport_page

FOLDER = Path(__file__).parents[3] / "docs" / "reference"

PAGES: Mapping[str, Callable[[], str]] = {
    "README": index_page,
    "commands": commands_page,
    "environment": environment_page,
    "exit-statuses": exit_statuses_page,
    "extensions": extensions_page,
    "files": files_page,
    "fixtures": fixtures_page,
    "json": json_page,
    "resources": resources_page,
    "stages": stages_page,
    "x-homeport": x_homeport_page,
}
"""The pages by the names of their files."""
