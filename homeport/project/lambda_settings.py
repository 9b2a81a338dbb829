"""Settings of Lambda that stages.yaml and ``x-homeport`` have alike: the runtime, the architecture, variables.

https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from homeport.project.features import words
from homeport.project.keys.values import MapValue, NameRule, WholeValue, WordValue
from homeport.project.languages import NODE_RUNTIMES, PYTHON_RUNTIMES, RUNTIMES, not_run_here, other_language
from homeport.project.names import did_you_mean
from homeport.project.source.cursor import Cursor

ARCHITECTURE = WordValue(("arm64", "x86_64"))

MEMORY = WholeValue(128, 10_240, "MB")
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""

TIMEOUT = WholeValue(1, 900, "seconds")
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html"""

CONCURRENCY = WholeValue(0, 1_000_000)

VARIABLE_NAMES = NameRule(
    r"[a-zA-Z][a-zA-Z0-9_]+",
    "{name!r} can't name an environment variable",
    "use letters, digits and _",
    frozenset(words("reserved variables")),
    "Lambda sets {name} itself",
)


@dataclass(frozen=True, slots=True)
class RuntimeValue:
    """A runtime of Lambda that the kit runs."""

    def read(self, cursor: Cursor, *, partial: bool = False) -> str | None:
        """Return the runtime."""
        if not cursor.is_a(str, "text"):
            return None
        name: str = cursor.value
        if name in RUNTIMES:
            return name
        cursor.error(*_message(cursor.name, name))
        return None

    def schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return its JSON Schema."""
        return {"enum": list(RUNTIMES)}

    def words(self) -> str:
        """Return the type in words."""
        return ", ".join(f"`{name}`" for name in RUNTIMES)


def _message(key: str, name: str) -> tuple[str, str]:
    """Return the message and the hint for a runtime that the kit does not run."""
    # The nearest word would be another version, which nobody meant.
    for pattern, kind, runtimes in (
        (r"python[0-9.]+", "Python", PYTHON_RUNTIMES),
        (r"nodejs[0-9.x]*", "Node.js", NODE_RUNTIMES),
    ):
        if re.fullmatch(pattern, name):
            message = f"{name} is not among the versions of {kind} that the kit runs"
            return message, f"choose one of {', '.join(runtimes)}"
    if (language := other_language(name)) is not None:
        return not_run_here(name), language.hint
    return f"{key!r} can't be {name!r}", did_you_mean(name, RUNTIMES)


@dataclass(frozen=True, slots=True)
class ScalarValue:
    """Text, a number or true and false, read as text. ``functions`` takes functions of CloudFormation as they are."""

    functions: bool = False

    def read(self, cursor: Cursor, *, partial: bool = False) -> Any:
        """Return the text, or the function as it is written (``{"Ref": "ItemsTable"}``)."""
        match cursor.value:
            case bool():
                return "true" if cursor.value else "false"
            case int():
                return str(cursor.value)
        if self.functions and _is_function(cursor.value):
            return cursor.value
        return cursor.value if cursor.is_a(str, "text") else None

    def schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return its JSON Schema."""
        scalar = {"type": ["string", "integer", "boolean"]}
        return {"anyOf": [scalar, FUNCTION_SCHEMA]} if self.functions else scalar

    def words(self) -> str:
        """Return the type in words."""
        return "text, `!Ref` or another function of CloudFormation" if self.functions else "text"


FUNCTION_OBJECT = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": 1,
    "propertyNames": {"pattern": "^(?:Ref|Fn::.+)$"},
}
"""The JSON Schema of a function of CloudFormation in its long form."""

FUNCTION_SCHEMA = {"anyOf": [FUNCTION_OBJECT, {"type": "array", "minItems": 2, "maxItems": 3}]}
"""The same, or what an editor sees of ``!If`` and ``!Join``, whose tags are not part of the value: a list."""

VARIABLES = MapValue(ScalarValue(), "a variable", VARIABLE_NAMES)
VARIABLES_WITH_FUNCTIONS = MapValue(ScalarValue(functions=True), "a variable", VARIABLE_NAMES)


def _is_function(value: Any) -> bool:
    if not isinstance(value, dict) or len(value) != 1:
        return False
    name = str(next(iter(value)))
    return name == "Ref" or name.startswith("Fn::")
