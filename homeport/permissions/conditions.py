"""The condition operators of IAM: whether a statement's ``Condition`` holds for the condition keys of a request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import operator as compare
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from ipaddress import ip_network

from .patterns import Context, UnknownVariable, as_glob, expand, globs_arn

_QUALIFIED = re.compile(r"(?:(forallvalues|foranyvalue):)?(\w+?)(ifexists)?")
_LIKE = frozenset(("stringlike", "arnequals", "arnlike"))

Compare = Callable[[str, str], bool]


def _seconds(text: str) -> float:
    if re.fullmatch(r"[0-9.]+", text):
        return float(text)
    date = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp()


def _is_in_network(given: str, value: str) -> bool:
    found, network = ip_network(given, strict=False), ip_network(value, strict=False)
    return found.version == network.version and found.network_address in network


def _compare_as(read: Callable[[str], float], order: Callable[[float, float], bool]) -> Compare:
    return lambda given, value: order(read(given), read(value))


_ORDERS: Mapping[str, Callable[[float, float], bool]] = {
    "Equals": compare.eq,
    "LessThan": compare.lt,
    "LessThanEquals": compare.le,
    "GreaterThan": compare.gt,
    "GreaterThanEquals": compare.ge,
}
_COMPARISONS: Mapping[str, Compare] = {
    "StringEquals": compare.eq,
    "StringEqualsIgnoreCase": lambda given, value: given.lower() == value.lower(),
    "StringLike": fnmatchcase,
    "ArnEquals": globs_arn,
    "ArnLike": globs_arn,
    "BinaryEquals": lambda given, value: b64decode(given, validate=True) == b64decode(value, validate=True),
    "IpAddress": _is_in_network,
    "Bool": lambda given, value: given.lower() == value.lower(),
    **{f"Numeric{name}": _compare_as(float, order) for name, order in _ORDERS.items()},
    **{f"Date{name}": _compare_as(_seconds, order) for name, order in _ORDERS.items()},
}
_NEGATED: Mapping[str, str] = {
    **{f"{kind}Not{name}": f"{kind}{name}" for kind in ("Arn", "String") for name in ("Equals", "Like")},
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
}

OPERATORS = (*_COMPARISONS, *_NEGATED, "Null")
"""The condition operators, without ``IfExists`` and without the set operators before them."""

_COMPARE_BY_NAME = {name.lower(): compared for name, compared in _COMPARISONS.items()}
_POSITIVE = {name.lower(): positive.lower() for name, positive in _NEGATED.items()}


@dataclass(frozen=True)
class Operator:
    """A condition operator: ``name`` without ``Not``, and what is around it. All texts are in lower case.

    ``quantifier`` is that of a set operator (``forallvalues``), ``""`` without one. ``compare`` is None for ``Null``,
    and for an operator that there is not.
    """

    name: str
    quantifier: str = ""
    negated: bool = False
    if_exists: bool = False

    @property
    def compare(self) -> Compare | None:
        """The comparison of a value of the request with one of the policy."""
        return _COMPARE_BY_NAME.get(self.name)

    @property
    def is_known(self) -> bool:
        """Return whether IAM has the operator."""
        return self.compare is not None or (self.name == "null" and not self.quantifier and not self.if_exists)


def read_operator(written: str) -> Operator:
    """Return the operator as it is written in a policy (``ForAnyValue:StringNotLikeIfExists``)."""
    found = _QUALIFIED.fullmatch(written.lower())
    if found is None:
        return Operator(written.lower())
    name = found[2]
    return Operator(_POSITIVE.get(name, name), found[1] or "", name in _POSITIVE, bool(found[3]))


@dataclass(frozen=True)
class Condition:
    """An operator of a ``Condition`` block with one of its keys. A value of None is one that only AWS knows.

    ``written`` is the operator as the policy has it. ``variables`` says that ``${…}`` in a value is a policy variable.
    """

    written: str
    operator: Operator
    key: str
    values: tuple[str | None, ...]
    variables: bool = True

    def holds(self, context: Context) -> bool | None:
        """Return whether it holds for a request with these keys, None if that is not to be known."""
        given = context.get(self.key.lower())
        if given is None or None in self.values:
            return None
        operator = self.operator
        if operator.name == "null":
            return any_holds((not given) == (str(value).lower() == "true") for value in self.values)
        if not given:
            if operator.if_exists:
                return True
            return operator.quantifier == "forallvalues" if operator.quantifier else operator.negated
        # One value is compared: several are for set operators alone.
        if operator.compare is None or (len(given) > 1 and not operator.quantifier):
            return None
        found = [any_holds(self._compare(each, value, context) for value in self.values) for each in given]
        results = [negate(each) if operator.negated else each for each in found]
        return any_holds(results) if operator.quantifier == "foranyvalue" else all_hold(results)

    def _compare(self, given: str, value: str | None, context: Context) -> bool | None:
        compare_values = self.operator.compare
        assert compare_values is not None
        try:
            return compare_values(given, self._worked_out(str(value), context))
        except (UnknownVariable, ValueError):
            return None

    def _worked_out(self, value: str, context: Context) -> str:
        if self.operator.name in _LIKE:
            return as_glob(value, context) if self.variables else value.replace("[", "[[]")
        return expand(value, context) if self.variables else value

    def unreadable(self) -> list[str]:
        """Return the values that the operator can't read: texts that are no date, no number, no address."""
        # Comparing a value with itself shows whether it is one at all.
        texts = [value for value in self.values if value is not None and not (self.variables and "${" in value)]
        compared = self.operator.compare
        return [text for text in texts if compared is not None and not _is_readable(compared, text)]


def _is_readable(compared: Compare, text: str) -> bool:
    try:
        compared(text, text)
    except ValueError:
        return False
    return True


def negate(result: bool | None) -> bool | None:
    """Return the opposite, None for what is not known."""
    return None if result is None else not result


def all_hold(results: Iterable[bool | None]) -> bool | None:
    """Return whether all results are true, None if that is not known."""
    found = list(results)
    return False if False in found else None if None in found else True


def any_holds(results: Iterable[bool | None]) -> bool | None:
    """Return whether a result is true, None if that is not known."""
    return negate(all_hold(negate(result) for result in results))
