"""The SVG of a graph: three columns of boxes, each a link to its page, with edges between them. Pure.

Its colours are the style sheet's. A box stands beside what it is joined to, so that edges are short.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from statistics import fmean

from homeport.inspector.diagram.graph import DiagramGraph, DiagramNode

LINE = 20
_PAD = 8
_GAP = 14
_TOP = 34
_COLUMNS = ((8, 270), (344, 290), (718, 220))
_HEADS = ("Routes and authorizers", "Functions", "Tables and services")
_WIDTH = 946
_LETTER = 7.4


@dataclass(frozen=True, slots=True)
class _Box:
    """A node at its place."""

    node: DiagramNode
    x: int
    y: int
    width: int

    @property
    def height(self) -> int:
        return _height(self.node)

    @property
    def right(self) -> int:
        return self.x + self.width

    def middle(self, line: int = 0) -> int:
        return self.y + _PAD + line * LINE + LINE // 2

    def line_of(self, text: str) -> int:
        """Return the number of the line with a text, 0 where there is none."""
        return next((number for number, line in enumerate(self.node.lines) if text and line.text == text), 0)


def diagram(graph: DiagramGraph, links: Mapping[str, str]) -> str:
    """Return an ``<svg>`` element; ``links`` are the addresses of nodes by their ids."""
    boxes = _place_boxes(graph)
    height = max((box.y + box.height for box in boxes.values()), default=_TOP) + 12
    heads = [f'<text class="small" x="{x}" y="20">{head}</text>' for (x, _), head in zip(_COLUMNS, _HEADS, strict=True)]
    parts = [*heads, *_draw_edges(boxes), *(_draw_box(box, links.get(box.node.id, "")) for box in boxes.values())]
    opening = (
        f'<svg class="diagram" id="diagram" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="group" aria-label="{escape(graph.title)}">'
    )
    return "\n".join((opening, *parts, "</svg>"))


def _place_boxes(graph: DiagramGraph) -> dict[str, _Box]:
    """Return the boxes by their nodes' ids: what invokes a backend at its height, resources at that of their users."""
    boxes: dict[str, _Box] = {}
    left, middle = _TOP, _TOP
    callers: dict[str, list[DiagramNode]] = {}
    for node in graph.entries:
        callers.setdefault(node.lines[0].target, []).append(node)
    for backend in graph.backends:
        mine = callers.pop(backend.id, [])
        middle = max(middle, left) if mine else middle
        for node in mine:
            boxes[node.id] = _box(node, 0, max(left, middle) if node is mine[0] else left)
            left = boxes[node.id].y + boxes[node.id].height + _GAP
        boxes[backend.id] = _box(backend, 1, middle)
        middle += boxes[backend.id].height + _GAP
    for node in (each for nodes in callers.values() for each in nodes):
        boxes[node.id] = _box(node, 0, left)
        left += boxes[node.id].height + _GAP
    _place_resources(graph.resources, boxes)
    return boxes


def _place_resources(resources: Sequence[DiagramNode], boxes: dict[str, _Box]) -> None:
    heights: dict[str, list[int]] = {}
    for box in list(boxes.values()):
        for number, line in enumerate(box.node.lines):
            heights.setdefault(line.target, []).append(box.middle(number))
    wanted = {node.id: fmean(heights[node.id]) if node.id in heights else float("inf") for node in resources}
    y = _TOP
    for node in sorted(resources, key=lambda each: wanted[each.id]):
        height = _height(node)
        best = int(wanted[node.id] - height / 2) if node.id in heights else y
        boxes[node.id] = _box(node, 2, max(y, best))
        y = boxes[node.id].y + height + _GAP


def _box(node: DiagramNode, column: int, y: int) -> _Box:
    x, width = _COLUMNS[column]
    return _Box(node, x, y, width)


def _height(node: DiagramNode) -> int:
    return len(node.lines) * LINE + 2 * _PAD


def _draw_edges(boxes: Mapping[str, _Box]) -> Iterator[str]:
    for box in boxes.values():
        for number, line in enumerate(box.node.lines):
            target = boxes.get(line.target)
            if target is not None:
                ends = (box.right, box.middle(number), target.x, target.middle(target.line_of(line.target_line)))
                yield _edge(*ends, f'class="{line.edge}" data-ends="{escape(f"{box.node.id} {target.node.id}")}"')


def _edge(x: int, y: int, to_x: int, to_y: int, attributes: str) -> str:
    bend = (x + to_x) // 2
    return f'<path {attributes} d="M{x} {y}C{bend} {y} {bend} {to_y} {to_x} {to_y}"/>'


def _draw_box(box: _Box, link: str) -> str:
    node, room = box.node, int((box.width - 2 * _PAD) / _LETTER)
    parts = [
        f'<rect class="box {node.kind}" x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="6"/>'
    ]
    for number, line in enumerate(node.lines):
        text = escape(line.text)
        if len(line.text) > room:
            text = f"{escape(line.text[: room - 1])}…<title>{text}</title>"
        parts.append(f'<text class="{line.kind}" x="{box.x + _PAD}" y="{box.middle(number) + 5}">{text}</text>')
    # The spaces keep the lines apart in the link's name.
    content = " ".join(parts)
    if link:
        return f'<a href="{escape(link)}" data-node="{escape(node.id)}">{content}</a>'
    return f'<g data-node="{escape(node.id)}">{content}</g>'
