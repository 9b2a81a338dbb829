"""Inference of the query parameters that search a text, from their descriptions: "whose name contains this". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from homeport.contract.rest.names import plain
from homeport.contract.rest.resource import Field, TextSearch
from homeport.contract.rest.shapes import Document, kinds_of
from homeport.project.model import Parameter
from homeport.project.schema.references import resolve_map

_SAYS = re.compile(
    r"\b(?:whose|where|with an?) (?:the |its |their )?`?(?P<field>\w+)`? (?:that )?"
    r"(?:(?P<inside>contains?)|(?P<start>(?:starts?|begins?) with))\b",
    re.IGNORECASE,
)
ANY_CASE = re.compile(
    r"\bany case\b|\bcase[- ]?insensitive(?:ly)?\b|\b(?:ignor(?:es|ing)|regardless of|whatever the) (?:the )?case\b"
    r"|\bupper (?:or|and) lower case\b",
    re.IGNORECASE,
)
"""Words by which a description says that capital letters are equal to small ones."""

# Whole words, several of them, or what is only similar.
_OTHERWISE = re.compile(
    r"\bwords?\b|\bfuzzy\b|\bsimilar\b|\bterms?\b|\bregular\b|\bwildcards?\b|\bnot\b", re.IGNORECASE
)
_MORE = re.compile(r"\b(?:or|and)\b(?! lower)|\balso\b", re.IGNORECASE)


def infer_searches(
    query: Sequence[Parameter], fields: Mapping[str, Field], document: Document, words: Mapping[str, str]
) -> Iterator[TextSearch]:
    """Yield the parameters whose description says which property contains their value, or begins with it."""
    texts = {plain(name): name for name, one in fields.items() if one.answered and one.written}
    for parameter in query:
        text = " ".join(words.get(parameter.name, "").split())
        said = _SAYS.search(text)
        name = texts.get(plain(said["field"])) if said is not None else None
        if said is None or name is None or _OTHERWISE.search(text):
            continue
        if kinds_of(parameter.schema, document) == kinds_of(fields[name].schema, document) == {"string"}:
            schema = resolve_map(parameter.schema, document)
            is_alone = not _MORE.search(text)
            yield TextSearch(parameter.name, name, schema, bool(said["start"]), bool(ANY_CASE.search(text)), is_alone)
