"""The settings of a section of deploy/stages.yaml as values of the model, and the variables that they refer to.

``keys.py`` has the settings with their types.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from homeport.errors import Problem
from homeport.project.keys.rates import throttle_of
from homeport.project.model import ApiKey, Canary, Quota, StageAuth, Throttle, UsagePlan
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.stages.cache import stage_cache
from homeport.project.stages.callers import callers
from homeport.project.stages.keys import STAGE
from homeport.project.stages.traffic_keys import DEFAULT_THROTTLE

_SKIPPED = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)")
_ENTRY = re.compile(
    r"""[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*
        (?:'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)"|(?P<bare>[^'"\s#][^\n]*?|))
        (?:[ \t]+\#[^\n]*|[ \t]*)(?:\r?\n|\Z)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_REFERENCE = r"(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)\}"


def read_dotenv_file(root: Path, diagnostics: Diagnostics) -> dict[str, str]:
    """Return the variables of ``.env``; none if there is no such file."""
    try:
        text = (root / ".env").read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError):
        diagnostics.add(Problem("can't be read as UTF-8 text", ".env", hint="mend or remove it"))
        return {}
    values, problems = read_dotenv(text)
    diagnostics.add(*problems)
    return values


def read_dotenv(text: str, file: str = ".env") -> tuple[dict[str, str], list[Problem]]:
    """Read ``NAME=value`` lines: quotes may span lines, double ones know \\n, # starts a comment.

    The problems name no value, which may be a secret.
    """
    values: dict[str, str] = {}
    problems: list[Problem] = []
    place = 0
    while place < len(text):
        found = _SKIPPED.match(text, place) or _ENTRY.match(text, place)
        if found is None:
            line = text.count("\n", 0, place) + 1
            problems.append(Problem("this line is not NAME=value", file, line, "write it so, or start it with #"))
            place = text.find("\n", place) + 1 or len(text)
            continue
        if found.re is _ENTRY:
            values[found["name"]] = _value(found)
        place = found.end()
    return values, problems


def _value(found: re.Match[str]) -> str:
    if found["double"] is not None:
        return re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[1]), found["double"], flags=re.DOTALL)
    return found["single"] if found["single"] is not None else found["bare"].rstrip()


def references(text: str) -> list[str]:
    """Return the names that a text refers to as ``${NAME}``; ``$${NAME}`` is plain text."""
    return [name for escape, name in re.findall(_REFERENCE, text) if not escape]


def substitute(text: str, values: Mapping[str, str]) -> str:
    """Return the text with each ``${NAME}`` replaced by its value. Raises KeyError if a name has no value."""
    return re.sub(_REFERENCE, lambda found: f"${{{found[2]}}}" if found[1] else values[found[2]], text)


def read_settings(cursor: Cursor, *, partial: bool) -> dict[str, Any]:
    """Read a section by its own keys; report invalid settings and leave them out.

    ``partial`` is for a section that is not yet merged: one half of a pair may stand in another.
    """
    given = STAGE.read(cursor, partial=partial) or {}
    throttle = given.get("throttle", {})
    routes = {route: throttle_of(pair) for route, pair in throttle.get("routes", {}).items()}
    read = {key: make(given[key]) for key, make in _MODELS.items() if key in given}
    if "iam" in given:
        read["iam"] = callers(cursor.at("iam").at("callers"), given["iam"].get("callers", {}), partial=partial)
    read["routes"] = {route: found for route, found in routes.items() if found is not None}
    return {key: value for key, value in {**given, **read}.items() if value is not None}


def check_literal_keys(keys: Cursor) -> None:
    """Report API keys whose value is written out in the file."""
    for name, cursor in keys.items():
        value = cursor.value.get("value") if isinstance(cursor.value, dict) else None
        if isinstance(value, str) and not references(value) and "{{resolve:" not in value:
            cursor.at("value").error(
                f"the API key {name!r} is written out", "write ${NAME_OF_A_VARIABLE} or {{resolve:ssm:…}}"
            )


def _throttle(given: Mapping[str, Any]) -> Throttle:
    return Throttle(given.get("rate", DEFAULT_THROTTLE.rate), given.get("burst", DEFAULT_THROTTLE.burst))


def _usage_plans(given: Mapping[str, Mapping[str, Any]]) -> dict[str, UsagePlan]:
    return {name: UsagePlan(name, throttle_of(plan), _quota(plan.get("quota", {}))) for name, plan in given.items()}


def _quota(given: Mapping[str, Any]) -> Quota | None:
    return Quota(given["limit"], given["period"]) if "limit" in given and "period" in given else None


def _api_keys(given: Mapping[str, Mapping[str, Any]]) -> dict[str, ApiKey]:
    return {
        name: ApiKey(name, key.get("value", ""), key.get("enabled", True), key.get("usagePlan") or None)
        for name, key in given.items()
    }


def _auth(given: Mapping[str, Mapping[str, Any]]) -> dict[str, StageAuth]:
    return {name: StageAuth(scheme.get("issuer") or None, scheme.get("audience", ())) for name, scheme in given.items()}


def _canary(given: Mapping[str, Any]) -> Canary | None:
    return Canary(given["percent"], given.get("variables", {})) if "percent" in given else None


_MODELS: Mapping[str, Callable[[Any], Any]] = {
    "apiKeys": _api_keys,
    "auth": _auth,
    "cache": stage_cache,
    "canary": _canary,
    "throttle": _throttle,
    "usagePlans": _usage_plans,
}
"""The settings that a Stage has as values of the model; it has all others as they are read."""
