"""The values of a service: its names, its provider's settings, its functions, and the template that is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from homeport.project.source.builder import Placed
from homeport.project.source.cursor import Cursor

Content = dict[str, Any]
"""Content for a ``DocumentBuilder``."""


class ServerlessFunction(NamedTuple):
    """A function of a service: its key below ``functions``, its settings, and its entries below ``events``."""

    key: str
    settings: Cursor
    events: tuple[Cursor, ...]


class EventEntry(NamedTuple):
    """An event of a function: what it is (``http``), and its settings, a text or a map."""

    kind: str
    settings: Cursor
    function: ServerlessFunction


@dataclass(frozen=True)
class ServerlessService:
    """A service of the Serverless Framework for one stage. ``top`` is its whole configuration, without variables."""

    name: str
    stage: str
    region: str
    folder: Path
    top: Cursor
    provider: Cursor
    custom: Cursor
    functions: tuple[ServerlessFunction, ...]
    plugins: Mapping[str, Cursor]
    dotenv: Mapping[str, str]

    @property
    def prefix(self) -> str:
        """The start of the names of its functions: ``notes-dev``."""
        return f"{self.name}-{self.stage}"

    def events(self, *kinds: str) -> list[EventEntry]:
        """Return the events of some kinds, in the order of the functions."""
        return [
            EventEntry(kind, settings, function)
            for function in self.functions
            for event in function.events
            for kind, settings in event.items()
            if kind in kinds
        ]

    def function(self, key: str) -> ServerlessFunction | None:
        """Return the function of a key, None if there is none."""
        return next((function for function in self.functions if function.key == key), None)

    def place_of_paths(self, at: Cursor) -> Cursor:
        """Return a place from whose folder paths of the service are relative: ``at``, if its file is in that folder."""
        folders = [PurePath(cursor.source.file).parent for cursor in (at, self.top)]
        return at if folders[0] == folders[1] else self.top

    def has_plugin(self, *names: str) -> bool:
        """Return whether the service uses one of some plugins."""
        return any(name in self.plugins for name in names)


@dataclass
class ServiceTemplate:
    """The resources that are made of a service, by logical id, in the order in which they are made."""

    resources: dict[str, Any] = field(default_factory=dict)

    def add(self, logical_id: str, type: str, properties: Content, at: Cursor, **attributes: Any) -> str:
        """Add a resource whose place is ``at``; properties without a value are left out. Return its logical id."""
        given = {key: value for key, value in properties.items() if value is not None}
        self.resources[logical_id] = Placed({"Type": type, **attributes, "Properties": Placed(given, at)}, at)
        return logical_id


def text_of(cursor: Cursor) -> str:
    """Return the text at a cursor, a number as text, ``""`` for anything else."""
    value = cursor.value
    if isinstance(value, bool) or value is None:
        return ""
    return str(value) if isinstance(value, str | int | float) else ""


def optional(cursor: Cursor) -> Cursor | None:
    """Return a cursor if it has a value."""
    return cursor if cursor.value is not None else None


def is_set(cursor: Cursor) -> bool:
    """Return whether a value counts as true in JavaScript: ``""``, 0, false and null do not."""
    return bool(cursor.value) or isinstance(cursor.value, dict | list)


def arn_of(logical_id: str) -> Content:
    """Return the ARN of a resource of the template."""
    return {"Fn::GetAtt": [logical_id, "Arn"]}


def invocation_uri(function_arn: Any) -> Content:
    """Return the URI by which API Gateway invokes a function."""
    return {
        "Fn::Join": [
            "",
            [
                *("arn:", {"Ref": "AWS::Partition"}, ":apigateway:", {"Ref": "AWS::Region"}),
                *(":lambda:path/2015-03-31/functions/", function_arn, "/invocations"),
            ],
        ]
    }
