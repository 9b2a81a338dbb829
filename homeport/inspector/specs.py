"""The project's spec as the recorder needs it, followed as its file changes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.errors import HomeportError
from homeport.inspector.masks import Named
from homeport.inspector.recording import Violation
from homeport.inspector.seen import Seen
from homeport.spec.load import load_project
from homeport.spec.project import SPEC_FILES, Project

if TYPE_CHECKING:
    from homeport.inspector.drift import Drift

_HEADER = ("$request.header.", "method.request.header.")
_QUERY = ("$request.querystring.", "method.request.querystring.")


class Specs:
    """The project in ``root`` for a stage. One that can't be read leaves what was known before."""

    def __init__(self, root: Path, stage: str) -> None:
        self._root = root
        self._stage = stage
        self._state: tuple[int | None, ...] | None = None
        self._drift: Drift | None = None
        self._named = Named()

    def violations(self, seen: Seen) -> tuple[Violation, ...]:
        """In what ways an answer differs from the spec; the gateway's own answers are none of a function's."""
        facts = seen.facts
        if self._drift is None or facts["function"] is None or facts["refused"] or not facts["operation"]:
            return ()
        from homeport.inspector.drift import Answer

        headers = tuple((name, value) for name, value in facts["replyHeaders"])
        body = seen.parts["reply_body"]
        return self._drift.check(Answer(facts["operation"], facts["method"], facts["status"], headers, body))

    def named(self) -> Named:
        """The names that the project has for credentials."""
        return self._named

    def follow(self) -> None:
        """Take up the file as it is now, if it has changed."""
        state = tuple(_changed(self._root / name) for name in SPEC_FILES)
        if state == self._state:
            return
        self._state = state
        with suppress(HomeportError):
            from homeport.inspector.drift import Drift

            project = load_project(self._root, self._stage)
            self._drift, self._named = Drift(project), named_in(project)


def named_in(project: Project) -> Named:
    """What a project's authorizers and API keys call their credentials, lower case."""
    sources = [source for authorizer in project.api.authorizers.values() for source in authorizer.identity_sources]
    schemes = project.api.document.get("components", {}).get("securitySchemes", {}).values()
    keys = [scheme for scheme in schemes if isinstance(scheme, dict) and scheme.get("type") == "apiKey"]
    headers = {source[len(start) :] for source in sources for start in _HEADER if source.startswith(start)}
    query = {source[len(start) :] for source in sources for start in _QUERY if source.startswith(start)}
    headers |= {str(key.get("name")) for key in keys if key.get("in") == "header"}
    query |= {str(key.get("name")) for key in keys if key.get("in") == "query"}
    return Named(frozenset(map(str.lower, headers)), frozenset(map(str.lower, query)))


def _changed(file: Path) -> int | None:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return None
