"""Expressions of HCL: ``parse_expression`` and ``parse_template`` make nodes of text.

https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#expressions
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from homeport.project.terraform.language.scanner import HclToken, Scanner
from homeport.project.terraform.language.syntax import (
    ELEMENT,
    BinaryOperation,
    ConditionalExpression,
    Expression,
    ForExpression,
    GetAttribute,
    HclCall,
    HclError,
    HclIndex,
    HclLiteral,
    HclName,
    ObjectExpression,
    Splat,
    TupleExpression,
    UnaryOperation,
)
from homeport.project.terraform.language.templates import HclTemplateReader, dedent

_T = TypeVar("_T")
_LEVELS = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))
_WORDS: Mapping[str, object] = {"true": True, "false": False, "null": None}


def parse_expression(text: str, line: int = 1) -> Expression:
    """Return the expression that a whole text is; ``line`` is that of the text. Raises HclError."""
    parser = HclExpressionParser(Scanner(text, line))
    parser.scanner.brackets.append(True)
    found = parser.expression()
    end = parser.scanner.peek()
    if end.kind != "end":
        raise parser.scanner.error(f"{Scanner.shown_token(end)} is not expected here", end)
    return found


def parse_template(text: str, line: int = 1) -> Expression:
    """Return a text without quotes, such as a file of ``templatefile``, as a template. Raises HclError."""
    parser = HclExpressionParser(Scanner(text, line))
    return HclTemplateReader(parser.scanner, parser.expression).whole()


def _number(text: str, line: int) -> int | float:
    value = float(text)
    if not math.isfinite(value):
        raise HclError(f"{text[:40]} is too large a number", line)
    return int(text) if text.isdecimal() else int(value) if value.is_integer() else value


class HclExpressionParser:
    """Reads expressions at the position of a scanner."""

    def __init__(self, scanner: Scanner) -> None:
        self.scanner = scanner

    def expression(self) -> Expression:
        """Return the expression that begins here. Raises HclError."""
        condition = self._operation(0)
        token = self.scanner.peek()
        if not self.scanner.takes("?"):
            return condition
        then = self._on_any_line(self.expression)
        self._on_any_line(lambda: self.scanner.expect(":"))
        otherwise = self._on_any_line(self.expression)
        return ConditionalExpression(condition, then, otherwise, self.scanner.line(token.start))

    def _on_any_line(self, read: Callable[[], _T]) -> _T:
        """Read something before which newlines are allowed."""
        if not (self.scanner.brackets and self.scanner.brackets[-1]):
            self.scanner.skip_newlines()
        return read()

    def _operation(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._unary()
        left = self._operation(level + 1)
        while (token := self.scanner.peek()).kind == "mark" and token.text in _LEVELS[level]:
            self.scanner.take()
            right = self._on_any_line(lambda: self._operation(level + 1))
            left = BinaryOperation(token.text, left, right, self.scanner.line(token.start))
        return left

    def _unary(self) -> Expression:
        token = self.scanner.peek()
        if token.kind == "mark" and token.text in ("!", "-"):
            self.scanner.take()
            return UnaryOperation(token.text, self._unary(), self.scanner.line(token.start))
        return self._with_traversal(self._term())

    def _term(self) -> Expression:
        scanner = self.scanner
        token = scanner.take()
        line = scanner.line(token.start)
        match token.kind, token.text:
            case "number", text:
                return HclLiteral(_number(text, line), line)
            case "quote", _:
                return HclTemplateReader(scanner, self.expression).quoted_text()
            case "heredoc", _:
                return self._heredoc(token)
            case "name", word:
                if word in _WORDS:
                    return HclLiteral(_WORDS[word], line)
                return self._call(word, line) if scanner.peek().text in ("(", "::") else HclName(word, line)
            case "mark", "(":
                return self._within(")", self.expression)
            case "mark", "[":
                return self._within("]", lambda: self._tuple(line))
            case "mark", "{":
                return self._object(line)
        raise scanner.error(f"{Scanner.shown_token(token)} is not expected here", token)

    def _within(self, end: str, read: Callable[[], Expression]) -> Expression:
        """Read something in brackets, within which newlines are white space."""
        self.scanner.brackets.append(True)
        found = read()
        self.scanner.expect(end)
        self.scanner.brackets.pop()
        return found

    def _with_traversal(self, term: Expression) -> Expression:
        scanner = self.scanner
        while (token := scanner.peek()).kind == "mark" and token.text in (".", "["):
            scanner.take()
            line = scanner.line(token.start)
            if token.text == "[":
                term, is_splat = self._index(term, line)
                if is_splat:
                    return term
                continue
            following = scanner.take()
            if following.text == "*":
                each: Expression = HclName(ELEMENT, line)
                while scanner.peek().text == ".":
                    scanner.take()
                    each = GetAttribute(each, scanner.expect_name(), line)
                term = Splat(term, each, line)
            elif following.kind == "number":
                # The old form of an index, ``list.0``; ``list.0.1`` reads as one number.
                parts = following.text.split(".")
                if not all(part.isdecimal() for part in parts):
                    raise scanner.error(f"{following.text} is no index", following)
                for part in parts:
                    term = HclIndex(term, HclLiteral(int(part), line), line)
            elif following.kind == "name":
                term = GetAttribute(term, following.text, line)
            else:
                raise scanner.error(f"a name is missing before {Scanner.shown_token(following)}", following)
        return term

    def _index(self, target: Expression, line: int) -> tuple[Expression, bool]:
        """Return an index, or a full splat with all that follows it, and whether it is such a splat."""
        scanner = self.scanner
        scanner.brackets.append(True)
        is_splat = scanner.takes("*")
        key = None if is_splat else self.expression()
        scanner.expect("]")
        scanner.brackets.pop()
        if key is not None:
            return HclIndex(target, key, line), False
        return Splat(target, self._with_traversal(HclName(ELEMENT, line)), line), True

    def _call(self, name: str, line: int) -> Expression:
        scanner = self.scanner
        while scanner.takes("::"):
            name = f"{name}::{scanner.expect_name()}"
        scanner.expect("(")
        scanner.brackets.append(True)
        arguments: list[Expression] = []
        expands = False
        while scanner.peek().text != ")":
            arguments.append(self.expression())
            expands = scanner.takes("...")
            if not scanner.takes(","):
                break
        scanner.expect(")")
        scanner.brackets.pop()
        return HclCall(name, tuple(arguments), expands, line)

    def _tuple(self, line: int) -> Expression:
        scanner = self.scanner
        if self._is_for():
            return self._for(line, has_key=False)
        items: list[Expression] = []
        while scanner.peek().text != "]":
            items.append(self.expression())
            if not scanner.takes(","):
                break
        return TupleExpression(tuple(items), line)

    def _object(self, line: int) -> Expression:
        scanner = self.scanner
        scanner.brackets.append(True)
        is_for = self._is_for()
        scanner.brackets.pop()
        if is_for:
            return self._within("}", lambda: self._for(line, has_key=True))
        scanner.brackets.append(False)
        items: list[tuple[Expression, Expression]] = []
        scanner.skip_newlines()
        while scanner.peek().text != "}":
            key = self._key()
            if not scanner.takes("="):
                scanner.expect(":")
            scanner.skip_newlines()
            items.append((key, self.expression()))
            scanner.skip_newlines()
            if scanner.takes(","):
                scanner.skip_newlines()
        scanner.expect("}")
        scanner.brackets.pop()
        return ObjectExpression(tuple(items), line)

    def _key(self) -> Expression:
        """Return the key of an object; a bare name is a text, as is true, false or null."""
        scanner = self.scanner
        token, before = scanner.peek(), scanner.position
        if token.kind == "name":
            scanner.take()
            if scanner.peek().text in ("=", ":"):
                return HclLiteral(token.text, scanner.line(token.start))
            scanner.position = before
        return self.expression()

    def _is_for(self) -> bool:
        """Return whether a for expression begins here, and continue behind its word if so."""
        scanner, before = self.scanner, self.scanner.position
        if scanner.peek().kind == "name" and scanner.takes("for") and scanner.peek().kind == "name":
            return True
        scanner.position = before
        return False

    def _for(self, line: int, *, has_key: bool) -> Expression:
        scanner = self.scanner
        first = scanner.expect_name()
        second = scanner.expect_name() if scanner.takes(",") else ""
        scanner.expect("in")
        collection = self.expression()
        scanner.expect(":")
        result = self.expression()
        result_key = None
        if has_key:
            scanner.expect("=>")
            result_key, result = result, self.expression()
        groups = has_key and scanner.takes("...")
        condition = self.expression() if scanner.takes("if") else None
        key, name = (first, second) if second else ("", first)
        return ForExpression(key, name, collection, result_key, result, groups, condition, line)

    def _heredoc(self, token: HclToken) -> Expression:
        scanner = self.scanner
        mark = token.text.strip().lstrip("<")
        is_dedented, mark = mark.startswith("-"), mark.lstrip("-")
        line = scanner.line(token.start)
        found = re.compile(rf"^[ \t]*{re.escape(mark)}(?=[ \t\r]*(?:\n|\Z)|[),\]}}])", re.MULTILINE).search(
            scanner.text, scanner.position
        )
        if found is None:
            raise HclError(f"the text after <<{mark} has no end", line, f"write {mark} on a line of its own")
        text = scanner.text[scanner.position : found.start()].replace("\r\n", "\n")
        scanner.position = found.end()
        return parse_template(dedent(text) if is_dedented else text, line + 1)
