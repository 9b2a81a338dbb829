"""Lambda's runtimes by language: those that run here, and what to do about the others.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

Language = Literal["python", "node", "custom"]

PYTHON_RUNTIMES = ("python3.10", "python3.11", "python3.12", "python3.13", "python3.14")
NODE_RUNTIMES = ("nodejs20.x", "nodejs22.x", "nodejs24.x")
CUSTOM_RUNTIMES = ("provided.al2023", "provided.al2")
"""Runtimes without a language: the function's own program ``bootstrap`` asks for its events."""

RUNTIMES = (*PYTHON_RUNTIMES, *NODE_RUNTIMES, *CUSTOM_RUNTIMES)
DEFAULT_RUNTIMES: Mapping[Language, str] = {"python": "python3.13", "node": "nodejs22.x", "custom": "provided.al2023"}
"""The runtime of a function whose file is in another language than the stage's runtime."""

NODE_SUFFIXES = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".jsx")
"""The endings of Node's files, in the order in which Lambda looks for the first three."""

CODE_SUFFIXES = frozenset((".py", *NODE_SUFFIXES))
"""The endings of files that only functions read: the project is what it was when one of them changes."""

_PATTERNS: Mapping[Language, str] = {
    "python": r"python3\.\d+",
    "node": r"nodejs(\d+\.x|\d+\.\d+)?",
    "custom": r"provided(\.al\d+)?",
}


def language_of(runtime: str) -> Language | None:
    """Return the language of a runtime that runs here (``nodejs16.x`` on a newer Node.js), None for another one."""
    return next((name for name, pattern in _PATTERNS.items() if re.fullmatch(pattern, runtime)), None)


def is_deprecated(runtime: str) -> bool:
    """Return whether a runtime of Node.js or a custom one is one that Lambda no longer creates functions with."""
    return language_of(runtime) in ("node", "custom") and runtime not in RUNTIMES


class OtherLanguage(NamedTuple):
    """A language whose functions are not run here, by the start of its runtimes and the endings of its files."""

    name: str
    runtime: str
    suffixes: tuple[str, ...]
    hint: str


_BOOTSTRAP = "compile it to a program named bootstrap, and set the runtime provided.al2023"
_OTHER_LANGUAGES = (
    OtherLanguage("Java", "java", (".java", ".jar"), f"with GraalVM {_BOOTSTRAP}"),
    OtherLanguage(".NET", "dotnet(core)?", (".cs", ".dll"), f"with Native AOT {_BOOTSTRAP}"),
    OtherLanguage("Ruby", "ruby", (".rb",), "deploy it to AWS, or write it in Python or JavaScript"),
    OtherLanguage("Go", "go", (".go",), _BOOTSTRAP),
    OtherLanguage("Rust", "rust", (".rs",), _BOOTSTRAP),
)


def other_language(name: str) -> OtherLanguage | None:
    """Return the language of a runtime (``java21``) or file (``Function.cs``) that is not run here, None for others."""
    for language in _OTHER_LANGUAGES:
        if re.fullmatch(rf"{language.runtime}[0-9.]*(x|al[0-9]+)?", name) or name.endswith(language.suffixes):
            return language
    return None


def not_run_here(name: str) -> str:
    """Return that a runtime or a file in another language is not run here, ``""`` for one that is."""
    found = other_language(name)
    return f"{name} is {found.name}, which is not run here" if found is not None else ""
