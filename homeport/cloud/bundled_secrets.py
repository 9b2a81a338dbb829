"""Files and texts that look like secrets, which no bundle may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import PurePosixPath

from homeport.project.languages import NODE_SUFFIXES

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
_CODE = (".py", ".pyi", ".so", *NODE_SUFFIXES)
# certifi's file, which comes along where a folder has packages in it.
_PUBLIC_CERTIFICATES = "cacert.pem"
_SECRET_CONTENTS = (
    (re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----\r?\n[A-Za-z0-9+/=]"), "a private key"),
    (re.compile(rb"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])"), "an AWS access key"),
)
# AWS's documentation uses this key in examples.
_EXAMPLE_KEY = b"AKIAIOSFODNN7EXAMPLE"
# A shorter value is in a file by chance.
_SHORTEST_VALUE = 8


def looks_secret(path: PurePosixPath) -> bool:
    """Return whether a file has the name of a secret. Modules may have any name."""
    name = path.name.lower()
    return (
        path.suffix not in _CODE
        and name != _PUBLIC_CERTIFICATES
        and any(fnmatch(name, pattern) for pattern in _SECRET_NAMES)
    )


def secret_in(content: bytes, values: Iterable[tuple[str, str]]) -> str | None:
    """Return a description of the secret in a file, None without one. ``values`` are names and values of secrets."""
    for pattern, what in _SECRET_CONTENTS:
        if pattern.search(content.replace(_EXAMPLE_KEY, b"")):
            return what
    for name, value in values:
        if len(value) >= _SHORTEST_VALUE and value.encode(errors="surrogatepass") in content:
            return f"the value of {name}"
    return None
