"""What a YAML parser complains about, in plain words."""

from __future__ import annotations

import re

import yaml

from homeport.spec.tree import TextError

_CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]")
_INDENTATION = ("the indentation does not fit the lines above", "line it up with its neighbours, with spaces only")
_UNCLOSED_QUOTES = ("quotes that are never closed", "close them")

_WORDS = (
    (
        "mapping values are not allowed",
        "a ': ' or an indented line where no key can be",
        "quote it, or mend the indent",
    ),
    ("character that cannot start any token", "a character that can't start a plain value", "put quotes around it"),
    ("character '\\t'", "a tab where YAML wants spaces", "indent with spaces"),
    ("found character", "a character that can't start a plain value", "put quotes around it"),
    ("end of stream", *_UNCLOSED_QUOTES),
    ("document separator", *_UNCLOSED_QUOTES),
    ("unknown escape character", "an unknown \\ escape in double quotes", "use single quotes, or write \\\\"),
    ("expected ':'", "a key without its ':'", "write key: value"),
    ("undefined tag handle", "a tag with an unknown prefix", "remove the tag"),
    ("expected ',' or", "a bracket that is never closed, or a comma too few", "close it"),
    ("node content", "a value is missing", "write one, or null"),
    ("expected key", *_INDENTATION),
    ("expected '-' indicator", *_INDENTATION),
    ("expected <block end>", *_INDENTATION),
    ("alphabetic or numeric character", "a * or & without a name after it", "put quotes around it"),
)
_STARTS_ABOVE = ("end of stream", "document separator", "expected ',' or")


def explained(error: yaml.YAMLError, text: str) -> TextError:
    """The error with its line, in the parser's own words where none are plainer."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return _unreadable(error, text)
    problem = error.problem or "it breaks YAML's rules"
    above = error.context_mark is not None and any(sign in problem for sign in _STARTS_ABOVE)
    mark = error.context_mark if above else error.problem_mark or error.context_mark
    lines = text.split("\n")
    row, column = (int(mark.line), int(mark.column)) if mark is not None else (0, 0)
    line = min(row + 1, len(lines))
    if row < len(lines) and lines[row][column : column + 1] == "\t":
        return TextError("not YAML: a tab where YAML wants spaces", line, "indent with spaces")
    for sign, words, cure in _WORDS:
        if sign in problem:
            return TextError(f"not YAML: {words}", line, cure)
    return TextError(f"not YAML: {problem}", line, "check the lines around it")


def _unreadable(error: yaml.YAMLError, text: str) -> TextError:
    found = _CONTROL_CHARACTER.search(text)
    if found is None:
        return TextError(f"not YAML: {error}".splitlines()[0], 0, "save it as plain text in UTF-8")
    line = text.count("\n", 0, found.start()) + 1
    return TextError(f"not YAML: the control character U+{ord(found.group()):04X}", line, "remove it")
