"""Reads the text of a template: texts, directives, comments, and the references between them.

The tokens are those of Velocity 1.7, white space included: ``)`` of a directive, ``#end`` and ``#else`` take the rest
of the line with them if it is blank, and ``#set`` takes the blanks before it if no text comes before those. What looks
like a directive and is none stays as it is, and so do calls of macros and ``#evaluate``, which API Gateway lacks.

Each character is looked at a fixed number of times.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from homeport.vtl.cursor import TemplateCursor
from homeport.vtl.expressions import ExpressionParser
from homeport.vtl.nodes import Expression, Statement, TemplateBlock, Text
from homeport.vtl.reference import Define, Reference
from homeport.vtl.state import BreakLoop, StopRendering
from homeport.vtl.statements import Foreach, If, SetVariable, Stop

_TEXT = re.compile(r"[^$#\\]+")
_SLASHES = re.compile(r"\\+")
_SET = re.compile(r"[ \t]*#(?:set|\{set\}) *\(")
_WORD = r"(?:[A-Za-z_@][A-Za-z0-9_@]*)"
_DIRECTIVE = re.compile(rf"#(?:({_WORD})|\{{([A-Za-z_][A-Za-z0-9_@]*)\}})")
_BLANK_REST = re.compile(r"[ \t]*(?:\r\n|\n|\r)")
_LINE_COMMENT = re.compile(r"##[^\r\n]*(?:\r\n|\n|\r)?")
_BEFORE_PARENTHESIS = re.compile(r"[ \t\r\n]*\(")
_ARGUMENT_WORD = re.compile(_WORD)
_DOLLAR = re.compile(r"\$!?")

_KNOWN = frozenset(("if", "elseif", "else", "end", "set", "foreach", "define", "stop", "break", "macro", "literal"))
_OWN = frozenset(("if", "elseif", "else", "end"))
_ENDS = ("end", "else", "elseif")


def parse_block(text: str, cursor: TemplateCursor | None = None) -> TemplateBlock:
    """Read a whole template, or the text of a string with its cursor. Raises TemplateError."""
    parser = _TemplateParser(cursor or TemplateCursor(text))
    return parser.template()


def _parse_string(text: str, cursor: TemplateCursor) -> TemplateBlock:
    return parse_block(text, cursor)


class _TemplateParser:
    def __init__(self, cursor: TemplateCursor) -> None:
        self.cursor = cursor
        self.expressions = ExpressionParser(cursor, _parse_string)
        self._directives: dict[str, Callable[[int], Statement]] = {
            "if": self._if,
            "foreach": self._foreach,
            "define": self._define,
            "macro": self._macro,
            "literal": self._literal,
            "stop": self._stop,
            "break": self._break,
        }

    def template(self) -> TemplateBlock:
        """Read everything."""
        block = self._block()
        if not self.cursor.at_end():
            name = self._directive_name() or ""
            self.cursor.fail(f"#{name} has no #if or other block before it")
        return block

    def _block(self) -> TemplateBlock:
        """Read statements up to the end, or to an ``#end``, ``#else`` or ``#elseif``, which stays unread."""
        statements: list[Statement] = []
        with self.cursor.go_deeper():
            while not self.cursor.at_end() and self._directive_name() not in _ENDS:
                statements.append(self._statement())
        return TemplateBlock(tuple(statements))

    def _directive_name(self) -> str | None:
        """Return the name of the directive that stands here."""
        match = _DIRECTIVE.match(self.cursor.text, self.cursor.position)
        return (match[1] or match[2]) if match else None

    def _statement(self) -> Statement:
        cursor = self.cursor
        if cursor.take(_SET):
            return self._set()
        if (text := cursor.take(_TEXT)) is not None:
            return Text(text[0])
        match cursor.text[cursor.position]:
            case "\\":
                return self._after_backslashes()
            case "$":
                return self._reference_or_dollar()
            case _:
                return self._hash()

    def _after_backslashes(self) -> Statement:
        """Read backslashes: two before a reference or a directive print one, and a single one makes it text."""
        cursor = self.cursor
        slashes = _SLASHES.match(cursor.text, cursor.position)
        assert slashes is not None
        if cursor.text.startswith("$", slashes.end()) and (reference := self.expressions.reference()) is not None:
            return reference
        cursor.position = slashes.end()
        directive = _DIRECTIVE.match(cursor.text, cursor.position)
        if directive is None:
            return Text(slashes[0])
        count = len(slashes[0])
        known = (directive[1] or directive[2]) in _KNOWN
        if count % 2:
            cursor.position = directive.end()
            return Text(("\\" * (count // 2) if known else slashes[0]) + directive[0])
        # The tokens of Velocity have #set( as a whole, which is why its backslashes are not halved.
        return Text("\\" * (count // 2 if known and directive[1] != "set" else count))

    def _reference_or_dollar(self) -> Statement:
        cursor = self.cursor
        if (reference := self.expressions.reference()) is not None:
            return self._with_comment_sign(reference)
        start = cursor.position
        dollar = cursor.take(_DOLLAR)
        assert dollar is not None
        if cursor.at_end() and not cursor.in_string:
            cursor.fail(f"a template may not end in {dollar[0]}", start)
        # Velocity loses the dollar sign before a comment or one of its own directives, and takes any other for text.
        name = self._directive_name()
        if cursor.text.startswith("#*", cursor.position) or name in _OWN or _SET.match(cursor.text, cursor.position):
            return Text("")
        if name is None:
            return self._sign(dollar[0])
        cursor.take(_DIRECTIVE)
        return self._unknown(start)

    def _with_comment_sign(self, reference: Reference) -> Statement:
        """Return a reference, with the ``##`` that Velocity takes for text directly after a property."""
        if reference.ends_in_property and self.cursor.take_text("##"):
            return TemplateBlock((reference, Text("##")))
        return reference

    def _hash(self) -> Statement:
        cursor = self.cursor
        if cursor.take(_LINE_COMMENT) or self._take_comment():
            return Text("")
        if cursor.take_text("#[["):
            return Text(self._up_to("]]#", "#[["))
        start = cursor.position
        directive = cursor.take(_DIRECTIVE)
        if directive is None:
            cursor.position += 1
            if cursor.at_end() and not cursor.in_string:
                cursor.fail("a template may not end in #", start)
            return self._sign("#")
        name = directive[1] or directive[2]
        read = self._directives.get(name)
        if read is None:
            return self._unknown(start)
        with cursor.go_deeper():
            return read(start)

    def _sign(self, sign: str) -> Statement:
        """Return a ``$`` or ``#`` that is text, with the backslashes after it: there they escape no reference."""
        slashes = _SLASHES.match(self.cursor.text, self.cursor.position)
        if slashes is None or not self.cursor.text.startswith("$", slashes.end()):
            return Text(sign)
        self.cursor.position = slashes.end()
        return Text(sign + slashes[0])

    def _take_comment(self) -> bool:
        """Read ``#* … *#``; one that does not end takes the rest of the template."""
        cursor = self.cursor
        if not cursor.take_text("#*"):
            return False
        end = cursor.text.find("*#", cursor.position)
        cursor.position = end + 2 if end >= 0 else len(cursor.text)
        return True

    def _up_to(self, end: str, start: str) -> str:
        cursor = self.cursor
        at = cursor.text.find(end, cursor.position)
        if at < 0:
            cursor.fail(f"{start} does not end in {end}")
        text = cursor.text[cursor.position : at]
        cursor.position = at + len(end)
        return text

    def _open(self, name: str) -> None:
        """Read the parenthesis after the name of a directive."""
        if not self.cursor.take(_BEFORE_PARENTHESIS):
            self.cursor.fail(f"#{name} needs parentheses")

    def _close(self, name: str) -> None:
        """Read the parenthesis that ends a directive, with the rest of the line if it is blank."""
        self.cursor.skip_whitespace()
        self.cursor.expect(")", f"#{name}")
        self.cursor.take(_BLANK_REST)

    def _end(self, name: str, start: int) -> None:
        """Read the ``#end`` of a block."""
        if self._directive_name() != "end":
            self.cursor.fail(f"#{name} has no #end", start)
        self.cursor.take(_DIRECTIVE)
        self.cursor.take(_BLANK_REST)

    def _variable(self, name: str) -> Reference:
        self.cursor.skip_whitespace()
        reference = self.expressions.reference()
        if reference is None:
            self.cursor.fail(f"#{name} needs a variable")
        return reference

    def _set(self) -> Statement:
        target = self._variable("set")
        self.cursor.skip_whitespace()
        self.cursor.expect("=", "#set")
        value = self.expressions.expression()
        self._close("set")
        return SetVariable(target, value)

    def _if(self, start: int) -> Statement:
        branches: list[tuple[Expression | None, TemplateBlock]] = [self._condition("if")]
        while (name := self._directive_name()) == "elseif":
            self.cursor.take(_DIRECTIVE)
            branches.append(self._condition(name))
        if self._directive_name() == "else":
            self.cursor.take(_DIRECTIVE)
            self.cursor.take(_BLANK_REST)
            branches.append((None, self._block()))
        self._end("if", start)
        return If(tuple(branches))

    def _condition(self, name: str) -> tuple[Expression, TemplateBlock]:
        self._open(name)
        condition = self.expressions.expression()
        self._close(name)
        return condition, self._block()

    def _foreach(self, start: int) -> Statement:
        self._open("foreach")
        variable = self._variable("foreach")
        self.cursor.skip_whitespace()
        self.cursor.take_text(",")
        self.cursor.skip_whitespace()
        if not self.cursor.take(_ARGUMENT_WORD):
            self.cursor.fail("#foreach needs the word in between the variable and the values")
        values = self.expressions.value()
        self._close("foreach")
        block = self._block()
        self._end("foreach", start)
        return Foreach(variable, values, block)

    def _define(self, start: int) -> Statement:
        self._open("define")
        target = self._variable("define")
        self._close("define")
        block = self._block()
        self._end("define", start)
        return Define(target, block)

    def _macro(self, start: int) -> Statement:
        """Read the definition of a macro, which API Gateway passes over."""
        self._open("macro")
        self.cursor.skip_whitespace()
        if not self.cursor.take(_ARGUMENT_WORD):
            self.cursor.fail("#macro needs a name")
        self._arguments("macro")
        self._block()
        self._end("macro", start)
        return Text("")

    def _literal(self, start: int) -> Statement:
        """Read ``#literal()``, whose block is text, as far as it goes."""
        self._open("literal")
        self._close("literal")
        begin = self.cursor.position
        self._block()
        text = self.cursor.text[begin : self.cursor.position]
        self._end("literal", start)
        return Text(text)

    def _stop(self, start: int) -> Statement:
        return self._signal("stop", StopRendering)

    def _break(self, start: int) -> Statement:
        return self._signal("break", BreakLoop)

    def _signal(self, name: str, signal: type[StopRendering]) -> Statement:
        if self.cursor.take(_BEFORE_PARENTHESIS):
            self._arguments(name)
        return Stop(signal)

    def _unknown(self, start: int) -> Statement:
        """Read what looks like a directive and is none: text, with the arguments in parentheses."""
        cursor = self.cursor
        if cursor.take(_BEFORE_PARENTHESIS):
            with cursor.go_deeper():
                self._arguments("directive", blank_rest=False)
        return Text(cursor.text[start : cursor.position])

    def _arguments(self, name: str, blank_rest: bool = True) -> None:
        """Read the arguments of a directive that has no use for them, and the parenthesis after them."""
        cursor = self.cursor
        while True:
            cursor.skip_whitespace()
            if cursor.take_text(")"):
                break
            cursor.take_text(",")
            cursor.skip_whitespace()
            if not self.expressions.bare_value() and not cursor.take(_ARGUMENT_WORD):
                cursor.fail(f"#{name} with parentheses takes words and values")
        if blank_rest:
            cursor.take(_BLANK_REST)
