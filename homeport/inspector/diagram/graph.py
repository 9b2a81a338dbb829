"""A project as a graph: routes and authorizers, the functions and integrations behind them, tables and resources.

A resource that invokes a function has an edge to it, and a line in the function's box.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from homeport.dynamodb.embedded import ITEM_READ_ACTIONS
from homeport.inspector.diagram.relations import machines_of, service_boxes, source_of, uses
from homeport.project.integrations import backend_text
from homeport.project.model import Api, Authorizer, Function, Operation, Resources, Stage
from homeport.project.triggers.trigger import AnyTrigger
from homeport.terminal import with_noun

NodeKind = Literal["route", "authorizer", "function", "integration", "table", "service"]
EdgeKind = Literal["calls", "authorizes", "reads", "writes", "uses", "invokes"]
_READS = ITEM_READ_ACTIONS | {"ConditionCheckItem", "PartiQLSelect"}
_AUTHORIZERS = {"jwt": "JWT", "cognito": "Cognito user pool", "request": "Lambda", "token": "Lambda, by token"}


@dataclass(frozen=True, slots=True)
class NodeLine:
    """A line of a box. Its edge leads to the node ``target`` (``""``: it has none), and there to a line of this text.

    ``kind`` is the line's CSS class.
    """

    text: str
    kind: str = ""
    target: str = ""
    edge: EdgeKind = "calls"
    target_line: str = ""


@dataclass(frozen=True, slots=True)
class DiagramNode:
    """A box: ``id`` is unique, ``name`` is what it is called in its kind: an operation id, a logical id."""

    id: str
    kind: NodeKind
    name: str
    lines: tuple[NodeLine, ...]


@dataclass(frozen=True, slots=True)
class DiagramGraph:
    """The boxes of each column, in the order of the document."""

    title: str
    entries: tuple[DiagramNode, ...]
    backends: tuple[DiagramNode, ...]
    resources: tuple[DiagramNode, ...]

    @property
    def nodes(self) -> tuple[DiagramNode, ...]:
        """All boxes."""
        return (*self.entries, *self.backends, *self.resources)


def build_graph(api: Api, resources: Resources, stage: Stage, triggers: Sequence[AnyTrigger] = ()) -> DiagramGraph:
    """Return the graph of an API in its stage."""
    own = tuple(trigger for trigger in triggers if trigger.function in api.functions)
    routes = tuple(map(_route, api.operations))
    used = {operation.authorizer for operation in api.operations}
    authorizers = tuple(_authorizer(each) for each in api.authorizers.values() if each.name in used)
    functions = tuple(_function(each, resources, stage, own) for each in api.functions.values())
    others = tuple(_integration(each) for each in api.operations if each.function is None)
    tables = tuple(
        DiagramNode(f"table:{name}", "table", name, (NodeLine(name), *(NodeLine(i, "small") for i in table.indexes)))
        for name, table in resources.tables.items()
    )
    services = tuple(
        DiagramNode(f"service:{box.id}", "service", box.id, (NodeLine(box.id), NodeLine(box.kind, "small")))
        for box in service_boxes(resources, own)
    )
    counts = ", ".join(
        with_noun(len(those), noun) for those, noun in ((routes, "route"), (functions, "function"), (tables, "table"))
    )
    more = f", {len(services)} other resources" if services else ""
    return DiagramGraph(
        title=f"{api.title}: {counts}{more}",
        entries=(*routes, *authorizers),
        backends=(*functions, *others),
        resources=(*tables, *services),
    )


def authorizers_of(operation: Operation) -> str:
    """Return what an operation asks of its callers, ``""`` for an open one."""
    names = [security.scheme for security in operation.security]
    return ", ".join([*names, *["API key"] * operation.api_key_required, *["AWS_IAM"] * operation.iam])


def rights_of(function: Function, resources: Resources, stage: Stage) -> list[str]:
    """Return what a function may do, a line for each table or resource."""
    access = [f"{place}: {', '.join(actions)}" for place, actions in function.access.items()]
    return [*access, *(use.text for use in uses(function, resources, stage))]


def _route(operation: Operation) -> DiagramNode:
    target = f"function:{operation.function}" if operation.function else f"integration:{operation.id}"
    names = authorizers_of(operation)
    lines = (NodeLine(operation.route_key, "route", target), *([NodeLine(f"behind {names}", "guard")] if names else []))
    return DiagramNode(f"route:{operation.id}", "route", operation.id, lines)


def _authorizer(authorizer: Authorizer) -> DiagramNode:
    function = f"function:{authorizer.function}" if authorizer.function else ""
    lines = (NodeLine(authorizer.name, "", function, "authorizes"), NodeLine(_AUTHORIZERS[authorizer.kind], "guard"))
    return DiagramNode(f"authorizer:{authorizer.name}", "authorizer", authorizer.name, lines)


def _integration(operation: Operation) -> DiagramNode:
    return DiagramNode(
        f"integration:{operation.id}",
        "integration",
        operation.id,
        (NodeLine(backend_text(operation.integration)), NodeLine("no function", "small")),
    )


def _function(function: Function, resources: Resources, stage: Stage, triggers: Sequence[AnyTrigger]) -> DiagramNode:
    lines = (
        NodeLine(function.name),
        *_access_lines(function, resources),
        *_service_lines(function, resources, stage),
        *_trigger_lines(function, resources, stage, triggers),
    )
    return DiagramNode(f"function:{function.name}", "function", function.name, lines)


def _access_lines(function: Function, resources: Resources) -> Iterator[NodeLine]:
    for place, actions in function.access.items():
        table, _, index = place.partition("/")
        kind: EdgeKind = "reads" if _READS.issuperset(actions) else "writes"
        target = f"table:{table}" if table in resources.tables else ""
        yield NodeLine(f"{place}: {', '.join(actions)}", "small", target, kind, index)


def _service_lines(function: Function, resources: Resources, stage: Stage) -> Iterator[NodeLine]:
    for use in uses(function, resources, stage):
        yield NodeLine(use.text, "small", f"service:{use.box}", "uses")


def _trigger_lines(
    function: Function, resources: Resources, stage: Stage, triggers: Sequence[AnyTrigger]
) -> Iterator[NodeLine]:
    sources = [source_of(trigger, resources) for trigger in triggers if trigger.function == function.name]
    for source in dict.fromkeys((*sources, *machines_of(function, stage, resources))):
        place = "table" if source in resources.tables else "service"
        yield NodeLine(f"invoked by {source}", "small", f"{place}:{source}", "invokes")
