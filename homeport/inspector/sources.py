"""Links from logs and stack traces to the lines of the project's sources, and the page ``/source``, which shows them.

Only code of the project is shown: no hidden file, nothing beside the project's folder, nothing that is no source text.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import quote, urlencode

from flask import Blueprint, g, render_template, request, url_for
from werkzeug.exceptions import NotFound

from homeport.environment import read_environment
from homeport.inspector.log_lines import Place
from homeport.inspector.site_context import SiteContext

# The addresses by which editors open a line. https://code.visualstudio.com/docs/configure/command-line#_opening-vs-code-with-urls
_EDITORS = {
    "vscode": "vscode://file{path}:{line}",
    "cursor": "cursor://file{path}:{line}",
    "windsurf": "windsurf://file{path}:{line}",
    "zed": "zed://file{path}:{line}",
    "pycharm": "pycharm://open?file={path}&line={line}",
    "idea": "idea://open?file={path}&line={line}",
    "webstorm": "webstorm://open?file={path}&line={line}",
    "sublime": "subl://open?url=file://{path}&line={line}",
}
_TASK = PurePosixPath("/var/task")
_CODE = frozenset((".py", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".rb", ".go", ".rs", ".java"))
# Lines that are shown before and after the one that was asked for.
_MARGIN = 30


class SourceLink(NamedTuple):
    """A link to a line: its text is the path within the project with the line."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class ShownSources:
    """The sources of a project: those in ``root``. ``tasks`` are the folders that stand at /var/task for a function."""

    root: Path
    tasks: tuple[Path, ...] = ()

    def find(self, file: str) -> Path | None:
        """Return the file that a function knows by a path, or that is named within the project; None: it is none."""
        for candidate in self._candidates(PurePosixPath(file)):
            shown = Path(os.path.normpath(candidate))
            if self._is_shown(shown):
                return shown
        return None

    def _candidates(self, file: PurePosixPath) -> Iterable[Path]:
        if not file.is_relative_to(_TASK):
            return (self.root / file,)
        return (each / file.relative_to(_TASK) for each in (self.root, *self.tasks))

    def _is_shown(self, file: Path) -> bool:
        if not file.is_relative_to(self.root):
            return False
        real = file.resolve()
        is_inside = real.is_relative_to(self.root.resolve())
        is_hidden = any(part.startswith(".") for part in file.relative_to(self.root).parts)
        return is_inside and not is_hidden and {file.suffix, real.suffix} <= _CODE and real.is_file()


def source_files(site: SiteContext) -> ShownSources:
    """Return the sources of the project as its files are now, the same for the whole of a page."""
    if "source_files" not in g:
        g.source_files = _read_source_files(site)
    found: ShownSources = g.source_files
    return found


def within_project(site: SiteContext, text: str) -> str:
    """Return a text with the paths of the project's files as they are within it."""
    return text.replace(f"{source_files(site).root}/", "")


def _read_source_files(site: SiteContext) -> ShownSources:
    project = site.projects.current()
    functions = (function for each in project.every_api for function in each.api.functions.values())
    tasks = {function.code.root for function in functions if function.code is not None}
    return ShownSources(project.root.absolute(), tuple(tasks))


def editor_address(editor: str) -> str:
    """Return the address by which an editor opens a line, ``""``: there is none of that name.

    ``editor`` is one of the known names, or such an address with ``{path}`` and ``{line}`` itself.
    """
    return editor if "{path}" in editor and "://" in editor else _EDITORS.get(editor.lower(), "")


def source_link(site: SiteContext, place: Place | None) -> SourceLink | None:
    """Return the link to a line: into the editor that HOMEPORT_EDITOR names, or to the page; None: it is not shown."""
    if place is None:
        return None
    files = source_files(site)
    file, line = files.find(place[0]), place[1]
    if file is None:
        return None
    name = str(file.relative_to(files.root))
    address = editor_address(read_environment().editor)
    if address:
        return SourceLink(f"{name}:{line}", address.replace("{path}", quote(str(file))).replace("{line}", str(line)))
    return SourceLink(f"{name}:{line}", f"{url_for('sources.show')}?{urlencode({'file': name, 'line': line})}#line")


def blueprint(site: SiteContext) -> Blueprint:
    """Return the page ``/source``."""
    pages = Blueprint("sources", __name__)

    @pages.get("/source")
    def show() -> str:
        files, name = source_files(site), request.args.get("file", "")
        file, line = files.find(name), request.args.get("line", 1, type=int)
        if file is None:
            raise NotFound(f"{name} is no source file of the project")
        lines = file.read_text(errors="replace").splitlines()
        first = max(0, line - 1 - _MARGIN)
        editor = read_environment().editor
        return render_template(
            "source.html",
            name=file.relative_to(files.root),
            line=line,
            lines=list(enumerate(lines[first : line + _MARGIN], first + 1)),
            total=len(lines),
            editor=editor,
            editors=list(_EDITORS),
            is_known=bool(editor_address(editor)),
        )

    return pages
