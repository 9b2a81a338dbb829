"""Attributes and blocks as properties, by the fields of an entry of the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.project.model import Source
from homeport.project.terraform.catalog.kinds import Field, JsonDocument, Nested
from homeport.project.terraform.configuration.computed import given_name
from homeport.project.terraform.configuration.views import View
from homeport.project.terraform.evaluation.values import EvaluationError
from homeport.project.terraform.lines import ValueLines
from homeport.project.terraform.translation.documents import document_of
from homeport.project.terraform.translation.made import MadeResource, Translation

_DECISIVE = frozenset(
    ("api_key_required", "authorization", "authorization_scopes", "authorization_type", "enabled", "type")
)
"""The attributes of APIs, methods, routes and keys that say who may call: no placeholder may stand in them."""


def fill_in(made: MadeResource, translation: Translation) -> None:
    """Set the properties of a resource by its entry in the catalog."""
    kind, instance = made.kind, made.instance
    for attribute, field in kind.fields.items():
        if not instance.view.has(attribute):
            continue
        notes = translation.settings.notes
        with notes.level() as noted, translation.reporting(attribute, instance, protects=kind.protects):
            name, value = _field(instance.view, attribute, field, translation.settings.lines)
            if value is not None:
                made.set(name, value, instance.view.place(attribute))
        is_unknown = isinstance(field, JsonDocument) and field.name not in made.properties
        if kind.protects and (attribute in _DECISIVE or is_unknown):
            translation.report_guesses(noted.read, instance.address, instance.view.place(attribute))
    if kind.named_by and isinstance(named := kind.fields.get(kind.named_by), str) and named not in made.properties:
        with translation.reporting(kind.named_by, instance):
            name = given_name(instance, kind)
            if name is not None:
                made.set(named, name, instance.view.place(f"{kind.named_by}_prefix"))
    for name, value in kind.defaults.items():
        if name not in made.properties:
            made.set(name, value, instance.source)


def nested_map(view: View, fields: Mapping[str, Field], lines: ValueLines) -> dict[str, Any]:
    """Return a block as a map, each property with its line. Raises EvaluationError."""
    made: dict[str, Any] = {}
    places: dict[str, Source] = {}
    for attribute, field in fields.items():
        if view.has(attribute):
            name, value = _field(view, attribute, field, lines)
            if value is not None:
                made[name] = value
                places[name] = view.place(attribute)
    return lines.place_map(made, view.source, places)


def _field(view: View, attribute: str, field: Field, lines: ValueLines) -> tuple[str, Any]:
    try:
        match field:
            case Nested(name, fields, many):
                views = view.views(attribute)
                maps = [nested_map(each, fields, lines) for each in views]
                if many:
                    return name, maps or None
                return name, maps[0] if maps else None
            case JsonDocument(name):
                return name, document_of(view.get(attribute), view.place(attribute), lines)
            case str(name):
                return name, view.get(attribute)
    except EvaluationError as error:
        if not error.file:
            place = view.place(attribute)
            error.file, error.line = place.file, place.line
        raise
    raise AssertionError(field)
