"""Formats of access logs: the ``$context`` variables of each flavor, and the faults of a format.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from homeport.project.features import word_table, words
from homeport.project.names import nearest

VARIABLE = re.compile(
    r"\$context\.(authorizer\.claims\.[A-Za-z0-9_]+(?:[.:][A-Za-z0-9_]+)*|[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)"
)
"""A variable in a format; its name is the group. Names of claims may hold colons (``cognito:username``)."""

LARGEST_FORMAT = 3 * 1024
"""Bytes. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html"""


def _reasons(*tables: str) -> dict[str, str]:
    entries = [entry for table in tables for entry in word_table(table).items()]
    return {name: reason for reason, names in entries for name in names.split()}


NOT_EMULATED: Mapping[Literal["http", "rest"], Mapping[str, str]] = {
    "http": _reasons("log variables not emulated"),
    "rest": _reasons("log variables not emulated", "log variables of rest not emulated"),
}
"""Variables of AWS that are always ``-`` here, each with the reason."""

LOG_VARIABLES: Mapping[Literal["http", "rest"], frozenset[str]] = {
    flavor: frozenset((*words("log variables"), *words(f"log variables of {flavor}"), *not_emulated))
    for flavor, not_emulated in NOT_EMULATED.items()
}
"""All variables of AWS, by name without ``$context.``. Anything may follow ``authorizer.``: claims, and the values of
an authorizer's context."""

_DEFAULT = {
    "http": "requestId identity.sourceIp requestTime httpMethod routeKey status protocol responseLength responseLatency"
    " integrationLatency integrationErrorMessage",
    "rest": "requestId extendedRequestId identity.sourceIp requestTime httpMethod resourcePath status protocol"
    " responseLength responseLatency integrationLatency error.message",
}


def log_format(setting: Mapping[str, Any], flavor: Literal["http", "rest"]) -> str:
    """Return the format of a stage's ``accessLog``: its text, its map as one line of JSON, or the default JSON."""
    layout = setting.get("format")
    if isinstance(layout, str):
        return layout
    if layout is None:
        layout = {name.rpartition(".")[2]: f"$context.{name}" for name in _DEFAULT[flavor].split()}
    return json.dumps(layout, ensure_ascii=False)


def log_format_faults(text: str, flavor: Literal["http", "rest"]) -> list[tuple[str, str]]:
    """Return messages and hints: parts of a format that API Gateway rejects, or prints as ``-`` in every call."""
    known = LOG_VARIABLES[flavor]
    used = _variables(text)
    faults = [
        (f"an access log of this kind of API has no $context.{name}", _instead(nearest(name, known)))
        for name in used
        if name not in known and not name.startswith("authorizer.")
    ]
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html, of REST APIs.
    if flavor == "rest" and "requestId" not in used and "extendedRequestId" not in used:
        faults.append(("an access log's format needs the request's id", "add $context.requestId"))
    if "\n" in text.strip():
        faults.append(("an access log's format must be one line", "join its lines"))
    if len(text.encode()) > LARGEST_FORMAT:
        faults.append((f"an access log's format may have {LARGEST_FORMAT} bytes", "shorten it"))
    return faults


def log_format_warnings(text: str, flavor: Literal["http", "rest"]) -> Iterator[tuple[str, str]]:
    """Yield a message and a hint for each variable that AWS accepts but that is, or is likely to be, always ``-``."""
    for name in _variables(text):
        if reason := NOT_EMULATED[flavor].get(name):
            hint = "the deployed API logs it" if reason.endswith("not emulated") else "remove it"
            yield f"$context.{name} is always - here: {reason}", hint
        elif name.startswith("authorizer.") and name not in LOG_VARIABLES[flavor] and name in LOG_VARIABLES["rest"]:
            key = name.removeprefix("authorizer.")
            own = f"in an HTTP API it is {key!r} of a Lambda authorizer's context"
            yield f"$context.{name} is a variable of REST APIs; {own}", "use $context.authorizer.error"


def _variables(text: str) -> list[str]:
    return list(dict.fromkeys(VARIABLE.findall(text)))


def _instead(name: str | None) -> str:
    return f"did you mean $context.{name}?" if name else "remove it"
