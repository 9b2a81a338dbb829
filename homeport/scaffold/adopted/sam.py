"""A SAM template's API as an OpenAPI document: its definition, and the routes that functions' events add to it.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from homeport.errors import HomeportError
from homeport.scaffold.adopted.notes import Adoption, Flavor, Json
from homeport.scaffold.adopted.sam_auth import add_authorizers, requirement_of
from homeport.scaffold.adopted.sam_events import KINDS, Event, events_of, operation_of
from homeport.scaffold.adopted.sam_settings import add_settings
from homeport.scaffold.adopted.sam_tables import take_tables
from homeport.spec.document import Document, read_document
from homeport.spec.extensions import ANY_METHOD
from homeport.spec.short_tags import long_form

_APIS: dict[str, Flavor] = {"AWS::Serverless::Api": "rest", "AWS::Serverless::HttpApi": "http"}
_IMPLICIT = {"rest": "ServerlessRestApi", "http": "ServerlessHttpApi"}
_FUNCTION = "AWS::Serverless::Function"
_TABLES = ("AWS::DynamoDB::Table", "AWS::Serverless::SimpleTable")
_MOVED = ("CodeUri", "InlineCode", "ImageUri", "Layers", "Policies", "Role", "Environment", "VpcConfig")


def is_template(value: Any) -> bool:
    """Whether a document is a SAM template."""
    resources = value.get("Resources") if isinstance(value, dict) else None
    if not isinstance(resources, dict):
        return False
    return any(
        isinstance(r, dict) and str(r.get("Type", "")).startswith("AWS::Serverless::") for r in resources.values()
    )


def adopt_template(template: Document, folder: Path, title: str) -> Adoption:
    """The template's API, not yet adopted itself. ``folder`` holds the template. Raises HomeportError without one."""
    resources = _with_globals(template.value)
    events = [event for name, found in _of_type(resources, _FUNCTION) for event in events_of(name, found)]
    name, flavor = _chosen(template, resources, events)
    properties = (resources.get(name) or {}).get("Properties") or {}
    spec, original, at = _definition(template, folder, name, properties, title)
    adoption = Adoption(spec, original, at, flavor)
    notes = Adoption(spec, template)
    add_authorizers(notes, name, properties, flavor)
    add_settings(notes, name, properties, flavor)
    mine = [event for event in events if event.api in ("", name) and event.flavor == flavor]
    _add_events(notes, mine, properties)
    _note_rest(notes, resources, name, {event.function for event in mine})
    adoption.resources = take_tables(notes, template.value)
    adoption.unmapped = notes.unmapped
    return adoption


def _with_globals(template: Json) -> Json:
    """The resources, each with what Globals say of its kind."""
    shared = template.get("Globals") or {}
    kinds = {_FUNCTION: "Function", "AWS::Serverless::Api": "Api", "AWS::Serverless::HttpApi": "HttpApi"}
    made = copy.deepcopy(template["Resources"])
    for resource in made.values():
        general = shared.get(kinds.get(str(resource.get("Type")), "")) if isinstance(resource, dict) else None
        if isinstance(general, dict):
            resource["Properties"] = {**copy.deepcopy(general), **(resource.get("Properties") or {})}
    return dict(made)


def _of_type(resources: Json, kind: str) -> Iterator[tuple[str, Json]]:
    for name, resource in resources.items():
        if isinstance(resource, dict) and resource.get("Type") == kind:
            yield name, resource


def _chosen(template: Document, resources: Json, events: list[Event]) -> tuple[str, Flavor]:
    """The API to adopt: the template's own, else the one that SAM makes of events."""
    for kind, flavor in _APIS.items():
        for name, _ in _of_type(resources, kind):
            return name, flavor
    if not events:
        raise HomeportError(
            f"{template.file}: the template has no API", "adopt one with an AWS::Serverless::Api or HttpApi"
        )
    return _IMPLICIT[events[0].flavor], events[0].flavor


def _definition(
    template: Document, folder: Path, name: str, properties: Json, title: str
) -> tuple[Json, Document, tuple[str, ...]]:
    """The OpenAPI document that the API has, and where it stands."""
    at = ("Resources", name, "Properties", "DefinitionBody")
    body = properties.get("DefinitionBody")
    place = properties.get("DefinitionUri")
    if isinstance(body, dict) and "Fn::Transform" in body:
        place = ((body["Fn::Transform"] or {}).get("Parameters") or {}).get("Location")
    elif isinstance(body, dict):
        return copy.deepcopy(body), template, at
    if isinstance(place, str) and not place.startswith("s3:"):
        document, problems = read_document(folder, place, tags=long_form)
        if document is None:
            raise HomeportError("\n".join(map(str, problems)))
        return copy.deepcopy(document.value), document, ()
    if place is not None:
        raise HomeportError(
            f"{template.file}: the definition of {name} is in S3", "download it, and name the file instead"
        )
    return {"openapi": "3.0.3", "info": {"title": title, "version": "1.0.0"}, "paths": {}}, template, at


def _add_events(notes: Adoption, events: list[Event], properties: Json) -> None:
    paths = notes.spec.setdefault("paths", {})
    counts = [event.function for event in events]
    for event in events:
        item = paths.setdefault(event.path, {})
        if event.method in item or ANY_METHOD in item:
            continue
        operation = operation_of(event, alone=counts.count(event.function) == 1)
        security = requirement_of(event.settings, properties)
        if security is not None:
            operation["security"] = security
        item[event.method] = operation


def _note_rest(notes: Adoption, resources: Json, api: str, functions: set[str]) -> None:
    for name, resource in resources.items():
        kind = str(resource.get("Type")) if isinstance(resource, dict) else "no type"
        at = ("Resources", name)
        if name in functions:
            for key in _MOVED:
                if key in (resource.get("Properties") or {}):
                    notes.note_original(
                        (*at, "Properties", key), f"{key} of {name}: a new handler answers in its place"
                    )
            _note_events(notes, name, (resource.get("Properties") or {}).get("Events"))
        elif name != api and kind not in _TABLES:
            notes.note_original(at, f"{name} ({kind})")


def _note_events(notes: Adoption, function: str, events: Any) -> None:
    for name, event in events.items() if isinstance(events, dict) else ():
        kind = str(event.get("Type")) if isinstance(event, dict) else "no type"
        if kind not in KINDS:
            at = ("Resources", function, "Properties", "Events", name)
            notes.note_original(at, f"the event {name} ({kind}) of {function}")
