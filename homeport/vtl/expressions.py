"""References and expressions: what stands after ``$``, and within the parentheses of a directive.

The arguments of methods, indexes and the elements of lists are values, not calculations: Velocity 1.7 has
``$list.get($i)``, and no ``$list.get($i + 1)``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from homeport.vtl.cursor import TemplateCursor
from homeport.vtl.expression_nodes import (
    ListLiteral,
    Literal,
    Logical,
    MapLiteral,
    Not,
    OperatorChain,
    QuotedTemplate,
    RangeLiteral,
)
from homeport.vtl.nodes import Expression, TemplateBlock
from homeport.vtl.reference import Call, Index, Property, Reference, ReferenceStep

_START = re.compile(r"(\\*)\$(!?)(\{?)([A-Za-z_][A-Za-z0-9_-]*)")
_PROPERTY = re.compile(r"\.([A-Za-z][A-Za-z0-9_-]*)")
# The end of a number may be the beginning of a range: 1..5.
_NUMBER = re.compile(
    r"-?[0-9]+(?=\.\.)"
    r"|(-?(?:[0-9]+\.[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+))"
    r"|-?[0-9]+"
)
_DOUBLE_QUOTED = re.compile(r'"([^"]*(?:""[^"]*)*)"')
_SINGLE_QUOTED = re.compile(r"'([^']*(?:''[^']*)*)'")
_UNICODE_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_BOOLEAN = re.compile(r"(true|false)(?![A-Za-z0-9_@])")
_NOT = re.compile(r"(?:!(?!=)|not(?![A-Za-z0-9_@]))")
_MOST_DIGITS = 1000

_WORD_OPERATORS = {"and": "&&", "or": "||", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
_RANKS = (
    re.compile(r"\|\||or(?![A-Za-z0-9_@])"),
    re.compile(r"&&|and(?![A-Za-z0-9_@])"),
    re.compile(r"==|!=|(?:eq|ne)(?![A-Za-z0-9_@])"),
    re.compile(r"<=|>=|<|>|(?:lt|le|gt|ge)(?![A-Za-z0-9_@])"),
    # A minus before a digit belongs to the number, so that 5 -1 is no expression.
    re.compile(r"\+|-(?!\.?[0-9])"),
    re.compile(r"[*/%]"),
)
_UNARY = len(_RANKS)


def _may_end_range(node: Expression) -> bool:
    return isinstance(node, Reference) or (isinstance(node, Literal) and type(node.value) is int)


ParseString = Callable[[str, TemplateCursor], TemplateBlock]
"""Read the text of a string as a template; ``parser.py`` has it, which needs this module."""


class ExpressionParser:
    """Reads references and expressions at a cursor."""

    def __init__(self, cursor: TemplateCursor, parse_string: ParseString) -> None:
        self.cursor = cursor
        self._parse_string = parse_string

    def reference(self) -> Reference | None:
        """Read a reference, with the backslashes before it; None if there is none."""
        cursor = self.cursor
        start = cursor.take(_START)
        if start is None:
            return None
        slashes, source_start = len(start[1]), start.end(1)
        steps: list[ReferenceStep] = []
        with cursor.go_deeper():
            while (step := self._step()) is not None:
                steps.append(step)
        if start[3]:
            cursor.expect("}", f"${{{start[4]}")
        source = cursor.text[source_start : cursor.position]
        line, column = cursor.place(source_start)
        prefix = "\\" * (slashes // 2)
        return Reference(start[4], tuple(steps), source, line, column, prefix, escaped=slashes % 2 == 1)

    def _step(self) -> ReferenceStep | None:
        cursor = self.cursor
        if cursor.take_text("["):
            cursor.skip_whitespace()
            index = self._string() or self._integer() or self._boolean() or self.reference()
            if index is None:
                cursor.fail("an index is a whole number, a string or a reference")
            cursor.skip_whitespace()
            cursor.expect("]", "the index")
            return Index(index)
        name = cursor.take(_PROPERTY)
        if name is None:
            return None
        return Call(name[1], self._arguments(name[1])) if cursor.take_text("(") else Property(name[1])

    def _arguments(self, name: str) -> tuple[Expression, ...]:
        cursor = self.cursor
        cursor.skip_whitespace()
        if cursor.take_text(")"):
            return ()
        arguments = [self.value()]
        while cursor.take_text(","):
            arguments.append(self.value())
        if not cursor.take_text(")"):
            cursor.fail(f"the arguments of {name} are values, separated by commas: calculate with #set before")
        return tuple(arguments)

    def value(self) -> Expression:
        """Read a value with the blanks around it: a literal, a list, a map, a range or a reference."""
        cursor = self.cursor
        cursor.skip_whitespace()
        value = self.bare_value()
        if value is None:
            cursor.fail("a value is missing: a string, a number, a list, a map or a reference")
        cursor.skip_whitespace()
        return value

    def bare_value(self) -> Expression | None:
        """Read a value; None if there is none."""
        with self.cursor.go_deeper():
            return (
                self._string() or self._number() or self._list() or self._map() or self._boolean() or self.reference()
            )

    def expression(self, rank: int = 0) -> Expression:
        """Read an expression whose operators have this rank or a higher one."""
        cursor = self.cursor
        if rank == _UNARY:
            return self._unary()
        first = self.expression(rank + 1)
        rest: list[tuple[str, Expression]] = []
        cursor.skip_whitespace()
        while (operator := cursor.take(_RANKS[rank])) is not None:
            rest.append((_WORD_OPERATORS.get(operator[0], operator[0]), self.expression(rank + 1)))
            cursor.skip_whitespace()
        if not rest:
            return first
        if rank <= 1:
            return Logical((first, *(node for _, node in rest)), every=rank == 1)
        return OperatorChain(first, tuple(rest))

    def _unary(self) -> Expression:
        cursor = self.cursor
        cursor.skip_whitespace()
        negations = 0
        while cursor.take(_NOT):
            negations += 1
            cursor.skip_whitespace()
        node = self._primary()
        if negations:
            node = Not(node) if negations % 2 else Not(Not(node))
        cursor.skip_whitespace()
        return node

    def _primary(self) -> Expression:
        cursor = self.cursor
        if cursor.take_text("("):
            with cursor.go_deeper():
                node = self.expression()
            cursor.expect(")", "the parentheses")
            return node
        value = self.bare_value()
        if value is None:
            cursor.fail("an expression is missing here")
        return value

    def _string(self) -> Expression | None:
        cursor = self.cursor
        start = cursor.position
        if (single := cursor.take(_SINGLE_QUOTED)) is not None:
            return Literal(single[1].replace("''", "'"))
        double = cursor.take(_DOUBLE_QUOTED)
        if double is None:
            if cursor.text.startswith(("'", '"'), start):
                cursor.fail("the string does not end")
            return None
        text = _UNICODE_ESCAPE.sub(lambda match: chr(int(match[1], 16)), double[1]).replace('""', '"')
        if "$" not in text and "#" not in text:
            return Literal(text)
        place = cursor.place(start)
        with cursor.go_deeper():
            return QuotedTemplate(self._parse_string(text, TemplateCursor(text, place, cursor.depth)))

    def _number(self) -> Expression | None:
        match = self.cursor.take(_NUMBER)
        if match is None:
            return None
        if len(match[0]) > _MOST_DIGITS:
            self.cursor.fail(f"a number has more than {_MOST_DIGITS} digits", match.start())
        return Literal(float(match[1]) if match[1] else int(match[0]))

    def _integer(self) -> Expression | None:
        number = self._number()
        if isinstance(number, Literal) and isinstance(number.value, float):
            self.cursor.fail("an index is a whole number")
        return number

    def _boolean(self) -> Expression | None:
        match = self.cursor.take(_BOOLEAN)
        return Literal(match[1] == "true") if match else None

    def _list(self) -> Expression | None:
        cursor = self.cursor
        if not cursor.take_text("["):
            return None
        if cursor.take_text("]"):
            return ListLiteral(())
        elements = [self.value()]
        if cursor.take_text(".."):
            elements.append(self.value())
            cursor.expect("]", "the range")
            if not all(map(_may_end_range, elements)):
                cursor.fail("a range goes from one whole number or reference to another")
            return RangeLiteral(elements[0], elements[1])
        while cursor.take_text(","):
            elements.append(self.value())
        cursor.expect("]", "the list")
        return ListLiteral(tuple(elements))

    def _map(self) -> Expression | None:
        cursor = self.cursor
        if not cursor.take_text("{"):
            return None
        cursor.skip_whitespace()
        if cursor.take_text("}"):
            return MapLiteral(())
        entries = [self._entry()]
        while cursor.take_text(","):
            entries.append(self._entry())
        cursor.expect("}", "the map")
        return MapLiteral(tuple(entries))

    def _entry(self) -> tuple[Expression, Expression]:
        key = self.value()
        self.cursor.expect(":", "the entry of a map")
        return key, self.value()
