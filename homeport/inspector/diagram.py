"""The diagram of an API: routes, the functions behind them, and the tables and resources that these use. An SVG. Pure.

A resource that invokes a function has an edge to it, and a line in the function's box.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from homeport.dynamodb.embedded import ITEM_READ_ACTIONS
from homeport.inspector.relations import ServiceBox, machines_of, service_boxes, source_of, uses
from homeport.project.model import Api, Function, Operation, Resources, Stage
from homeport.project.triggers.trigger import AnyTrigger

_LINE = 20
_PAD = 8
_GAP = 14
_TOP = 34
_ROUTES, _FUNCTIONS, _RESOURCES = (10, 300), (400, 300), (810, 230)
_WIDTH = 1060
_READS = ITEM_READ_ACTIONS | {"ConditionCheckItem", "PartiQLSelect"}
_LETTER = 7.4


@dataclass(frozen=True, slots=True)
class RouteRow:
    """A route, as a row of the table that says the same as the diagram."""

    route: str
    authorizer: str
    function: str
    access: str


@dataclass(frozen=True, slots=True)
class _Box:
    """A box of the diagram; ``lines`` are texts, each with its CSS class."""

    x: int
    y: int
    width: int
    lines: tuple[tuple[str, str], ...]

    @property
    def height(self) -> int:
        return len(self.lines) * _LINE + 2 * _PAD

    def middle(self, line: int) -> int:
        return self.y + _PAD + line * _LINE + _LINE // 2

    @property
    def right(self) -> int:
        return self.x + self.width


@dataclass(frozen=True, slots=True)
class _FunctionBox:
    """A function with the lines of its box: each has a text, a CSS class, and where its edge leads.

    The edge of a line leads to the box of a table or resource, and there to a line; ``""``: it has none.
    """

    function: Function
    lines: tuple[tuple[str, str, str, str], ...]


@dataclass(frozen=True, slots=True)
class _BoxInputs:
    """All that a function's box tells of: ``machines`` are the state machines that call it."""

    resources: Resources
    stage: Stage
    triggers: Sequence[AnyTrigger]
    machines: Sequence[str]


def diagram(api: Api, resources: Resources, stage: Stage, triggers: Sequence[AnyTrigger] = ()) -> str:
    """Return an ``<svg>`` element; its colours are the page's style sheet's."""
    own = tuple(trigger for trigger in triggers if trigger.function in api.functions)
    invoked = {trigger.function for trigger in own}
    machines = {name: machines_of(each, stage, resources) for name, each in api.functions.items()}
    invoked |= {name for name, found in machines.items() if found}
    functions = [each for each in api.functions.values() if each.operations or each.name in invoked]
    routes = [api.operations_by_id[id] for function in functions for id in function.operations]
    described = [
        _describe(function, _BoxInputs(resources, stage, own, machines[function.name])) for function in functions
    ]
    services = service_boxes(resources, own)
    left = _stack_boxes(_ROUTES, [_route_lines(operation) for operation in routes])
    middle = _stack_boxes(_FUNCTIONS, [[(text, kind) for text, kind, _, _ in each.lines] for each in described])
    others = [_service_lines(box) for box in services]
    right = _stack_boxes(_RESOURCES, [*(_table_lines(name, resources) for name in resources.tables), *others])
    places = dict(zip((*resources.tables, *(box.id for box in services)), right, strict=True))
    boxes = (*left, *middle, *right)
    height = max((box.y + box.height for box in boxes), default=_TOP) + 12
    parts = [*_route_edges(routes, functions, left, middle), *_resource_edges(described, middle, places, resources)]
    parts += [part for box in boxes for part in _draw(box)]
    heads = zip((_ROUTES, _FUNCTIONS, _RESOURCES), ("Routes", "Functions", "Tables and services"), strict=True)
    parts += [f'<text class="small" x="{x}" y="20">{name}</text>' for (x, _), name in heads]
    more = f", {len(services)} other resources" if services else ""
    counts = f"{len(routes)} routes, {len(functions)} functions, {len(resources.tables)} tables{more}"
    title = escape(f"{api.title}: {counts}")
    opening = f'<svg class="diagram" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" role="img">'
    return "\n".join((opening, f"<title>{title}</title>", *parts, "</svg>"))


def route_rows(
    api: Api, resources: Resources, stage: Stage, triggers: Sequence[AnyTrigger] = ()
) -> tuple[RouteRow, ...]:
    """Return the routes in the order of the spec, then what else invokes functions."""
    routes = [
        RouteRow(
            operation.route_key,
            _authorizers(operation),
            operation.function or "",
            "; ".join(_rights(api.functions[operation.function], resources, stage))
            if operation.function is not None
            else "",
        )
        for operation in api.operations
    ]
    invoked = [
        RouteRow(
            route=f"{trigger.kind} {source_of(trigger, resources)}",
            authorizer="",
            function=trigger.function,
            access="; ".join(_rights(api.functions[trigger.function], resources, stage)),
        )
        for trigger in triggers
        if trigger.function in api.functions
    ]
    return (*routes, *invoked)


def _rights(function: Function, resources: Resources, stage: Stage) -> list[str]:
    return [*_access(function), *(use.text for use in uses(function, resources, stage))]


def _access(function: Function) -> list[str]:
    return [f"{place}: {', '.join(actions)}" for place, actions in function.access.items()]


def _authorizers(operation: Operation) -> str:
    names = (
        [security.scheme for security in operation.security]
        + ["API key"] * operation.api_key_required
        + ["AWS_IAM"] * operation.iam
    )
    return ", ".join(names)


def _route_lines(operation: Operation) -> list[tuple[str, str]]:
    names = _authorizers(operation)
    return [(operation.route_key, "route"), *([(f"behind {names}", "guard")] if names else [])]


def _describe(function: Function, inputs: _BoxInputs) -> _FunctionBox:
    lines = [(function.name, "", "", "")]
    for place, actions in function.access.items():
        kind = "reads" if _READS.issuperset(actions) else "writes"
        lines.append((f"{place}: {', '.join(actions)}", "small", place, kind))
    lines += [(use.text, "small", use.box, "writes") for use in uses(function, inputs.resources, inputs.stage)]
    sources = [source_of(each, inputs.resources) for each in inputs.triggers if each.function == function.name]
    lines += [(f"invoked by {source}", "small", source, "invokes") for source in (*sources, *inputs.machines)]
    return _FunctionBox(function, tuple(dict.fromkeys(lines)))


def _service_lines(box: ServiceBox) -> list[tuple[str, str]]:
    return [(box.id, ""), (box.kind, "small")]


def _table_lines(name: str, resources: Resources) -> list[tuple[str, str]]:
    return [(name, ""), *((index, "small") for index in resources.tables[name].indexes)]


def _stack_boxes(column: tuple[int, int], texts: Sequence[list[tuple[str, str]]]) -> list[_Box]:
    (x, width), y, boxes = column, _TOP, []
    for lines in texts:
        boxes.append(_Box(x, y, width, tuple(lines)))
        y += boxes[-1].height + _GAP
    return boxes


def _route_edges(
    routes: Sequence[Operation], functions: Sequence[Function], left: Sequence[_Box], middle: Sequence[_Box]
) -> Iterator[str]:
    boxes = {function.name: box for function, box in zip(functions, middle, strict=True)}
    for operation, box in zip(routes, left, strict=True):
        if operation.function is not None:
            to = boxes[operation.function]
            yield _edge(box.right, box.middle(0), to.x, to.middle(0), "")


def _resource_edges(
    described: Sequence[_FunctionBox], middle: Sequence[_Box], places: Mapping[str, _Box], resources: Resources
) -> Iterator[str]:
    for each, box in zip(described, middle, strict=True):
        for line, (_, _, place, kind) in enumerate(each.lines):
            target, _, index = place.partition("/")
            to = places.get(place) or places.get(target)
            if to is None:
                continue
            indexes = resources.tables[target].indexes if target in resources.tables else ()
            at = 1 + indexes.index(index) if index in indexes else 0
            yield _edge(box.right, box.middle(line), to.x, to.middle(at), kind)


def _edge(x: int, y: int, to_x: int, to_y: int, kind: str) -> str:
    bend = (x + to_x) // 2
    return f'<path class="{kind}" d="M{x} {y}C{bend} {y} {bend} {to_y} {to_x} {to_y}"/>'


def _draw(box: _Box) -> Iterator[str]:
    yield f'<rect class="box" x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="6"/>'
    room = int((box.width - 2 * _PAD) / _LETTER)
    for number, (text, kind) in enumerate(box.lines):
        label = escape(text)
        if len(text) > room:
            label = f"{escape(text[: room - 1])}…<title>{label}</title>"
        place = f'x="{box.x + _PAD}" y="{box.middle(number) + 5}"'
        yield f'<text class="{kind}" {place}>{label}</text>'
