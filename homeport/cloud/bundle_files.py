"""Which files of service/ become a function's code, and which must never: purely, from their names and contents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from pathlib import PurePosixPath

_SKIPPED_FOLDERS = frozenset(("__pycache__", "node_modules", "test", "tests"))
_SKIPPED_FILES = ("*.pyc", "*.pyo", "*~", "*.swp", "requirements*.txt")
_SECRET_NAMES = (
    ".env*",
    "*.env",
    ".netrc",
    ".pgpass",
    ".pypirc",
    "*.jks",
    "*.key",
    "*.keystore",
    "*.p12",
    "*.pem",
    "*.pfx",
    "*.ppk",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "id_rsa*",
    "credentials",
    "credentials.*",
    "secrets",
    "secrets.*",
    "service-account*.json",
)
_CODE = (".py", ".pyi", ".so")
_SECRET_CONTENTS = (
    (re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----\r?\n[A-Za-z0-9+/=]"), "a private key"),
    (re.compile(rb"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])"), "an AWS access key"),
)
# AWS's documentation writes this one wherever it needs an example.
_EXAMPLE_KEY = b"AKIAIOSFODNN7EXAMPLE"
# A shorter value stands in a file by chance.
_SHORTEST_VALUE = 8


def is_skipped(path: PurePosixPath) -> bool:
    """Whether a file (relative to service/) is none of the functions': tests, caches, hidden files."""
    if any(folder in _SKIPPED_FOLDERS or folder.startswith(".") for folder in path.parts[:-1]):
        return True
    if looks_secret(path):
        return False
    return path.name.startswith(".") or any(fnmatch(path.name, pattern) for pattern in _SKIPPED_FILES)


def looks_secret(path: PurePosixPath) -> bool:
    """Whether a file's name says that it holds a secret; Python modules may be named as they like."""
    name = path.name.lower()
    return path.suffix not in _CODE and any(fnmatch(name, pattern) for pattern in _SECRET_NAMES)


def secret_in(content: bytes, values: Iterable[tuple[str, str]]) -> str | None:
    """What a file's content gives away, None: nothing. ``values`` are names and values that must not be in it."""
    for pattern, what in _SECRET_CONTENTS:
        if pattern.search(content.replace(_EXAMPLE_KEY, b"")):
            return what
    for name, value in values:
        if len(value) >= _SHORTEST_VALUE and value.encode(errors="surrogatepass") in content:
            return f"the value of {name}"
    return None


def largest(sizes: Mapping[str, int], count: int = 3) -> str:
    """The folders and files at the top that weigh most, for a message."""
    totals: dict[str, int] = {}
    for name, size in sizes.items():
        top = name.partition("/")[0]
        totals[top] = totals.get(top, 0) + size
    ranked = sorted(totals.items(), key=lambda item: (-item[1], item[0]))[:count]
    return ", ".join(f"{name} {megabytes(size)}" for name, size in ranked)


def megabytes(size: int) -> str:
    """``12.3 MB``, as Lambda counts them (1024 * 1024); ``28 kB`` of less."""
    if size < 1024 * 1024:
        return f"{size / 1024:.0f} kB"
    return f"{size / 1024 / 1024:.1f} MB"
