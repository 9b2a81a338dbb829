"""Settings of Lambda that stages.yaml and ``x-homeport`` have alike: the runtime, the architecture, variables.

https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
"""

from __future__ import annotations

import re
from typing import Any

from homeport.project.features import words
from homeport.project.languages import NODE_RUNTIMES, PYTHON_RUNTIMES, RUNTIMES, not_run_here, other_language
from homeport.project.source.cursor import Cursor

ARCHITECTURES = ("arm64", "x86_64")

_RESERVED = frozenset(words("reserved variables"))
_VARIABLE = r"[a-zA-Z][a-zA-Z0-9_]+"


def read_runtime(cursor: Cursor, key: str) -> str | None:
    """Return the runtime below ``key``, None if it is absent or not one that the kit runs."""
    name = cursor.text(key)
    # The nearest word would be another version, which nobody meant.
    for pattern, kind, runtimes in (
        (r"python[0-9.]+", "Python", PYTHON_RUNTIMES),
        (r"nodejs[0-9.x]*", "Node.js", NODE_RUNTIMES),
    ):
        if name not in RUNTIMES and re.fullmatch(pattern, name):
            message = f"{name} is not among the versions of {kind} that the kit runs"
            cursor.at(key).error(message, f"choose one of {', '.join(runtimes)}")
            return None
    if (language := other_language(name)) is not None:
        cursor.at(key).error(not_run_here(name), language.hint)
        return None
    return cursor.choice(key, RUNTIMES, "") or None


def read_variables(cursor: Cursor, key: str) -> dict[str, Any]:
    """Read environment variables: texts, and functions of CloudFormation as they are written (``{Ref: Table}``)."""
    values: dict[str, Any] = {}
    for name, entry in cursor.map(key).items():
        if is_variable_name(name, entry):
            value = entry.value if _is_function(entry.value) else scalar_text(entry)
            if value is not None:
                values[name] = value
    return values


def is_variable_name(name: str, entry: Cursor) -> bool:
    """Return whether a function's variable may have this name, and report one that may not."""
    if not re.fullmatch(_VARIABLE, name):
        entry.error(f"{name!r} can't name an environment variable", "use letters, digits and _")
    elif name in _RESERVED:
        entry.error(f"Lambda sets {name} itself", "choose another name")
    else:
        return True
    return False


def scalar_text(entry: Cursor) -> str | None:
    """Return a text, a number or true and false as text; report any other value, and return None."""
    match entry.value:
        case bool():
            return "true" if entry.value else "false"
        case int():
            return str(entry.value)
    return entry.value if entry.is_a(str, "text") else None


def _is_function(value: Any) -> bool:
    if not isinstance(value, dict) or len(value) != 1:
        return False
    name = str(next(iter(value)))
    return name == "Ref" or name.startswith("Fn::")
