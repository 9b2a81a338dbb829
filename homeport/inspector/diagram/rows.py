"""The diagram as a table: each route and each trigger with its function, and what that may do. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from homeport.inspector.diagram.graph import authorizers_of, rights_of
from homeport.inspector.diagram.relations import source_of
from homeport.project.model import Api, Resources, Stage
from homeport.project.triggers.trigger import AnyTrigger


@dataclass(frozen=True, slots=True)
class RouteRow:
    """A route, or what else invokes a function; ``function`` is ``""`` where another integration answers."""

    route: str
    authorizer: str
    function: str
    access: str


def route_rows(
    api: Api, resources: Resources, stage: Stage, triggers: Sequence[AnyTrigger] = ()
) -> tuple[RouteRow, ...]:
    """Return the routes in the order of the document, then what else invokes functions."""

    def access(function: str | None) -> str:
        return "; ".join(rights_of(api.functions[function], resources, stage)) if function else ""

    routes = [
        RouteRow(each.route_key, authorizers_of(each), each.function or "", access(each.function))
        for each in api.operations
    ]
    invoked = [
        RouteRow(f"{each.kind} {source_of(each, resources)}", "", each.function, access(each.function))
        for each in triggers
        if each.function in api.functions
    ]
    return (*routes, *invoked)
