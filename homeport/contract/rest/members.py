"""Inference of the query parameters that select by one member of an array: ``tag`` for ``tags``. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from homeport.contract.rest.names import plain
from homeport.contract.rest.resource import Field, Member
from homeport.contract.rest.shapes import Document, item_schema, kinds_of
from homeport.project.model import Parameter
from homeport.project.schema.references import resolve_map

_PARTIAL = re.compile(r"contain|part|prefix|start|begin|like|search|substring|fuzzy|hierarch|below", re.IGNORECASE)
_SCALARS = frozenset(("string", "integer"))


def infer_members(
    query: Sequence[Parameter], fields: Mapping[str, Field], document: Document, words: Mapping[str, str]
) -> Iterator[Member]:
    """Yield the parameters that are named like an array of the resource, or like one of its members.

    ``words`` are the descriptions of parameters.
    """
    arrays: dict[str, str] = {}
    for name, field in fields.items():
        items = item_schema(field.schema, document) if field.answered and field.written else None
        if items is not None and kinds_of(items, document) <= _SCALARS:
            arrays |= dict.fromkeys((plain(name), *_singulars(plain(name))), name)
    for parameter in query:
        array = arrays.get(plain(parameter.name))
        if array is not None and not kinds_of(parameter.schema, document) - _SCALARS:
            partial = _PARTIAL.search(words.get(parameter.name, "")) is not None
            yield Member(parameter.name, array, resolve_map(parameter.schema, document), partial)


def _singulars(name: str) -> Iterator[str]:
    if name.endswith("ies"):
        yield f"{name[:-3]}y"
    if name.endswith("es"):
        yield name[:-2]
    if name.endswith("s"):
        yield name[:-1]
