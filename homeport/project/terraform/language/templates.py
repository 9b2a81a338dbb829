"""Texts in quotes and heredocs: escapes, interpolations (``${…}``) and directives (``%{ if }``, ``%{ for }``).

https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#template-expressions
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from homeport.project.terraform.language.scanner import Scanner
from homeport.project.terraform.language.syntax import (
    Expression,
    HclError,
    HclLiteral,
    HclTemplate,
    TemplateFor,
    TemplateIf,
    TemplatePart,
)

_T = TypeVar("_T")
_QUOTED = re.compile(r'[^"\\$%\n]+|\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)|\$\$\{|%%\{|[$%]\{~?|[$%"\n]')
_PLAIN = re.compile(r"[^$%]+|\$\$\{|%%\{|[$%]\{~?|[$%]")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class _Directive(NamedTuple):
    """A directive that ends or divides another: ``else``, ``endif``, ``endfor``; ``""`` for the template's end."""

    name: str
    strips_after: bool = False


class HclTemplateReader:
    """Reads the parts of a template; ``expression`` reads an expression at the scanner's position."""

    def __init__(self, scanner: Scanner, expression: Callable[[], Expression]) -> None:
        self._scanner = scanner
        self._expression = expression

    def quoted_text(self) -> Expression:
        """Return the text behind a quote, up to the next one. Raises HclError."""
        line = self._scanner.line()
        parts, end = self._parts(_QUOTED)
        if end.name:
            raise HclError(f"%{{ {end.name} }} has no beginning", line)
        return _as_expression(parts, line)

    def whole(self) -> Expression:
        """Return the whole text as a template. Raises HclError."""
        line = self._scanner.line()
        parts, end = self._parts(_PLAIN)
        if end.name:
            raise HclError(f"%{{ {end.name} }} has no beginning", line)
        return _as_expression(parts, line)

    def _parts(self, pattern: re.Pattern[str]) -> tuple[tuple[TemplatePart, ...], _Directive]:
        """Return parts up to the text's end, or to the directive that ends them."""
        scanner, parts, strips = self._scanner, list[TemplatePart](), False
        while True:
            found = pattern.match(scanner.text, scanner.position)
            if pattern is _QUOTED and (found is None or found[0] == "\n"):
                raise HclError("a text in quotes has no end on its line", scanner.line(), 'write " at its end')
            if found is None:
                return tuple(parts), _Directive("")
            token, scanner.position = found[0], found.end()
            if token == '"':
                return tuple(parts), _Directive("")
            if token[:2] not in ("${", "%{"):
                text = _text(token, pattern)
                _add(parts, text.lstrip() if strips else text)
                strips = strips and not text.strip()
                continue
            if token.endswith("~"):
                _strip_end(parts)
            if token.startswith("$"):
                parts.append(self._in_braces(self._expression))
                strips = self._closes()
                continue
            made, end = self._directive(pattern)
            if made is None:
                return tuple(parts), end
            parts.append(made)
            strips = end.strips_after

    def _directive(self, pattern: re.Pattern[str]) -> tuple[TemplatePart | None, _Directive]:
        scanner = self._scanner
        line = scanner.line()
        word = self._in_braces(scanner.expect_name)
        if word == "if":
            condition = self._in_braces(self._expression)
            then, end = self._branch(pattern, self._closes())
            otherwise: tuple[TemplatePart, ...] = ()
            if end.name == "else":
                otherwise, end = self._branch(pattern, end.strips_after)
            if end.name != "endif":
                raise HclError("%{ if } has no %{ endif }", line)
            return TemplateIf(condition, then, otherwise), _Directive("", end.strips_after)
        if word == "for":
            key, name, collection = self._in_braces(self._loop)
            parts, end = self._branch(pattern, self._closes())
            if end.name != "endfor":
                raise HclError("%{ for } has no %{ endfor }", line)
            return TemplateFor(key, name, collection, parts), _Directive("", end.strips_after)
        if word not in ("else", "endif", "endfor"):
            raise HclError(f"%{{ {word} }} is no directive", line, "known: if, else, endif, for, endfor")
        return None, _Directive(word, self._closes())

    def _branch(self, pattern: re.Pattern[str], strips: bool) -> tuple[tuple[TemplatePart, ...], _Directive]:
        parts, end = self._parts(pattern)
        if strips and parts and isinstance(parts[0], str):
            parts = (parts[0].lstrip(), *parts[1:])
        return parts, end

    def _loop(self) -> tuple[str, str, Expression]:
        first = self._scanner.expect_name()
        second = self._scanner.expect_name() if self._scanner.takes(",") else ""
        self._scanner.expect("in")
        return (first if second else ""), second or first, self._expression()

    def _in_braces(self, read: Callable[[], _T]) -> _T:
        """Read something in ``${ }`` or ``%{ }``, where newlines are white space."""
        self._scanner.brackets.append(True)
        try:
            return read()
        finally:
            self._scanner.brackets.pop()

    def _closes(self) -> bool:
        """Go on behind the end of an interpolation or directive, and return whether it strips what follows."""

        def close() -> bool:
            strips = self._scanner.takes("~")
            self._scanner.expect("}")
            return strips

        return self._in_braces(close)


def _text(token: str, pattern: re.Pattern[str]) -> str:
    if token in ("$${", "%%{"):
        return token[1:]
    if pattern is _QUOTED and token.startswith("\\"):
        if token[1] in "uU":
            return chr(int(token[2:], 16))
        return _ESCAPES.get(token[1:], token)
    return token


def _add(parts: list[TemplatePart], text: str) -> None:
    if parts and isinstance(parts[-1], str):
        parts[-1] += text
    elif text:
        parts.append(text)


def _strip_end(parts: list[TemplatePart]) -> None:
    if parts and isinstance(parts[-1], str):
        parts[-1] = parts[-1].rstrip()


def _as_expression(parts: tuple[TemplatePart, ...], line: int) -> Expression:
    if not parts:
        return HclLiteral("", line)
    if len(parts) == 1 and isinstance(parts[0], str):
        return HclLiteral(parts[0], line)
    return HclTemplate(parts, line)


def dedent(text: str) -> str:
    """Return the text of a ``<<-`` heredoc without the spaces that all of its lines begin with."""
    lines = text.split("\n")
    widths = [len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()]
    width = min(widths, default=0)
    return "\n".join(line[width:] if line.strip() else line.lstrip(" \t") for line in lines)
