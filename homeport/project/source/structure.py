"""The structures of documents, as structures.yaml has them, held against a document: ``check_structure``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from homeport.project.names import did_you_mean
from homeport.project.source.cursor import Cursor
from homeport.project.source.yaml_text import read_yaml

Check = Callable[[Cursor, str], object]


class Structure(NamedTuple):
    """A map with known fields. ``extensible`` allows x- keys, ``referable`` a ``$ref`` instead of the map."""

    subject: str
    fields: Mapping[str, str]
    needed: tuple[str, ...]
    extensible: bool
    referable: bool


def check_structure(cursor: Cursor, type: str) -> None:
    """Report unknown and missing fields, and values of the wrong type. ``type`` is one of structures.yaml's."""
    check, rest = _check_of(type)
    check(cursor, rest)


@cache
def _check_of(type: str) -> tuple[Check, str]:
    if type in structures():
        return _check_map, type
    start = next(start for start in _TYPES if type.startswith(start))
    return _TYPES[start], type.removeprefix(start)


def _check_map(cursor: Cursor, name: str) -> None:
    structure = structures()[name]
    if not cursor.is_a(dict, f"{structure.subject}, a map") or (structure.referable and "$ref" in cursor.value):
        return
    for key, child in cursor.items():
        if key in structure.fields:
            check_structure(child, structure.fields[key])
        elif not (structure.extensible and key.startswith("x-")):
            child.error(f"unknown key {key!r} in {structure.subject}", did_you_mean(key, structure.fields))
    for key in structure.needed:
        if key not in cursor.value:
            cursor.error(f"{structure.subject} needs {key!r}", "add it")


def _check_choice(cursor: Cursor, words: str) -> None:
    if cursor.is_a(str, "text") and cursor.value not in words.split():
        cursor.error(f"{cursor.name!r} can't be {cursor.value!r}", did_you_mean(cursor.value, words.split()))


def _check_entries(cursor: Cursor, type: str) -> None:
    if cursor.is_a(list, "a list"):
        for child in cursor.entries():
            check_structure(child, type)


def _check_full_list(cursor: Cursor, type: str) -> None:
    if cursor.value == []:
        cursor.error(f"{cursor.name!r} needs at least 1 entry")
    _check_entries(cursor, type)


def _check_values(cursor: Cursor, type: str) -> None:
    if cursor.is_a(dict, "a map"):
        for key, child in cursor.items():
            if not key.startswith("x-"):
                check_structure(child, type)


def _check_named(cursor: Cursor, type: str) -> None:
    if cursor.is_a(dict, "a map from names to schemas"):
        for _, child in cursor.items():
            check_structure(child, type)


def _check_type(cursor: Cursor, _: str) -> None:
    if isinstance(cursor.value, list):
        cursor.error("'type' is one word in OpenAPI 3.0, not a list", "for a value that may be null add nullable: true")
    else:
        _check_choice(cursor, "array boolean integer number object string null")


def _unless(matches: Callable[[Any], bool]) -> Check:
    return lambda cursor, type: None if matches(cursor.value) else check_structure(cursor, type)


_TYPES: Mapping[str, Check] = {
    "a type": _check_type,
    "flag or ": _unless(lambda value: isinstance(value, bool)),
    "number or ": _unless(lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    "reference or ": _unless(lambda value: isinstance(value, dict) and "$ref" in value),
    "one of ": _check_choice,
    "list of ": _check_entries,
    "full list of ": _check_full_list,
    "map of ": _check_values,
    "names to ": _check_named,
    "not in 3.0, ": lambda cursor, hint: cursor.error(f"OpenAPI 3.0 has no {cursor.name!r}", hint),
    "text": lambda cursor, _: cursor.is_a(str, "text"),
    "flag": lambda cursor, _: cursor.is_a(bool, "true or false"),
    "number": lambda cursor, _: cursor.is_a((int, float), "a number"),
    "integer": lambda cursor, _: cursor.is_a(int, "a whole number"),
    "free": lambda cursor, _: None,
}
"""The check of each type by its beginning; it gets the rest."""


@cache
def structures() -> dict[str, Structure]:
    """Return the structures of structures.yaml by name."""
    written = read_yaml(Path(__file__).with_name("structures.yaml").read_text(encoding="utf-8")).value
    return {name: _structure(name, written) for name in written}


def _structure(name: str, written: Mapping[str, Any]) -> Structure:
    own = written[name]
    like = _structure(own["as"], written) if "as" in own else Structure(name, {}, (), False, False)
    return Structure(
        subject=own.get("subject", name),
        fields={**like.fields, **{field: type for names, type in own["fields"].items() for field in names.split()}},
        needed=(*like.needed, *own.get("needs", "").split()),
        extensible=own.get("open", like.extensible),
        referable=own.get("referable", like.referable),
    )
