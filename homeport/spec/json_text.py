"""JSON text to plain values with lines, as strict as the standard."""

from __future__ import annotations

import json
import re
from typing import Any

from homeport.spec.tree import DEEPEST, Marks, TextError, Tree
from homeport.spec.yaml_frames import List, Map

_TOKEN = re.compile(r'\n|"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+')


def read_json(text: str) -> Tree:
    """Read a JSON document. Raises TextError where it is none."""
    try:
        json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise TextError(f"not JSON: {error.msg}", error.lineno, "check the text around it") from error
    except RecursionError as error:
        raise TextError(f"nested more than {DEEPEST} levels deep", 0, "flatten it") from error
    except ValueError as error:
        raise TextError(f"not JSON: {error}") from error
    return _Builder().build(text)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


class _Builder:
    """Takes the tokens of a text that is known to be JSON."""

    def __init__(self) -> None:
        self._root: Any = None
        self._marks: dict[int, Marks] = {}
        self._flaws: list[TextError] = []
        self._open: list[Map | List] = []
        self._line = 1

    def build(self, text: str) -> Tree:
        for match in _TOKEN.finditer(text):
            token = match.group()
            if token == "\n":
                self._line += 1
            elif token in "{[":
                self._start(token)
            elif token in "}]":
                self._put(self._open.pop().close(self._marks))
            elif token not in ":,":
                self._scalar(json.loads(token))
        return Tree(self._root, self._marks, self._flaws)

    def _start(self, token: str) -> None:
        if len(self._open) >= DEEPEST:
            raise TextError(f"nested more than {DEEPEST} levels deep", self._line, "flatten it")
        self._open.append((Map if token == "{" else List)(self._line))

    def _scalar(self, value: Any) -> None:
        frame = self._open[-1] if self._open else None
        if not isinstance(frame, Map) or frame.key is not None:
            self._put(value)
            return
        flaw = frame.name(value, self._line, merge=False)
        if flaw is not None:
            self._flaws.append(flaw)

    def _put(self, value: Any) -> None:
        if not self._open:
            self._root = value
            return
        frame = self._open[-1]
        line = self._marks[id(value)].line if isinstance(value, dict | list) else self._line
        frame.add(value, line)
