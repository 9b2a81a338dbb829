"""Regular expressions of Java, in which API Gateway writes the selection patterns of integration responses.

https://docs.oracle.com/javase/8/docs/api/java/util/regex/Pattern.html
"""

from __future__ import annotations

import re
from functools import lru_cache

# The POSIX and Unicode classes of Java that Python has no name for, as they stand inside brackets.
_CLASSES = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7f",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": r"!-/:-@\[-`{-~",
    "Graph": "!-~",
    "Print": " -~",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1f\x7f",
    "XDigit": "0-9a-fA-F",
    "Space": r" \t\n\x0b\f\r",
    "L": r"^\W\d_",
    "N": r"\d",
}
_TOKEN = re.compile(
    r"\\Q(?P<quoted>.*?)(?:\\E|\Z)|\\[pP]\{(?:Is)?(?P<name>\w+)\}|\\k<(?P<back>\w+)>|\\(?P<escape>.)|(?P<group>\(\?<(?=[A-Za-z]))"
    r"|(?P<bracket>[\[\]])",
    re.DOTALL,
)
_ESCAPES = {"h": r"[ \t\xa0]", "z": r"\Z", "Z": r"(?=\n?\Z)", "e": r"\x1b", "R": r"(?:\r\n|[\n-\r])"}


@lru_cache(maxsize=1024)
def compile_java(pattern: str) -> re.Pattern[str]:
    """Return a pattern for ``fullmatch``, as Java's ``matches``. Raises ValueError for one that can't be compiled."""
    depth = 0

    def translate(found: re.Match[str]) -> str:
        nonlocal depth
        if found["quoted"] is not None:
            return re.escape(found["quoted"])
        if found["name"] is not None:
            return _class(found[0], found["name"], inside=depth > 0)
        if found["back"] is not None:
            return f"(?P={found['back']})"
        if found["group"] is not None:
            return "(?P<"
        if found["bracket"] is not None:
            depth = max(0, depth + (1 if found["bracket"] == "[" else -1))
            return found[0]
        return _ESCAPES.get(found["escape"], found[0]) if not depth else found[0]

    try:
        return re.compile(_TOKEN.sub(translate, pattern))
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(str(error)) from error


def _class(text: str, name: str, *, inside: bool) -> str:
    members = _CLASSES.get(name)
    if members is None:
        raise ValueError(f"the class {text} is not known here")
    negated = text[1] == "P"
    if inside:
        if negated or members.startswith("^"):
            raise ValueError(f"the class {text} inside brackets is not known here")
        return members
    if members.startswith("^"):
        return f"[{members[1:]}]" if negated else f"[{members}]"
    return f"[^{members}]" if negated else f"[{members}]"
