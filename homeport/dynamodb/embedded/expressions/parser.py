"""Expressions to trees, by DynamoDB's grammar.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeVar

from . import ExpressionError
from .tokens import TokenReader
from .tree import (
    Action,
    Add,
    And,
    Assign,
    Between,
    Comparison,
    Condition,
    Delete,
    FunctionTerm,
    In,
    Name,
    Negation,
    Operand,
    Or,
    Parsed,
    PathNode,
    Placeholder,
    Remove,
    Update,
)

_COMPARATORS = ("=", "<>", "<", "<=", ">", ">=")
_SECTIONS = frozenset(("SET", "REMOVE", "ADD", "DELETE"))
# No expression has a name in these places, of whatever kind it is.
_KEYWORDS = frozenset(("AND", "OR", "NOT", "BETWEEN", "IN")) | _SECTIONS
_WORD = re.compile(r"[A-Za-z]\w*")
_NAME = re.compile(r"#?\w+")
_LARGEST_INDEX = 2**31 - 1
_Tree = TypeVar("_Tree", Condition, Update, tuple[Operand, ...])
_Node = TypeVar("_Node", bound="Condition | Operand")


@lru_cache(maxsize=1024)
def parse(slot: str, text: str) -> Parsed:
    """Return the tree of an expression. ``slot`` is its parameter: ``FilterExpression``. Raises ExpressionError."""
    if not text:
        raise ExpressionError(f"Invalid {slot}: The expression can not be empty;")
    parser = _Parser(TokenReader(text, slot), slot)
    match slot:
        case "UpdateExpression":
            return Parsed(parser.update(), parser.redundant)
        case "ProjectionExpression":
            return Parsed(parser.paths(), parser.redundant)
        case _:
            return Parsed(parser.condition(), parser.redundant)


class _Parser:
    """A recursive descent; ``redundant`` is set when parentheses stand around parentheses."""

    def __init__(self, tokens: TokenReader, slot: str) -> None:
        self._tokens = tokens
        self._slot = slot
        self._grouped: Condition | Operand | None = None
        self.redundant = False

    def condition(self) -> Condition:
        """Read a whole condition."""
        return self._end(self._as_condition(self._or()))

    def paths(self) -> tuple[Operand, ...]:
        """Read a whole projection."""
        found = [self._path()]
        while self._tokens.peek() == ",":
            self._tokens.take()
            found.append(self._path())
        return self._end(tuple(found))

    def update(self) -> Update:
        """Read a whole update expression."""
        sections: list[str] = []
        actions: list[Action] = []
        while not sections or self._tokens.next_is(*_SECTIONS):
            if not self._tokens.next_is(*_SECTIONS):
                raise self._tokens.error()
            section = self._tokens.take().upper()
            sections.append(section)
            actions.append(self._action(section))
            while self._tokens.peek() == ",":
                self._tokens.take()
                actions.append(self._action(section))
        return self._end(Update(tuple(sections), tuple(actions)))

    def _end(self, tree: _Tree) -> _Tree:
        if self._tokens.peek() != "<EOF>":
            raise self._tokens.error()
        return tree

    def _or(self) -> Condition | Operand:
        left = self._and()
        while self._tokens.next_is("OR"):
            left = self._as_condition(left)
            self._tokens.take()
            left = Or(left, self._as_condition(self._and()))
        return left

    def _and(self) -> Condition | Operand:
        left = self._not()
        while self._tokens.next_is("AND"):
            left = self._as_condition(left)
            self._tokens.take()
            left = And(left, self._as_condition(self._not()))
        return left

    def _not(self) -> Condition | Operand:
        if self._tokens.next_is("NOT"):
            self._tokens.take()
            return Negation(self._as_condition(self._not()))
        return self._primary()

    def _primary(self) -> Condition | Operand:
        """Read a condition without AND, OR and NOT, or an operand alone, for parentheses may be around either."""
        first = self._group() if self._tokens.peek() == "(" else self._operand()
        if isinstance(first, Comparison | Between | In | And | Or | Negation):
            return first
        if self._tokens.peek() in _COMPARATORS:
            return Comparison(self._tokens.take(), (first, self._operand_in_parentheses()))
        if self._tokens.next_is("BETWEEN"):
            self._tokens.take()
            low = self._operand_in_parentheses()
            if not self._tokens.next_is("AND"):
                raise self._tokens.error()
            self._tokens.take()
            return Between((first, low, self._operand_in_parentheses()))
        if self._tokens.next_is("IN"):
            self._tokens.take()
            return In((first, *self._arguments()))
        return first

    def _group(self) -> Condition | Operand:
        self._tokens.expect("(")
        inner = self._or()
        self._tokens.expect(")")
        return self._close(inner)

    def _operand_in_parentheses(self) -> Operand:
        if self._tokens.peek() != "(":
            return self._operand()
        self._tokens.take()
        inner = self._operand_in_parentheses()
        self._tokens.expect(")")
        return self._close(inner)

    def _close(self, inner: _Node) -> _Node:
        """Note what the parentheses are around: a second pair around the same node is redundant."""
        self.redundant = self.redundant or inner is self._grouped
        self._grouped = inner
        return inner

    def _as_condition(self, node: Condition | Operand) -> Condition:
        """Return a node that is a condition. Raises ExpressionError for an operand that nothing compares."""
        if isinstance(node, Comparison | Between | In | And | Or | Negation | FunctionTerm):
            return node
        raise self._tokens.error()

    def _operand(self) -> Operand:
        token = self._tokens.peek()
        if token.startswith(":") and len(token) > 1:
            return Placeholder(self._tokens.take())
        if self._tokens.peek(1) == "(" and _WORD.fullmatch(token) and token.upper() not in _KEYWORDS:
            return FunctionTerm(self._tokens.take(), self._arguments())
        return self._path()

    def _arguments(self) -> tuple[Operand, ...]:
        self._tokens.expect("(")
        operands = [self._operand_in_parentheses()]
        while self._tokens.peek() == ",":
            self._tokens.take()
            operands.append(self._operand_in_parentheses())
        self._tokens.expect(")")
        return tuple(operands)

    def _path(self) -> PathNode:
        parts: list[Name | int] = [self._name()]
        while self._tokens.peek() in (".", "["):
            if self._tokens.take() == ".":
                parts.append(self._name())
            else:
                parts.append(self._index())
        return PathNode(tuple(parts))

    def _name(self) -> Name:
        token = self._tokens.peek()
        if not _NAME.fullmatch(token) or token[0].isdigit() or token[0] == "_" or token.upper() in _KEYWORDS:
            raise self._tokens.error()
        return Name(self._tokens.take())

    def _index(self) -> int:
        if not self._tokens.peek().isdecimal():
            raise self._tokens.error()
        index = int(self._tokens.take())
        self._tokens.expect("]")
        if index > _LARGEST_INDEX:
            message = f"List index is not within the allowable range; index: [{index}]"
            raise ExpressionError(f"Invalid {self._slot}: {message}")
        return index

    def _action(self, section: str) -> Action:
        path = self._path()
        match section:
            case "SET":
                self._tokens.expect("=")
                return Assign(path, self._value())
            case "REMOVE":
                return Remove(path)
        if not self._tokens.peek().startswith(":") or self._tokens.peek() == ":":
            raise self._tokens.error()
        value = Placeholder(self._tokens.take())
        return Add(path, value) if section == "ADD" else Delete(path, value)

    def _value(self) -> Operand:
        """Read a SET's value: an operand, or a sum or difference of two. Parentheses may be around it."""
        if self._tokens.peek() == "(":
            self._tokens.take()
            left = self._value()
            self._tokens.expect(")")
            self._close(left)
        else:
            left = self._operand()
        if self._tokens.peek() not in ("+", "-") or (isinstance(left, FunctionTerm) and left.function in ("+", "-")):
            return left
        operator = self._tokens.take()
        return FunctionTerm(operator, (left, self._operand_in_parentheses()))
