"""The resource policy of an adopted document: its resources without the API of which the document is an export.

``arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/prod/GET/items`` is ``execute-api:/prod/GET/items`` then. The
API has another id when it is deployed from here, and a denial that names the old one would deny nothing.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from homeport.project.openapi.resource_policy import POLICY
from homeport.scaffold.adopted.adoption import Adoption, Json

_ARN = re.compile(r"arn:[^:]*:execute-api:[^:]*:[^:]*:(?P<api>[^/:]+)/(?P<rest>.*)", re.DOTALL)
_SHORT = "execute-api:/"
_KEYS = ("Resource", "NotResource")


def localize_policy(adoption: Adoption) -> None:
    """Shorten the resources of the policy. A denial in one stage alone, or in several APIs, is rejected."""
    policy = adoption.spec.get(POLICY)
    if not isinstance(policy, dict):
        return
    apis = {found["api"] for text in _resources(policy) if (found := _ARN.fullmatch(text)) and found["api"] != "*"}
    if len(apis) > 1:
        adoption.reject(adoption.origin(POLICY), "the resource policy names several APIs")
        return
    for statement in _statements(policy):
        for key in [key for key in _KEYS if key in statement]:
            statement[key] = _without_api(statement[key])
    for statement in _statements(policy):
        denies = str(statement.get("Effect")) == "Deny" or "NotResource" in statement
        stages = [stage for stage in _stages(statement) if "*" not in stage]
        if denies and stages:
            adoption.reject(
                adoption.origin(POLICY), f"the resource policy has a denial for the stage {stages[0]} alone"
            )


def _statements(policy: Json) -> Iterator[Json]:
    written = policy.get("Statement")
    for statement in written if isinstance(written, list) else [written]:
        if isinstance(statement, dict):
            yield statement


def _texts(value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str):
            yield each


def _resources(policy: Json) -> Iterator[str]:
    for statement in _statements(policy):
        for key in _KEYS:
            yield from _texts(statement.get(key))


def _stages(statement: Json) -> Iterator[str]:
    for key in _KEYS:
        for text in _texts(statement.get(key)):
            if text.startswith(_SHORT):
                yield text.removeprefix(_SHORT).partition("/")[0]


def _without_api(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_api(each) for each in value]
    found = _ARN.fullmatch(value) if isinstance(value, str) else None
    return f"{_SHORT}{found['rest']}" if found is not None else value
