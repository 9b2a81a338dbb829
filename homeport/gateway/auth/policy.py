"""The policy in a Lambda authorizer's response: what it decides about a request to a method or route.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any

from homeport.gateway.context import Exchange
from homeport.project.features import words
from homeport.project.names import did_you_mean
from homeport.runtime.worker.conditions import COMPARISONS, Context, all_hold, holds, is_like

_ACTION = "execute-api:Invoke"
_VERSIONS = ("2012-10-17", "2008-10-17")
_DOCUMENT_KEYS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_KEYS = frozenset({"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"})
_ARN_FIELDS = 6

_PRESENT = frozenset(
    ("aws:currenttime", "aws:epochtime", "aws:referer", "aws:securetransport", "aws:sourceip", "aws:useragent")
)
# Keys of signed requests and of private APIs: a request to a method with a Lambda authorizer has none of them.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html
_ABSENT = frozenset(
    (
        *("aws:multifactorauthage", "aws:multifactorauthpresent", "aws:principalaccount", "aws:principalarn"),
        *("aws:principalorgid", "aws:principalorgpaths", "aws:principaltype", "aws:sourcevpc", "aws:sourcevpce"),
        *("aws:tokenissuetime", "aws:userid", "aws:username", "aws:vpcsourceip"),
    )
)
_OPERATORS = frozenset(words("condition operators"))
_OPERATOR = re.compile(r"(?P<quantifier>ForAllValues:|ForAnyValue:)?(?P<name>\w+?)(?P<if_exists>IfExists)?")


class PolicyError(Exception):
    """The document is no policy, or has a part that is not emulated; the text names it."""


def condition_keys(exchange: Exchange) -> Context:
    """Return the condition keys of a request, as far as it has them."""
    request, received = exchange.request, exchange.context.received
    keys = {
        "aws:currenttime": datetime.fromtimestamp(received, UTC).isoformat(),
        "aws:epochtime": str(int(received)),
        "aws:referer": request.header("referer"),
        # API Gateway has no endpoint without TLS.
        "aws:securetransport": "true",
        "aws:sourceip": exchange.context.source_ip,
        "aws:useragent": request.header("user-agent"),
    }
    return {name: [value] for name, value in keys.items() if value}


@dataclass(frozen=True, slots=True)
class Condition:
    """An operator of a ``Condition`` block, with one of its keys."""

    operator: str
    key: str
    values: tuple[str, ...]

    def holds(self, keys: Context) -> bool | None:
        """Return whether it holds for a request with these keys, None if that is not known."""
        return holds(self.operator, self.key, self.values, {self.key.lower(): (), **keys})


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

    def applies(self, arn: str, keys: Context) -> bool:
        result = all_hold(condition.holds(keys) for condition in self.conditions) if self.covers(arn) else False
        return result is not False if self.effect == "Deny" else result is True


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document that has been read."""

    statements: tuple[_Statement, ...]

    def decide(self, method_arn: str, keys: Context) -> Decision:
        """Decide about ``execute-api:Invoke`` on a method by a request with these keys; Deny overrides Allow."""
        effects = {statement.effect for statement in self.statements if statement.applies(method_arn, keys)}
        if "Deny" in effects:
            return Decision.EXPLICITLY_DENIED
        return Decision.ALLOWED if effects else Decision.DENIED

    def unmet_keys(self, method_arn: str, keys: Context) -> list[str]:
        """Return the keys of conditions that a request did not meet, of statements that would have allowed it."""
        statements = [s for s in self.statements if s.effect == "Allow" and s.covers(method_arn)]
        return [condition.key for s in statements for condition in s.conditions if not condition.holds(keys)]


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
    named = any(is_like(_ACTION.lower(), action.lower()) for action in actions)
    resources, other_resources = _texts(statement, "Resource", "NotResource")
    if longest is not None and any(len(resource) > longest for resource in resources):
        raise PolicyError(f"a Resource is over the {longest} characters that API Gateway allows")
    for resource in resources:
        if resource != "*" and not resource.startswith("arn:"):
            raise PolicyError(f"the Resource {resource[:64]!r} is neither an ARN nor *")
    conditions = tuple(_read_conditions(statement.get("Condition", {})))
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
    """Compare field by field: a wildcard does not reach beyond its field's colon. Missing fields match anything."""
    fields = zip(resource.split(":", _ARN_FIELDS - 1), arn.split(":", _ARN_FIELDS - 1), strict=False)
    return resource == "*" or all(is_like(field, wanted) for wanted, field in fields)


def _check_keys(value: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    unknown = sorted(str(key) for key in value if key not in known)
    if unknown:
        raise PolicyError(f"{where} has the unknown key {unknown[0][:64]!r}")


def _read_conditions(block: Any) -> Iterator[Condition]:
    if not isinstance(block, Mapping):
        # AWS rejects null: https://github.com/aws/aws-lambda-rust-runtime/issues/863
        raise PolicyError("a Statement's Condition is not an object: leave it out, or write {}")
    for name, keys in block.items():
        if not isinstance(keys, Mapping):
            raise PolicyError(f"the Condition {str(name)[:64]} does not map keys to values")
        for key, values in keys.items():
            yield _read_condition(str(name), str(key), values if isinstance(values, list) else [values])


def _read_condition(operator: str, key: str, values: list[Any]) -> Condition:
    found = _OPERATOR.fullmatch(operator)
    name = found["name"] if found else operator
    if found is None or name not in _OPERATORS or (name == "Null" and (found["if_exists"] or found["quantifier"])):
        raise PolicyError(f"a Condition has the unknown operator {operator[:64]!r} ({did_you_mean(name, _OPERATORS)})")
    if key.lower() not in _PRESENT | _ABSENT and not key.lower().startswith("aws:principaltag/"):
        raise PolicyError(f"a Condition asks for the key {key[:64]!r}, which the kit does not know of a request")
    texts = tuple(_read_value(operator, value) for value in values)
    compare = COMPARISONS.get(name.lower().replace("not", "", 1))
    try:
        # Comparing a value with itself shows whether it is a date, a number or a network at all.
        for text in texts:
            if compare is not None and "${" not in text:
                compare(text, text)
    except ValueError:
        raise PolicyError(f"the Condition {operator} can't be compared with {', '.join(texts)[:80]!r}") from None
    return Condition(operator, key, texts)


def _read_value(operator: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise PolicyError(f"the Condition {operator[:64]} has a value that is neither text, number nor boolean")
    return str(value)
