"""API Gateway's extensions of OpenAPI: where each may stand, and which of them are unsupported.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html

``check_extensions_and_references`` walks openapi.yaml once for both, as either can stand anywhere in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from homeport.errors import Problem
from homeport.project.features import word_table, words
from homeport.project.model import ANY_METHOD, Api
from homeport.project.names import nearest
from homeport.project.openapi.complete import complete_document
from homeport.project.source.cursor import Cursor, Diagnostics

if TYPE_CHECKING:
    from homeport.project.project import Project

ObjectKind = Literal["document", "path", "operation", "security scheme", "components", "server", "tag", "other"]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
PREFIX = "x-amazon-apigateway-"
X_HOMEPORT = "x-homeport"
AUTHORIZER = f"{PREFIX}authorizer"
INTEGRATION = f"{PREFIX}integration"

_MAPS_OF_NAMES = frozenset(words("maps of names"))
_FREE_VALUES = frozenset(("default", "enum", "example", "examples", "security"))


class Extension(NamedTuple):
    """An extension and its places. ``unsupported`` says why the kit does not take it, ``hint`` what to do instead.

    ``about`` describes one that it takes, in Markdown.
    """

    places: tuple[ObjectKind, ...]
    unsupported: str = ""
    hint: str = ""
    about: str = ""


EXTENSIONS = {
    f"{PREFIX}{name}": Extension(tuple(it["in"]), it.get("reason", ""), it.get("hint", ""), it.get("about", ""))
    for name, it in word_table("extensions").items()
}


def object_kind_at(path: tuple[str, ...]) -> ObjectKind:
    """Return the kind of OpenAPI object at ``path``."""
    match path:
        case ():
            return "document"
        case ("paths", _):
            return "path"
        case ("paths", _, method) if method in METHODS or method == ANY_METHOD:
            return "operation"
        case ("components",):
            return "components"
        case ("components", "securitySchemes", _):
            return "security scheme"
        case ("servers", _):
            return "server"
        case ("tags", _):
            return "tag"
        case _:
            return "other"


def check_extensions_and_references(root: Cursor, *, in_template: bool = False) -> None:
    """Report extensions that are unknown, misplaced or unsupported, and references that lead nowhere.

    In a template's API, whose other routes run all the same, what is wrong with an extension is a warning.
    """
    for cursor in _objects(root):
        for key in cursor.value:
            if key.startswith("x-"):
                own = cursor.at(key)._replace(diagnostics=Diagnostics())
                _check_extension(own, key)
                found = own.diagnostics.all()
                cursor.diagnostics.add(*(_as_warning(each) for each in found) if in_template else found)
        if "$ref" in cursor.value:
            cursor.resolve()


def _as_warning(problem: Problem) -> Problem:
    return replace(problem, severity="warning", hint="")


def _objects(root: Cursor) -> Iterator[Cursor]:
    """Yield every OpenAPI object, without maps from names to objects and the content of examples and extensions."""
    waiting: list[tuple[Cursor, bool]] = [(root, False)]
    while waiting:
        cursor, names = waiting.pop()
        if isinstance(cursor.value, list):
            waiting.extend((entry, False) for entry in cursor.entries() if isinstance(entry.value, dict | list))
            continue
        if not names:
            yield cursor
        for key, value in cursor.value.items():
            if not isinstance(value, dict | list) or (not names and _is_closed(key)):
                continue
            child = cursor._replace(path=(*cursor.path, key), value=value)
            waiting.append((child, not names and key in _MAPS_OF_NAMES))


def _is_closed(key: str) -> bool:
    return key in _FREE_VALUES or (key.startswith("x-") and key != ANY_METHOD)


def _check_extension(cursor: Cursor, key: str) -> None:
    place = object_kind_at(cursor.path[:-1])
    if key == X_HOMEPORT:
        if place not in ("document", "path", "operation", "security scheme"):
            cursor.error(f"{X_HOMEPORT} means nothing in this place", "put it into an operation or a security scheme")
        return
    extension = EXTENSIONS.get(key)
    if extension is None:
        _check_unknown(cursor, key)
    elif place not in extension.places:
        cursor.error(f"{key} means nothing in this place", f"put it into a {' or '.join(extension.places)}")
    elif extension.unsupported:
        cursor.error(f"{key}: {extension.unsupported}", extension.hint)


def _check_unknown(cursor: Cursor, key: str) -> None:
    if key.startswith("x-amazon-") or "apigateway" in key.lower():
        short = nearest(key.rpartition("apigateway-")[2], [name.removeprefix(PREFIX) for name in EXTENSIONS])
        whole = None if key.startswith(PREFIX) else nearest(key, EXTENSIONS, likeness=0.85)
        near = f"{PREFIX}{short}" if short is not None else whole
        hint = f"did you mean {near}?" if near is not None else "remove it: API Gateway does not know it"
        cursor.error(f"unknown extension {key}", hint)
    elif nearest(key, (X_HOMEPORT,), likeness=0.85):
        cursor.error(f"unknown extension {key}", f"did you mean {X_HOMEPORT}?")


def export_openapi(api: Api, server: str | None = None) -> dict[str, Any]:
    """Return the document without ``x-homeport``, that of a template's API completed.

    ``server`` replaces its base URL unless it is None.
    """
    document: dict[str, Any] = _without_x_homeport(api.document)
    if api.name:
        document = complete_document(document)
    if server is not None:
        document["servers"] = [{"url": server}]
    return document


def contract_document(project: Project, server: str | None = None) -> dict[str, Any]:
    """Return the document that is the contract of a project's API; ``server`` as in ``export_openapi``."""
    if project.contract is None:
        return export_openapi(project.api, server)
    document: dict[str, Any] = _without_x_homeport(project.contract.value)
    return document if server is None else {**document, "servers": [{"url": server}]}


def _without_x_homeport(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_x_homeport(part) for name, part in value.items() if name != X_HOMEPORT}
    return [_without_x_homeport(part) for part in value] if isinstance(value, list) else value
