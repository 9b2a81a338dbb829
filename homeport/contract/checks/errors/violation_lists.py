"""The list of violations that an error has, as its document describes it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from homeport.contract.checks.client import Answer
from homeport.project.schema.references import resolve_map

_PLACES = (
    "pointer",
    "field",
    "property",
    "parameter",
    "param",
    "path",
    "name",
    "loc",
    "location",
    "source",
    "attribute",
)
_EVERY = re.compile(r"\b(?:every|everything|all|each)\b", re.IGNORECASE)
_PARTS = frozenset(("body", "query", "path", "header", "cookie"))


@dataclass(frozen=True, slots=True)
class ViolationList:
    """The property ``name`` of an error, a list of violations.

    ``above`` has the keys of the object that it is in, ``("error",)``.
    ``place`` is the property of a violation that says where it is, ``part`` the one that says in which part of a
    request (``body``, ``query``), ``""``: there is none. ``is_pointer``: the place is a JSON pointer. ``is_whole``: the
    document says that all violations are there.
    """

    name: str
    place: str
    part: str = ""
    is_pointer: bool = False
    is_whole: bool = False
    above: tuple[str, ...] = ()

    def read(self, answer: Answer) -> list[Mapping[str, Any]]:
        """Return the violations of an answer."""
        found = answer.json
        for key in (*self.above, self.name):
            found = found.get(key) if isinstance(found, dict) else None
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def names(self, violation: Mapping[str, Any], name: str) -> bool:
        """Return whether a violation names a property or parameter: at its place, or in its words."""
        # Words are searched as a whole: a detail often names the property that is missing or unknown.
        text = json.dumps(violation, ensure_ascii=False, default=str).lower()
        return re.search(rf"(?<![a-z0-9]){re.escape(name.lower())}(?![a-z0-9])", text) is not None

    def points_at(self, violation: Mapping[str, Any], name: str) -> bool:
        """Return whether the place of a violation leads to a property, or to what is in it."""
        place = violation.get(self.place)
        if not self.is_pointer or not isinstance(place, str):
            return self.names(violation, name)
        wanted = "/" + name.replace("~", "~0").replace("/", "~1")
        return place == wanted or place.startswith(f"{wanted}/")


def find_violation_list(answer: Answer, document: Mapping[str, Any]) -> ViolationList | None:
    """Return the list of violations that the document describes for an answer, None where it describes none."""
    response = documented_response(answer)
    schema = resolve_map(_media(response, answer).get("schema", {}), document)
    words = str(response.get("description", ""))
    for above, name, node in _properties_within(schema, document):
        array = resolve_map(node, document)
        item = dict(_properties(resolve_map(array.get("items", {}), document), document))
        place = next((one for one in _PLACES if one in item), "")
        if array.get("type") != "array" or not place:
            continue
        part = next((key for key, one in item.items() if _is_part(resolve_map(one, document))), "")
        is_pointer = resolve_map(item[place], document).get("format") == "json-pointer"
        said = f"{node.get('description', '')} {array.get('description', '')} {words}"
        return ViolationList(name, place, part, is_pointer, _EVERY.search(said) is not None, above)
    return None


def _properties_within(
    schema: Mapping[str, Any], document: Mapping[str, Any]
) -> Iterator[tuple[tuple[str, ...], str, Mapping[str, Any]]]:
    """Yield the properties of an error, and those of the objects in it (``error``), with the keys above."""
    for name, node in _properties(schema, document):
        yield (), name, node
    for name, node in _properties(schema, document):
        for inner, one in _properties(resolve_map(node, document), document):
            yield (name,), inner, one


def documented_response(answer: Answer) -> Mapping[str, Any]:
    """Return the document's response for the status of an answer; empty where it has none."""
    status = answer.status
    for key in (str(status), f"{status // 100}XX", f"{status // 100}xx", "default"):
        if key in answer.operation.responses:
            return answer.operation.responses[key]
    return {}


def _media(response: Mapping[str, Any], answer: Answer) -> Mapping[str, Any]:
    kind = answer.header("content-type").partition(";")[0].strip().lower()
    content: Mapping[str, Any] = response.get("content") or {}
    return next((node for name, node in content.items() if fnmatchcase(kind, name.partition(";")[0].lower())), {})


def _is_part(schema: Mapping[str, Any]) -> bool:
    values: Sequence[Any] = schema.get("enum") or ()
    return bool(values) and len(_PARTS & set(map(str, values))) >= 2


def _properties(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for part in schema.get("allOf", ()):
        yield from _properties(resolve_map(part, document), document)
    for name, node in (schema.get("properties") or {}).items():
        if isinstance(node, Mapping):
            yield name, node
