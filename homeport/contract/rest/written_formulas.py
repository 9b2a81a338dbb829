"""Formulas that the descriptions of properties say: "quantity times unit_price", "the sum of the lines' amounts". Pure.

A description is a formula only if a program can read all of it: with words that make an exception it is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from homeport.contract.rest.formulas import Formula, How, Rounding
from homeport.contract.rest.names import plain, singular, words_in
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.shapes import Document, answer_schema, at_keys, item_schema, kinds_of, shape_of
from homeport.project.schema.references import resolve_map

_DEEPEST = 3
_TYPOGRAPHIC = str.maketrans({"\u2019": "'", "\u00d7": "*", "\u2212": " minus "})
_NUMBERS = frozenset(("integer", "number", "string"))
_EXCEPTION = re.compile(
    r"\b(minus|less|plus|discount\w*|except\w*|unless|if|when|where|capped|cap|at (most|least)|without|exclu\w+"
    r"|includ\w+|(?<!read-)(?<!read )only|until|before|after|approx\w*|about|estimat\w*|cached|may|net of|weight\w*"
    r"|converted|per)\b",
    re.IGNORECASE,
)
_ROUNDINGS: tuple[tuple[str, Rounding], ...] = (
    (r"half[- ]up", "half up"),
    (r"half[- ](to[- ])?even|banker", "half even"),
    (r"half[- ]down", "half down"),
    (r"rounded down|truncated|cut off", "down"),
    (r"rounded up", "up"),
    (r"rounded", "nearest"),
)
_TO_CENTS = re.compile(r"\bto (whole |full )?cents?\b|\b(two|2) (decimal|digit|place|fraction)", re.IGNORECASE)
_TO_WHOLE = re.compile(r"\bto (a |the )?(next |nearest )?(whole|integers?|full)\b(?! cents?)", re.IGNORECASE)
_BEFORE = re.compile(r"^(?:(?:the|its|their|a|an|each|every|all|of|this|that|these|those)\s+)+", re.IGNORECASE)
_OWNER = re.compile(r"^[a-z]+(?:'s|s')\s+", re.IGNORECASE)

_TIMES = re.compile(r"\s+times\s+|\s+multiplied (?:by|with)\s+|\s+[x*]\s+", re.IGNORECASE)
_PRODUCT_OF = re.compile(r"(?:the )?product of (?P<a>.+?) and (?P<b>.+)", re.IGNORECASE)
_MINUS = re.compile(r"\s+minus\s+|\s+less\s+", re.IGNORECASE)
_PERCENT = re.compile(r"(?P<a>.+?)(?P<sign>\s*%|\s+per ?cent)?\s+of\s+(?P<b>.+)", re.IGNORECASE)
# "width and height" may also say what a number is about.
_TOTAL = re.compile(r"total|sum|gross|overall|amount|price|cost")
# An array that shows only some of what is counted or added up.
_PART = re.compile(r"\b(latest|last|recent\w*|first|top|some|preview|newest|up to|at most|excerpt)\b", re.IGNORECASE)
_PLUS = re.compile(r"\s+plus\s+|\s+\+\s+", re.IGNORECASE)
_SUM = re.compile(r"(?:the )?(?:sum|total) of (?P<all>.+)", re.IGNORECASE)
_AND = re.compile(r"\s*,\s*(?:and\s+)?|\s+and\s+|\s+plus\s+|\s+\+\s+", re.IGNORECASE)
_COUNT = re.compile(
    r"(?:(?:the )?(?:total )?(?:number|count) of|how many) (?P<items>.+?)(?: there are| it has| are there| in it)?",
    re.IGNORECASE,
)
_OF_ENTRIES = (
    re.compile(r"(?P<field>.+?),? (?:summed|added)(?: up)? (?:over|for|across) (?P<items>.+)", re.IGNORECASE),
    re.compile(r"(?P<items>.+?)(?:'s|(?<=s)')\s+(?P<field>.+)", re.IGNORECASE),
    re.compile(r"(?P<field>.+?) (?:of|over|across|in|for) (?P<items>.+)", re.IGNORECASE),
    re.compile(r"(?P<items>\S+) (?P<field>.+)", re.IGNORECASE),
)


@dataclass(frozen=True, slots=True)
class _Scope:
    """The numbers of an object, and the arrays of objects in it with their numbers."""

    numbers: frozenset[str]
    arrays: Mapping[str, frozenset[str]]
    lists: frozenset[str]


def formulas_of(resource: Resource, document: Document) -> tuple[Formula, ...]:
    """Return the formulas of a resource whose results no request may set."""
    shown = resource.read or resource.whole_write
    schema = at_keys(answer_schema(shown, document), resource.envelope, document)
    found = find_formulas(schema, document)
    return tuple(one for one in found if one.keys or not resource.fields[one.target].written)


def find_formulas(schema: Any, document: Document, keys: tuple[str, ...] = ()) -> Iterator[Formula]:
    """Yield the formulas that the descriptions in the schema of a resource say, those inside of it first."""
    properties = shape_of(schema, document).properties
    for name, part in properties.items() if len(keys) < _DEEPEST else ():
        inner = item_schema(part, document)
        if "object" in kinds_of(inner if inner is not None else part, document):
            yield from find_formulas(inner if inner is not None else part, document, (*keys, name))
    scope = _scope_of(properties, document)
    for name in properties:
        text = _description(properties[name], document) if name in scope.numbers else ""
        found = _read(text, name, scope) if text else None
        if found is not None:
            how, operands, items = found
            step, rounding = _step(properties[name], text, document), _rounding(text)
            yield Formula(name, how, operands, items, keys, step, rounding, text)


def _scope_of(properties: Mapping[str, Any], document: Document) -> _Scope:
    arrays: dict[str, frozenset[str]] = {}
    lists: set[str] = set()
    for name, part in properties.items():
        inner = item_schema(part, document)
        if inner is not None and not _PART.search(" ".join((*words_in(name), _description(part, document)))):
            lists.add(name)
            arrays[name] = _numbers(shape_of(inner, document).properties, document)
    return _Scope(_numbers(properties, document), arrays, frozenset(lists))


def _numbers(properties: Mapping[str, Any], document: Document) -> frozenset[str]:
    return frozenset(
        name
        for name, part in properties.items()
        if (kinds := kinds_of(part, document) - {"null"}) and kinds <= _NUMBERS
    )


def _read(text: str, target: str, scope: _Scope) -> tuple[How, tuple[str, ...], str] | None:
    """Return the rule that a description is: its first sentence, or what comes before its first comma."""
    sentence, _, rest = (
        part.strip() for part in re.split(r"([.;]\s|[.;]$|\n)", f"{text.translate(_TYPOGRAPHIC).strip()}\n", maxsplit=1)
    )
    for first, more in ((sentence, rest), *((one, f"{other} {rest}") for one, other in _at_commas(sentence))):
        found = None if _EXCEPTION.search(more) else _rule(first, target, scope)
        if found is not None and target not in found[1]:
            return found
    return None


def _at_commas(sentence: str) -> Iterator[tuple[str, str]]:
    for found in reversed(list(re.finditer(r",", sentence))):
        yield sentence[: found.start()].strip(), sentence[found.end() :].strip()


def _rule(text: str, target: str, scope: _Scope) -> tuple[How, tuple[str, ...], str] | None:
    if (found := _COUNT.fullmatch(text)) is not None:
        items = _name(found["items"], scope.lists)
        return ("count", (), items) if items else None
    if (found := _SUM.fullmatch(text)) is not None:
        return _of_entries(found["all"], scope) or _several("sum", _AND.split(found["all"]), scope.numbers)
    if _OF_ENTRIES[0].fullmatch(text) is not None:
        return _of_entries(text, scope)
    if (found := _PRODUCT_OF.fullmatch(text)) is not None:
        return _several("product", (found["a"], found["b"]), scope.numbers)
    splits: tuple[tuple[How, re.Pattern[str]], ...] = (("product", _TIMES), ("difference", _MINUS), ("sum", _PLUS))
    for how, pattern in splits:
        if len(parts := pattern.split(text)) > 1:
            return _several(how, parts, scope.numbers)
    if (found := _PERCENT.fullmatch(text)) is not None and (found["sign"] or "percent" in plain(found["a"])):
        return _several("percent", (found["a"], found["b"]), scope.numbers)
    parts = _AND.split(text)
    return _several("sum", parts, scope.numbers) if len(parts) > 1 and _TOTAL.search(plain(target)) else None


def _of_entries(text: str, scope: _Scope) -> tuple[How, tuple[str, ...], str] | None:
    for pattern in _OF_ENTRIES:
        found = pattern.fullmatch(_BEFORE.sub("", text))
        items = _name(found["items"], scope.arrays) if found else ""
        if found is None or not items:
            continue
        rule = _several("product", _TIMES.split(found["field"]), scope.arrays[items])
        if rule is not None:
            return rule[0], rule[1], items
    return None


def _several(how: How, texts: Any, names: frozenset[str]) -> tuple[How, tuple[str, ...], str] | None:
    """Return a rule with the properties that texts name, None unless each names another one."""
    found = [_name(text, names) for text in texts]
    return (how, tuple(found), "") if all(found) and len(set(found)) == len(found) else None


def _name(text: str, names: Any) -> str:
    """Return the property that a text names, ``""`` for none: "the unit price", "`unit_price`", "line's amounts"."""
    short = _BEFORE.sub("", text.strip().strip("`'\"").strip())
    wanted = {plain(one) for one in (short, _BEFORE.sub("", _OWNER.sub("", short)))}
    exact = [name for name in names if plain(name) in wanted]
    alike = [name for name in names if {singular(one) for one in wanted} & {plain(name), singular(name)}]
    found = exact or alike
    return str(found[0]) if len(found) == 1 else ""


def _description(schema: Any, document: Document) -> str:
    """Return what a document says of a property: beside a reference, in it, or in a part of it (``allOf``)."""
    own = schema.get("description") if isinstance(schema, Mapping) else None
    if isinstance(own, str):
        return own
    node = resolve_map(schema, document)
    return str(node.get("description") or "")


def _step(schema: Any, text: str, document: Document) -> Decimal | None:
    """Return the smallest difference of two values of a property, None where the document does not say it."""
    if "integer" in kinds_of(schema, document) or _TO_WHOLE.search(text):
        return Decimal(1)
    if _TO_CENTS.search(text):
        return Decimal("0.01")
    node = resolve_map(schema, document)
    parts = [node, *(resolve_map(one, document) for one in node.get("allOf") or ())]
    found = next((one["multipleOf"] for one in parts if "multipleOf" in one), None)
    step = Decimal(str(found)) if isinstance(found, int | float | Decimal) else Decimal(0)
    # A multiple of 0.05 is rounded in a way of its own.
    return step if step > 0 and step.normalize().as_tuple().digits == (1,) else None


def _rounding(text: str) -> Rounding:
    return next((name for pattern, name in _ROUNDINGS if re.search(pattern, text, re.IGNORECASE)), "")
