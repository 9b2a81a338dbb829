"""The owner's lines of a template that SAM has translated: of which resource, event or property each value was made.

The translator keeps many maps of the owner's as they are; those carry a mark. Of the others, the same key below the
same resource is taken, and what is SAM's own invention has the line of what it was made for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from homeport.project.cloudformation.template.sam_process import MARK
from homeport.project.model import Source
from homeport.project.source.document import Document
from homeport.project.source.source_map import SourceLines, SourceMap, lines_of

_EVENT_APIS = {"Api": ("RestApiId", "ServerlessRestApi"), "HttpApi": ("ApiId", "ServerlessHttpApi")}
_ANY = "x-amazon-apigateway-any-method"
_RENAMED = {
    "AccessLogSettings": ("AccessLogSettings", "AccessLogSetting"),
    "Body": ("DefinitionBody", "DefinitionUri"),
    "BodyS3Location": ("DefinitionUri",),
    "Code": ("CodeUri", "InlineCode", "ImageUri"),
    "Content": ("ContentUri",),
    "DefinitionS3Location": ("DefinitionUri",),
    "DefinitionString": ("Definition",),
    "KeySchema": ("PrimaryKey",),
    "AttributeDefinitions": ("PrimaryKey",),
    "ManagedPolicyArns": ("Policies",),
    "Parameters": ("Parameters",),
    "StageVariables": ("StageVariables", "Variables"),
    "TemplateURL": ("Location",),
    "TracingConfig": ("Tracing",),
}
"""What a property of CloudFormation is called in SAM, where the names differ."""


class _Place(NamedTuple):
    """The place of a value: the containers of the owner's that it may be a copy of, the best first, and a source."""

    source: Source
    holders: tuple[Any, ...] = ()


Hints = dict[str | None, Any]
"""Places by key, in a tree; the place of a node itself is below None."""


def with_owner_lines(template: dict[str, Any], owners: Mapping[str, str], document: Document) -> Document:
    """Return a translated template as a document with the lines of the original. The marks are removed."""
    tracer = _Tracer(document)
    return Document(document.file, tracer.template(template, owners), tracer.source_map)


class _Tracer:
    def __init__(self, document: Document) -> None:
        self.source_map: SourceMap = dict(document.source_map)
        self._document = document
        self._lines = document.source_map
        self._root = _Place(Source(document.file, 1), (document.value,))
        self._marked = list(self._places_of_maps(document.value, self._root.source))

    def _places_of_maps(self, value: Any, source: Source) -> Iterator[_Place]:
        """Yield the places of the maps in a value, in the order of ``numbered_maps``."""
        if isinstance(value, dict):
            yield _Place(source, (value,))
        children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, child in children:
            if isinstance(child, dict | list):
                yield from self._places_of_maps(child, self._child_source(value, key, source))

    def _child_source(self, holder: Any, key: str | int, above: Source) -> Source:
        lines = self._lines.get(id(holder))
        if lines is None:
            return above
        return Source(lines.file_of(key) or self._document.file, lines.children[key])  # type: ignore[index]

    def template(self, template: dict[str, Any], owners: Mapping[str, str]) -> dict[str, Any]:
        """Return the whole template with its lines."""
        made: dict[str, Any] = {}
        sources: dict[str, Source] = {}
        template.pop(MARK, None)
        for key, value in template.items():
            place = self._below(self._root, key)
            sources[key] = place.source
            resources = key == "Resources" and isinstance(value, dict) and not isinstance(value.get(MARK), list)
            made[key] = self._resources(value, owners, place) if resources else self._value(value, place)
        self.source_map[id(made)] = lines_of(self._root.source, sources)
        return made

    def _resources(self, resources: dict[str, Any], owners: Mapping[str, str], place: _Place) -> dict[str, Any]:
        made: dict[str, Any] = {}
        sources: dict[str, Source] = {}
        resources.pop(MARK, None)
        written = self._document.value["Resources"]
        events = list(self._events(written, place))
        for logical_id, resource in resources.items():
            owner = owners.get(logical_id, logical_id)
            at = self._below(place, owner) if owner in written else self._implicit(owner, events, place)
            sources[logical_id], made[logical_id] = self._resource(logical_id, resource, owner, at, events)
        self.source_map[id(made)] = lines_of(place.source, sources)
        return made

    def _resource(
        self, logical_id: str, resource: dict[str, Any], owner: str, at: _Place, events: list[_Event]
    ) -> tuple[Source, dict[str, Any]]:
        kind = str(at.holders[0].get("Type")) if at.holders and isinstance(at.holders[0], dict) else ""
        if not kind.startswith("AWS::Serverless::") and at.holders and logical_id == owner:
            return at.source, self._value(resource, at)
        properties = self._below(at, "Properties")
        event = self._event_of(logical_id, owner, properties)
        if event is not None:
            at = _Place(event.source)
            properties = self._below(event, "Properties")
        shared = self._below(self._below(self._root, "Globals"), kind.rpartition("::")[2] or "Api").holders
        properties = properties._replace(holders=(*properties.holders, *(shared if event is None else ())))
        hints: Hints = {"Properties": self._property_hints(resource.get("Properties"), properties, owner, events)}
        hints["Properties"][None] = properties
        return at.source, self._value(resource, _Place(at.source, at.holders), hints)

    def _implicit(self, owner: str, events: list[_Event], place: _Place) -> _Place:
        """Return the place of an API that SAM makes by itself: Globals, or the first event that needs it."""
        shared = self._below(self._root, "Globals")
        key = "HttpApi" if owner == "ServerlessHttpApi" else "Api"
        if shared.holders and isinstance(shared.holders[0], dict) and key in shared.holders[0]:
            return _Place(self._below(shared, key).source)
        return _Place(next((event.place.source for event in events if event.api == owner), place.source))

    def _event_of(self, logical_id: str, owner: str, properties: _Place) -> _Place | None:
        events = self._below(properties, "Events")
        names = events.holders[0] if events.holders and isinstance(events.holders[0], dict) else {}
        rest = logical_id.removeprefix(owner)
        fitting = [name for name in names if rest.startswith(name)]
        return self._below(events, max(fitting, key=len)) if fitting and rest != logical_id else None

    def _property_hints(self, properties: Any, place: _Place, owner: str, events: list[_Event]) -> Hints:
        hints: Hints = {}
        for key in properties if isinstance(properties, dict) else ():
            names = _RENAMED.get(key, (key,))
            found = [self._below(place, name) for name in names if _has(place, name)]
            if found:
                hints[key] = {None: found[0]}
        body = properties.get("Body") if isinstance(properties, dict) else None
        if isinstance(body, dict):
            hints["Body"] = {**hints.get("Body", {}), **self._body_hints(body, place, owner, events)}
        return hints

    def _body_hints(self, body: dict[str, Any], place: _Place, owner: str, events: list[_Event]) -> Hints:
        """Return the places of what SAM writes into the body of an API: routes, authorizers, CORS, models."""
        paths: Hints = {}
        cors = next((self._below(place, key) for key in ("Cors", "CorsConfiguration") if _has(place, key)), None)
        for event in events:
            if event.api == owner:
                route = paths.setdefault(event.path, {None: event.place})
                route[event.method] = {None: event.place, **self._route_hints(event)}
        for path in body.get("paths") or () if cors is not None else ():
            paths.setdefault(path, {})["options"] = {None: cors, **paths.get(path, {}).get("options", {})}
        schemes = self._schemes(self._below(place, "Auth"))
        models = self._models(self._below(place, "Models")) if _has(place, "Models") else {}
        hints: Hints = {
            "paths": paths,
            "securityDefinitions": schemes,
            "definitions": models,
            "components": {"securitySchemes": schemes, "schemas": models},
        }
        if cors is not None:
            hints["x-amazon-apigateway-cors"] = {None: cors}
        if _has(place, "GatewayResponses"):
            hints["x-amazon-apigateway-gateway-responses"] = {None: self._below(place, "GatewayResponses")}
        return hints

    def _schemes(self, auth: _Place) -> Hints:
        authorizers = self._below(auth, "Authorizers")
        names = [name for holder in authorizers.holders if isinstance(holder, dict) for name in holder]
        hints: Hints = {name: {None: self._below(authorizers, name)} for name in names if name != MARK}
        return {**hints, None: authorizers}

    def _models(self, models: _Place) -> Hints:
        """Return the places of models, which SAM names in lower case."""
        names = models.holders[0] if models.holders and isinstance(models.holders[0], dict) else ()
        hints: Hints = {name.lower(): {None: self._below(models, name)} for name in names}
        return {**hints, None: models}

    def _route_hints(self, event: _Event) -> Hints:
        hints: Hints = {}
        names = {"security": "Auth", "parameters": "RequestParameters", "requestBody": "RequestModel"}
        for key, name in names.items():
            if _has(event.properties, name):
                hints[key] = {None: self._below(event.properties, name)._replace(holders=())}
        return hints

    def _events(self, written: Mapping[str, Any], resources: _Place) -> Iterator[_Event]:
        """Yield the events of functions and state machines that are routes of an API."""
        for logical_id, resource in written.items():
            if not (isinstance(resource, dict) and str(resource.get("Type")).startswith("AWS::Serverless::")):
                continue
            events = self._below(self._below(self._below(resources, logical_id), "Properties"), "Events")
            for name in events.holders[0] if events.holders and isinstance(events.holders[0], dict) else ():
                event = self._below(events, name)
                kind = event.holders[0].get("Type") if event.holders and isinstance(event.holders[0], dict) else None
                if isinstance(kind, str) and kind in _EVENT_APIS:
                    yield self._event(kind, event)

    def _event(self, kind: str, event: _Place) -> _Event:
        below = self._below(event, "Properties")
        properties = below.holders[0] if below.holders and isinstance(below.holders[0], dict) else {}
        reference, implicit = _EVENT_APIS[kind]
        api = properties.get(reference, implicit)
        if isinstance(api, dict):
            api = api.get("Ref")
        path, method = str(properties.get("Path", "$default")), str(properties.get("Method", "any")).lower()
        method = _ANY if method in ("any", "*") else method
        return _Event(str(api), path, method, event._replace(holders=()), below)

    def _below(self, place: _Place, key: str | int) -> _Place:
        """Return the place of a key: where the owner wrote it, or the place above."""
        holders = [holder for holder in place.holders if _contains(holder, key)]
        if not holders:
            return _Place(place.source)
        source = self._child_source(holders[0], key, place.source)
        return _Place(source, tuple(child for holder in holders if isinstance(child := holder[key], dict | list)))

    def _value(self, value: Any, place: _Place, hints: Hints | None = None) -> Any:
        if not isinstance(value, dict | list):
            return value
        if not place.holders and not hints and not (isinstance(value, dict) and MARK in value):
            return self._own_of_sam(value, place.source)
        return self._map(value, place, hints) if isinstance(value, dict) else self._list(value, place)

    def _own_of_sam(self, value: Any, source: Source) -> Any:
        """Return a value of SAM's own, in place: its lines are those of what it was made for."""
        children: Any = dict.fromkeys(value, source.line) if isinstance(value, dict) else [source.line] * len(value)
        elsewhere: dict[str | int, str] = {}
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            mark = child.get(MARK) if isinstance(child, dict) else None
            if mark is not None:
                at = self._marked[mark[0] if isinstance(mark, list) else mark].source
                children[key] = at.line
                if at.file != source.file:
                    elsewhere[key] = at.file
                value[key] = self._map(child, _Place(at), None)
            elif isinstance(child, dict | list):
                value[key] = self._own_of_sam(child, source)
        self.source_map[id(value)] = SourceLines(source.line, children, source.file, elsewhere)
        return value

    def _list(self, value: list[Any], place: _Place) -> list[Any]:
        same = tuple(holder for holder in place.holders if isinstance(holder, list) and len(holder) == len(value))
        at = _Place(place.source, same)
        places = [self._below(at, index) if same else at for index in range(len(value))]
        made = [self._value(child, each) for child, each in zip(value, places, strict=True)]
        self.source_map[id(made)] = lines_of(self._own(at), [each.source for each in places])
        return made

    def _map(self, value: dict[str, Any], place: _Place, hints: Hints | None) -> dict[str, Any]:
        number = value.pop(MARK, None)
        if isinstance(number, list):
            unchanged: dict[str, Any] = self._marked[number[0]].holders[0]
            return unchanged
        if number is not None:
            marked = self._marked[number]
            place = _Place(marked.source, (*marked.holders, *place.holders))
        made: dict[str, Any] = {}
        sources: dict[str, Source] = {}
        for key, child in value.items():
            inner = hints.get(key) if hints is not None else None
            if inner is not None and None in inner and not (number is not None and _contains(place.holders[0], key)):
                at = inner[None]
            else:
                at = self._below(place, key) if place.holders else place
            if isinstance(child, dict) and (mark := child.get(MARK)) is not None:
                at = _Place(self._marked[mark[0] if isinstance(mark, list) else mark].source, at.holders)
            sources[key] = at.source
            made[key] = self._value(child, at, inner)
        self.source_map[id(made)] = lines_of(self._own(place), sources)
        return made

    def _own(self, place: _Place) -> Source:
        """Return the line on which a container itself begins."""
        lines: SourceLines | None = self._lines.get(id(place.holders[0])) if place.holders else None
        return Source(lines.file or self._document.file, lines.line) if lines is not None else place.source


class _Event(NamedTuple):
    """A route that a function has as its event."""

    api: str
    path: str
    method: str
    place: _Place
    properties: _Place


def _contains(holder: Any, key: str | int) -> bool:
    return key in holder if isinstance(holder, dict) else isinstance(key, int) and key < len(holder)


def _has(place: _Place, key: str) -> bool:
    return any(isinstance(holder, dict) and key in holder for holder in place.holders)
