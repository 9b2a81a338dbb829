"""The handlers in Node.js of a project of the kit's own shape: files of ``service/``, or of a folder of code.

Node's modules do not belong to a package of the project: their code is the folder ``service/``, with the package.json
that is in it, and Lambda's setting is the path in there: ``handlers/create_item.handler``.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import NamedTuple

from homeport.project.languages import NODE_SUFFIXES
from homeport.project.model import FunctionCode
from homeport.project.names import nearest
from homeport.project.node_code import (
    NodeHandler,
    is_node_file,
    lacks_export,
    manifests,
    node_file,
    package_files,
    parse_node_handler,
)
from homeport.project.source.cursor import Cursor

SERVICE = "service"
EXAMPLE = "export const handler = async (event) => { … }"
_HANDLERS = "handlers"
_SUFFIX = ".mjs"


def node_code(root: Path, layers: tuple[Path, ...] = (), written_layers: tuple[str, ...] = ()) -> FunctionCode:
    """Return the code of a function in Node.js: its folder, and the package.json of what is to be installed for it."""
    return FunctionCode(
        root,
        layers=layers,
        written_layers=written_layers,
        manifests=manifests(root, layers),
        package_files=tuple(package_files(root)),
    )


class NodePlace(NamedTuple):
    """A module of Node.js in a folder of the project, both without an ending, and the function that it exports."""

    folder: str
    handler: NodeHandler


class NodeHandlers:
    """The handlers in Node.js of the project in ``root``."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def place_of(self, name: str) -> NodePlace:
        """Return the place of an operation's or authorizer's handler by its name in snake case."""
        return NodePlace(SERVICE, NodeHandler(f"{_HANDLERS}/{name}", "handler"))

    def find_written(self, text: str) -> NodePlace | None:
        """Return the place that ``x-homeport.handler`` names in ``service/``; None for one that is not in there.

        The text is a module (``create_note``), one of its functions (``create_note.main``) or a file
        (``handlers/create_note.mjs``).
        """
        if is_node_file(text):
            found = NodeHandler(text.removesuffix(PurePosixPath(text).suffix), "handler")
            if not text.startswith((f"{SERVICE}/", f"{_HANDLERS}/")) and "/" in text:
                return None
        else:
            found = parse_node_handler(text) or NodeHandler(text, "handler")
        if ".." in found.module.split("/") or found.module.startswith("/"):
            return None
        inside = found.module.removeprefix(f"{SERVICE}/")
        place = NodePlace(SERVICE, found._replace(module=inside))
        below = NodePlace(SERVICE, found._replace(module=f"{_HANDLERS}/{inside}"))
        return next((each for each in (below, place) if self.file(each) is not None), below)

    def file(self, place: NodePlace) -> Path | None:
        """Return the file of a handler, None if there is none."""
        return node_file(self._root / place.folder, place.handler.module)

    def check(self, place: NodePlace, cursor: Cursor) -> None:
        """Report in ``cursor`` that a handler does not exist, or that its module does not export it."""
        file, function = self.file(place), place.handler.function
        if file is None:
            wanted = f"{place.folder}/{place.handler.module}"
            cursor.error(f"the handler {wanted}{_SUFFIX} does not exist", self._hint(place))
        elif lacks_export(file.read_text(encoding="utf-8", errors="replace"), function):
            shown = file.relative_to(self._root).as_posix()
            cursor.error(f"{shown} exports no {function}", f"write {EXAMPLE.replace('handler', function, 1)} in it")

    def _hint(self, place: NodePlace) -> str:
        missing = self._root / place.folder / place.handler.module
        others = (file.name for file in missing.parent.glob("*") if file.suffix in NODE_SUFFIXES)
        near = nearest(f"{missing.name}{_SUFFIX}", others, likeness=0.85)
        if near is not None:
            return f"did you mean {missing.with_name(near).relative_to(self._root).as_posix()}?"
        return f"write it, with {EXAMPLE}, or name another in x-homeport.handler"
