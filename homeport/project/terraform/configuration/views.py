"""Blocks as values: attributes, nested blocks and dynamic ones, each worked out when it is asked for.

JSON syntax, and some attributes of HCL, write lists of objects where others write blocks: a ``View`` hides which.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from homeport.project.model import Source
from homeport.project.terraform.evaluation.elements import attribute_of
from homeport.project.terraform.evaluation.evaluator import HclEvaluator
from homeport.project.terraform.evaluation.values import EvaluationError, LazyObject, Namespace, Noted, as_text
from homeport.project.terraform.language.syntax import Block, HclBody, ObjectExpression
from homeport.project.terraform.lines import ValueLines


class View(LazyObject):
    """A block or an object; ``source`` is its place."""

    source: Source

    @abstractmethod
    def has(self, name: str) -> bool:
        """Return whether an attribute or a block is written."""

    @abstractmethod
    def views(self, name: str) -> list[View]:
        """Return the nested blocks of a type, or an attribute's objects. Raises EvaluationError."""

    @abstractmethod
    def place(self, name: str) -> Source:
        """Return the place of an attribute, or of the first block of a type."""

    def first(self, name: str) -> View | None:
        """Return the only nested block of a type, None if there is none. Raises EvaluationError."""
        return next(iter(self.views(name)), None)

    def entries(self, name: str) -> Iterator[tuple[str, Source, Callable[[], Any]]]:
        """Yield the keys, places and values of a map. Raises EvaluationError."""
        found = self.get(name)
        found = found.to_map() if isinstance(found, LazyObject) else found
        for key, value in found.items() if isinstance(found, dict) else ():
            yield key, self.place(name), partial(_itself, value)

    def get(self, name: str) -> Any:
        """Return an attribute, None if it is not written. Raises EvaluationError."""
        return self.attribute(name) if self.has(name) else None


class BlockView(View):
    """A block of the owner's. ``evaluator`` knows the names that its expressions may use."""

    def __init__(
        self, body: HclBody, evaluator: HclEvaluator, lines: ValueLines, source: Source, fixed: bool = False
    ) -> None:
        self.source = source
        self._body = body
        self._evaluator = evaluator
        self._lines = lines
        self._fixed = fixed
        self._known: dict[str, tuple[Any, Noted]] = {}

    def has(self, name: str) -> bool:
        """Return whether an attribute or a block is written."""
        return name in self._body.attributes or any(
            block.type == name or (block.type == "dynamic" and block.labels == (name,)) for block in self._body.blocks
        )

    def attribute(self, name: str) -> Any:
        """Return an attribute, or the nested blocks of a type as a list. Raises EvaluationError."""
        if name not in self._known:
            with self._evaluator.notes.level() as noted:
                if name in self._body.attributes:
                    value = self._evaluator.value(self._body.attributes[name].expression)
                elif self.has(name):
                    value = self.views(name)
                else:
                    raise EvaluationError(f"there is no attribute {name!r}")
            self._known[name] = value, noted
        value, noted = self._known[name]
        self._evaluator.notes.add(noted)
        return value

    def entries(self, name: str) -> Iterator[tuple[str, Source, Callable[[], Any]]]:
        """Yield the keys, places and values of a map, each worked out on its own where they are written one by one.

        Raises EvaluationError.
        """
        attribute = self._body.attributes.get(name)
        if attribute is None or not isinstance(attribute.expression, ObjectExpression):
            yield from super().entries(name)
            return
        for key, item in attribute.expression.items:
            place = self.source if self._fixed else Source(attribute.file, key.line)
            yield as_text(self._evaluator.value(key)), place, partial(self._evaluator.value, item)

    def names(self) -> list[str]:
        """Return the names of the attributes and blocks."""
        blocks = (block.labels[0] if block.type == "dynamic" else block.type for block in self._body.blocks)
        return list(dict.fromkeys([*self._body.attributes, *blocks]))

    def views(self, name: str) -> list[View]:
        """Return the nested blocks of a type, in their order."""
        found: list[View] = []
        for block in self._body.blocks:
            if block.type == name:
                found.append(self._nested_view(block.body, block, self._evaluator))
            elif block.type == "dynamic" and block.labels == (name,):
                found.extend(self._dynamic(block))
        if name in self._body.attributes:
            found.extend(object_views(self.attribute(name), self._lines, self.place(name)))
        return found

    def place(self, name: str) -> Source:
        """Return the place of an attribute, or of the first block of a type."""
        if self._fixed:
            return self.source
        if name in self._body.attributes:
            attribute = self._body.attributes[name]
            return Source(attribute.file, attribute.line)
        block = next((each for each in self._body.blocks if name in (each.type, *each.labels)), None)
        return Source(block.file, block.line) if block is not None else self.source

    def _nested_view(self, body: HclBody, block: Block, evaluator: HclEvaluator) -> BlockView:
        source = self.source if self._fixed else Source(block.file, block.line)
        return BlockView(body, evaluator, self._lines, source, self._fixed)

    def _dynamic(self, block: Block) -> list[View]:
        """Return the blocks that a dynamic block makes.

        https://developer.hashicorp.com/terraform/language/expressions/dynamic-blocks
        """
        name = block.labels[0]
        content = next(block.body.of_type("content"), None)
        if content is None or "for_each" not in block.body.attributes:
            raise EvaluationError(f"dynamic {name!r} needs for_each and content", block.line, file=block.file)
        iterator = block.body.attributes.get("iterator")
        known_as = getattr(iterator.expression, "name", name) if iterator is not None else name
        entries = self._evaluator.entries(block.body.attributes["for_each"].expression)
        return [
            self._nested_view(
                content.body,
                content,
                self._evaluator.with_names({known_as: Namespace({"key": key, "value": value}, known_as)}),
            )
            for key, value in entries
        ]


class ObjectView(View):
    """A map as a block."""

    def __init__(self, value: dict[str, Any], lines: ValueLines, source: Source) -> None:
        self.value = value
        self._lines = lines
        self.source = lines.source_of(value, source)

    def has(self, name: str) -> bool:
        """Return whether the map has a value of that name."""
        return self.value.get(name) is not None

    def attribute(self, name: str) -> Any:
        """Return a value. Raises EvaluationError."""
        return attribute_of(self.value, name)

    def names(self) -> list[str]:
        """Return the keys."""
        return list(self.value)

    def views(self, name: str) -> list[View]:
        """Return the objects of a key."""
        return object_views(self.value.get(name), self._lines, self.place(name))

    def place(self, name: str) -> Source:
        """Return the place of a key."""
        return self._lines.child(self.value, name, self.source)


def _itself(value: Any) -> Any:
    return value


def object_views(value: Any, lines: ValueLines, source: Source) -> list[View]:
    """Return an object, or those of a list, as blocks."""
    match value:
        case View():
            return [value]
        case LazyObject():
            return [ObjectView(value.to_map(), lines, source)]
        case dict():
            return [ObjectView(value, lines, source)]
        case list():
            return [view for each in value for view in object_views(each, lines, source)]
    return []
