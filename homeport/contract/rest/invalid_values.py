"""Values that break a schema, each in one way. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from homeport.contract.rest.random_value import random_value, whole_schema, whole_schemas
from homeport.contract.rest.shapes import kinds_of
from homeport.contract.rest.validity import is_valid
from homeport.project.model import Schema
from homeport.project.schema.references import resolve_map
from homeport.project.schema.sample_value import sample_value

_DEEPEST = 2
_LONGEST = 100_000
_OF_FORMAT = {
    "date": ("2026-02-30", "31.01.2026"),
    "date-time": ("2026-01-31T25:00:00Z", "2026-01-31", "2026-01-31 09:30"),
    "time": ("25:00:00Z",),
    "email": ("ada.example.com",),
    "uuid": ("5e36ec4f",),
    "uri": ("no uri",),
    "ipv4": ("192.0.2.256",),
    "ipv6": ("2001:::1",),
    "hostname": ("-example-.com",),
}
_OTHER_TYPES: tuple[tuple[str, Any], ...] = (
    ("string", "text"),
    ("integer", 7),
    ("number", 1.5),
    ("boolean", True),
    ("array", []),
    ("object", {}),
    ("null", None),
)


@dataclass(frozen=True, slots=True)
class Invalid:
    """A value that breaks its schema; ``reason`` says how (``longer than maxLength 200``).

    ``pointer`` leads to the part at fault (``/name``), ``""``: the whole value.
    """

    value: Any
    reason: str
    pointer: str = ""


def invalid_values(schema: Schema, document: Mapping[str, Any], base: Any = None) -> list[Invalid]:
    """Return values that break a schema, each in one way, always the same ones.

    ``base`` is the valid value from which those of an object are made.
    """
    found: list[Invalid] = []
    for one in _candidates(schema, document, base, 0):
        if not is_valid(one.value, schema, document) and not any(_is_same(one, other) for other in found):
            found.append(one)
    return found


def _is_same(one: Invalid, other: Invalid) -> bool:
    return type(one.value) is type(other.value) and one.value == other.value


def _candidates(schema: Any, document: Mapping[str, Any], base: Any, depth: int) -> Iterator[Invalid]:
    kinds, plain = kinds_of(schema, document), resolve_map(schema, document)
    if base is None or not is_valid(base, plain, document):
        base = sample_value(schema, document, direction="request")
        if not is_valid(base, plain, document):
            base = random_value(schema, document, random.Random(0))
    for node in whole_schemas(schema, document):
        own = _own_kinds(node, kinds)
        if "object" in own:
            yield from _objects(node, document, base, depth)
        if "array" in own:
            yield from _arrays(node, document, base, depth)
        if "string" in own:
            yield from _texts(node, str(base) if isinstance(base, str) else "text")
        if own & {"integer", "number"}:
            yield from _numbers(node, own)
        yield from _enum(node)
    yield from _other_types(plain, kinds)


def _own_kinds(node: Mapping[str, Any], kinds: frozenset[str]) -> frozenset[str]:
    return frozenset((node["type"],)) if isinstance(node.get("type"), str) else kinds


def _enum(node: Mapping[str, Any]) -> Iterator[Invalid]:
    texts = [one for one in node.get("enum") or () if isinstance(one, str)][:1]
    for value in ("no-such-value", *(one.swapcase() for one in texts), *(f"{one} " for one in texts)):
        if node.get("enum"):
            yield Invalid(value, "none of the enum's values")


def _other_types(node: Mapping[str, Any], kinds: frozenset[str]) -> Iterator[Invalid]:
    if not kinds:
        return
    allowed = kinds | ({"integer"} if "number" in kinds else set())
    named = " or ".join(sorted(kinds - {"null"}))
    if kinds & {"integer", "number", "boolean"} and "string" not in kinds:
        text = "true" if "boolean" in kinds else "7"
        yield Invalid(text, f"a string in place of {named}")
    for kind, value in _OTHER_TYPES:
        if kind not in allowed and not (kind == "number" and "integer" in kinds):
            yield Invalid(value, f"{'null' if kind == 'null' else f'of type {kind}'} in place of {named}")


def _texts(node: Mapping[str, Any], base: str) -> Iterator[Invalid]:
    least, most = int(node.get("minLength") or 0), node.get("maxLength")
    if least:
        yield Invalid("" if least == 1 else base[: least - 1], f"shorter than minLength {least}")
    if most is not None and int(most) < _LONGEST:
        filled = (base or "x") + (base or "x")[-1] * (int(most) + 1)
        yield Invalid(filled[: int(most) + 1], f"longer than maxLength {most}")
    if node.get("pattern"):
        for text in (f"{base} ", f" {base}", f"{base}\n", f"{base}!", "\u00e9", "?", "<>"):
            if not most or len(text) <= int(most):
                yield Invalid(text, f"not of the pattern {node['pattern']}")
    for text in _OF_FORMAT.get(str(node.get("format")), ()):
        yield Invalid(text, f"not of the format {node['format']}")


def _numbers(node: Mapping[str, Any], kinds: frozenset[str]) -> Iterator[Invalid]:
    step = node.get("multipleOf") or 1
    if (low := node.get("minimum")) is not None:
        yield Invalid(low - step, f"less than minimum {low}")
        if node.get("exclusiveMinimum") is True:
            yield Invalid(low, f"not greater than the exclusive minimum {low}")
    if (high := node.get("maximum")) is not None:
        above = high + step
        # A double has no number between two that are as large as this one.
        yield Invalid(above if above != high else high * 10, f"greater than maximum {high}")
        if node.get("exclusiveMaximum") is True:
            yield Invalid(high, f"not less than the exclusive maximum {high}")
    if node.get("multipleOf"):
        yield Invalid((low or 0) + step / 2, f"no multiple of {step}")
    if "integer" in kinds and "number" not in kinds:
        yield Invalid((low or 0) + 1.5, "a fraction in place of integer")
        if node.get("format") in ("int32", "int64"):
            yield Invalid(2**31 if node["format"] == "int32" else 2**63, f"beyond {node['format']}")


def _arrays(node: Mapping[str, Any], document: Mapping[str, Any], base: Any, depth: int) -> Iterator[Invalid]:
    items, generator = node.get("items") or {}, random.Random(0)
    held = base if isinstance(base, list) else []
    least, most = int(node.get("minItems") or 0), node.get("maxItems")
    if least:
        yield Invalid(held[: least - 1], f"fewer than minItems {least}")
    made = list(held) or [random_value(items, document, generator)]
    if most is not None and int(most) <= 1000:
        for number in range(int(most) + 1 - len(made)):
            one = random_value(items, document, generator)
            free = isinstance(one, str) and not whole_schema(items, document).get("enum")
            made.append(f"{one}{number}" if free else one)
        yield Invalid(made[: int(most) + 1], f"more than maxItems {most}")
    if node.get("uniqueItems"):
        yield Invalid([made[0], made[0]], "the same item twice")
    if depth < _DEEPEST:
        for one in _nested_candidates(items, document, made[0], depth + 1, "/0"):
            yield replace(one, value=[one.value, *held[1:]])


def _objects(node: Mapping[str, Any], document: Mapping[str, Any], base: Any, depth: int) -> Iterator[Invalid]:
    held: dict[str, Any] = base if isinstance(base, dict) else {}
    for name in node.get("required") or ():
        if name in held:
            yield Invalid({key: one for key, one in held.items() if key != name}, f"without {name}", f"/{name}")
    if node.get("additionalProperties") is False:
        yield Invalid({**held, "noSuchProperty": "text"}, "with an unknown property", "/noSuchProperty")
    for name, part in (node.get("properties") or {}).items() if depth < _DEEPEST else ():
        if resolve_map(part, document).get("readOnly") is True:
            value = sample_value(part, document)
            yield Invalid({**held, name: value}, f"with the readOnly property {name}", f"/{name}")
            continue
        for one in _nested_candidates(part, document, held.get(name), depth + 1, f"/{name}"):
            yield replace(one, value={**held, name: one.value})


def _nested_candidates(
    part: Any, document: Mapping[str, Any], base: Any, depth: int, pointer: str
) -> Iterator[Invalid]:
    schema = resolve_map(part, document)
    for one in _candidates(part, document, base, depth):
        if not is_valid(one.value, schema, document):
            yield replace(one, reason=f"{pointer[1:]}: {one.reason}", pointer=pointer + one.pointer)
