"""The policy in a Lambda authorizer's response: what it decides about a request to a method or route.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from homeport.gateway.auth.conditions import (
    Condition,
    ConditionKeys,
    PolicyError,
    matches_arn,
    matches_wildcards,
    read_conditions,
)

_ACTION = "execute-api:Invoke"
_VERSIONS = ("2012-10-17", "2008-10-17")
_DOCUMENT_KEYS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_KEYS = frozenset({"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"})


class Decision(Enum):
    """A policy's decision about a method. DENIED: no statement covers it; EXPLICITLY_DENIED: a statement denies it."""

    ALLOWED = auto()
    DENIED = auto()
    EXPLICITLY_DENIED = auto()


@dataclass(frozen=True, slots=True)
class _Statement:
    effect: str
    names_invoke: bool
    resources: tuple[str, ...]
    inverse: bool
    conditions: tuple[Condition, ...]

    def covers(self, arn: str) -> bool:
        return self.names_invoke and any(_matches(resource, arn) for resource in self.resources) is not self.inverse

    def applies(self, arn: str, keys: ConditionKeys) -> bool:
        return self.covers(arn) and all(condition.is_met(keys) for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document that has been read."""

    statements: tuple[_Statement, ...]

    def decide(self, method_arn: str, keys: ConditionKeys) -> Decision:
        """Decide about ``execute-api:Invoke`` on a method by a request with these keys; Deny overrides Allow."""
        effects = {statement.effect for statement in self.statements if statement.applies(method_arn, keys)}
        if "Deny" in effects:
            return Decision.EXPLICITLY_DENIED
        return Decision.ALLOWED if effects else Decision.DENIED

    def unmet_keys(self, method_arn: str, keys: ConditionKeys) -> list[str]:
        """Return the keys of conditions that a request did not meet, of statements that would have allowed it."""
        statements = [s for s in self.statements if s.effect == "Allow" and s.covers(method_arn)]
        return [condition.key for s in statements for condition in s.conditions if not condition.is_met(keys)]


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
    effect = statement.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise PolicyError("a Statement's Effect is neither Allow nor Deny")
    actions, other_actions = _texts(statement, "Action", "NotAction")
    for action in actions:
        if action != "*" and ":" not in action:
            raise PolicyError(f"{action[:64]!r} is no action: write {_ACTION}")
    named = any(matches_wildcards(action.lower(), _ACTION.lower()) for action in actions)
    resources, other_resources = _texts(statement, "Resource", "NotResource")
    if longest is not None and any(len(resource) > longest for resource in resources):
        raise PolicyError(f"a Resource is over the {longest} characters that API Gateway allows")
    for resource in resources:
        if resource != "*" and not resource.startswith("arn:"):
            raise PolicyError(f"the Resource {resource[:64]!r} is neither an ARN nor *")
    conditions = tuple(read_conditions(statement.get("Condition", {})))
    return _Statement(effect, named is not other_actions, resources, other_resources, conditions)


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


def _matches(resource: str, arn: str) -> bool:
    return resource == "*" or matches_arn(resource, arn)


def _check_keys(value: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    unknown = sorted(str(key) for key in value if key not in known)
    if unknown:
        raise PolicyError(f"{where} has the unknown key {unknown[0][:64]!r}")
