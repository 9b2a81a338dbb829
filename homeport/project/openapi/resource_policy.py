"""The resource policy of a REST API: which of its routes it closes for everybody who sends no signature.

It is worked out for each route when the document is read. A condition on the caller's network can't be: the caller is
this machine. It counts as met where it allows, and as not met where it denies. Any other condition counts as not met
where it allows, and as met where it denies, so that nothing is open here that is closed on AWS.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from homeport.project.source.cursor import Cursor

POLICY = "x-amazon-apigateway-policy"

_ACTION = "execute-api:invoke"
_OF_NETWORK = frozenset(
    f"aws:{name}" for name in ("sourceip", "vpcsourceip", "sourcevpc", "sourcevpce", "securetransport", "viaawsservice")
)
_RESOURCE = re.compile(r"(?:arn:[^:]*:execute-api:[^:]*:[^:]*:[^/]*|execute-api:)/?(?P<rest>.*)")


class ResourcePolicy:
    """The policy at a cursor; one without statements, or an absent one, closes nothing."""

    def __init__(self, policy: Cursor) -> None:
        found = policy.at("Statement")
        entries = list(found.entries()) if isinstance(found.value, list) else [found]
        self._statements = [entry for entry in entries if isinstance(entry.value, dict)]

    def closes(self, method: str, path: str, *, lambda_decides: bool = False) -> str:
        """Return why nobody without a signature may call a route, ``""`` if everybody may.

        With ``lambda_decides``, the route has a Lambda authorizer: what it allows needs no statement of the policy.
        https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
        """
        applying = [each.value for each in self._statements if _is_about(each.value, method, path)]
        if not self._statements:
            return ""
        if any(_denies(statement) for statement in applying):
            return "the resource policy of the API denies the route"
        if lambda_decides or any(_allows(statement, method, path) for statement in applying):
            return ""
        allowing = (each for each in applying if each.get("Effect") == "Allow" and _is_everybody(each))
        keys = dict.fromkeys(key for each in allowing for key, is_network in _conditions(each) if not is_network)
        if keys:
            which = ", ".join(keys)
            return f"the resource policy of the API allows the route on a condition that is not evaluated: {which}"
        return "the resource policy of the API does not allow the route without a signature of IAM"

    def report(self) -> None:
        """Name the conditions on the caller's network."""
        for statement in self._statements:
            keys = [key for key, is_network in _conditions(statement.value) if is_network]
            if keys:
                statement.warning(
                    f"the condition on {', '.join(dict.fromkeys(keys))} is not evaluated: callers are of this machine"
                )


def _denies(statement: Mapping[str, Any]) -> bool:
    if statement.get("Effect") != "Deny" or not (_is_everybody(statement) or "NotPrincipal" in statement):
        return False
    return not any(is_network for _, is_network in _conditions(statement))


def _allows(statement: Mapping[str, Any], method: str, path: str) -> bool:
    if statement.get("Effect") != "Allow" or not _is_everybody(statement):
        return False
    whole = any(fnmatchcase(f"{method}{path}", pattern) for pattern in _patterns(statement))
    return whole and all(is_network for _, is_network in _conditions(statement))


def _is_everybody(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    named = principal.get("AWS") if isinstance(principal, Mapping) else principal
    return named == "*" or (isinstance(named, list) and "*" in named)


def _conditions(statement: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield the keys of a statement's conditions, and whether each is about the caller's network."""
    written = statement.get("Condition")
    for keys in written.values() if isinstance(written, Mapping) else ():
        for key in keys if isinstance(keys, Mapping) else ():
            yield key, key.lower() in _OF_NETWORK


def _is_about(statement: Mapping[str, Any], method: str, path: str) -> bool:
    """Return whether a statement is about the call of a route, or of some of the paths that the route takes."""
    actions = [str(each).lower() for each in _as_list(statement.get("Action", "*"))]
    if not any(fnmatchcase(_ACTION, action) for action in actions):
        return False
    # NotResource is about all that its patterns do not name: the whole API, to be on the safe side.
    route = f"{method}{path}"
    anything = re.sub(r"\{[^}]*\}", "*", route).replace("ANY/", "*/", 1)
    return any(fnmatchcase(route, pattern) or fnmatchcase(pattern, anything) for pattern in _patterns(statement))


def _patterns(statement: Mapping[str, Any]) -> Iterator[str]:
    """Yield the patterns of method and path (``GET/items/*``), without the stage before them."""
    for written in _as_list(statement.get("Resource", "*")):
        found = _RESOURCE.fullmatch(str(written))
        if found is None:
            yield "*"
            continue
        stage, slash, route = found["rest"].partition("/")
        yield route if slash else "*" if stage in ("", "*") or "*" in stage else f"{stage}/"


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
