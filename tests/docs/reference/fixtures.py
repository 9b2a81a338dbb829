"""The page of the pytest plugin, from its fixtures and options."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from homeport.contract.fixtures import plugin
from tests.docs.reference.markdown import page, table

_LEAD = """
The pytest plugin of the extra `test`. pytest finds it by itself. [Contract tests](../contract-tests.md) have examples.
"""


class _Options:
    """A parser of pytest that only notes the options of a plugin."""

    def __init__(self) -> None:
        self.found: list[tuple[tuple[str, ...], dict[str, Any]]] = []

    def getgroup(self, *_: str, **__: str) -> _Options:
        return self

    def addoption(self, *names: str, **settings: Any) -> None:
        self.found.append((names, settings))


def fixtures_page() -> str:
    """Return the page."""
    return page(
        "Fixtures of pytest",
        _LEAD,
        ["## Fixtures", ""],
        table(("Fixture", "Scope", "Meaning"), _fixtures()),
        ["## Options", ""],
        table(("Option", "Meaning"), _options()),
    )


def fixture_names() -> list[str]:
    """Return the names of the plugin's fixtures for users."""
    return [name for name, value in sorted(vars(plugin).items()) if _marker(value) and not name.startswith("_")]


def _marker(value: object) -> Any:
    return value if type(value).__name__ == "FixtureFunctionDefinition" else None


def _fixtures() -> Iterator[tuple[str, str, str]]:
    for name in fixture_names():
        fixture = getattr(plugin, name)
        text = inspect.getdoc(fixture._get_wrapped_function()) or ""
        paragraph = re.sub(r"``(.*?)``", r"`\1`", re.sub(r"\s+", " ", text))
        yield f"`{name}`", fixture._fixture_function_marker.scope, paragraph


def _options() -> Iterator[tuple[str, str]]:
    parser: Any = _Options()
    plugin.pytest_addoption(parser)
    for names, settings in parser.found:
        value = f" {settings['metavar']}" if "metavar" in settings else ""
        yield ", ".join(f"`{name}{value}`" for name in names), settings.get("help", "")
