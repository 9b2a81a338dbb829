"""String formats and ECMA-262 patterns, which validators check, as Python's regular expressions.

``FORMATS`` are for ``re.fullmatch``. Formats that aren't listed (``password``, ``binary``, a team's own) are hints.
Sources: RFC 3339 (date, date-time, time; a leap second only at the end of an hour), RFC 4648 (byte), RFC 5321 (email),
RFC 1123 (hostname), RFC 3986 (uri, uri-reference, ipv4, ipv6), RFC 9562 (uuid), RFC 6901 (json-pointer), ISO 8601
(duration).

``python_pattern`` translates ECMA-262, the dialect of OpenAPI's ``pattern``, which differs from Python's: in Python
``$`` also matches before a last line feed, ``\\d`` matches every script's digits, ``a++`` and ``{,3}`` mean something,
and ``[[`` is a warning. Source: https://262.ecma-international.org/#sec-patterns
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import groupby

from homeport.project.schema.references import SchemaError

_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DATE = (
    "(?![0-9]{4}-(?:02-30|(?:0[2469]|11)-31))"
    f"(?:(?![0-9]{{4}}-02-29)|(?={_LEAP_YEAR}-))"
    "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
)
_HOUR = "(?:[01][0-9]|2[0-3])"
_TIME = rf"{_HOUR}:(?:[0-5][0-9]:[0-5][0-9]|59:60)(?:\.[0-9]+)?(?:[Zz]|[+-]{_HOUR}:[0-5][0-9])"

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOSTNAME = rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*"
_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_BYTE}(?:\.{_BYTE}){{3}}"
_WORD = "[0-9A-Fa-f]{1,4}"
_LAST_WORDS = f"(?:{_WORD}:{_WORD}|{_IPV4})"
_IPV6 = "|".join(
    (
        f"(?:{_WORD}:){{6}}{_LAST_WORDS}",
        f"::(?:{_WORD}:){{5}}{_LAST_WORDS}",
        *(f"(?:(?:{_WORD}:){{0,{left}}}{_WORD})?::(?:{_WORD}:){{{4 - left}}}{_LAST_WORDS}" for left in range(5)),
        f"(?:(?:{_WORD}:){{0,5}}{_WORD})?::{_WORD}",
        f"(?:(?:{_WORD}:){{0,6}}{_WORD})?::",
    )
)

_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_QUOTED = r'"(?:[ !#-\[\]-~]|\\[ -~])*"'
_EMAIL = rf"(?:{_ATOM}(?:\.{_ATOM})*|{_QUOTED})@(?:{_LABEL}(?:\.{_LABEL})*|\[(?:IPv6:)?[0-9A-Fa-f:.]+\])"

_ESCAPED = "%[0-9A-Fa-f]{2}"
_PLAIN = r"A-Za-z0-9._~!$&'()*+,;=\-"
_PCHAR = f"(?:[{_PLAIN}:@]|{_ESCAPED})"
_HOST = rf"(?:\[[0-9A-Fa-f:.]+\]|(?:[{_PLAIN}]|{_ESCAPED})*)"
_AUTHORITY = f"//(?:(?:[{_PLAIN}:]|{_ESCAPED})*@)?{_HOST}(?::[0-9]*)?(?:/{_PCHAR}*)*"
_ABSOLUTE = f"/(?:{_PCHAR}+(?:/{_PCHAR}*)*)?"
_ROOTLESS = f"{_PCHAR}+(?:/{_PCHAR}*)*"
_NO_SCHEME = f"(?:[{_PLAIN}@]|{_ESCAPED})+(?:/{_PCHAR}*)*"
_TAIL = rf"(?:\?(?:{_PCHAR}|[/?])*)?(?:\#(?:{_PCHAR}|[/?])*)?"
_URI = f"[A-Za-z][A-Za-z0-9+.-]*:(?:{_AUTHORITY}|{_ABSOLUTE}|{_ROOTLESS}|){_TAIL}"

_CLOCK = "T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S)"
_CALENDAR = "(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)"

FORMATS = {
    "byte": "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
    "date": _DATE,
    "date-time": f"{_DATE}[Tt]{_TIME}",
    "duration": f"P(?:{_CALENDAR}(?:{_CLOCK})?|{_CLOCK}|[0-9]+W)",
    "email": _EMAIL,
    "hostname": _HOSTNAME,
    "ipv4": _IPV4,
    "ipv6": _IPV6,
    "json-pointer": "(?:/(?:[^~/]|~[01])*)*",
    "time": _TIME,
    "uri": _URI,
    "uri-reference": f"{_URI}|(?:{_AUTHORITY}|{_ABSOLUTE}|{_NO_SCHEME}|){_TAIL}",
    "uuid": "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
}
"""Format name to expression."""


_Ranges = tuple[tuple[int, int], ...]

_DIGIT: _Ranges = ((0x30, 0x39),)
_WORD_CHARACTER: _Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_LINE_END: _Ranges = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))
_SPACE: _Ranges = (
    (0x09, 0x0D),
    (0x20, 0x20),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
)
_SETS = {"d": _DIGIT, "w": _WORD_CHARACTER, "s": _SPACE}
_CONTROLS = {"f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 0x09, "v": 0x0B}
_QUANTIFIER = re.compile(r"[*+?]|\{[0-9]+(?:,[0-9]*)?\}")
_GROUP = re.compile(r"\((?:\?(?:[:=!]|<[=!]|<([A-Za-z_][A-Za-z0-9_]*)>))?")
_CODE_POINT = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}")
_LOW_SURROGATE = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_PROPERTY = re.compile(r"[pP]\{(?:(?:General_Category|gc)=)?(\w+)\}")
_LONG_NAMES = {
    "Letter": "L",
    "Uppercase_Letter": "Lu",
    "Lowercase_Letter": "Ll",
    "Titlecase_Letter": "Lt",
    "Mark": "M",
    "Number": "N",
    "Decimal_Number": "Nd",
    "Punctuation": "P",
    "Symbol": "S",
    "Separator": "Z",
    "Space_Separator": "Zs",
    "Other": "C",
    "Control": "Cc",
}


def python_pattern(pattern: str) -> str:
    """Translate ``pattern`` for ``re.search``. Raises SchemaError if Python has no such pattern."""
    translated = _PatternReader(pattern).read()
    try:
        re.compile(translated)
    except (re.error, OverflowError, RecursionError) as exc:
        raise SchemaError(f"pattern {pattern} can't be used: {exc}", "write it as a plain ECMA-262 expression") from exc
    return translated


class _PatternReader:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._ascii_boundaries = False

    def read(self) -> str:
        out = []
        while self._at < len(self._pattern):
            out.append(self._quantifier() or self._group() or self._atom())
        return ("(?a)" if self._ascii_boundaries else "") + "".join(out)

    def _fail(self, why: str) -> SchemaError:
        return SchemaError(f"pattern {self._pattern} can't be used: {why} at character {self._at + 1}")

    def _quantifier(self) -> str:
        found = _QUANTIFIER.match(self._pattern, self._at)
        if not found:
            return ""
        self._at = found.end()
        lazy = self._pattern.startswith("?", self._at)
        self._at += lazy
        if _QUANTIFIER.match(self._pattern, self._at):
            raise self._fail("nothing to repeat")
        return found.group() + "?" * lazy

    def _group(self) -> str:
        found = _GROUP.match(self._pattern, self._at)
        if not found:
            return ""
        self._at = found.end()
        if self._pattern.startswith("?", self._at):
            raise self._fail("a kind of group that ECMA-262 doesn't have")
        return f"(?P<{found.group(1)}>" if found.group(1) else found.group()

    def _atom(self) -> str:
        character = self._pattern[self._at]
        self._at += 1
        if character == "\\":
            return self._escape()
        if character == "[":
            return self._class()
        if character == ".":
            return _set_text(_LINE_END, negated=True)
        if character == "$":
            return r"\Z"
        return character if character in "^|)" else re.escape(character)

    def _escape(self) -> str:
        rest = self._pattern[self._at : self._at + 1]
        if rest in ("b", "B"):
            self._at += 1
            self._ascii_boundaries = True
            # Before Python 3.14 \B doesn't match in an empty text.
            return r"\b" if rest == "b" else r"(?!\b)"
        reference = re.compile(r"([1-9][0-9]*)|k<(\w+)>").match(self._pattern, self._at)
        if reference:
            self._at = reference.end()
            return f"(?:\\{reference.group(1)})" if reference.group(1) else f"(?P={reference.group(2)})"
        found = self._escape_value()
        return re.escape(chr(found)) if isinstance(found, int) else _set_text(found)

    def _escape_value(self) -> int | _Ranges:
        """Read the escape at this place: one code point or a set of them."""
        letter = self._pattern[self._at : self._at + 1]
        if letter == "":
            raise self._fail("a lone backslash")
        if letter.lower() in _SETS:
            self._at += 1
            chosen = _SETS[letter.lower()]
            return chosen if letter.islower() else _complement(chosen)
        for form, value in ((_PROPERTY, self._property), (_CODE_POINT, self._code_point)):
            found = form.match(self._pattern, self._at)
            if found:
                self._at = found.end()
                return value(found)
        self._at += 1
        if letter == "c" and self._pattern[self._at : self._at + 1].isalpha():
            self._at += 1
            return ord(self._pattern[self._at - 1]) % 32
        return 0 if letter == "0" else _CONTROLS.get(letter, ord(letter))

    def _property(self, found: re.Match[str]) -> _Ranges:
        name = found.group(1)
        ranges = _category(_LONG_NAMES.get(name, name))
        if not ranges:
            raise self._fail(f"the Unicode property {name} isn't known here")
        return ranges if found.group().startswith("p") else _complement(ranges)

    def _code_point(self, found: re.Match[str]) -> int:
        value = int(next(filter(None, found.groups())), 16)
        low = _LOW_SURROGATE.match(self._pattern, self._at)
        if 0xD800 <= value < 0xDC00 and low:
            self._at = low.end()
            return 0x10000 + ((value - 0xD800) << 10) + int(low.group(1), 16) - 0xDC00
        if value > sys.maxunicode:
            raise self._fail("there is no such character")
        return value

    def _class(self) -> str:
        negated = self._pattern.startswith("^", self._at)
        self._at += negated
        ranges: list[tuple[int, int]] = []
        while not self._pattern.startswith("]", self._at):
            ranges += self._class_item()
        self._at += 1
        return _set_text(ranges, negated)

    def _class_item(self) -> _Ranges:
        first = self._class_atom()
        if not self._pattern.startswith("-", self._at) or self._pattern.startswith("-]", self._at):
            return _as_set(first)
        self._at += 1
        last = self._class_atom()
        if isinstance(first, int) and isinstance(last, int):
            if last < first:
                raise self._fail("a range that runs backwards")
            return ((first, last),)
        return _as_set(first) + _as_set(0x2D) + _as_set(last)

    def _class_atom(self) -> int | _Ranges:
        character = self._pattern[self._at : self._at + 1]
        if character == "":
            raise self._fail("a [ without its ]")
        self._at += 1
        if character != "\\":
            return ord(character)
        if self._pattern.startswith("b", self._at):
            self._at += 1
            return 0x08
        return self._escape_value()


def _complement(ranges: Iterable[tuple[int, int]]) -> _Ranges:
    gaps, start = [], 0
    for low, high in sorted(ranges):
        if low > start:
            gaps.append((start, low - 1))
        start = max(start, high + 1)
    return (*gaps, (start, sys.maxunicode)) if start <= sys.maxunicode else tuple(gaps)


def _as_set(item: int | _Ranges) -> _Ranges:
    return ((item, item),) if isinstance(item, int) else item


def _set_text(ranges: Iterable[tuple[int, int]], negated: bool = False) -> str:
    members = "".join(_point(low) if low == high else f"{_point(low)}-{_point(high)}" for low, high in ranges)
    if not members:
        return r"[\x00-\U0010ffff]" if negated else "(?!)"
    return f"[^{members}]" if negated else f"[{members}]"


def _point(code: int) -> str:
    character = chr(code)
    if character.isascii() and (character.isalnum() or character in " !\"#%',/:;<=>@_`{}()*+.?$"):
        return character
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@cache
def _category(name: str) -> _Ranges:
    if name == "Any":
        return ((0, sys.maxunicode),)
    if name == "ASCII":
        return ((0, 0x7F),)
    ranges: list[tuple[int, int]] = []
    for category, low, high in _category_runs():
        if category.startswith(name):
            if ranges and ranges[-1][1] == low - 1:
                ranges[-1] = (ranges[-1][0], high)
            else:
                ranges.append((low, high))
    return tuple(ranges)


@cache
def _category_runs() -> list[tuple[str, int, int]]:
    """Return each run of characters of one general category with its first and last code point."""
    runs, start = [], 0
    for category, members in groupby(map(unicodedata.category, map(chr, range(sys.maxunicode + 1)))):
        end = start + sum(1 for _ in members)
        runs.append((category, start, end - 1))
        start = end
    return runs
