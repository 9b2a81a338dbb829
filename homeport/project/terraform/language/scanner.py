"""The tokens of HCL's expressions and bodies. What is in quotes and heredocs, ``templates.py`` reads."""

from __future__ import annotations

import bisect
import re
from typing import NamedTuple

from homeport.project.terraform.language.syntax import HclError

_SPACE = r"(?:[ \t\r]+|(?:\#|//)[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)*"
_TOKEN = re.compile(
    rf"{_SPACE}(?P<text>(?P<newline>\n)"
    r"|(?P<name>[^\W\d][\w-]*)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<heredoc><<-?[^\W\d][\w.-]*[ \t]*\r?\n)"
    r'|(?P<quote>")'
    r"|(?P<mark>&&|\|\||==|!=|<=|>=|=>|\.\.\.|::|[-+*/%!<>?:=.,()\[\]{}~])"
    r"|(?P<end>\Z))"
)


class HclToken(NamedTuple):
    """A token; ``kind`` is the name of its group in the pattern, ``start`` and ``end`` are its place."""

    kind: str
    text: str
    start: int
    end: int


class Scanner:
    """Reads the tokens of a text one after another. ``position`` is where the next one is looked for.

    Within brackets a newline is white space: ``brackets`` has one entry for each open one, whether it is so in there.
    """

    def __init__(self, text: str, first_line: int = 1) -> None:
        self.text = text
        self.position = 0
        self.brackets: list[bool] = []
        self._first_line = first_line
        self._newlines = [found.start() for found in re.finditer("\n", text)]
        self._ahead: HclToken | None = None
        self._ahead_key: tuple[int, bool] = (-1, False)

    def line(self, position: int | None = None) -> int:
        """Return the line of a position, the current one if none is given."""
        at = self.position if position is None else position
        return self._first_line + bisect.bisect_left(self._newlines, at)

    def peek(self) -> HclToken:
        """Return the next token, and leave it there. Raises HclError."""
        skips = bool(self.brackets) and self.brackets[-1]
        if self._ahead is None or self._ahead_key != (self.position, skips):
            self._ahead, self._ahead_key = self._read(self.position, skips), (self.position, skips)
        return self._ahead

    def take(self) -> HclToken:
        """Return the next token, and continue behind it. Raises HclError."""
        token = self.peek()
        self.position = token.end
        return token

    def takes(self, mark: str) -> bool:
        """Return whether the next token is a mark or a name, and continue behind it if so."""
        token = self.peek()
        if token.text != mark or token.kind not in ("mark", "name"):
            return False
        self.position = token.end
        return True

    def expect(self, mark: str) -> HclToken:
        """Return the next token, which must be a mark. Raises HclError."""
        token = self.peek()
        if token.text != mark:
            raise self.error(f"{mark!r} is missing before {self.shown_token(token)}", token)
        return self.take()

    def expect_name(self) -> str:
        """Return the next token, which must be a name. Raises HclError."""
        token = self.peek()
        if token.kind != "name":
            raise self.error(f"a name is missing before {self.shown_token(token)}", token)
        return self.take().text

    def skip_newlines(self) -> None:
        """Go on behind newlines."""
        while self.peek().kind == "newline":
            self.take()

    def error(self, message: str, token: HclToken | None = None) -> HclError:
        """Return an error at a token, or at the current position."""
        return HclError(message, self.line(token.start if token is not None else None), "terraform validate says more")

    @staticmethod
    def shown_token(token: HclToken) -> str:
        """Return a token as messages name it."""
        match token.kind:
            case "newline":
                return "the end of the line"
            case "end":
                return "the end of the file"
        return repr(token.text.strip())

    def _read(self, position: int, skips: bool) -> HclToken:
        while True:
            found = _TOKEN.match(self.text, position)
            if found is None or found.lastgroup is None:
                rest = self.text[position:].lstrip()
                raise HclError(
                    f"{rest[:1]!r} is not expected here", self.line(position), "terraform validate says more"
                )
            kind = next(name for name, text in found.groupdict().items() if name != "text" and text is not None)
            if kind == "newline" and skips:
                position = found.end()
                continue
            return HclToken(kind, found["text"], found.start("text"), found.end())
