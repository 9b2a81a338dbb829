"""The paths of a REST API: a resource of API Gateway for each part of each path."""

from __future__ import annotations

from typing import Any

from homeport.project.serverless.logical_names import path_name
from homeport.project.serverless.service import ServiceTemplate
from homeport.project.source.cursor import Cursor


class RestPlace:
    """A resource of API Gateway's: ``id`` refers to it, ``name`` stands in the logical ids of its methods."""

    def __init__(self, name: str, id: Any) -> None:
        self.name = name
        self.id = id


class RestPaths:
    """The paths of an API, each a resource below that of the path above."""

    def __init__(self, api: Any, root: Any, template: ServiceTemplate) -> None:
        self._api = api
        self._template = template
        self._made: dict[str, RestPlace] = {"": RestPlace("", root)}

    def resource(self, path: str, at: Cursor) -> RestPlace:
        """Return the resource of a path, which is made with those above it if it is new."""
        if path in self._made:
            return self._made[path]
        above, _, part = path.rpartition("/")
        parent = self.resource(above, at)
        name, taken = path_name(path), {place.name for place in self._made.values()}
        while name in taken:
            # Paths that differ in characters that a logical id can't have.
            name += "Other"
        logical_id = f"ApiGatewayResource{name}"
        properties = {"ParentId": parent.id, "PathPart": part, "RestApiId": self._api}
        self._template.add(logical_id, "AWS::ApiGateway::Resource", properties, at)
        self._made[path] = RestPlace(name, {"Ref": logical_id})
        return self._made[path]
