"""A table as a dict of Python's own values, and random steps on it: what DynamoDB must answer to each.

The model has no types, expressions or indexes of the engine: a number is a Decimal, a set a frozenset, and a condition
a function. It answers in the same plain values.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.CoreComponents.html
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

Item = dict[str, Any]
Key = tuple[str, Decimal]
FAILED = "ConditionalCheckFailedException"
CANCELED = "TransactionCanceledException"
WRONG = "ValidationException"


class Rule(NamedTuple):
    """A condition: its expression, the values in it, and whether an item, {} for none, satisfies it."""

    text: str
    values: Item
    holds: Callable[[Item], bool]


class Change(NamedTuple):
    """An update: its expression, the values in it, and the item after it, None for an item that it does not fit."""

    text: str
    values: Item
    apply: Callable[[Item], Item | None]


class TableModel:
    """The items of a table by their keys."""

    def __init__(self) -> None:
        self.items: dict[Key, Item] = {}

    def put(self, item: Item, rule: Rule | None) -> str:
        """Put an item; "" or the error."""
        if rule is not None and not rule.holds(self.at(item)):
            return FAILED
        self.items[key_of(item)] = item
        return ""

    def delete(self, key: Item, rule: Rule | None) -> str:
        """Delete an item; "" or the error."""
        if rule is not None and not rule.holds(self.at(key)):
            return FAILED
        self.items.pop(key_of(key), None)
        return ""

    def update(self, key: Item, change: Change, rule: Rule | None) -> str:
        """Update an item, or make it; "" or the error."""
        if rule is not None and not rule.holds(self.at(key)):
            return FAILED
        after = change.apply(dict(self.at(key) or key))
        if after is None:
            return WRONG
        self.items[key_of(key)] = after
        return ""

    def at(self, key: Mapping[str, Any]) -> Item:
        """Return an item, {} if there is none."""
        return self.items.get(key_of(key), {})

    def partition(self, name: str, low: Decimal, high: Decimal) -> list[Item]:
        """Return the items of a partition between two sort keys, in order."""
        return [item for (pk, sk), item in sorted(self.items.items()) if pk == name and low <= sk <= high]

    def by_group(self, group: str) -> list[Item]:
        """Return the items of a group in the order of their keys; those without a group are in no index."""
        return [item for _, item in sorted(self.items.items()) if item.get("grp") == group]


def key_of(item: Mapping[str, Any]) -> Key:
    """Return the key of an item."""
    return item["pk"], item["sk"]


class Chance:
    """Random items, keys, conditions and changes of a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def key(self) -> Item:
        """Return a key; there are few, so that steps meet."""
        number = self.random.choice(("-2", "-1.5", "0", "1", "2", "10", "100"))
        return {"pk": self.random.choice("abc"), "sk": Decimal(number)}

    def item(self) -> Item:
        """Return an item."""
        item = self.key()
        if self.random.random() < 0.7:
            item["grp"] = self.random.choice("gh")
        for name in ("n", "word", "tags", "list"):
            if self.random.random() < 0.6:
                item[name] = self.value(name)
        return item

    def value(self, name: str) -> Any:
        """Return a value for an attribute."""
        match name:
            case "n":
                return Decimal(self.random.choice(("1", "-3", "0.5", "1000000", "12.25")))
            case "word":
                return self.random.choice(("", "a", "ab", "b", "ß", "𝄞"))
            case "tags":
                return frozenset(self.random.sample("xyz", self.random.randrange(1, 4)))
            case _:
                return [self.value(self.random.choice(("n", "word"))) for _ in range(self.random.randrange(3))]

    def rule(self) -> Rule | None:
        """Return a condition, or none."""
        number, word = self.value("n"), self.value("word")
        return self.random.choice(
            (
                None,
                None,
                Rule("attribute_exists(pk)", {}, bool),
                Rule("attribute_not_exists(pk)", {}, lambda item: not item),
                Rule("n >= :n", {":n": number}, lambda item: "n" in item and item["n"] >= number),
                Rule("n <> :n", {":n": number}, lambda item: item.get("n") != number),
                Rule("NOT word = :w", {":w": word}, lambda item: item.get("word") != word),
                Rule("word = grp", {}, lambda item: "word" in item and item.get("word") == item.get("grp")),
                Rule("contains(tags, :w)", {":w": "x"}, lambda item: "x" in item.get("tags", ())),
                Rule(
                    "begins_with(word, :w) OR size(tags) > :n",
                    {":w": "a", ":n": Decimal(1)},
                    lambda item: item.get("word", "").startswith("a") or len(item.get("tags", ())) > 1,
                ),
                Rule("grp IN (:g, :w)", {":g": "g", ":w": "k"}, lambda item: item.get("grp") in ("g", "k")),
            )
        )

    def change(self) -> Change:
        """Return an update."""
        number, word, tags = self.value("n"), self.value("word"), self.value("tags")
        return self.random.choice(
            (
                Change("SET word = :w", {":w": word}, lambda item: {**item, "word": word}),
                Change("SET n = n + :n", {":n": number}, lambda item: _with_sum(item, "n", number)),
                Change(
                    "SET n = if_not_exists(n, :z) - :n",
                    {":n": number, ":z": Decimal(0)},
                    lambda item: {**item, "n": item.get("n", Decimal(0)) - number},
                ),
                Change("ADD n :n", {":n": number}, lambda item: {**item, "n": item.get("n", Decimal(0)) + number}),
                Change("ADD tags :t", {":t": tags}, lambda item: _with_members(item, tags)),
                Change("DELETE tags :t", {":t": tags}, lambda item: _without_members(item, tags)),
                Change("REMOVE word, tags", {}, lambda item: _without(item, "word", "tags")),
                Change("SET grp = :g REMOVE n", {":g": "g"}, lambda item: {**_without(item, "n"), "grp": "g"}),
                Change("SET #l = list_append(#l, :l)", {":l": [word]}, lambda item: _with_appended(item, word)),
                Change("SET #l[0] = :w", {":w": word}, lambda item: _with_first(item, word)),
                Change("REMOVE #l[0]", {}, _without_first),
            )
        )


def _without(item: Item, *names: str) -> Item:
    return {name: value for name, value in item.items() if name not in names}


def _with_sum(item: Item, name: str, number: Decimal) -> Item | None:
    return {**item, name: item[name] + number} if name in item else None


def _with_members(item: Item, tags: frozenset[str]) -> Item:
    return {**item, "tags": item.get("tags", frozenset()) | tags}


def _without_members(item: Item, tags: frozenset[str]) -> Item:
    left = item.get("tags", frozenset()) - tags
    return {**item, "tags": left} if left else _without(item, "tags")


def _with_appended(item: Item, word: str) -> Item | None:
    return {**item, "list": [*item["list"], word]} if "list" in item else None


def _with_first(item: Item, word: str) -> Item | None:
    return {**item, "list": [word, *item["list"][1:]]} if "list" in item else None


def _without_first(item: Item) -> Item | None:
    return {**item, "list": item["list"][1:]} if "list" in item else None
