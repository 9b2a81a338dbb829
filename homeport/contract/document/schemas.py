"""Schemas that no value satisfies, and keywords that contradict each other. Pure.

https://datatracker.ietf.org/doc/html/draft-wright-json-schema-validation-00, which OpenAPI 3.0 takes its keywords from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, NamedTuple, TypeGuard

from homeport.contract.document.examples import schema_name
from homeport.contract.document.finding_at import finding_at, show
from homeport.contract.document.places import DocumentMap, SchemaPlace, SpecPath, as_map
from homeport.contract.document.validators import DocumentValidators
from homeport.contract.finding import Finding, Severity
from homeport.project.names import did_you_mean
from homeport.project.schema.references import SchemaError
from homeport.project.validators.pattern import python_pattern

UNSATISFIABLE = "schema-can-be-satisfied"
UNKNOWN_REQUIRED = "required-names-exist"
ONE_WAY = "required-can-be-sent"

_ORIGIN = "JSON Schema, validation keywords"
_PROMISES = {
    UNSATISFIABLE: "A value can be valid for a schema",
    UNKNOWN_REQUIRED: "A schema describes the properties that it requires",
    ONE_WAY: "A message can have the properties that its schema requires",
}
_PAIRS = (
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
    ("minimum", "maximum"),
)
_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


class _Contradiction(NamedTuple):
    keyword: str
    says: str
    against: str
    severity: Severity = "error"
    check: str = UNSATISFIABLE
    hint: str = ""


def check_schemas(document: DocumentMap, validators: DocumentValidators) -> Iterator[Finding]:
    """Yield a finding for each schema that contradicts itself."""
    for place in document.schemas:
        found = [each for rule in _RULES for each in rule(document, place)]
        found.extend(_enum(validators, place))
        for each in found:
            happened = f"in the schema {schema_name(place.path)}, {each.says}, and {each.against}"
            yield finding_at(
                document,
                (*place.path, each.keyword),
                each.check,
                _PROMISES[each.check],
                happened,
                _ORIGIN,
                operation=place.operation,
                severity=each.severity,
                hint=each.hint,
            )


def _ranges(_: DocumentMap, place: SchemaPlace) -> Iterator[_Contradiction]:
    schema = place.value
    for lower, upper in _PAIRS:
        least, most = schema.get(lower), schema.get(upper)
        if not _is_number(least) or not _is_number(most):
            continue
        strict = lower == "minimum" and True in (schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum"))
        if least > most or (strict and least == most):
            yield _Contradiction(lower, f"{lower} is {show(least)}", f"{upper} is {show(most)}")
    width = _RANGES.get(str(schema.get("format"))) if schema.get("type") == "integer" else None
    if width is None:
        return
    low, high = schema.get("minimum"), schema.get("maximum")
    if _is_number(low) and low > width[1]:
        yield _Contradiction("minimum", f"minimum is {show(low)}", f"format is {schema['format']}")
    if _is_number(high) and high < width[0]:
        yield _Contradiction("maximum", f"maximum is {show(high)}", f"format is {schema['format']}")


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _enum(validators: DocumentValidators, place: SchemaPlace) -> Iterator[_Contradiction]:
    values = place.value.get("enum")
    if not isinstance(values, list):
        return
    if not values:
        yield _Contradiction("enum", "enum is empty", "a value must be one of it")
        return
    repeated = [value for index, value in enumerate(values) if value in values[:index]]
    if repeated:
        yield _Contradiction(
            "enum", f"enum has {show(repeated[0])} twice", "a list of values names each once", "warning"
        )
    rejected = {index: validators.without("enum", place.value, value) for index, value in enumerate(values)}
    wrong = [index for index, keywords in rejected.items() if keywords]
    if not wrong:
        return
    keyword = rejected[wrong[0]][0]
    said = show(place.value.get(keyword)) if keyword in place.value else "what the schema asks for"
    names = ", ".join(show(values[index]) for index in wrong[:5])
    all_of_them = len(wrong) == len(values)
    says = f"enum is only {names}" if all_of_them else f"enum has {names}"
    against = f"{keyword} {said} refuses {'each of them' if all_of_them else 'that'}"
    # A list with one value too many lets the others through.
    yield _Contradiction("enum", says, against, "error" if all_of_them else "warning")


def _missing_properties(document: DocumentMap, place: SchemaPlace) -> Iterator[_Contradiction]:
    schema = place.value
    listed = schema.get("required")
    if not isinstance(listed, list) or any(key in schema for key in ("anyOf", "oneOf")):
        return
    properties = _own_properties(document, place.path, frozenset())
    if properties is None:
        return
    closed = schema.get("additionalProperties") is False
    for name in listed:
        if name in properties:
            continue
        hint = did_you_mean(str(name), properties)
        if closed and name not in as_map(schema.get("properties")):
            yield _Contradiction(
                "required", f"required has {name!r}", "additionalProperties: false refuses it", hint=hint
            )
        elif properties and not place.is_part:
            yield _Contradiction(
                "required", f"required has {name!r}", "properties does not have it", "warning", UNKNOWN_REQUIRED, hint
            )


def _own_properties(document: DocumentMap, path: SpecPath, seen: frozenset[SpecPath]) -> set[str] | None:
    """Return the names of a schema's properties, those of its ``allOf`` included; None where parts leave them open."""
    path, schema = document.resolve(path)
    if path in seen or any(key in schema for key in ("anyOf", "oneOf")):
        return None
    names = set(as_map(schema.get("properties")))
    parts = schema.get("allOf")
    for index in range(len(parts) if isinstance(parts, list) else 0):
        below = _own_properties(document, (*path, "allOf", str(index)), seen | {path})
        if below is None:
            return None
        names |= below
    return names


def _closed_parts(document: DocumentMap, place: SchemaPlace) -> Iterator[_Contradiction]:
    """Yield parts of an ``allOf`` that refuse what others require."""
    parts = place.value.get("allOf")
    if not isinstance(parts, list):
        return
    resolved = [document.resolve((*place.path, "allOf", str(index)))[1] for index in range(len(parts))]
    wholes = [*resolved, place.value]
    for closed in resolved:
        if closed.get("additionalProperties") is not False or "allOf" in closed:
            continue
        known = set(as_map(closed.get("properties")))
        for other in wholes:
            wanted = other.get("required")
            missing = [name for name in wanted if name not in known] if isinstance(wanted, list) else []
            if other is not closed and missing:
                refuses = "the additionalProperties: false of another refuses it"
                yield _Contradiction("allOf", f"a part of allOf requires {missing[0]!r}", refuses)
                return
    kinds = {str(part["type"]) for part in wholes if isinstance(part.get("type"), str)}
    if len(kinds) > 1 and kinds != {"integer", "number"}:
        yield _Contradiction("allOf", f"parts are of type {' and '.join(sorted(kinds))}", "no value is of both")


def _counts(_: DocumentMap, place: SchemaPlace) -> Iterator[_Contradiction]:
    schema = place.value
    most, required = schema.get("maxProperties"), schema.get("required")
    if _is_number(most) and isinstance(required, list) and len(set(map(str, required))) > most:
        yield _Contradiction("maxProperties", f"maxProperties is {most}", f"required has {len(required)} names")
    least, properties = schema.get("minProperties"), as_map(schema.get("properties"))
    closed = schema.get("additionalProperties") is False and not any(k in schema for k in ("allOf", "anyOf", "oneOf"))
    if closed and _is_number(least) and least > len(properties):
        yield _Contradiction("minProperties", f"minProperties is {least}", f"there are only {len(properties)}")


def _unique_choices(document: DocumentMap, place: SchemaPlace) -> Iterator[_Contradiction]:
    schema = place.value
    choices = document.resolve((*place.path, "items"))[1].get("enum")
    least = schema.get("minItems")
    if schema.get("uniqueItems") is True and isinstance(choices, list) and _is_number(least) and least > len(choices):
        yield _Contradiction("minItems", f"minItems is {least}", f"uniqueItems leaves {len(choices)} items to choose")


def _pattern(_: DocumentMap, place: SchemaPlace) -> Iterator[_Contradiction]:
    pattern = place.value.get("pattern")
    width = pattern_width(pattern) if isinstance(pattern, str) else None
    if width is None:
        return
    least, most = place.value.get("minLength"), place.value.get("maxLength")
    if _is_number(most) and width[0] > most:
        yield _Contradiction("pattern", f"pattern needs at least {width[0]} characters", f"maxLength is {most}")
    if _is_number(least) and width[1] is not None and width[1] < least:
        yield _Contradiction("pattern", f"pattern takes at most {width[1]} characters", f"minLength is {least}")


def pattern_width(pattern: str) -> tuple[int, int | None] | None:
    """Return the least and the most characters of the texts that a pattern matches, None for no limit or no pattern.

    A pattern limits from above only where it is anchored at both ends.
    """
    try:
        translated = python_pattern(pattern)
        parsed = _parse(translated)
        low, high = parsed.getwidth()
    except (SchemaError, re.error, RecursionError, OverflowError):
        return None
    # An alternative such as ^a|b$ is anchored at one end each.
    anchored = pattern.startswith("^") and pattern.endswith("$") and not pattern.endswith("\\$") and len(parsed) > 1
    return int(low), int(high) if anchored and high < _NO_LIMIT else None


_NO_LIMIT = 2**31 - 1


def _parse(pattern: str) -> Any:
    # The only reader of patterns in Python that knows their width; it has no public name.
    return import_module("re._parser").parse(pattern)


def _one_way(document: DocumentMap, place: SchemaPlace) -> Iterator[_Contradiction]:
    """Yield properties that no message of the schema's only direction may have, and that it requires."""
    if len(place.directions) != 1:
        return
    key = "readOnly" if "request" in place.directions else "writeOnly"
    message = "requests" if key == "readOnly" else "answers"
    required = place.value.get("required")
    for name in required if isinstance(required, list) else ():
        _, prop = document.resolve((*place.path, "properties", str(name)))
        if prop.get(key) is True:
            yield _Contradiction(
                "required",
                f"required has {name!r}, which is {key}",
                f"only {message} have this schema",
                "warning",
                ONE_WAY,
                f"remove {key}, or take {name} out of required",
            )


def _discriminator(document: DocumentMap, place: SchemaPlace) -> Iterator[_Contradiction]:
    discriminator = as_map(place.value.get("discriminator"))
    mapping: Mapping[str, Any] = as_map(discriminator.get("mapping"))
    for value, target in mapping.items():
        text = str(target)
        reference = text.removeprefix("#/") if text.startswith("#/") else f"components/schemas/{text}"
        is_name = re.fullmatch(r"[A-Za-z0-9._-]+", text) and not text.endswith((".json", ".yaml", ".yml"))
        is_local = text.startswith("#/") or is_name
        path = tuple(step.replace("~1", "/").replace("~0", "~") for step in reference.split("/"))
        if is_local and document.get(path) is None:
            yield _Contradiction(
                "discriminator", f"{value!r} of its mapping leads to {text}", "there is no such schema"
            )


_RULES: tuple[Callable[[DocumentMap, SchemaPlace], Iterator[_Contradiction]], ...] = (
    _ranges,
    _missing_properties,
    _closed_parts,
    _counts,
    _unique_choices,
    _pattern,
    _one_way,
    _discriminator,
)
