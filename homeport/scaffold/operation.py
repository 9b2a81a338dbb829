"""The operation that ``homeport add`` is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from homeport.errors import HomeportError
from homeport.spec.extensions import METHODS
from homeport.spec.names import did_you_mean, snake_case

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_PATH = re.compile(r"/|(/([A-Za-z0-9._~:@!$&'()*+,;=-]+|\{[A-Za-z0-9._-]+\+?\}))+")
_VARIABLE = re.compile(r"\{([^{}+]+)\+?\}")

Access = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """``method`` is upper case; ``access`` maps a table or an index (``NotesTable/byUser``) to actions."""

    id: str
    method: str
    path: str
    access: Access = field(default_factory=dict)
    function: str | None = None

    @property
    def module(self) -> str:
        """``createNote`` is served by ``service/handlers/create_note.py``."""
        return snake_case(self.id)

    @property
    def variables(self) -> tuple[str, ...]:
        """The path's variables in their order."""
        return tuple(_VARIABLE.findall(self.path))

    @property
    def has_body(self) -> bool:
        """Whether requests of this method have a body."""
        return self.method in ("POST", "PUT", "PATCH")

    @property
    def status(self) -> int:
        """What success is called."""
        return {"POST": 201, "DELETE": 204, "HEAD": 204}.get(self.method, 200)


def wanted_operation(name: str, method: str, path: str, access: Access, function: str | None) -> Wanted:
    """The operation by these words. Raises HomeportError for what can't be one."""
    if not _ID.fullmatch(name):
        raise HomeportError(f"{name!r} can't be an operationId", "letters and digits, a letter first: createNote")
    if method.lower() not in METHODS:
        known = [known.upper() for known in METHODS]
        raise HomeportError(f"{method!r} is no method of API Gateway", did_you_mean(method, known))
    if not _PATH.fullmatch(path):
        raise HomeportError(f"{path!r} can't be a path", "write it as /notes or /notes/{noteId}")
    wanted = Wanted(name, method, path, access, function)
    twice = {found for found in wanted.variables if wanted.variables.count(found) > 1}
    if twice:
        raise HomeportError(f"{path} has the variable {min(twice)!r} twice", "give each a name of its own")
    return wanted


def parse_access(texts: Sequence[str]) -> Access:
    """``NotesTable:PutItem,GetItem`` as ``{"NotesTable": ("PutItem", "GetItem")}``. Raises HomeportError."""
    access: dict[str, tuple[str, ...]] = {}
    for text in texts:
        target, colon, actions = text.partition(":")
        names = tuple(name.strip() for name in actions.split(",") if name.strip())
        if not colon or not target.strip() or not names:
            raise HomeportError(f"--access {text!r} is not TABLE:ACTION,…", "write it as NotesTable:PutItem,GetItem")
        known = access.get(target.strip(), ())
        access[target.strip()] = (*known, *(name for name in dict.fromkeys(names) if name not in known))
    return access
