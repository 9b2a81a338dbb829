"""Files ``*.tf.json``: the same blocks, written as JSON. ``parse_json_body`` reads one.

https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from homeport.project.source.cursor import Cursor
from homeport.project.source.document import Document
from homeport.project.terraform.language.parser import parse_expression, parse_template
from homeport.project.terraform.language.syntax import (
    Block,
    Expression,
    HclAttribute,
    HclBody,
    HclError,
    HclLiteral,
    HclName,
    ObjectExpression,
    TupleExpression,
)

_LABELS = {"resource": 2, "data": 2, "variable": 1, "output": 1, "module": 1, "provider": 1}
_WITHOUT_LABELS = ("locals", "terraform", "moved", "import", "removed", "check")
_NESTED = ("lifecycle", "dynamic")


def parse_json_body(document: Document) -> HclBody:
    """Return the blocks of a file. Raises HclError."""
    body = HclBody()
    for type, at in Cursor.root(document).items():
        if type in _LABELS:
            body.blocks.extend(_labelled_blocks(type, at, _LABELS[type], ()))
        elif type in _WITHOUT_LABELS:
            body.blocks.extend(Block(type, (), _body(each, type), document.file, each.line) for each in _each(at))
    return body


def parse_json_values(document: Document) -> HclBody:
    """Return the values of a file ``*.tfvars.json`` as attributes; its texts are no templates."""
    body = HclBody()
    for name, at in Cursor.root(document).items():
        body.attributes[name] = HclAttribute(name, _expression(at, plain=True), document.file, at.line)
    return body


def _labelled_blocks(type: str, at: Cursor, depth: int, labels: tuple[str, ...]) -> Iterator[Block]:
    if depth == 0:
        for each in _each(at):
            yield Block(type, labels, _body(each, type), at.document.file, each.line)
        return
    for each in _each(at):
        for label, child in each.items():
            yield from _labelled_blocks(type, child, depth - 1, (*labels, label))


def _each(at: Cursor) -> Iterator[Cursor]:
    """Yield the one block here, or those of a list."""
    yield from at.entries() if isinstance(at.value, list) else (at,)


def _body(at: Cursor, type: str) -> HclBody:
    body = HclBody()
    for name, child in at.items():
        if name in _NESTED:
            depth = 1 if name == "dynamic" else 0
            body.blocks.extend(_labelled_blocks(name, child, depth, ()))
        elif name == "content":
            body.blocks.extend(Block(name, (), _body(each, type), at.document.file, each.line) for each in _each(child))
        elif name != "//":
            # A type, and what another part of the configuration is named by, are written as texts.
            is_bare = (type, name) in (("variable", "type"),) or name in ("provider", "providers", "depends_on")
            found = _bare(child) if is_bare else _expression(child)
            body.attributes[name] = HclAttribute(name, found, at.document.file, child.line)
    return body


def _bare(at: Cursor) -> Expression:
    return parse_expression(at.value, at.line) if isinstance(at.value, str) else HclName("any", at.line)


def _expression(at: Cursor, *, plain: bool = False) -> Expression:
    value: Any = at.value
    match value:
        case str() if plain:
            return HclLiteral(value, at.line)
        case str():
            return parse_template(value, at.line)
        case list():
            return TupleExpression(tuple(_expression(each, plain=plain) for each in at.entries()), at.line)
        case dict():
            items = [
                (_key(name, at.line, plain=plain), _expression(child, plain=plain))
                for name, child in at.items()
                if name != "//"
            ]
            return ObjectExpression(tuple(items), at.line)
    return HclLiteral(value, at.line)


def _key(name: str, line: int, *, plain: bool) -> Expression:
    if plain or "${" not in name:
        return HclLiteral(name, line)
    try:
        return parse_template(name, line)
    except HclError:
        return HclLiteral(name, line)
