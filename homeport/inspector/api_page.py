"""The pages about the API: ``/docs``, its spec in Swagger UI, ``/token`` to try it with, and ``/diagram``, an SVG."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from werkzeug.exceptions import NotFound

from homeport.dynamodb.embedded import ITEM_READ_ACTIONS
from homeport.inspector.site_context import SiteContext
from homeport.issuer.keys import FOLDER, signing_key
from homeport.issuer.mint import TokenOptions, mint, token_request
from homeport.project.cloudformation.permissions.table_access import with_table_access
from homeport.project.model import Api, Function, Operation, Resources
from homeport.project.openapi.extensions import contract_document

_ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}


_LINE = 20
_PAD = 8
_GAP = 14
_TOP = 34
_ROUTES, _FUNCTIONS, _TABLES = (10, 300), (400, 300), (810, 230)
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


def diagram(api: Api, resources: Resources) -> str:
    """Return an ``<svg>`` element; its colours are the page's style sheet's."""
    functions = [function for function in api.functions.values() if function.operations]
    routes = [api.operations_by_id[id] for function in functions for id in function.operations]
    left = _stack_boxes(_ROUTES, [_route_lines(operation) for operation in routes])
    middle = _stack_boxes(_FUNCTIONS, [_function_lines(function) for function in functions])
    right = _stack_boxes(_TABLES, [_table_lines(name, resources) for name in resources.tables])
    boxes = (*left, *middle, *right)
    height = max((box.y + box.height for box in boxes), default=_TOP) + 12
    parts = [*_route_edges(routes, functions, left, middle), *_access_edges(functions, resources, middle, right)]
    parts += [part for box in boxes for part in _draw(box)]
    heads = zip((_ROUTES, _FUNCTIONS, _TABLES), ("Routes", "Functions", "Tables"), strict=True)
    parts += [f'<text class="small" x="{x}" y="20">{name}</text>' for (x, _), name in heads]
    title = escape(f"{api.title}: {len(routes)} routes, {len(functions)} functions, {len(resources.tables)} tables")
    opening = f'<svg class="diagram" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" role="img">'
    return "\n".join((opening, f"<title>{title}</title>", *parts, "</svg>"))


def route_rows(api: Api) -> tuple[RouteRow, ...]:
    """Return the routes in the order of the spec."""
    return tuple(
        RouteRow(
            operation.route_key,
            _authorizers(operation),
            operation.function or "",
            "; ".join(_access(api.functions[operation.function])) if operation.function is not None else "",
        )
        for operation in api.operations
    )


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


def _function_lines(function: Function) -> list[tuple[str, str]]:
    return [(function.name, ""), *((line, "small") for line in _access(function))]


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


def _access_edges(
    functions: Sequence[Function], resources: Resources, middle: Sequence[_Box], right: Sequence[_Box]
) -> Iterator[str]:
    boxes = dict(zip(resources.tables, right, strict=True))
    for function, box in zip(functions, middle, strict=True):
        for line, (place, actions) in enumerate(function.access.items(), 1):
            table, _, index = place.partition("/")
            to = boxes.get(table)
            if to is None:
                continue
            at = 1 + resources.tables[table].indexes.index(index) if index in resources.tables[table].indexes else 0
            kind = "reads" if _READS.issuperset(actions) else "writes"
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


def blueprint(site: SiteContext) -> Blueprint:
    """Return the pages."""
    pages = Blueprint("docs", __name__)

    @pages.get("/docs")
    def show() -> str:
        authorizers = site.project(site.chosen_api()).api.authorizers.values()
        names = [authorizer.name for authorizer in authorizers if authorizer.kind in ("jwt", "cognito")]
        return render_template("docs.html", authorizers=names)

    @pages.get("/docs/openapi.json")
    def spec() -> Any:
        return jsonify(contract_document(site.project(site.chosen_api()), site.url_of(site.chosen_api())))

    @pages.get("/docs/<name>")
    def asset(name: str) -> Response:
        if name not in _ASSETS:
            raise NotFound
        content = (files("flask_swagger_ui") / "dist" / name).read_bytes()
        headers = {"Cache-Control": "private, max-age=86400"}
        return Response(content, mimetype=_ASSETS[name], headers=headers)

    @pages.post("/token")
    def mint_token() -> Any:
        sent = request.get_json()
        project = site.project(str(sent.get("api") or ""))
        wanted = TokenOptions(
            sub=str(sent.get("sub") or "user-1"),
            authorizer=sent.get("authorizer") or None,
            scopes=tuple(str(sent.get("scope") or "").split()),
        )
        key = signing_key(project.root / FOLDER)
        token = mint(token_request(wanted, project), key, now=time.time(), token_id=str(uuid.uuid4()))
        return jsonify(token=token)

    @pages.get("/diagram")
    def show_diagram() -> str:
        project = site.project(site.chosen_api())
        api = with_table_access(project.api, project.resources, project.stage.region)
        svg = diagram(api, project.resources)
        return render_template("diagram.html", title=api.title, svg=svg, rows=route_rows(api))

    return pages
