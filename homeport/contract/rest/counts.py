"""Counts: numbers that say how many resources of a kind there are, or what a property of theirs adds up to. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from homeport.contract.rest.formulas import number
from homeport.contract.rest.names import plain, singular, words_in
from homeport.contract.rest.places import parameters_of, structure
from homeport.contract.rest.random_value import whole_schema
from homeport.contract.rest.resource import ApiModel, Listing, Resource
from homeport.contract.rest.shapes import (
    Document,
    answer_schema,
    array_in,
    at_keys,
    envelope_of,
    kinds_of,
    shape_of,
)
from homeport.contract.rest.written_orders import words_of
from homeport.project.model import Operation
from homeport.project.schema.references import resolve_map

_COUNTS = re.compile(r"\b(?:how many|(?:number|count)s? of)\b", re.IGNORECASE)
_COUNT_OF = re.compile(
    r"(?:with )?(?:the |a )?(?:total |current )?(?:how many|(?:number|count) of) (?P<what>.+)", re.IGNORECASE
)
_SUM_OF = re.compile(r"(?:the )?(?:sum|total) of (?P<what>.+)", re.IGNORECASE)
# What such a number is at a moment is not said, or nothing that a run can tell.
_OPEN = re.compile(
    r"\b(about|approx\w*|roughly|estimat\w*|cached?|may|at (most|least)|up to|capped|last|latest|recent\w*|today|since"
    r"|ever|so far|per|within|behind|minutes?|hours?|days?|weeks?|months?|eventual\w*|asynchron\w*|except\w*|unless"
    r"|without|deleted|remaining|left|maximum|limit)\b",
    re.IGNORECASE,
)
_FILLERS = frozenset(
    (
        "there",
        "are",
        "is",
        "it",
        "has",
        "have",
        "the",
        "a",
        "an",
        "of",
        "in",
        "its",
        "this",
        "that",
        "these",
        "those",
        "them",
        "which",
        "who",
        "were",
        "on",
        "by",
        "for",
        "all",
        "total",
        "now",
        "currently",
        "and",
        "their",
        "each",
        "with",
    )
)
_OF_THEM = re.compile(r"\bof (them|these|those|which|whom)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MemberCondition:
    """A condition: the property ``field`` of a member has ``value``."""

    field: str
    value: Any

    def holds(self, member: Mapping[str, Any]) -> bool:
        """Return whether a member meets it."""
        return bool(member.get(self.field) == self.value)


Choice = frozenset[MemberCondition]
"""A meaning of a number: it counts the members that meet all of these conditions."""


@dataclass(frozen=True, slots=True)
class Count:
    """A number ``name`` in the answer of ``operation`` that says how many resources ``members`` there are.

    ``below`` says that the members are those below the resource that the path names. ``choices`` are the meanings that
    the document leaves open, one at least. ``weight`` is the property of a member that is added up, ``""``: each counts
    one. ``keys`` lead to the object with the number. For a list with a number for each value, ``listing`` is that,
    ``key`` the property with the value, and ``array`` the property of a member that has it, alone or among others.
    """

    operation: Operation
    name: str
    members: str
    choices: tuple[Choice, ...] = (frozenset(),)
    below: bool = False
    weight: str = ""
    keys: tuple[str, ...] = ()
    listing: Listing | None = None
    key: str = ""
    array: str = ""
    text: str = ""

    def total(self, choice: Choice, members: Iterable[Mapping[str, Any]], value: Any = None) -> Decimal | None:
        """Return the number for members by one of its meanings, None where a weight is no number.

        ``value`` is that of ``key``, where the list has a number for each.
        """
        found = Decimal(0)
        for member in members:
            if not all(one.holds(member) for one in choice) or (self.array and not _has(member.get(self.array), value)):
                continue
            weight = number(member.get(self.weight)) if self.weight else Decimal(1)
            if weight is None:
                return None
            found += weight
        return found

    @property
    def conditions(self) -> tuple[MemberCondition, ...]:
        """The conditions of all meanings, each once."""
        return tuple(dict.fromkeys(one for choice in self.choices for one in sorted(choice, key=str)))


def _has(value: Any, wanted: Any) -> bool:
    return wanted in value if isinstance(value, list) else bool(value == wanted)


def find_counts(model: ApiModel) -> Iterator[Count]:
    """Yield the counts of an API whose names or descriptions say plainly what they count."""
    made = [one for one in model.resources if one.create is not None and one.id_property and not one.eventual]
    for operation, owner in _readers(model):
        words = words_of(model.document, operation)
        if owner is not None and owner.item and not owner.single:
            members = [one for one in made if is_right_below(one, owner)]
        elif not parameters_of(operation.path):
            members = [one for one in made if not one.parents and _names(words, one)]
        else:
            members = []
        if members and not _OPEN.search(words if owner is None else ""):
            yield from _in_object(model, operation, members, words, below=bool(members[0].parents))
    for resource in model.resources:
        for listing in resource.listings:
            if not parameters_of(listing.operation.path) and not listing.eventual:
                yield from _in_list(model, listing, [one for one in made if not one.parents and one is not resource])


def is_right_below(resource: Resource, owner: Resource) -> bool:
    """Return whether a collection lies below an item, with no other parameter between them."""
    item, path = structure(owner.item), structure(resource.collection)
    return path.startswith(f"{item}/") and "{" not in path.removeprefix(item)


def _readers(model: ApiModel) -> Iterator[tuple[Operation, Resource | None]]:
    """Yield the operations that answer with an object of numbers: reads, and GET below them or of no resource."""
    for resource in model.resources:
        if not resource.eventual:
            yield from ((one, resource) for one in (resource.read, *resource.actions) if one and one.method == "GET")
    yield from ((one, None) for one in model.others if one.method == "GET")


def _in_object(
    model: ApiModel, operation: Operation, members: list[Resource], words: str, *, below: bool
) -> Iterator[Count]:
    document, schema = model.document, answer_schema(operation, model.document)
    keys = envelope_of(schema, document) if schema is not None else ()
    properties = shape_of(at_keys(schema, keys, document), document).properties
    whole = [name for name, part in properties.items() if "integer" in kinds_of(part, document)]
    for member in members:
        meanings = {name: _by_name(name, member, document) for name in whole} if _counts(words, member) else {}
        for name, part in properties.items():
            text = _description(part, document)
            if name in whole and text:
                found = _by_text(text, member, len(members) == 1, document)
            elif name in whole and below:
                found = (frozenset(),) if _is_count_name(name, member) else ()
            else:
                found = _with_others(name, meanings, words)
            if found:
                yield Count(operation, name, member.name, found, below, keys=keys, text=text)
            elif weight := _weight(text, member, document):
                yield Count(operation, name, member.name, below=below, weight=weight, keys=keys, text=text)


def _in_list(model: ApiModel, listing: Listing, members: list[Resource]) -> Iterator[Count]:
    """Yield the counts of a list that has one for each value: the tags of posts, with the number of posts."""
    document, words = model.document, words_of(model.document, listing.operation)
    found = array_in(answer_schema(listing.operation, document), document)
    properties = shape_of(found[1], document).properties if found is not None else {}
    if len(properties) != 2 or _OPEN.search(words):
        return
    for member in members:
        for key in properties:
            array = next((one for one in member.fields if one == key or singular(one) == singular(key)), "")
            (name,) = (one for one in properties if one != key)
            is_named = plain(name) == "count" or _is_count_name(name, member)
            if not array or not is_named or "integer" not in kinds_of(properties[name], document):
                continue
            sentence = _COUNTS.search(words)
            text = re.split(r"[.;]", words[sentence.start() :])[0] if sentence else ""
            choices = _by_text(text, member, False, document)
            if choices:
                operation = listing.operation
                yield Count(operation, name, member.name, choices, listing=listing, key=key, array=array, text=text)


def _by_text(text: str, member: Resource, alone: bool, document: Document) -> tuple[Choice, ...]:
    """Return what a description says that a number counts, empty where a program can't read it.

    ``alone`` says that "of them" can mean these members only.
    """
    sentence = re.split(r"[.;](?:\s|$)", text.strip())[0]
    found = _COUNT_OF.fullmatch(sentence)
    if found is None or _OPEN.search(text):
        return ()
    what = found["what"].lower()
    noun = next((one for one in _nouns(member) if re.search(rf"\b{re.escape(one)}\b", what)), "")
    if not noun and not (alone and _OF_THEM.search(what)):
        return ()
    rest = re.sub(rf"\b{re.escape(noun)}\b", " ", what, count=1) if noun else _OF_THEM.sub(" ", what)
    owner = singular(member.collection.split("/{")[0].rpartition("/")[2]) if member.parents else ""
    words = [one for one in re.findall(r"[a-z0-9]+", rest) if one not in _FILLERS and one != owner]
    if "on" in rest.split():
        words = [one for one in re.findall(r"[a-z0-9]+", rest) if one == "on" or one in words]
    if not [one for one in words if one != "on"]:
        return (frozenset(),)
    condition = find_condition(words, member, document)
    # "the number of posts that have them": the value of which the list tells.
    if condition is None and set(words) <= {"tag", "value"}:
        return (frozenset(),)
    return (frozenset((condition,)),) if condition is not None else ()


def find_condition(words: list[str], member: Resource, document: Document) -> MemberCondition | None:
    """Return the condition that words name ("not on loan", "draft"): a property that is true or not, or a choice."""
    is_negated = words[0] in ("not", "never")
    phrase = "".join(words[1:] if is_negated else words)
    for name, field in member.fields.items():
        if not field.answered:
            continue
        if "boolean" in kinds_of(field.schema, document):
            own = "".join(one for one in words_in(name) if one not in ("is", "has", "was"))
            if phrase in (own, f"un{own}"):
                return MemberCondition(name, (phrase == own) is not is_negated)
        elif not is_negated:
            values = whole_schema(field.schema, document).get("enum")
            for value in values if isinstance(values, list) else ():
                if isinstance(value, str) and plain(value) == phrase:
                    return MemberCondition(name, value)
    return None


def _by_name(name: str, member: Resource, document: Document) -> Choice | None:
    """Return what a number without a description counts by its name, None where that says nothing."""
    if _is_count_name(name, member) or plain(name) in ("count", "total", "all"):
        return frozenset()
    words = [one for one in words_in(name) if one not in ("count", "total", "number", "of", "num")]
    condition = find_condition(words, member, document) if words else None
    return frozenset((condition,)) if condition is not None else None


def _with_others(name: str, meanings: Mapping[str, Choice | None], words: str) -> tuple[Choice, ...]:
    """Return the meanings of a number by its name; "of them" may mean what another number counts."""
    own = meanings.get(name)
    if own is None:
        return ()
    before = list(meanings)[: list(meanings).index(name)] if _OF_THEM.search(words) else []
    others = [one for key in before if (one := meanings[key])]
    fields = {one.field for one in own}
    joined = [own | one for one in others if fields.isdisjoint(each.field for each in one)]
    return (own, *joined)


def _weight(text: str, member: Resource, document: Document) -> str:
    """Return the property of members of which a description names the sum: "the sum of the payments' amounts"."""
    found = _SUM_OF.fullmatch(re.split(r"[.;](?:\s|$)", text.strip())[0])
    if found is None or _OPEN.search(text):
        return ""
    words = [one for one in re.findall(r"[a-z0-9]+", found["what"].lower()) if one not in _FILLERS and one != "s"]
    nouns = {one.replace(" ", "") for one in _nouns(member)}
    rest = [one for one in words if one not in nouns]
    if len(rest) == len(words):
        return ""
    named = "".join(rest)
    for name, field in member.fields.items():
        if kinds_of(field.schema, document) & {"integer", "number"} and named in (plain(name), f"{plain(name)}s"):
            return name
    return ""


def _nouns(member: Resource) -> tuple[str, ...]:
    """Return the words by which a text names the members, several first."""
    name = " ".join(words_in(member.name.rpartition("/")[2]))
    return (name, singular(name)) if name else ()


def _names(words: str, member: Resource) -> bool:
    return any(re.search(rf"\b{re.escape(one)}\b", words.lower()) for one in _nouns(member)[:1])


def _counts(words: str, member: Resource) -> bool:
    return bool(_COUNTS.search(words)) and _names(words, member)


def _is_count_name(name: str, member: Resource) -> bool:
    many = plain(member.name.rpartition("/")[2])
    one, own = singular(many), plain(name)
    return own in {many, *(f"{word}{end}" for word in (many, one) for end in ("count", "total"))} | {
        f"{start}{many}" for start in ("numberof", "num", "total", "countof")
    }


def _description(schema: Any, document: Document) -> str:
    own = schema.get("description") if isinstance(schema, Mapping) else None
    return str(own if isinstance(own, str) else resolve_map(schema, document).get("description") or "")
