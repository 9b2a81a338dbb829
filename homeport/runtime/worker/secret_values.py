"""The secret values in the responses of Secrets Manager and Parameter Store: the recorder masks them, and keeps none.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

# Members of a secret about a database that are no secrets.
_KNOWN_TO_ALL = frozenset(
    {"dbclusteridentifier", "dbinstanceidentifier", "dbname", "engine", "host", "masterarn", "port", "username"}
)
# A shorter value may be any word, and these are in every JSON.
_SHORTEST = 4
_WORDS = frozenset({"false", "null", "true"})
_MOST = 100


def secret_values(service: str, operation: str, response: Mapping[str, Any]) -> list[str]:
    """Return the secret values of a response, as botocore has it; of a secret that is JSON its members, too."""
    if service not in ("secretsmanager", "ssm"):
        return []
    found = (value for value in _values(operation, response) if len(value) >= _SHORTEST and value.lower() not in _WORDS)
    return list(dict.fromkeys(found))[:_MOST]


def _values(operation: str, response: Mapping[str, Any]) -> Iterator[str]:
    if operation == "GetSecretValue":
        yield from _of_secret(response.get("SecretString"))
    elif operation == "BatchGetSecretValue":
        for each in _entries(response.get("SecretValues")):
            yield from _of_secret(each.get("SecretString"))
    elif operation == "GetRandomPassword":
        yield from _of_secret(response.get("RandomPassword"))
    elif operation == "GetParameter":
        yield from _of_parameters([response.get("Parameter")])
    elif operation in ("GetParameters", "GetParametersByPath", "GetParameterHistory"):
        yield from _of_parameters(response.get("Parameters"))


def _of_parameters(parameters: Any) -> Iterator[str]:
    for each in _entries(parameters):
        if each.get("Type") == "SecureString":
            yield from _of_secret(each.get("Value"))


def _of_secret(text: Any) -> Iterator[str]:
    if not isinstance(text, str):
        return
    yield text
    if text.lstrip().startswith("{"):
        try:
            members = json.loads(text)
        except (ValueError, RecursionError):
            return
        for name, value in members.items():
            if isinstance(value, str) and name.lower() not in _KNOWN_TO_ALL:
                yield value


def _entries(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list | tuple) else []
