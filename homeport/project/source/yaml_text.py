"""YAML text as plain values with their lines, read from the parser's events.

PyYAML's composed nodes are not used: libyaml's composer recurses, and deep nesting takes the process down.

- Keys are always text (``200:`` is ``"200"``), a duplicate key is an error, ``<<`` merges, an alias shares its value.
- Plain scalars follow YAML 1.2's core schema, so ``no``, ``on`` and ``2024-01-01`` are text:
  https://yaml.org/spec/1.2.2/#103-core-schema
- CloudFormation's short tags become their long forms, ``!Sub x`` is ``{"Fn::Sub": x}``:
  https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import Any, NamedTuple

import yaml
from yaml import events

from homeport.project.names import did_you_mean
from homeport.project.source.source_map import OpenList, OpenMap, ParsedText, SourceLines, TextError, ValueBuilder

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

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_TRUE = frozenset(("true", "True", "TRUE"))
_FALSE = frozenset(("false", "False", "FALSE"))
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_NUMBER_START = frozenset("+-.0123456789")
_LONGEST_INTEGER = 4000
Scalar = str | int | float | bool | None
_PLAIN = frozenset(("Ref", "Condition"))
_FUNCTIONS = frozenset(
    (
        "And",
        "Base64",
        "Cidr",
        "Contains",
        "EachMemberEquals",
        "EachMemberIn",
        "Equals",
        "FindInMap",
        "GetAtt",
        "GetAZs",
        "If",
        "ImportValue",
        "Join",
        "Length",
        "Not",
        "Or",
        "RefAll",
        "Select",
        "Split",
        "Sub",
        "ToJsonString",
        "Transform",
        "ValueOf",
        "ValueOfAll",
    )
)
Tags = Callable[[str, Any], Any]
"""Turns a tag such as ``!Sub`` and its value into a plain value. Raises ValueError for a tag that it does not know."""


class Dialect(NamedTuple):
    """A reader's own rules of YAML: the value of an unquoted scalar, and what a second value of a key does."""

    scalar: Callable[[str], Scalar]
    last_key_wins: bool = False


_COLLECTION_TAGS = frozenset((None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"))


def _explain(error: yaml.YAMLError, text: str) -> TextError:
    """Return the error with its line, in plain words for common mistakes."""
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
    for sign, words, hint in _WORDS:
        if sign in problem:
            neighbour = _neighbour(lines, row, error.context_mark) if words == _INDENTATION[0] else ""
            return TextError(f"not YAML: {words}{neighbour}", line, hint)
    return TextError(f"not YAML: {problem}", line, "check the lines around it")


def _neighbour(lines: Sequence[str], row: int, block: yaml.Mark | None) -> str:
    """Return how far a line and its neighbour above are indented, which often is the line with the mistake.

    The parser sees that only where a later key does not fit. ``block`` is the start of the block that continues there.
    """
    if block is None or row >= len(lines):
        return ""
    column, own = int(block.column), _indent(lines[row])
    above = [each for each in range(row - 1, -1, -1) if lines[each].strip()]
    # A block that is deeper than its parent ended just above, where this line was meant to continue with it.
    inner = list(takewhile(lambda each: _indent(lines[each]) > column, above)) if own > column else []
    if inner:
        found = min(inner, key=lambda each: _indent(lines[each]))
    else:
        found = next((each for each in above if _indent(lines[each]) == column), int(block.line))
    return f": {own} spaces here, {_indent(lines[found])} on line {found + 1}"


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _unreadable(error: yaml.YAMLError, text: str) -> TextError:
    found = _CONTROL_CHARACTER.search(text)
    if found is None:
        return TextError(f"not YAML: {error}".splitlines()[0], 0, "save it as plain text in UTF-8")
    line = text.count("\n", 0, found.start()) + 1
    return TextError(f"not YAML: the control character U+{ord(found.group()):04X}", line, "remove it")


def plain_scalar(text: str) -> Scalar:
    """Return the value of an unquoted scalar. Raises ValueError for a number that JSON can't hold."""
    if text in _NULL:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    return _number(text) if text[0] in _NUMBER_START else text


CORE_SCHEMA = Dialect(plain_scalar)
"""YAML 1.2's core schema, in which each key stands once."""


def _number(text: str) -> str | int | float:
    if _DECIMAL.fullmatch(text):
        return _integer(text, 10)
    if _FLOAT.fullmatch(text):
        return _finite(text)
    if _OCTAL.fullmatch(text):
        return _integer(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return _integer(text[2:], 16)
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a number that JSON can hold")
    return text


def _integer(digits: str, base: int) -> int:
    if len(digits) > _LONGEST_INTEGER:
        raise ValueError(f"a number of {len(digits)} digits is too long")
    return int(digits, base)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large a number")
    return number


def _reader_of(wanted: Callable[[Scalar], bool], kind: str) -> Callable[[str], Scalar]:
    def read(text: str) -> Scalar:
        value = plain_scalar(text)
        if not wanted(value):
            raise ValueError(f"{text!r} is not {kind}")
        return value

    return read


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TAGGED: dict[str, Callable[[str], Scalar]] = {
    "!": str,
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:int": _reader_of(lambda value: _is_number(value) and isinstance(value, int), "a whole number"),
    "tag:yaml.org,2002:float": _reader_of(_is_number, "a number"),
    "tag:yaml.org,2002:bool": _reader_of(lambda value: isinstance(value, bool), "true or false"),
    "tag:yaml.org,2002:null": _reader_of(lambda value: value is None, "null"),
}
"""Scalars with a tag of YAML's own, such as ``!!str 123``."""


def long_form(tag: str, value: Any) -> dict[str, Any]:
    """Return the function that a short tag stands for. Raises ValueError for a tag that CloudFormation lacks."""
    name = tag.removeprefix("!")
    if name in _PLAIN:
        return {name: value}
    if name not in _FUNCTIONS:
        known = [f"!{known}" for known in _PLAIN | _FUNCTIONS]
        raise ValueError(f"CloudFormation knows no tag {tag}: {did_you_mean(tag, known)}")
    if name == "GetAtt" and isinstance(value, str):
        resource, _, attribute = value.partition(".")
        return {"Fn::GetAtt": [resource, attribute]}
    return {f"Fn::{name}": value}


def no_tags(tag: str, value: Any) -> Any:
    """Reject every tag: the reader of a text that has none of its own."""
    raise ValueError(f"the tag {tag.replace('tag:yaml.org,2002:', '!!')} has no meaning here")


def quickest_parser(text: str) -> Any:
    """Return libyaml's parser of a text, or PyYAML's own where PyYAML was built without libyaml."""
    try:
        from yaml._yaml import CParser
    except ImportError:
        return yaml.SafeLoader(text)
    return CParser(text)


def read_yaml(
    text: str,
    tags: Tags = no_tags,
    parser: Callable[[str], Any] = quickest_parser,
    dialect: Dialect = CORE_SCHEMA,
) -> ParsedText:
    """Read one YAML document. Raises TextError if its syntax is broken or it unfolds beyond all bounds."""
    reader = _YamlReader(tags, dialect)
    try:
        for event in _events(text, parser):
            reader.read(event)
    except yaml.YAMLError as error:
        raise _explain(error, text) from error
    return reader.builder.parsed_text()


def _events(text: str, parser: Callable[[str], Any]) -> Iterator[events.Event]:
    source = parser(text)
    while True:
        event = source.get_event()
        yield event
        if type(event) is events.StreamEndEvent:
            return


class _YamlReader:
    """Turns a parser's events into a value: scalars by their tags, anchors and aliases."""

    def __init__(self, tags: Tags, dialect: Dialect) -> None:
        self.builder = ValueBuilder(dialect.last_key_wins)
        self._tags = tags
        self._scalar_of = dialect.scalar
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._documents = 0
        self._steps: dict[type[events.Event], Callable[[Any], None]] = {
            events.ScalarEvent: self._scalar,
            events.MappingStartEvent: lambda event: self._start(OpenMap, event),
            events.SequenceStartEvent: lambda event: self._start(OpenList, event),
            events.MappingEndEvent: self._end,
            events.SequenceEndEvent: self._end,
            events.AliasEvent: self._alias,
            events.DocumentStartEvent: self._document,
        }

    def read(self, event: events.Event) -> None:
        step = self._steps.get(type(event))
        if step is not None:
            step(event)

    def _document(self, event: events.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            raise TextError("a second YAML document starts here", _line(event), "one file holds one: remove the ---")

    def _scalar(self, event: events.ScalarEvent) -> None:
        parent, line = self.builder.map_without_key(), _line(event)
        value: Any = event.value
        if parent is not None:
            self.builder.add_key(parent, value, line, merge=value == "<<" and event.implicit[0])
        else:
            value = self._value(event)
            self.builder.add_value(value, line)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)

    def _value(self, event: events.ScalarEvent) -> Any:
        try:
            if event.tag is None:
                return self._scalar_of(event.value) if event.implicit[0] else event.value
            if event.tag in _TAGGED:
                return _TAGGED[event.tag](event.value)
            return self._apply_tag(event.tag, event.value, _line(event))
        except ValueError as error:
            own_tag = event.tag is not None and event.tag not in _TAGGED
            hint = "remove it" if own_tag else "put quotes around what is meant as text"
            self.builder.errors.append(TextError(str(error), _line(event), hint))
            return event.value

    def _start(
        self, kind: type[OpenMap | OpenList], event: events.MappingStartEvent | events.SequenceStartEvent
    ) -> None:
        self.builder.start(kind(_line(event), event.anchor, event.tag))

    def _end(self, event: events.MappingEndEvent | events.SequenceEndEvent) -> None:
        ended = self.builder.open.pop()
        value: Any = ended.close(self.builder.source_map)
        if ended.tag not in _COLLECTION_TAGS:
            try:
                value = self._apply_tag(str(ended.tag), value, ended.line)
            except ValueError as error:
                self.builder.errors.append(TextError(str(error), ended.line, "remove it"))
        if ended.anchor is not None:
            self._anchors[ended.anchor] = (value, ended.size)
        self.builder.add_value(value, ended.line, ended.size)

    def _apply_tag(self, tag: str, value: Any, line: int) -> Any:
        made = self._tags(tag, value)
        if made is not value and isinstance(made, dict):
            source_map = self.builder.source_map
            source_map[id(made)] = SourceLines(line, dict.fromkeys(made, line))
            for inner in made.values():
                if inner is not value and isinstance(inner, list):
                    source_map[id(inner)] = SourceLines(line, [line] * len(inner))
        return made

    def _alias(self, event: events.AliasEvent) -> None:
        name, line = event.anchor, _line(event)
        if any(container.anchor == name for container in self.builder.open):
            raise TextError(f"*{name} stands inside &{name} itself and would never end", line, "write the value out")
        if name not in self._anchors:
            raise TextError(f"*{name} has no anchor &{name} above it", line, "check the name")
        value, size = self._anchors[name]
        self.builder.add_alias(value, line, size)


def _line(event: events.Event) -> int:
    mark = event.start_mark
    return int(mark.line) + 1 if mark is not None else 0
