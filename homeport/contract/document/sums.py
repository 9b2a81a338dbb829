"""Sums that a document's examples show, and answers that don't add up: an order's total is the sum of its lines. Pure.

A document has no word for such a rule, but its examples follow it: ``total: 4980`` beside one line of ``price: 2490``
and ``quantity: 2``. A rule is taken from the examples only if all of them follow it, and one does so not by chance.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations
from typing import Any

from homeport.contract.document.examples import examples_of, is_json
from homeport.contract.document.finding_at import finding_at, show
from homeport.contract.document.places import DocumentMap, OperationPlace
from homeport.contract.finding import Finding
from homeport.contract.http_exchange import HttpExchange

CHECK = "sums-add-up"
_DEEPEST = 12
_MOST_ITEMS = 200


@dataclass(frozen=True, slots=True)
class SumRule:
    """A rule: the number ``total`` of an object is the sum over its array ``items`` of the product of ``factors``."""

    total: str
    items: str
    factors: tuple[str, ...]

    def __str__(self) -> str:
        return f"the sum of {' * '.join(self.factors)} over {self.items}"

    def sum_of(self, value: Mapping[str, Any]) -> Decimal | None:
        """Return the sum that an object should have, None where it lacks a part of it."""
        items = value.get(self.items)
        if not isinstance(items, list) or _number(value.get(self.total)) is None:
            return None
        whole = Decimal(0)
        for item in items:
            product = Decimal(1)
            for name in self.factors:
                factor = _number(item.get(name)) if isinstance(item, Mapping) else None
                if factor is None:
                    return None
                product *= factor
            whole += product
        return whole

    def holds(self, value: Mapping[str, Any]) -> bool:
        """Return whether an object keeps to the rule, or has no part in it. Rounding each item may change the sum."""
        whole, total = self.sum_of(value), _number(value.get(self.total))
        if whole is None or total is None:
            return True
        exponent = total.as_tuple().exponent
        rounded = isinstance(exponent, int) and exponent < 0
        quantum = Decimal(1).scaleb(exponent) if rounded and isinstance(exponent, int) else Decimal(0)
        return abs(whole - total) <= quantum * max(len(value[self.items]), 1) / 2


class AnswerSums:
    """Adds up what the answers of a run have, by the rules that a document's examples show."""

    def __init__(self, document: DocumentMap) -> None:
        self._document = document
        self._rules = sum_rules(document)
        self._operations = {operation.label: operation for operation in document.operations}
        self._found: dict[tuple[str, SumRule], Finding] = {}

    def add(self, label: str, exchange: HttpExchange) -> None:
        """Add up an answer of an operation (``POST /orders``)."""
        operation = self._operations.get(label)
        if not self._rules or operation is None or not 200 <= exchange.status < 300:
            return
        for value in _objects(_json_of(exchange.reply_body)):
            for rule in self._rules:
                if (label, rule) not in self._found and not rule.holds(value):
                    self._found[label, rule] = _finding(self._document, operation, rule, value, exchange)

    def findings(self) -> tuple[Finding, ...]:
        """Return the sums that are wrong, one for each rule and operation."""
        return tuple(self._found.values())


def sum_rules(document: DocumentMap) -> tuple[SumRule, ...]:
    """Return the rules that all examples of successful answers follow, and one of them not by chance."""
    values = [
        value
        for operation in document.operations
        for response in operation.responses
        if response.status.startswith("2")
        for carrier in response.content
        if is_json(carrier.media_type)
        for _, example in examples_of(document, carrier)
        for value in _objects(example)
    ]
    rules = dict.fromkeys(rule for value in values for rule in _rules_in(value))
    return tuple(rule for rule in rules if all(rule.holds(value) for value in values))


def _rules_in(value: Mapping[str, Any]) -> Iterator[SumRule]:
    """Yield the rules that an object follows, and that no simpler one explains.

    A plain sum is no rule: an array may hold only a part of what the number counts.
    """
    totals = [name for name, one in value.items() if _number(one)]
    for items, entries in value.items():
        if not isinstance(entries, list) or not entries or not all(isinstance(one, Mapping) for one in entries):
            continue
        names = [name for name in entries[0] if all(_number(one.get(name)) is not None for one in entries)]
        for total in totals:
            pairs = [SumRule(total, items, factors) for factors in combinations(names, 2)]
            fitting = [rule for rule in pairs if rule.holds(value)]
            plain = [SumRule(total, items, (name,)) for name in names]
            # Where a factor is 1 in every item, the sum of the other one fits as well: that may be chance.
            if len(fitting) == 1 and not any(rule.holds(value) for rule in plain):
                yield fitting[0]


def _objects(value: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, Mapping):
        yield value
        for one in value.values():
            yield from _objects(one, depth + 1)
    elif isinstance(value, list):
        for one in value[:_MOST_ITEMS]:
            yield from _objects(one, depth + 1)


def _json_of(body: bytes) -> Any:
    try:
        return json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _finding(
    document: DocumentMap, operation: OperationPlace, rule: SumRule, value: Mapping[str, Any], exchange: HttpExchange
) -> Finding:
    found = finding_at(
        document,
        operation.path,
        CHECK,
        "A sum that the examples show is right in every answer",
        f"{operation.label} answered with {rule.total} {show(value[rule.total])}: {rule} is {rule.sum_of(value)}",
        "the examples of the document's responses",
        operation=operation.label,
        subject=f"/{rule.total}",
    )
    return replace(found, exchanges=(exchange,))
