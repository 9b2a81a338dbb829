"""Changes of schemas: requests must not be held to more than before, nor answers to less. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from homeport.contract.document.finding_at import show
from homeport.contract.document.flat_schema import FlatSchema, alike, flatten
from homeport.contract.document.places import DocumentMap, SpecPath
from homeport.contract.document.since.change import DocumentChange, Effect, Versions
from homeport.project.schema.json_schema import Direction

_UPPER = ("maxLength", "maxItems", "maxProperties", "maximum")
_LOWER = ("minLength", "minItems", "minProperties", "minimum")
_FALSE = ("uniqueItems", "exclusiveMaximum", "exclusiveMinimum")
_DEEPEST = 30


class SchemaComparison:
    """Compares schemas of two documents; those that operations share are compared once for each direction."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._seen: set[tuple[SpecPath, SpecPath, Direction, bool]] = set()

    def compare(
        self,
        before: SpecPath,
        now: SpecPath,
        direction: Direction,
        label: str,
        operation: str,
        depth: int = 0,
        *,
        without_null: bool = False,
    ) -> Iterator[DocumentChange]:
        """Yield the changes between two schemas; ``label`` names their values in a message.

        ``without_null`` leaves out null, which was compared for all alternatives.
        """
        old, new = flatten(self._versions.before, before), flatten(self._versions.now, now)
        key = (old.path, new.path, direction, without_null)
        if key in self._seen or depth > _DEEPEST:
            return
        self._seen.add(key)
        pair = _SchemaPair(self._versions, old, new, direction, label, operation, without_null)
        if _is_choice(old) or _is_choice(new):
            yield from self._compare_choices(pair, depth)
            return
        yield from pair.changes()
        if old.choices and new.choices:
            yield from self._compare_choices(pair, depth)
        elif old.choices or new.choices:
            effect: Effect = "risky" if bool(new.choices) == (direction == "request") else "compatible"
            says = "has alternatives now" if new.choices else "has no alternatives now"
            yield pair.change(effect, says, old.path, new.path)
        yield from self._compare_properties(pair, depth)
        for keyword in ("items", "additionalProperties"):
            if isinstance(old.keywords.get(keyword), dict) and isinstance(new.keywords.get(keyword), dict):
                inner = f"an item of {label}" if keyword == "items" else f"a property of {label}"
                places = old.place(keyword), new.place(keyword)
                yield from self.compare(*places, direction, inner, operation, depth + 1)

    def _compare_properties(self, pair: _SchemaPair, depth: int) -> Iterator[DocumentChange]:
        old, new = pair.visible(pair.old, self._versions.before), pair.visible(pair.new, self._versions.now)
        yield from pair.property_changes(old, new)
        for name in old:
            if name in new:
                label = f"{name!r} of {pair.label}"
                yield from self.compare(old[name], new[name], pair.direction, label, pair.operation, depth + 1)

    def _compare_choices(self, pair: _SchemaPair, depth: int) -> Iterator[DocumentChange]:
        """Pair the alternatives of both schemas, and yield those that one of them lacks."""
        before, now = self._versions.before, self._versions.now
        old_null, new_null = _lets_null(before, pair.old), _lets_null(now, pair.new)
        if old_null != new_null and not pair.without_null:
            yield pair.null_change(new_null)
        yield from pair.default_change()
        old = [each for each in _alternatives(pair.old) if flatten(before, each).types != _NULL]
        new = [each for each in _alternatives(pair.new) if flatten(now, each).types != _NULL]
        pairs = []
        for first in list(old):
            second = next((each for each in new if _is_same(self._versions, first, each)), None)
            if second is not None:
                old.remove(first)
                new.remove(second)
                pairs.append((first, second))
        for first, second in (*pairs, *zip(old, new, strict=False)):
            yield from self.compare(
                first, second, pair.direction, pair.label, pair.operation, depth + 1, without_null=True
            )
        for gone in old[len(new) :] if len(old) > len(new) else ():
            effect: Effect = "breaking" if pair.direction == "request" else "compatible"
            yield pair.change(effect, f"can no longer be {_name(flatten(before, gone))}", gone, pair.new.path)
        for added in new[len(old) :] if len(new) > len(old) else ():
            effect = "compatible" if pair.direction == "request" else "risky"
            yield pair.change(effect, f"can be {_name(flatten(now, added))} now", pair.old.path, added)


_NULL = frozenset(("null",))


def _alternatives(flat: FlatSchema) -> list[SpecPath]:
    """Return the schemas of which a value keeps to one: the only one, where there is no choice."""
    return flat.choices if _is_choice(flat) else [flat.path]


def _lets_null(document: DocumentMap, flat: FlatSchema) -> bool:
    if not _is_choice(flat):
        return flat.types is not None and "null" in flat.types
    if flat.keywords.get("nullable") is True:
        return True
    return any("null" in (flatten(document, each).types or ()) for each in flat.choices)


def _is_choice(flat: FlatSchema) -> bool:
    """Return whether a schema is one of its alternatives, and says nothing else of its values."""
    return bool(flat.choices) and not _is_typed(flat)


def _is_typed(flat: FlatSchema) -> bool:
    """Return whether a schema says what its values are, beside its alternatives."""
    return "type" in flat.keywords or "enum" in flat.keywords or bool(flat.properties)


def _is_same(versions: Versions, first: SpecPath, second: SpecPath) -> bool:
    resolved = versions.before.resolve(first)[0], versions.now.resolve(second)[0]
    is_component = resolved[0][:2] == ("components", "schemas") and len(resolved[0]) == 3
    return (is_component and resolved[0] == resolved[1]) or alike(versions.before, first, versions.now, second)


def _name(flat: FlatSchema) -> str:
    if flat.path[:2] == ("components", "schemas") and len(flat.path) == 3:
        return flat.path[2]
    return " or ".join(sorted(flat.types)) if flat.types else "another alternative"


class _SchemaPair:
    """A schema before and now."""

    def __init__(
        self,
        versions: Versions,
        old: FlatSchema,
        new: FlatSchema,
        direction: Direction,
        label: str,
        operation: str,
        without_null: bool,
    ) -> None:
        self.without_null = without_null
        self.old = old
        self.new = new
        self.direction = direction
        self.label = label
        self.operation = operation
        self._versions = versions
        self._in_request = direction == "request"

    def change(self, effect: Effect, says: str, before: SpecPath, now: SpecPath) -> DocumentChange:
        """Return a change of the values."""
        subject = f"{self.direction} {'/'.join(now)}: {says}"
        return self._versions.change(effect, self.operation, f"{self.label} {says}", before, now, subject=subject)

    def visible(self, flat: FlatSchema, document: DocumentMap) -> dict[str, SpecPath]:
        """Return the properties that messages of the direction may have."""
        hidden = "readOnly" if self._in_request else "writeOnly"
        found = {name: document.resolve(path)[1] for name, path in flat.properties.items()}
        return {name: flat.properties[name] for name, schema in found.items() if schema.get(hidden) is not True}

    def changes(self) -> Iterator[DocumentChange]:
        """Yield the changes of keywords that are about a value itself."""
        yield from self._type()
        yield from self._enum()
        yield from self._limits()
        for keyword in ("pattern", "format", "multipleOf"):
            yield from self._form(keyword)
        yield from self.default_change()
        opened, closed = self.old, self.new
        if self._in_request and closed.is_closed and not opened.is_closed and closed.properties:
            yield self._keyword("breaking", "additionalProperties", "can no longer have other properties")

    def default_change(self) -> Iterator[DocumentChange]:
        """Yield the change of the value that stands for one that a client leaves out."""
        if self._in_request and "default" in self.old.keywords:
            before, now = self.old.keywords["default"], self.new.keywords.get("default")
            if before != now:
                says = f"has the default {show(now)} now, not" if now is not None else "has no default now, and had"
                yield self._keyword("breaking", "default", f"{says} {show(before)}")

    def null_change(self, lets_null: bool) -> DocumentChange:
        """Return the change of alternatives one of which is null now, or was."""
        breaks = lets_null != self._in_request
        says = "can be null now" if lets_null else "can no longer be null"
        return self.change("breaking" if breaks else "compatible", says, self.old.path, self.new.path)

    def _keyword(self, effect: Effect, keyword: str, says: str) -> DocumentChange:
        return self.change(effect, says, self.old.place(keyword), self.new.place(keyword))

    def _types(self, flat: FlatSchema) -> frozenset[str] | None:
        types = flat.types
        return types - _NULL if types is not None and self.without_null else types

    def _type(self) -> Iterator[DocumentChange]:
        old, new = self._types(self.old), self._types(self.new)
        if old == new:
            return
        accepted, given = (new, old) if self._in_request else (old, new)
        # What is sent must be accepted: requests as before, by the API of now; answers of now, by clients of before.
        if accepted is None or (given is not None and all(_is_within(kind, accepted) for kind in given)):
            yield self._keyword("compatible", "type", f"is {_words(new)} now, not {_words(old)}")
        else:
            keyword = "nullable" if old and new and old ^ new == {"null"} else "type"
            yield self._keyword("breaking", keyword, f"is {_words(new)} now, not {_words(old)}")

    def _enum(self) -> Iterator[DocumentChange]:
        old, new = self.old.keywords.get("enum"), self.new.keywords.get("enum")
        if not isinstance(old, list) and not isinstance(new, list):
            return
        if not isinstance(old, list) or not isinstance(new, list):
            narrowed = isinstance(new, list)
            effect: Effect = ("breaking" if narrowed else "compatible") if self._in_request else "risky"
            effect = "compatible" if narrowed and not self._in_request else effect
            yield self._keyword(effect, "enum", "has a list of values now" if narrowed else "has any value now")
            return
        for value in [each for each in old if each not in new and each is not None]:
            effect = "breaking" if self._in_request else "compatible"
            yield self._keyword(effect, "enum", f"can no longer be {show(value)}")
        for value in [each for each in new if each not in old and each is not None]:
            yield self._keyword("compatible" if self._in_request else "risky", "enum", f"can be {show(value)} now")

    def _limits(self) -> Iterator[DocumentChange]:
        for keyword in (*_UPPER, *_LOWER, *_FALSE):
            old, new = self.old.keywords.get(keyword), self.new.keywords.get(keyword)
            if keyword in _FALSE:
                old, new = old or None, new or None
            if old == new:
                continue
            narrowed = _is_narrower(keyword, old, new)
            breaks = narrowed if self._in_request else not narrowed
            says = f"has {keyword} {show(new)} now" if new is not None else f"has no {keyword} now"
            before = f"not {show(old)}" if old is not None else "and had none"
            yield self._keyword("breaking" if breaks else "compatible", keyword, f"{says}, {before}")

    def _form(self, keyword: str) -> Iterator[DocumentChange]:
        old, new = self.old.keywords.get(keyword), self.new.keywords.get(keyword)
        if old == new:
            return
        if new is None:
            effect: Effect = "compatible" if self._in_request else "risky"
            yield self._keyword(effect, keyword, f"has no {keyword} now, and had {show(old)}")
        elif old is None:
            effect = "breaking" if self._in_request else "compatible"
            yield self._keyword(effect, keyword, f"has the {keyword} {show(new)} now, and had none")
        else:
            effect = "compatible" if (old, new) == self._wider_integers else "breaking"
            yield self._keyword(effect, keyword, f"has the {keyword} {show(new)} now, not {show(old)}")

    @property
    def _wider_integers(self) -> tuple[str, str]:
        return ("int32", "int64") if self._in_request else ("int64", "int32")

    def property_changes(self, old: dict[str, SpecPath], new: dict[str, SpecPath]) -> Iterator[DocumentChange]:
        """Yield the properties that are gone, new, or needed now or no more."""
        for name in old.keys() - new.keys() if old else ():
            yield from self._gone(name, old, new)
        for name in sorted(new.keys() - old.keys()):
            needed = self._in_request and name in self.new.required
            says = f"must have the new property {name!r}" if needed else f"has the new property {name!r}"
            yield self.change("breaking" if needed else "compatible", says, self.old.path, new[name])
        for name in sorted(old.keys() & new.keys()):
            before, now = name in self.old.required, name in self.new.required
            if before == now:
                continue
            breaks = now if self._in_request else before
            verb = "must have" if now else "may lack"
            says = f"{verb} {name!r} now"
            place = self.new.required.get(name, new[name])
            yield self.change("breaking" if breaks else "compatible", says, old[name], place)

    def _gone(self, name: str, old: dict[str, SpecPath], new: dict[str, SpecPath]) -> Iterator[DocumentChange]:
        versions = self._versions
        fresh = [
            other for other in new if other not in old and alike(versions.before, old[name], versions.now, new[other])
        ]
        renamed = f", which may be {fresh[0]!r} now" if fresh else ""
        if self._in_request:
            # An open schema lets clients continue sending it, without an effect.
            effect: Effect = "breaking" if self.new.is_closed else "risky"
            yield self.change(effect, f"can no longer have the property {name!r}{renamed}", old[name], self.new.path)
        else:
            yield self.change("breaking", f"no longer has the property {name!r}{renamed}", old[name], self.new.path)


def _is_within(kind: str, accepted: frozenset[str]) -> bool:
    return kind in accepted or (kind == "integer" and "number" in accepted)


def _words(types: frozenset[str] | None) -> str:
    return " or ".join(sorted(types)) if types is not None else "of any type"


def _is_narrower(keyword: str, old: Any, new: Any) -> bool:
    if old is None or new is None:
        return old is None
    return bool(new < old) if keyword in _UPPER else bool(new > old)
