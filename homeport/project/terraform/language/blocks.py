"""Bodies of HCL: the attributes and blocks of a file. ``parse_body`` reads one."""

from __future__ import annotations

from homeport.project.terraform.language.parser import HclExpressionParser
from homeport.project.terraform.language.scanner import Scanner
from homeport.project.terraform.language.syntax import Block, HclAttribute, HclBody, HclError, HclLiteral

_DEEPEST_HINT = "flatten it"


def parse_body(text: str, file: str) -> HclBody:
    """Return the attributes and blocks of a file, ``file`` is its name in them. Raises HclError."""
    try:
        return _BodyParser(text, file).body(is_file=True)
    except RecursionError as error:
        raise HclError("is nested too deeply", 0, _DEEPEST_HINT) from error


class _BodyParser:
    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._scanner = Scanner(text)
        self._expressions = HclExpressionParser(self._scanner)

    def body(self, *, is_file: bool = False) -> HclBody:
        scanner, body = self._scanner, HclBody()
        scanner.brackets.append(False)
        while True:
            scanner.skip_newlines()
            token = scanner.peek()
            if (token.kind == "end" and is_file) or (token.text == "}" and not is_file):
                break
            self._entry(body)
            following = scanner.peek()
            if following.kind not in ("newline", "end") and following.text != "}":
                raise scanner.error(f"{Scanner.shown_token(following)} is not expected here", following)
        if not is_file:
            scanner.take()
        scanner.brackets.pop()
        return body

    def _entry(self, body: HclBody) -> None:
        """Read an attribute or a block."""
        scanner = self._scanner
        token = scanner.peek()
        line = scanner.line(token.start)
        name = self._quoted_label() if token.kind == "quote" else scanner.expect_name()
        if scanner.takes("="):
            if name in body.attributes:
                raise HclError(f"{name!r} has a value twice", line, "keep one of them")
            body.attributes[name] = HclAttribute(name, self._expressions.expression(), self._file, line)
            return
        labels: list[str] = []
        while (following := scanner.peek()).text != "{":
            if following.kind == "quote":
                labels.append(self._quoted_label())
            elif following.kind == "name":
                labels.append(scanner.take().text)
            else:
                raise scanner.error(f"'=' or '{{' is missing before {Scanner.shown_token(following)}", following)
        scanner.take()
        body.blocks.append(Block(name, tuple(labels), self.body(), self._file, line))

    def _quoted_label(self) -> str:
        token = self._scanner.peek()
        self._scanner.brackets.append(False)
        found = self._expressions.expression()
        self._scanner.brackets.pop()
        if not isinstance(found, HclLiteral) or not isinstance(found.value, str):
            raise self._scanner.error("a label must be a plain text", token)
        return found.value
