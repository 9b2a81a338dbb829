"""The settings that a section of deploy/stages.yaml may hold, each read into its type."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from homeport.spec.model import Throttle
from homeport.spec.names import did_you_mean
from homeport.spec.read_cors import read_cors
from homeport.spec.read_keys import read_api_keys, read_usage_plans
from homeport.spec.read_ours import MEMORY, MOST_REQUESTS, TIMEOUT, read_rate, read_throttle
from homeport.spec.stage import StageAuth
from homeport.spec.view import View

RUNTIMES = ("python3.10", "python3.11", "python3.12", "python3.13", "python3.14")
"""https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"""

RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""Days. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""

RESERVED = frozenset(
    (
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    )
)
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""

THROTTLE = Throttle(rate=1000.0, burst=500)
"""A stage's, unless it says otherwise."""

_REFUSED = {
    "cache": "response caching is",
    "caching": "response caching is",
    "cacheclusterenabled": "response caching is",
    "canary": "canary releases are",
    "canarysettings": "canary releases are",
    "clientcertificate": "client certificates are",
    "endpoint": "private and edge-optimized endpoints are",
    "endpointconfiguration": "private and edge-optimized endpoints are",
    "endpointtype": "private and edge-optimized endpoints are",
    "mutualtls": "mutual TLS is",
    "mutualtlsauthentication": "mutual TLS is",
    "policy": "resource policies are",
    "resourcepolicy": "resource policies are",
    "vpc": "VPCs are",
    "vpclink": "VPC links are",
    "waf": "AWS WAF is",
    "webacl": "AWS WAF is",
}
"""What API Gateway's stages and domains have and this kit does not."""

_VARIABLE = r"[a-zA-Z][a-zA-Z0-9_]+"
_STAGE_VARIABLE = r"[A-Za-z0-9_]+"
_STACK_NAME = r"[a-zA-Z][-a-zA-Z0-9]{0,127}"
_REGION = r"[a-z]{2}(-[a-z]+)+-[0-9]"


def read_settings(view: View, *, partial: bool) -> dict[str, Any]:
    """What the section says, by its own keys; what is wrong in it is reported and left out.

    ``partial``: the section is not yet merged, so that one half of a pair may stand elsewhere.
    """
    _only(view, SETTINGS, "a stage")
    said = {key: read(view, key) for key, read in SETTINGS.items() if view.has(key)}
    said["routes"] = _routes(view.map("throttle"), partial)
    for key, reader in (("usagePlans", read_usage_plans), ("apiKeys", read_api_keys)):
        if view.has(key):
            said[key] = reader(view.map(key), partial)
    return {key: value for key, value in said.items() if value is not None}


def _only(view: View, known: Collection[str], what: str) -> None:
    for key, child in view.items():
        if key.lower() in _REFUSED:
            child.error(f"{key}: {_REFUSED[key.lower()]} not emulated", "remove it")
        elif key not in known:
            child.error(f"unknown key {key!r} in {what}", did_you_mean(key, known))


def _choice(*allowed: str) -> Callable[[View, str], str | None]:
    return lambda view, key: view.choice(key, allowed, "") or None


def _matching(pattern: str, cure: str) -> Callable[[View, str], str | None]:
    def read(view: View, key: str) -> str | None:
        text = view.text(key)
        if text and not re.fullmatch(pattern, text):
            view.at(key).error(f"{key!r} can't be {text!r}", cure)
            return None
        return text or None

    return read


def _integer(low: int, high: int, unit: str = "") -> Callable[[View, str], int | None]:
    return lambda view, key: view.integer(key, low, high, unit)


def _payload_format(view: View, key: str) -> str | None:
    version = str(view.value[key])
    if version in ("1.0", "2.0"):
        return version
    view.at(key).error(f"{key!r} can't be {view.value[key]!r}", 'write "1.0" or "2.0"')
    return None


def _retention(view: View, key: str) -> int | None:
    days = view.integer(key, RETENTIONS[0], RETENTIONS[-1], "days")
    if days is not None and days not in RETENTIONS:
        near = min(RETENTIONS, key=lambda known: abs(known - days))
        view.at(key).error(f"CloudWatch does not know a retention of {days} days", f"take {near}")
        return None
    return days


def _strings(pattern: str, what: str, reserved: frozenset[str]) -> Callable[[View, str], dict[str, str]]:
    def read(view: View, key: str) -> dict[str, str]:
        values = {}
        for name, entry in view.map(key).items():
            if not re.fullmatch(pattern, name):
                entry.error(f"{name!r} can't name {what}", "use letters, digits and _")
            elif name in reserved:
                entry.error(f"Lambda sets {name} itself", "choose another name")
            elif isinstance(entry.value, bool):
                values[name] = "true" if entry.value else "false"
            elif isinstance(entry.value, int):
                values[name] = str(entry.value)
            elif entry.is_a(str, "text"):
                values[name] = entry.value
        return values

    return read


def _access_log(view: View, key: str) -> dict[str, Any]:
    log = view.map(key)
    log.only(("format", "retention"), "accessLog")
    said: dict[str, Any] = {}
    layout = log.at("format")
    if isinstance(layout.value, dict):
        said["format"] = {name: text.value for name, text in layout.items() if text.is_a(str, "text")}
    elif log.text("format"):
        said["format"] = layout.value
    retention = _retention(log, "retention")
    return said if retention is None else {**said, "retention": retention}


def _auth(view: View, key: str) -> dict[str, StageAuth]:
    schemes = {}
    for name, entry in view.map(key).items():
        if entry.value is None or not entry.is_a(dict, "a map with issuer and audience"):
            continue
        entry.only(("issuer", "audience"), "auth")
        one = entry.value.get("audience")
        schemes[name] = StageAuth(
            issuer=entry.text("issuer") or None, audience=(one,) if isinstance(one, str) else entry.texts("audience")
        )
    return schemes


def _throttle(view: View) -> Throttle:
    view.only(("rate", "burst", "routes"), "throttle")
    rate, burst = read_rate(view.at("rate")), view.integer("burst", 0, MOST_REQUESTS, "requests")
    return Throttle(THROTTLE.rate if rate is None else rate, THROTTLE.burst if burst is None else burst)


def _routes(view: View, partial: bool) -> Mapping[str, Throttle]:
    routes = {key: read_throttle(entry, partial=partial) for key, entry in view.map("routes").items()}
    return {key: throttle for key, throttle in routes.items() if throttle is not None}


def _texts(*keys: str, needed: tuple[str, ...] = ()) -> Callable[[View, str], dict[str, str]]:
    def read(view: View, key: str) -> dict[str, str]:
        inner = view.map(key)
        _only(inner, keys, repr(key))
        for missing in [name for name in needed if not inner.has(name)]:
            inner.error(f"{key!r} needs {missing!r}", "add it")
        return {name: inner.text(name) for name in keys if inner.has(name)}

    return read


def _alarms(view: View, key: str) -> dict[str, Any]:
    inner = view.map(key)
    inner.only(("topic", "latency"), "'alarms'")
    latency = inner.integer("latency", 1, 60_000, "milliseconds")
    said: dict[str, Any] = {"topic": inner.text("topic")} if inner.has("topic") else {}
    return said if latency is None else {**said, "latency": latency}


SETTINGS: dict[str, Callable[[View, str], Any]] = {
    "accessLog": _access_log,
    "alarms": _alarms,
    "apiKeys": lambda view, key: None,
    "architecture": _choice("arm64", "x86_64"),
    "auth": _auth,
    "cors": lambda view, key: read_cors(view.at(key)),
    "deletionProtection": lambda view, key: view.flag(key),
    "domain": _texts("name", "certificateArn", "basePath", "hostedZoneId", needed=("name", "certificateArn")),
    "environment": _strings(_VARIABLE, "an environment variable", RESERVED),
    "flavor": _choice("http", "rest"),
    "logFormat": _choice("Text", "JSON"),
    "logRetentionDays": _retention,
    "memory": _integer(*MEMORY, "MB"),
    "payloadFormat": _payload_format,
    "region": _matching(_REGION, "write it as eu-central-1"),
    "reservedConcurrency": _integer(0, 1_000_000),
    "runtime": _choice(*RUNTIMES),
    "snapStart": lambda view, key: view.flag(key),
    "stackName": _matching(_STACK_NAME, "use up to 128 letters, digits and hyphens, a letter first"),
    "stageName": _matching(r"\$default|[A-Za-z0-9_-]{1,128}", "use letters, digits, - and _, or $default"),
    "throttle": lambda view, key: _throttle(view.map(key)),
    "timeout": _integer(*TIMEOUT, "seconds"),
    "tracing": lambda view, key: view.flag(key),
    "usagePlans": lambda view, key: None,
    "variables": _strings(_STAGE_VARIABLE, "a stage variable", frozenset()),
}
