"""The items with which serverless-dynamodb-local fills tables.

https://github.com/raisenational/serverless-dynamodb-local#seeding-sls-dynamodb-seed
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from homeport.project.esbuild import is_file
from homeport.project.model import TableSeed
from homeport.project.serverless.service import ServerlessService, text_of
from homeport.project.source.cursor import Cursor
from homeport.project.source.graft import relative_file

_PLUGINS = ("serverless-dynamodb-local", "serverless-dynamodb")
_KEYS = ("dynamodb", "serverless-dynamodb")


def table_seeds(service: ServerlessService, root: Path) -> tuple[TableSeed, ...]:
    """Return the files of items for tables, relative to ``root``; those that are not there are named."""
    if not service.has_plugin(*_PLUGINS):
        return ()
    return tuple(seed for key in _KEYS for seed in _seeds(service.custom.at(key).at("seed"), service, root))


def _seeds(section: Cursor, service: ServerlessService, root: Path) -> Iterator[TableSeed]:
    for _, category in section.items():
        for entry in category.at("sources").entries():
            table = text_of(entry.at("table"))
            for key, in_dynamodb_json in (("sources", False), ("rawsources", True)):
                for file in entry.at(key).entries():
                    place = service.folder / text_of(file)
                    if not is_file(place):
                        file.warning(f"there is no file {text_of(file)} to fill {table} with", "check its path")
                    elif table:
                        yield TableSeed(table, relative_file(root, place), in_dynamodb_json)
