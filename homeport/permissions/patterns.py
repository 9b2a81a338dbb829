"""Patterns of IAM: ``*`` is any text, ``?`` any character, ``${…}`` a value of the request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase

# The values of condition keys, whose names are in lower case: none for a key that the request has not. Keys that are
# not to be known are left out.
Context = Mapping[str, Sequence[str]]

# An ARN has six fields; the last one may have colons itself.
_ARN_FIELDS = 6
_VARIABLE = re.compile(r"\$\{\s*([^},]*?)\s*(?:,\s*'([^']*)'\s*)?\}")
_LITERALS = frozenset("*?$")
_SPECIAL = re.compile(r"([*?\[])")


def is_like(text: str, pattern: str) -> bool:
    """Return whether a text matches a pattern."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def is_like_arn(arn: str, pattern: str) -> bool:
    """Return whether an ARN matches a pattern, field by field.

    A wildcard does not reach beyond its field's colon, unless it ends the field.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    return globs_arn(arn, pattern.replace("[", "[[]"))


def _glob_covers(patterns: Sequence[str], fields: Sequence[str], place: int) -> bool:
    if place >= _ARN_FIELDS - 1 or not patterns or not fields:
        return fnmatchcase(":".join(fields), ":".join(patterns))
    if not fnmatchcase(fields[0], patterns[0]):
        return False
    reach = len(fields) if patterns[0].endswith("*") else 1
    return any(_glob_covers(patterns[1:], fields[taken:], place + 1) for taken in range(1, reach + 1))


class UnknownVariable(Exception):
    """A policy variable has no value: the request lacks its key, or the key is not to be known here."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def expand(written: str, context: Context) -> str:
    """Return a text with its variables replaced by their values. Raises UnknownVariable."""
    return _expand(written, context, lambda value: value)


def variables_of(written: str) -> list[str]:
    """Return the condition keys that a text names as variables, those with a default value left out."""
    found = _VARIABLE.findall(written)
    return [key for key, default in found if key not in _LITERALS and not default]


def as_glob(written: str, context: Context) -> str:
    """Return a pattern for ``fnmatchcase``, in which the values of variables are plain text. Raises UnknownVariable."""
    if "${" not in written:
        return written.replace("[", "[[]")
    return _expand(written.replace("[", "[[]"), context, lambda value: _SPECIAL.sub(r"[\1]", value))


def globs_arn(arn: str, glob: str) -> bool:
    """Return whether an ARN matches a pattern of ``as_glob``, field by field as in ``is_like_arn``."""
    return glob == "*" or _glob_covers(glob.split(":"), arn.split(":"), 0)


def _expand(written: str, context: Context, quote: Callable[[str], str]) -> str:
    def fill_in(found: re.Match[str]) -> str:
        key, default = found[1], found[2]
        if key in _LITERALS:
            return quote(key)
        values = context.get(key.lower(), ())
        if len(values) == 1:
            return quote(values[0])
        if default is None:
            raise UnknownVariable(key)
        return quote(default)

    return _VARIABLE.sub(fill_in, written) if "${" in written else written
