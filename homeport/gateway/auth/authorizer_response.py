"""The response of a Lambda authorizer, read as strictly as API Gateway reads it: the policy and the context.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from homeport.project.model import Flavor
from homeport.runtime.api import Invocation

_ACTION = "execute-api:Invoke"
_VERSIONS = ("2012-10-17", "2008-10-17")
_DOCUMENT_KEYS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_KEYS = frozenset({"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"})
_ARN_FIELDS = 6
# "The Resource ARN, as shown in the policy statement output by the authorizer, is currently limited to 512 characters."
_MAX_REST_RESOURCE = 512


class PolicyError(Exception):
    """The document is no policy, or has a part that is not emulated; the text names it."""


class Decision(Enum):
    """A policy's decision about a method. DENIED: no statement covers it; EXPLICITLY_DENIED: a statement denies it."""

    ALLOWED = auto()
    DENIED = auto()
    EXPLICITLY_DENIED = auto()


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement; ``resources`` are ARNs split at their colons, and a missing field matches anything."""

    effect: str
    names_invoke: bool
    resources: tuple[tuple[str, ...], ...]
    inverse: bool

    def covers(self, arn: tuple[str, ...]) -> bool:
        return self.names_invoke and any(_matches(resource, arn) for resource in self.resources) is not self.inverse


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document that has been read."""

    statements: tuple[_Statement, ...]

    def decide(self, method_arn: str) -> Decision:
        """Decide about ``execute-api:Invoke`` on a method; Deny overrides Allow."""
        arn = tuple(method_arn.split(":", _ARN_FIELDS - 1))
        effects = {statement.effect for statement in self.statements if statement.covers(arn)}
        if "Deny" in effects:
            return Decision.EXPLICITLY_DENIED
        return Decision.ALLOWED if effects else Decision.DENIED


class AuthorizerResponseError(Exception):
    """The authorizer raised, or its response is not usable; the text is for the developer's log."""


class UnauthorizedError(Exception):
    """The authorizer raised an error whose message is exactly ``Unauthorized``."""


@dataclass(frozen=True, slots=True)
class AuthorizerResponse:
    """``grant`` is a policy, or a simple yes or no for every route. ``context`` is passed to the function."""

    grant: Policy | bool
    principal_id: str | None
    context: Mapping[str, Any]
    usage_identifier_key: str | None

    def decide(self, method_arn: str) -> Decision:
        """Return the decision about the method or route with this ARN."""
        if isinstance(self.grant, Policy):
            return self.grant.decide(method_arn)
        return Decision.ALLOWED if self.grant else Decision.EXPLICITLY_DENIED


def read_authorizer_response(invocation: Invocation, *, flavor: Flavor, simple: bool) -> AuthorizerResponse:
    """Read a response; ``simple`` allows ``isAuthorized``. Raises UnauthorizedError or AuthorizerResponseError."""
    response = _object(invocation)
    if invocation.error is not None:
        if response.get("errorMessage") == "Unauthorized":
            raise UnauthorizedError
        kind, message = str(response.get("errorType"))[:80], str(response.get("errorMessage"))[:200]
        raise AuthorizerResponseError(f"raised {kind!r}: {message!r}")
    context = _context(response.get("context"), flavor)
    if simple and "isAuthorized" in response:
        granted = response["isAuthorized"]
        if not isinstance(granted, bool):
            raise AuthorizerResponseError(f"answered isAuthorized {granted!r}, which is neither true nor false")
        return AuthorizerResponse(granted, None, context, None)
    principal_id = _scalar_text(response.get("principalId"))
    if not principal_id:
        raise AuthorizerResponseError("answered without a principalId" + _hint(response, simple))
    try:
        longest = _MAX_REST_RESOURCE if flavor == "rest" else None
        policy = read_policy(response.get("policyDocument"), longest_resource=longest)
    except PolicyError as error:
        raise AuthorizerResponseError(f"answered with an invalid policy: {error}") from None
    return AuthorizerResponse(policy, principal_id, context, _scalar_text(response.get("usageIdentifierKey")))


def _object(invocation: Invocation) -> Mapping[str, Any]:
    try:
        response = json.loads(invocation.payload)
    except (ValueError, RecursionError):
        raise AuthorizerResponseError("answered with invalid JSON") from None
    if not isinstance(response, dict):
        raise AuthorizerResponseError(f"answered {str(response)[:80]!r}, which is not an object")
    return response


def _context(value: Any, flavor: Flavor) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise AuthorizerResponseError("answered with a context that is not an object")
    if flavor == "rest":
        for name, item in value.items():
            if not isinstance(item, str | int | float):
                raise AuthorizerResponseError(
                    f"answered with context.{name[:64]}, which is neither text, number nor boolean"
                )
    return value


def _scalar_text(value: Any) -> str | None:
    """Return a text, number or boolean as text, None for any other value."""
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, int | float) else None


def _hint(response: Mapping[str, Any], simple: bool) -> str:
    unread = "isAuthorized" in response and not simple
    return " (isAuthorized counts only with enableSimpleResponses, on HTTP APIs)" if unread else ""


def read_policy(document: Any, *, longest_resource: int | None = None) -> Policy:
    """Read a policy document. ``longest_resource`` limits the characters of an ARN. Raises PolicyError."""
    if not isinstance(document, Mapping):
        raise PolicyError("policyDocument is not an object")
    _check_keys(document, _DOCUMENT_KEYS, "policyDocument")
    if document.get("Version", _VERSIONS[0]) not in _VERSIONS:
        raise PolicyError(f"Version is not {_VERSIONS[0]}")
    statements = document.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list):
        raise PolicyError("policyDocument has no Statement")
    return Policy(tuple(_statement(statement, longest_resource) for statement in statements))


def _statement(statement: Any, longest: int | None) -> _Statement:
    if not isinstance(statement, Mapping):
        raise PolicyError("a Statement is not an object")
    _check_keys(statement, _STATEMENT_KEYS, "a Statement")
    if "Condition" in statement:
        raise PolicyError("a Statement has a Condition, which the kit does not emulate")
    effect = statement.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise PolicyError("a Statement's Effect is neither Allow nor Deny")
    actions, other_actions = _texts(statement, "Action", "NotAction")
    for action in actions:
        if action != "*" and ":" not in action:
            raise PolicyError(f"{action[:64]!r} is no action: write {_ACTION}")
    named = any(wildcard_match(action.lower(), _ACTION.lower()) for action in actions)
    resources, other_resources = _texts(statement, "Resource", "NotResource")
    if longest is not None and any(len(resource) > longest for resource in resources):
        raise PolicyError(f"a Resource is over the {longest} characters that API Gateway allows")
    fields = tuple(map(_fields, resources))
    return _Statement(effect, named is not other_actions, fields, other_resources)


def _texts(statement: Mapping[str, Any], name: str, not_name: str) -> tuple[tuple[str, ...], bool]:
    """Return the texts under one of two keys, and true if it is the second key."""
    if (name in statement) is (not_name in statement):
        raise PolicyError(f"a Statement needs either {name} or {not_name}")
    inverse = not_name in statement
    key = not_name if inverse else name
    texts = [statement[key]] if isinstance(statement[key], str) else statement[key]
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise PolicyError(f"a Statement's {key} is neither a text nor a list of texts")
    if any("${" in text for text in texts):
        raise PolicyError(f"a Statement's {key} has a policy variable, which the kit does not emulate")
    return tuple(texts), inverse


def _fields(resource: str) -> tuple[str, ...]:
    if resource == "*":
        return ()
    if not resource.startswith("arn:"):
        raise PolicyError(f"the Resource {resource[:64]!r} is neither an ARN nor *")
    return tuple(resource.split(":", _ARN_FIELDS - 1))


def _matches(pattern: tuple[str, ...], arn: tuple[str, ...]) -> bool:
    """Compare field by field: a wildcard does not reach beyond its field's colon."""
    return all(wildcard_match(wanted, field) for wanted, field in zip(pattern, arn, strict=False))


def wildcard_match(pattern: str, text: str) -> bool:
    """Return true if the pattern matches all of ``text``: ``*`` is any text, ``?`` any character.

    It takes at most as many steps as the product of both lengths.
    """
    at = position = 0
    star = retry = -1
    while position < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, retry = at, position
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[position]):
            at += 1
            position += 1
        elif star >= 0:
            retry += 1
            at, position = star + 1, retry
        else:
            return False
    return pattern[at:].strip("*") == ""


def _check_keys(value: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    unknown = sorted(str(key) for key in value if key not in known)
    if unknown:
        raise PolicyError(f"{where} has the unknown key {unknown[0][:64]!r}")
