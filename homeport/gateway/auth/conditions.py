"""The ``Condition`` of a policy statement: IAM's operators, on the keys that API Gateway knows of an unsigned request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, NamedTuple

from homeport.gateway.context import Exchange
from homeport.project.names import did_you_mean

ConditionKeys = Mapping[str, str]
"""The condition keys of a request in lower case, as IAM ignores their case, with their values."""

_PRESENT = frozenset(
    ("aws:CurrentTime", "aws:EpochTime", "aws:Referer", "aws:SecureTransport", "aws:SourceIp", "aws:UserAgent")
)
# Keys of signed requests and of private APIs: a request to a Lambda authorizer's method has none of them.
_ABSENT = frozenset(
    (
        *("aws:MultiFactorAuthAge", "aws:MultiFactorAuthPresent", "aws:PrincipalAccount", "aws:PrincipalArn"),
        *("aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:PrincipalType", "aws:SourceVpc", "aws:SourceVpce"),
        *("aws:TokenIssueTime", "aws:VpcSourceIp", "aws:userid", "aws:username"),
    )
)
_KNOWN = frozenset(key.lower() for key in _PRESENT | _ABSENT)
_TAGS = "aws:principaltag/"
_ARN_FIELDS = 6


class PolicyError(Exception):
    """The document is no policy, or has a part that is not emulated; the text names it."""


def condition_keys(exchange: Exchange) -> ConditionKeys:
    """Return the condition keys of a request."""
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
    return {name: value for name, value in keys.items() if value}


def matches_wildcards(pattern: str, text: str) -> bool:
    """Return whether the pattern matches all of ``text``: ``*`` is any text, ``?`` any character."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def matches_arn(pattern: str, arn: str) -> bool:
    """Compare ARNs field by field: a wildcard does not reach beyond its field's colon. Missing fields match any."""
    fields = zip(pattern.split(":", _ARN_FIELDS - 1), arn.split(":", _ARN_FIELDS - 1), strict=False)
    return all(matches_wildcards(wanted, field) for wanted, field in fields)


class _Operator(NamedTuple):
    """An operator: how it reads a value, and whether a request's value matches the one of the policy."""

    read: Callable[[str], Any]
    matches: Callable[[Any, Any], bool]


def _read_date(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        date = datetime.fromisoformat(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def _read_network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text, strict=False)


def _read_boolean(text: str) -> str:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower()


_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.gt,
    "LessThanEquals": operator.ge,
    "GreaterThan": operator.lt,
    "GreaterThanEquals": operator.le,
}
_OPERATORS: Mapping[str, _Operator] = {
    "StringEquals": _Operator(str, operator.eq),
    "StringEqualsIgnoreCase": _Operator(str.lower, operator.eq),
    "StringLike": _Operator(str, matches_wildcards),
    **{f"Numeric{order}": _Operator(float, compare) for order, compare in _ORDERS.items()},
    **{f"Date{order}": _Operator(_read_date, compare) for order, compare in _ORDERS.items()},
    "Bool": _Operator(_read_boolean, operator.eq),
    "BinaryEquals": _Operator(str, operator.eq),
    "IpAddress": _Operator(_read_network, lambda network, found: found.network_address in network),
    "ArnEquals": _Operator(str, matches_arn),
    "ArnLike": _Operator(str, matches_arn),
    "Null": _Operator(_read_boolean, operator.eq),
}
_NEGATED = {
    "NotIpAddress": "IpAddress",
    **{
        re.sub("Equals|Like", r"Not\g<0>", name, count=1): name
        for name in _OPERATORS
        if re.fullmatch("(String|Arn).*|(Numeric|Date)Equals", name)
    },
}
_NAME = re.compile(r"(?P<values>ForAllValues:|ForAnyValue:)?(?P<operator>\w+?)(?P<if_exists>IfExists)?")


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on one key. ``when_absent`` is whether it is met by a request without the key."""

    key: str
    operator: _Operator
    wanted: tuple[Any, ...]
    negated: bool
    when_absent: bool

    def is_met(self, keys: ConditionKeys) -> bool:
        """Return whether the request with these keys meets the condition."""
        found = keys.get(self.key.lower())
        if found is None:
            return self.when_absent
        if self.operator is _OPERATORS["Null"]:
            found = "false"
        try:
            value = self.operator.read(found)
        except ValueError:
            return self.negated
        return any(self.operator.matches(wanted, value) for wanted in self.wanted) is not self.negated


def read_conditions(block: Any) -> Iterator[Condition]:
    """Yield the conditions of a ``Condition`` block, all of which have to be met. Raises PolicyError."""
    if not isinstance(block, Mapping):
        # AWS rejects null: https://github.com/aws/aws-lambda-rust-runtime/issues/863
        raise PolicyError("a Statement's Condition is not an object: leave it out, or write {}")
    for name, keys in block.items():
        if not isinstance(keys, Mapping):
            raise PolicyError(f"the Condition {str(name)[:64]} does not map keys to values")
        for key, values in keys.items():
            yield _read_condition(str(name), str(key), values if isinstance(values, list) else [values])


def _read_condition(name: str, key: str, values: list[Any]) -> Condition:
    found = _NAME.fullmatch(name)
    written = found["operator"] if found else name
    base = _NEGATED.get(written, written)
    if found is None or base not in _OPERATORS or (base == "Null" and (found["if_exists"] or found["values"])):
        hint = did_you_mean(written, (*_OPERATORS, *_NEGATED))
        raise PolicyError(f"a Condition has the unknown operator {name[:64]!r}" + (f" ({hint})" if hint else ""))
    if key.lower() not in _KNOWN and not key.lower().startswith(_TAGS):
        raise PolicyError(f"a Condition asks for the key {key[:64]!r}, which the kit does not know of a request")
    texts = tuple(_read_text(name, value) for value in values)
    try:
        wanted = tuple(map(_OPERATORS[base].read, texts))
    except ValueError:
        raise PolicyError(f"the Condition {name} can't be compared with {', '.join(texts)[:80]!r}") from None
    negated = base != written
    when_absent = negated or found["if_exists"] is not None
    if base == "Null":
        when_absent = "true" in wanted
    elif found["values"]:
        when_absent = found["values"] == "ForAllValues:" or found["if_exists"] is not None
    return Condition(key, _OPERATORS[base], wanted, negated, when_absent)


def _read_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise PolicyError(f"the Condition {name[:64]} has a value that is neither text, number nor boolean")
    if "${" in str(value):
        raise PolicyError(f"the Condition {name[:64]} has a policy variable, which the kit does not emulate")
    return str(value)
