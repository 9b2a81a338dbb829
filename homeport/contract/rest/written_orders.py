"""The orders of lists that only the sentences of a document have: "sorted by title", "the newest first". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any

from homeport.contract.rest.names import plain, singular
from homeport.contract.rest.resource import Listing, Resource, Sort
from homeport.contract.rest.shapes import value_at
from homeport.project.model import Operation

NO_ORDER = re.compile(r"\bno (?:particular |certain )?order\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[.;\n]")
_CLAUSE = re.compile(r",|\bor\b")
# "can be sorted by name", "sorted by name or by price": no order that the list always has.
_MAY = re.compile(r"\b(?:can|may|optional(?:ly)?|to be)\b", re.IGNORECASE)
_CHOICE = re.compile(r"\s*by\b", re.IGNORECASE)
# "sorted by title, then the newest first": the second order says nothing of the first one's direction.
_SECOND = re.compile(r"\s*(?:and |with |those |ones )?\b(?:then|ties|equal|within|if|when)\b", re.IGNORECASE)
_SORTED = re.compile(
    r"\b(?:(?:sorted|ordered) (?:by|on)|in (?:the )?order of) (?:the |their |its )?"
    r"(?:(?:day|date|time) (?:(?:they|it) (?:are|is|was|were) |of (?:their |its )?))?`?(?P<field>\w+)",
    re.IGNORECASE,
)
# The ends that the name of a time has and its word in a sentence lacks: "the day they are due" is dueOn.
_ENDS = ("", "at", "on", "date", "time", "day")
_DOWN = re.compile(
    r"\b(?:desc|descending|reverse)\b|\b(?:newest|latest|highest|largest|biggest|most \w+|last)(?: ones?)? first\b",
    re.IGNORECASE,
)
_TIMES = frozenset(("createdat", "created", "createdon", "creationdate", "creationtime", "updatedat", "timestamp"))
# The time of an end says nothing of the beginning.
_ENDS_LATER = re.compile(r"expir|due|until|valid|end|delet|close|gone", re.IGNORECASE)
_FIRST = re.compile(
    r"\b(newest|latest|oldest|most recent)(?: ones?)? first\b|\b(reverse chronological)\b", re.IGNORECASE
)


def words_of(document: Mapping[str, Any], operation: Operation) -> str:
    """Return the sentences that a document has about an operation and its answer."""
    node = value_at(document, operation.document_path)
    found = [node.get("summary"), node.get("description")] if isinstance(node, Mapping) else []
    found.append(operation.responses.get("200", {}).get("description"))
    return " ".join(str(one) for one in found if one)


def written_sorts(
    document: Mapping[str, Any], listing: Listing, resource: Resource
) -> Iterator[tuple[Sort, frozenset[str]]]:
    """Yield the orders that a description has ("those of an author sorted by title"), with the filters of each."""
    if listing.sorts:
        return
    words = words_of(document, listing.operation)
    names = {plain(name): name for name, field in resource.fields.items() if field.answered}
    for clause, direction in _sorted_clauses(words):
        said = _SORTED.search(clause)
        words_of_field = (plain(said["field"]), singular(said["field"])) if said is not None else ()
        name = next((names[one + end] for one in words_of_field for end in _ENDS if one + end in names), None)
        asked = frozenset(
            one.parameter for one in listing.filters if re.search(rf"\b{re.escape(one.parameter)}\b", clause)
        )
        # The values of an enum may have an order of their own.
        is_plain = name is not None and "enum" not in resource.fields[name].schema
        if name is not None and is_plain and (asked or not NO_ORDER.search(words)):
            yield Sort(name, bool(_DOWN.search(direction))), asked


def _sorted_clauses(words: str) -> Iterator[tuple[str, str]]:
    """Yield the clauses that name an order, each with the words that tell its direction: "by price, highest first"."""
    for sentence in _SENTENCE.split(words):
        clauses = _CLAUSE.split(sentence)
        for place, clause in enumerate(clauses):
            if _SORTED.search(clause) is None or _MAY.search(clause):
                continue
            rest = list(takewhile(lambda one: not _SORTED.search(one) and not _SECOND.match(one), clauses[place + 1 :]))
            if not any(_CHOICE.match(one) for one in rest):
                yield clause, " , ".join([re.split(r"\b(?:then|ties)\b", clause)[0], *rest])


def begins_with_newest(words: str) -> bool | None:
    """Return whether sentences promise the newest first (False: the oldest), None where they say neither or both."""
    found = {(first or last).lower() for first, last in _FIRST.findall(words)}
    if len(found) != 1:
        return None
    return found != {"oldest"}


def made_times(resource: Resource) -> list[str]:
    """Return the properties with times that the service alone sets, by any of which "newest" may go."""
    return [
        name
        for name, one in resource.fields.items()
        if plain(name) in _TIMES
        or (one.server_set and one.always and one.schema.get("format") == "date-time" and not _ENDS_LATER.search(name))
    ]
