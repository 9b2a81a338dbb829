"""The conditions of IAM policies, for functions' roles and for the policies of Lambda authorizers.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from ipaddress import ip_network

# The values of condition keys, whose names are in lower case: none for a key that the request has not. Keys that are
# not to be known are left out.
Context = Mapping[str, Sequence[str]]

_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def is_like(text: str, pattern: str) -> bool:
    """Return whether a text matches a pattern of IAM: ``*`` is any text, ``?`` any character."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def holds(operation: str, key: str, values: Sequence[str | None], context: Context) -> bool | None:
    """Return whether a condition holds, None if that is not to be known."""
    quantifier, _, name = operation.lower().rpartition(":")
    if_exists = name.endswith("ifexists")
    name = name.removesuffix("ifexists") if if_exists else name
    given = context.get(key.lower())
    if given is None or None in values:
        return None
    if name == "null":
        return any_holds((not given) == (str(value).lower() == "true") for value in values)
    negated = "not" in name
    if not given:
        return if_exists or (quantifier == "forallvalues" if quantifier else negated)
    compare = COMPARISONS.get(name.replace("not", "", 1))
    if compare is None or (len(given) > 1 and not quantifier):
        return None
    found = [any_holds(_compare(compare, each, value, context) for value in values) for each in given]
    results = [negate(each) if negated else each for each in found]
    return any_holds(results) if quantifier == "foranyvalue" else all_hold(results)


def _compare(compare: Callable[[str, str], bool], given: str, value: str | None, context: Context) -> bool | None:
    missing = False

    def fill_in(found: re.Match[str]) -> str:
        nonlocal missing
        known = context.get(found[1].lower(), ())
        missing = missing or (len(known) != 1 and found[1] not in ("*", "?", "$"))
        return known[0] if known else found[1]

    filled = _VARIABLE.sub(fill_in, str(value))
    try:
        return None if missing else compare(given, filled)
    except ValueError:
        return None


def _seconds(text: str) -> float:
    if re.fullmatch(r"[0-9.]+", text):
        return float(text)
    date = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp()


def _is_in_network(given: str, value: str) -> bool:
    found, network = ip_network(given, strict=False), ip_network(value, strict=False)
    return found.version == network.version and found.network_address in network


def _compare_as(read: Callable[[str], float], order: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda given, value: order(read(given), read(value))


_ORDERS: Mapping[str, Callable[[float, float], bool]] = {
    "equals": operator.eq,
    "lessthan": operator.lt,
    "lessthanequals": operator.le,
    "greaterthan": operator.gt,
    "greaterthanequals": operator.ge,
}
COMPARISONS: Mapping[str, Callable[[str, str], bool]] = {
    "stringequals": operator.eq,
    "stringequalsignorecase": lambda given, value: given.lower() == value.lower(),
    "stringlike": is_like,
    "arnequals": is_like,
    "arnlike": is_like,
    "binaryequals": operator.eq,
    "ipaddress": _is_in_network,
    "bool": lambda given, value: given.lower() == value.lower(),
    **{f"numeric{name}": _compare_as(float, order) for name, order in _ORDERS.items()},
    **{f"date{name}": _compare_as(_seconds, order) for name, order in _ORDERS.items()},
}


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
