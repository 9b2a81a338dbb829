"""The parts of a page of a service, as frozen values: lists, forms, texts. ``service.html`` shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from homeport.errors import HomeportError

# Characters of a text that is shown.
LONGEST_TEXT = 65_536


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a list. ``kind`` is its CSS class (``number``, ``error``)."""

    text: str
    href: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """A button that sends ``values`` to ``url``. With ``asks`` it has to be pressed twice."""

    label: str
    url: str
    values: Mapping[str, str] = field(default_factory=dict)
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list, with what can be done to it."""

    cells: tuple[Cell, ...]
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class ResourceList:
    """A list. ``empty`` says what to write, or to do, to have something in it. ``more`` leads to the next page."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    empty: str
    note: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a form. ``file`` is sent in base64, with its name as ``NAME_name``; ``secret`` is not shown."""

    name: str
    label: str
    value: str = ""
    kind: Literal["text", "area", "select", "file", "number", "secret"] = "text"
    options: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class ActionForm:
    """A form that sends its fields to ``url``."""

    title: str
    url: str
    button: str
    fields: tuple[FormField, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A text with a title, JSON indented."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class ServicePage:
    """A page. ``facts`` are names and values, ``parents`` the texts and addresses of the pages that lead here."""

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    parents: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    forms: tuple[ActionForm, ...] = ()
    listings: tuple[ResourceList, ...] = ()
    texts: tuple[TextBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """The answer to an action: ``said`` tells a person; ``shown`` is a longer text, or ``listing`` a list.

    Where there is neither, the page is loaded again, or that at ``to``.
    """

    said: str
    shown: str = ""
    listing: ResourceList | None = None
    to: str = ""


def text_of(sent: Mapping[str, Any], name: str, label: str) -> str:
    """Return a field that has to be there. Raises HomeportError."""
    value = sent.get(name)
    if not isinstance(value, str) or not value:
        raise HomeportError(f"{label} is missing", "write it into the form")
    return value


def json_of(text: str, label: str) -> Any:
    """Return the value of a JSON text. Raises HomeportError."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise HomeportError(f"{label} is no JSON: {error}") from None


def clip(text: str) -> str:
    """Return the beginning of a text."""
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}\n… of {len(text)} characters"
