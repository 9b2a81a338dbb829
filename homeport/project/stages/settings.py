"""The settings of a section of deploy/stages.yaml, each read into its type, and the variables that they refer to.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, cast

from homeport.errors import Problem
from homeport.project.features import check_keys
from homeport.project.lambda_settings import ARCHITECTURES, is_variable_name, read_runtime, scalar_text
from homeport.project.model import ApiKey, Canary, Quota, StageAuth, Throttle, UsagePlan
from homeport.project.openapi.gateway import read_cors
from homeport.project.openapi.x_homeport import MEMORY, MOST_REQUESTS, TIMEOUT, read_rate, read_throttle
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.stages.cache import read_cache
from homeport.project.stages.callers import read_iam

_SKIPPED = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)")
_ENTRY = re.compile(
    r"""[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*
        (?:'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)"|(?P<bare>[^'"\s#][^\n]*?|))
        (?:[ \t]+\#[^\n]*|[ \t]*)(?:\r?\n|\Z)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_REFERENCE = r"(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)\}"

_PERIODS = ("DAY", "WEEK", "MONTH")
RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""Days. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""

THROTTLE = Throttle(rate=1000.0, burst=500)
"""The throttle of a stage that sets none."""

_STAGE_VARIABLE = r"[A-Za-z0-9_]+"
_STACK_NAME = r"[a-zA-Z][-a-zA-Z0-9]{0,127}"
_REGION = r"[a-z]{2}(-[a-z]+)+-[0-9]"


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


def read_usage_plans(plans: Cursor, partial: bool) -> dict[str, UsagePlan]:
    """Read the usage plans by name."""
    read = {}
    for name, cursor in plans.items():
        if not cursor.is_map("a usage plan, a map"):
            continue
        throttled = cursor.has("rate") or cursor.has("burst")
        throttle = read_throttle(cursor, ("quota",), partial=partial) if throttled else None
        if not throttled:
            cursor.only(("rate", "burst", "quota"), "a usage plan")
        read[name] = UsagePlan(name, throttle, _quota(cursor.at("quota"), partial))
    return read


def _quota(cursor: Cursor, partial: bool) -> Quota | None:
    if not cursor.is_map("a map with limit and period"):
        return None
    cursor.only(("limit", "period"), "a quota")
    limit, period = cursor.integer("limit", 1, 2**31 - 1, "requests"), cursor.choice("period", _PERIODS, "")
    for missing in [] if partial else [key for key in ("limit", "period") if not cursor.has(key)]:
        cursor.error(f"a quota needs {missing!r}", "write for example {limit: 1000, period: DAY}")
    if limit is None or not period:
        return None
    return Quota(limit, cast(Literal["DAY", "WEEK", "MONTH"], period))


def read_api_keys(keys: Cursor, partial: bool) -> dict[str, ApiKey]:
    """Read the API keys by name."""
    read = {}
    for name, cursor in keys.items():
        if not cursor.is_map("an API key, a map"):
            continue
        cursor.only(("value", "enabled", "usagePlan"), "an API key")
        if not cursor.has("value") and not partial:
            cursor.error(f"the API key {name!r} has no value", "give it one: value: ${NAME_OF_A_VARIABLE}")
        read[name] = ApiKey(name, cursor.text("value"), cursor.flag("enabled", True), cursor.text("usagePlan") or None)
    return read


def check_literal_keys(keys: Cursor) -> None:
    """Report API keys whose value is written out in the file."""
    for name, cursor in keys.items():
        value = cursor.value.get("value") if isinstance(cursor.value, dict) else None
        if isinstance(value, str) and not references(value) and "{{resolve:" not in value:
            cursor.at("value").error(
                f"the API key {name!r} is written out", "write ${NAME_OF_A_VARIABLE} or {{resolve:ssm:…}}"
            )


def read_settings(cursor: Cursor, *, partial: bool) -> dict[str, Any]:
    """Read a section by its own keys; report invalid settings and leave them out.

    ``partial`` is for a section that is not yet merged: one half of a pair may stand in another.
    """
    check_keys(cursor, SETTINGS, "a stage")
    given = {key: read(cursor, key) for key, read in SETTINGS.items() if cursor.has(key)}
    given["routes"] = _routes(cursor.map("throttle"), partial)
    for key, reader in (("usagePlans", read_usage_plans), ("apiKeys", read_api_keys)):
        if cursor.has(key):
            given[key] = reader(cursor.map(key), partial)
    return {key: value for key, value in given.items() if value is not None}


def _choice(*allowed: str) -> Callable[[Cursor, str], str | None]:
    return lambda cursor, key: cursor.choice(key, allowed, "") or None


def _matching(pattern: str, hint: str) -> Callable[[Cursor, str], str | None]:
    def read(cursor: Cursor, key: str) -> str | None:
        text = cursor.text(key)
        if text and not re.fullmatch(pattern, text):
            cursor.at(key).error(f"{key!r} can't be {text!r}", hint)
            return None
        return text or None

    return read


def _integer(low: int, high: int, unit: str = "") -> Callable[[Cursor, str], int | None]:
    return lambda cursor, key: cursor.integer(key, low, high, unit)


def _payload_format(cursor: Cursor, key: str) -> str | None:
    version = str(cursor.value[key])
    if version in ("1.0", "2.0"):
        return version
    cursor.at(key).error(f"{key!r} can't be {cursor.value[key]!r}", 'write "1.0" or "2.0"')
    return None


def _retention(cursor: Cursor, key: str) -> int | None:
    days = cursor.integer(key, RETENTIONS[0], RETENTIONS[-1], "days")
    if days is not None and days not in RETENTIONS:
        near = min(RETENTIONS, key=lambda known: abs(known - days))
        cursor.at(key).error(f"CloudWatch does not know a retention of {days} days", f"take {near}")
        return None
    return days


def _stage_variables(cursor: Cursor, key: str) -> dict[str, str]:
    values = {}
    for name, entry in cursor.map(key).items():
        if not re.fullmatch(_STAGE_VARIABLE, name):
            entry.error(f"{name!r} can't name a stage variable", "use letters, digits and _")
        elif (value := scalar_text(entry)) is not None:
            values[name] = value
    return values


def _environment(cursor: Cursor, key: str) -> dict[str, str]:
    found = ((name, scalar_text(entry)) for name, entry in cursor.map(key).items() if is_variable_name(name, entry))
    return {name: value for name, value in found if value is not None}


def _access_log(cursor: Cursor, key: str) -> dict[str, Any]:
    log = cursor.map(key)
    log.only(("format", "retention"), "accessLog")
    given: dict[str, Any] = {}
    layout = log.at("format")
    if isinstance(layout.value, dict):
        given["format"] = {name: text.value for name, text in layout.items() if text.is_a(str, "text")}
    elif log.text("format"):
        given["format"] = layout.value
    retention = _retention(log, "retention")
    return given if retention is None else {**given, "retention": retention}


def _auth(cursor: Cursor, key: str) -> dict[str, StageAuth]:
    schemes = {}
    for name, entry in cursor.map(key).items():
        if not entry.is_map("a map with issuer and audience"):
            continue
        entry.only(("issuer", "audience"), "auth")
        audience = entry.value.get("audience")
        schemes[name] = StageAuth(
            issuer=entry.text("issuer") or None,
            audience=(audience,) if isinstance(audience, str) else entry.texts("audience"),
        )
    return schemes


def _throttle(cursor: Cursor) -> Throttle:
    cursor.only(("rate", "burst", "routes"), "throttle")
    rate, burst = read_rate(cursor.at("rate")), cursor.integer("burst", 0, MOST_REQUESTS, "requests")
    return Throttle(THROTTLE.rate if rate is None else rate, THROTTLE.burst if burst is None else burst)


def _routes(cursor: Cursor, partial: bool) -> Mapping[str, Throttle]:
    routes = {key: read_throttle(entry, partial=partial) for key, entry in cursor.map("routes").items()}
    return {key: throttle for key, throttle in routes.items() if throttle is not None}


def _texts(*keys: str, needed: tuple[str, ...] = ()) -> Callable[[Cursor, str], dict[str, str]]:
    def read(cursor: Cursor, key: str) -> dict[str, str]:
        inner = cursor.map(key)
        check_keys(inner, keys, repr(key))
        for missing in [name for name in needed if not inner.has(name)]:
            inner.error(f"{key!r} needs {missing!r}", "add it")
        return {name: inner.text(name) for name in keys if inner.has(name)}

    return read


def _canary(cursor: Cursor, key: str) -> Canary | None:
    inner = cursor.map(key)
    inner.only(("percent", "variables"), "'canary'")
    percent = inner.at("percent")
    if percent.value is None:
        inner.error("'canary' needs 'percent'", "write the part of the requests that it gets, such as percent: 10")
    if percent.value is None or not percent.is_a((int, float), "a number"):
        return None
    if not 0 <= percent.value <= 100:
        percent.error(f"'percent' must be from 0 to 100, not {percent.value}")
        return None
    return Canary(float(percent.value), _stage_variables(inner, "variables"))


def _alarms(cursor: Cursor, key: str) -> dict[str, Any]:
    inner = cursor.map(key)
    inner.only(("topic", "latency"), "'alarms'")
    latency = inner.integer("latency", 1, 60_000, "milliseconds")
    given: dict[str, Any] = {"topic": inner.text("topic")} if inner.has("topic") else {}
    return given if latency is None else {**given, "latency": latency}


SETTINGS: dict[str, Callable[[Cursor, str], Any]] = {
    "accessLog": _access_log,
    "alarms": _alarms,
    "apiKeys": lambda cursor, key: None,
    "architecture": _choice(*ARCHITECTURES),
    "auth": _auth,
    "cache": read_cache,
    "canary": _canary,
    "cors": lambda cursor, key: read_cors(cursor.at(key)),
    "deletionProtection": lambda cursor, key: cursor.flag(key),
    "domain": _texts("name", "certificateArn", "basePath", "hostedZoneId", needed=("name",)),
    "environment": _environment,
    "flavor": _choice("http", "rest"),
    "iam": read_iam,
    "logFormat": _choice("Text", "JSON"),
    "logRetentionDays": _retention,
    "memory": _integer(*MEMORY, "MB"),
    "payloadFormat": _payload_format,
    "region": _matching(_REGION, "write it as eu-central-1"),
    "reservedConcurrency": _integer(0, 1_000_000),
    "runtime": read_runtime,
    "snapStart": lambda cursor, key: cursor.flag(key),
    "stackName": _matching(_STACK_NAME, "use up to 128 letters, digits and hyphens, a letter first"),
    "stageName": _matching(r"\$default|[A-Za-z0-9_-]{1,128}", "use letters, digits, - and _, or $default"),
    "throttle": lambda cursor, key: _throttle(cursor.map(key)),
    "timeout": _integer(*TIMEOUT, "seconds"),
    "tracing": lambda cursor, key: cursor.flag(key),
    "usagePlans": lambda cursor, key: None,
    "variables": _stage_variables,
}
