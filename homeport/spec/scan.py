"""One walk over openapi.yaml for what can stand anywhere in it: extensions and references."""

from __future__ import annotations

from collections.abc import Iterator

from homeport.spec.extensions import ANY_METHOD, EXTENSIONS, OURS, PREFIX, place_of
from homeport.spec.names import nearest
from homeport.spec.view import View

_MAPS_OF_NAMES = frozenset(
    (
        "callbacks",
        "content",
        "encoding",
        "headers",
        "links",
        "mapping",
        "patternProperties",
        "properties",
        "requestBodies",
        "schemas",
        "scopes",
        "securitySchemes",
        "variables",
    )
)
_FREE_VALUES = frozenset(("default", "enum", "example", "examples", "security"))


def scan(root: View) -> None:
    """Report extensions that are unknown, misplaced or refused, and references that lead nowhere."""
    for view in _objects(root):
        for key in view.value:
            if key.startswith("x-"):
                _check_extension(view.at(key), key)
        if "$ref" in view.value:
            view.resolved()


def _objects(root: View) -> Iterator[View]:
    """Every OpenAPI object: not maps from names to objects, and not what is inside examples and extensions."""
    waiting: list[tuple[View, bool]] = [(root, False)]
    while waiting:
        view, names = waiting.pop()
        if isinstance(view.value, list):
            waiting.extend((entry, False) for entry in view.entries() if isinstance(entry.value, dict | list))
            continue
        if not names:
            yield view
        for key, value in view.value.items():
            if not isinstance(value, dict | list) or (not names and _is_closed(key)):
                continue
            child = view._replace(path=(*view.path, key), value=value)
            waiting.append((child, not names and key in _MAPS_OF_NAMES))


def _is_closed(key: str) -> bool:
    return key in _FREE_VALUES or (key.startswith("x-") and key != ANY_METHOD)


def _check_extension(view: View, key: str) -> None:
    place = place_of(view.path[:-1])
    if key == OURS:
        if place not in ("operation", "security scheme"):
            view.error(f"{OURS} means nothing in this place", "put it into an operation or a security scheme")
        return
    extension = EXTENSIONS.get(key)
    if extension is None:
        _check_unknown(view, key)
    elif place not in extension.places:
        view.error(f"{key} means nothing in this place", f"put it into a {' or '.join(extension.places)}")
    elif extension.refusal:
        view.error(f"{key}: {extension.refusal}", extension.cure)


def _check_unknown(view: View, key: str) -> None:
    if key.startswith("x-amazon-") or "apigateway" in key.lower():
        short = nearest(key.rpartition("apigateway-")[2], [name.removeprefix(PREFIX) for name in EXTENSIONS])
        whole = None if key.startswith(PREFIX) else nearest(key, EXTENSIONS, likeness=0.85)
        near = f"{PREFIX}{short}" if short is not None else whole
        cure = f"did you mean {near}?" if near is not None else "remove it: API Gateway does not know it"
        view.error(f"unknown extension {key}", cure)
    elif nearest(key, (OURS,), likeness=0.85):
        view.error(f"unknown extension {key}", f"did you mean {OURS}?")
