"""The text of a CloudFormation template: YAML 1.1 as CloudFormation and AWS's tools take it, and JSON.

Beside YAML's core schema, ``yes``, ``on`` and their kin are true and false, a date is text, and a key that stands
twice has its last value; AWS calls that undefined, and SAM CLI does it so.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
"""

from __future__ import annotations

import re
from pathlib import Path

from homeport.errors import Problem
from homeport.project.source.document import Document, read_document
from homeport.project.source.yaml_text import Dialect, Scalar, Tags, long_form, plain_scalar

_WORDS = {word: value for value, words in ((True, "yes on"), (False, "no off")) for word in words.split()}
_TRUTH = {spelled: value for word, value in _WORDS.items() for spelled in (word, word.title(), word.upper())}

# A number with leading zeros is an account id or a phone number. YAML 1.1 would have it octal, and lose it.
# `1e3` is text in YAML 1.1, where a float has a point.
_TEXT = re.compile(r"[-+]?0[0-9]+|[-+]?[0-9]+[eE][-+]?[0-9]+|0o[0-7]+")


def template_scalar(text: str) -> Scalar:
    """Return the value of an unquoted scalar. Raises ValueError for a number that JSON can't hold."""
    if text in _TRUTH:
        return _TRUTH[text]
    return text if _TEXT.fullmatch(text) else plain_scalar(text)


TEMPLATE = Dialect(template_scalar, last_key_wins=True)


def read_template_text(root: Path, file: str, tags: Tags = long_form) -> tuple[Document | None, list[Problem]]:
    """Read ``root/file``, as JSON if its name ends so. Return None and the reason if it can't be read."""
    return read_document(root, file, tags=tags, dialect=TEMPLATE)
