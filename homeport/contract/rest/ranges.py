"""Inference of the query parameters that select a range: ``minPrice``, ``createdBefore``, ``price[gte]``. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from homeport.contract.rest.names import plain, words_in
from homeport.contract.rest.resource import Bound, Field
from homeport.contract.rest.shapes import Document, kinds_of
from homeport.project.model import Parameter, Schema
from homeport.project.schema.references import resolve_map

Side = Literal["least", "most"]

_SIDES: Mapping[str, Side] = {
    **dict.fromkeys(("min", "minimum", "from", "after", "since", "gte", "gt", "ge", "start"), "least"),
    **dict.fromkeys(("max", "maximum", "to", "before", "until", "lte", "lt", "le", "end"), "most"),
}
_NO_DECIMALS = ("", "a", "12.5a", "a12.50", "1.2.3", "2026-01-31", "12:50", "12 50")
_INCLUDES = re.compile(
    r"\bor (later|earlier|after|before|more|less|above|below|higher|lower|newer|older|equal)\b|\bat (least|most)\b"
    r"|(?<!not )(?<!n't )\binclu(sive|sively|ding|ded)\b|\bnot (before|after|less|more|earlier|later|above|below)\b"
    r"|[<>]=",
    re.IGNORECASE,
)
_EXCLUDES = re.compile(
    r"\bexclu(sive|sively|ding|ded)\b|\bstrictly\b|\b(not|isn't) inclu(sive|ded)\b"
    r"|\b(?<!not )(less|more|greater|later|earlier|newer|older) than\b(?! or equal)",
    re.IGNORECASE,
)
_BEYOND = re.compile(
    r"\b(?<!or )(?<!not )(before|after|below|above|under) (?=(this|that|the|a|an) (given )?"
    r"(time|day|date|moment|instant|timestamp|value|number|amount|price)\b[^\w]*$)",
    re.IGNORECASE,
)
_NUMBERS = frozenset(("integer", "number"))
_TIMES = frozenset(("date", "date-time"))
_TIME_WORDS = frozenset(("", "date", "time", "datetime", "timestamp"))


def infer_bounds(
    query: Sequence[Parameter], fields: Mapping[str, Field], document: Document, words: Mapping[str, str] | None = None
) -> Iterator[Bound]:
    """Yield the parameters that bound a property from below or above, as their names tell.

    ``words`` are their descriptions, by name: they may say whether the bound itself is in.
    """
    by_plain = {plain(name): field for name, field in fields.items() if field.answered}
    times = [field for field in by_plain.values() if is_time(field, document)]
    # A parameter may have the name of a property of another kind: the days from and to, of parcels with such addresses.
    alike = {
        one.name
        for one in query
        if (same := by_plain.get(plain(one.name))) is not None
        and kinds_of(one.schema, document) & kinds_of(same.schema, document)
    }
    split = {one.name: found for one in query if one.name not in alike and (found := _split(one.name))}
    # A bare from or to bounds the only time that there is, and only as one of a pair.
    has_pair = {side for side, rest in split.values() if rest in _TIME_WORDS} == {"least", "most"}
    for parameter in query:
        if parameter.name not in split:
            continue
        side, rest = split[parameter.name]
        said = (words or {}).get(parameter.name, "")
        field = _find_time(times, said) if rest in _TIME_WORDS and has_pair else _find_field(rest, by_plain)
        if field is not None and _is_comparable(parameter, field, document):
            inclusive = _is_inclusive(parameter.name, said)
            yield Bound(parameter.name, field.name, side, resolve_map(parameter.schema, document), inclusive)


def _is_inclusive(name: str, words: str) -> bool | None:
    """Return whether a bound is in its range, by what is said of it or by its name; None: nothing tells."""
    # A later sentence may be about another parameter: "Earlier than `from` is a 400."
    for sentence in re.split(r"\.\s+", words):
        if _EXCLUDES.search(sentence):
            return None if _INCLUDES.search(sentence) else False
        if _INCLUDES.search(sentence):
            return True
        if _BEYOND.search(sentence):
            return False
    last = words_in(name)[-1:]
    return True if last in (["gte"], ["lte"]) else False if last in (["gt"], ["lt"]) else None


def is_time(field: Field, document: Document) -> bool:
    """Return whether a property is a date or a time, by its format."""
    return resolve_map(field.schema, document).get("format") in _TIMES


def is_decimal(schema: Schema, document: Document) -> bool:
    """Return whether texts are decimal numbers, ``12.50``, by their format or a pattern that lets in nothing else."""
    node = resolve_map(schema, document)
    if kinds_of(node, document) - {"null"} != {"string"}:
        return False
    try:
        pattern = re.compile(str(node.get("pattern", "$^")))
    except re.error:
        return False
    fits = [pattern.search(one) is not None for one in ("12.50", "12.5")]
    return node.get("format") == "decimal" or (any(fits) and not any(map(pattern.search, _NO_DECIMALS)))


def _split(name: str) -> tuple[Side, str] | None:
    """Return the side that the first or last word of a name tells, and the rest of the name without it."""
    words = words_in(name)
    if words and words[0] == "filter":
        words = words[1:]
    if words and (side := _SIDES.get(words[-1])) is not None:
        return side, "".join(words[:-1])
    if words and (side := _SIDES.get(words[0])) is not None:
        return side, "".join(words[1:])
    return None


def _find_time(times: Sequence[Field], words: str) -> Field | None:
    """Return the only time that there is, or the one that a description speaks of: "created on this day or later"."""
    said = set(words_in(words))
    named = [one for one in times if words_in(one.name)[0] in said]
    found = times if len(times) == 1 else named
    return found[0] if len(found) == 1 else None


def _find_field(rest: str, by_plain: Mapping[str, Field]) -> Field | None:
    """Return the property of a name: ``created`` is createdAt as well."""
    names = (rest, f"{rest}at", f"{rest}on", f"{rest}date", f"{rest}time") if rest else ()
    return next((by_plain[name] for name in names if name in by_plain), None)


def _is_comparable(parameter: Parameter, field: Field, document: Document) -> bool:
    asked, own = (kinds_of(one.schema, document) - {"null"} for one in (parameter, field))
    if own and own <= _NUMBERS:
        return bool(asked) and asked <= _NUMBERS
    if is_decimal(field.schema, document):
        return is_decimal(parameter.schema, document)
    given = resolve_map(parameter.schema, document).get("format", "date-time")
    return is_time(field, document) and asked == {"string"} and given in _TIMES
