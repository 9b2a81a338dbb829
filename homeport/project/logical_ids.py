"""Logical ids of the kit's own resources, made from the names in openapi.yaml.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from homeport.project.names import snake_case

_SUFFIXES = (
    "Alias",
    "ApiKey",
    "Authorizer",
    "Function",
    "Integration",
    "LogGroup",
    "Permission",
    "Role",
    "Route",
    "ThrottlesAlarm",
    "UsagePlan",
    "Version",
)
FIXED = frozenset(
    (
        "AccessLogGroup",
        "Api",
        "ApiAccount",
        "ApiDomain",
        "ApiDomainMapping",
        "ApiDomainRecord",
        "ApiErrorsAlarm",
        "ApiLatencyAlarm",
        "ApiLogRole",
        "ApiStage",
        "ExecutionLogGroup",
    )
)
"""Ids that no name of the project is part of."""


def digest(text: str, length: int = 10) -> str:
    """Return the first hexadecimal digits of a text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def pascal_case(name: str) -> str:
    """Return a name with letters and digits only: ``create-item`` is ``CreateItem``."""
    words = (word for word in snake_case(name).split("_") if word)
    return "".join(word[:1].upper() + word[1:] for word in words)


def logical_ids(names: Iterable[str]) -> dict[str, str]:
    """Return an id for each name, in any order the same. Names that would share an id get a hash each."""
    plain = {name: _ascii(pascal_case(name)) for name in names}
    count = Counter(plain.values())
    return {
        name: id if id and count[id] == 1 and not _collides_with_fixed(id) else f"{id}{digest(name, 6)}"
        for name, id in plain.items()
    }


def _ascii(text: str) -> str:
    return "".join(letter for letter in text if letter.isascii())


def _collides_with_fixed(id: str) -> bool:
    return any(f"{id}{suffix}" in FIXED for suffix in _SUFFIXES)
