"""Storage: sort keys have the order of the values in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.probes import short
from homeport.contract.checks.resource_client import exchanges_of
from homeport.contract.checks.session import Session
from homeport.contract.checks.storage.stored_items import StoredItem, key_parts
from homeport.contract.checks.storage.tables import all_items, items_of_resource
from homeport.contract.rest.resource import Field, Resource

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:\.(\d+))?")


def _sort_keys_sort(session: Session, resource: Resource) -> Iterator[Breach]:
    """Make resources whose values have another order as texts than as numbers or times, and compare their sort keys."""
    create = resource.any_create
    if create is None:
        return
    for field in resource.fields.values():
        if create.id not in field.written or field.name == resource.id_property:
            continue
        for low, high in _telling_pairs(session, field):
            pair = [session.make(resource, **{field.name: value}) for value in (low, high)]
            found = [list(items_of_resource(session, made.id)) if made is not None else [] for made in pair]
            for (table, first), (_, second) in zip(found[0], found[1], strict=False):
                for name in _wrong_keys(session, table, first, second, (low, high), [made.id for made in pair if made]):
                    happened = (
                        f"{field.name} {short(low)} is before {short(high)}, but as sort key {name} of {table} "
                        f"{first[name]['S']!r} is after {second[name]['S']!r}"
                    )
                    exchanges = [one for made in pair for one in exchanges_of(made)]
                    yield Breach(create, happened, exchanges, f"/{field.name}")
                    break
    yield from _times_of_one_form(session, resource)


def _telling_pairs(session: Session, field: Field) -> Iterator[tuple[Any, Any]]:
    kind = field.schema.get("type")
    pairs: Sequence[tuple[Any, Any]] = ()
    if kind in ("integer", "number"):
        pairs = ((9, 10), (99, 100), (999, 1000))
    elif kind == "string" and field.schema.get("format") == "date-time":
        pairs = (
            ("2031-05-04T10:00:00+02:00", "2031-05-04T09:00:00Z"),
            ("2031-05-04T09:00:00Z", "2031-05-04T09:00:00.5Z"),
        )
    for pair in pairs:
        if all(session.values.is_valid(value, field.schema) for value in pair):
            yield pair
            if kind != "string":
                return


def _wrong_keys(
    session: Session, table: str, first: StoredItem, second: StoredItem, values: tuple[Any, Any], ids: Sequence[Any]
) -> Iterator[str]:
    """Yield the sort keys of text in which the smaller value comes after the larger one, each as it was sent."""
    for name in {part.name for part in key_parts(session.access.describe(table)) if part.is_sort_key}:
        keys = [str(item.get(name, {}).get("S", "")) for item in (first, second)]
        plain = [_without(key, ids) for key in keys]
        if keys[0] > keys[1] and all(_has_value(key, value) for key, value in zip(plain, values, strict=True)):
            yield name


def _without(text: str, ids: Sequence[Any]) -> str:
    for one in ids:
        text = text.replace(str(one), "")
    return text


def _has_value(key: str, value: Any) -> bool:
    if isinstance(value, str):
        return value in key
    return re.search(rf"(?<![\d.]){value}(?:\.0+)?(?![\d.])", key) is not None


def _times_of_one_form(session: Session, resource: Resource) -> Iterator[Breach]:
    """Compare the form of times in the sort keys of stored items: texts sort as times only in one form."""
    create = resource.whole_write
    for table, items in all_items(session).items():
        for name in sorted({part.name for part in key_parts(session.access.describe(table)) if part.is_sort_key}):
            found: dict[int, str] = {}
            for item in items:
                text = str(item.get(name, {}).get("S", ""))
                if (time_in := _TIME.search(text)) and _is_time(time_in[0]):
                    found.setdefault(len(time_in[0]), text)
            if len(found) > 1 and create is not None and _is_in(session, resource, table):
                texts = list(found.values())[:2]
                happened = f"sort key {name} of {table} has times of several forms: {texts[0]!r} and {texts[1]!r}"
                yield Breach(create, happened, (), f"{table}.{name}")


def _is_in(session: Session, resource: Resource, table: str) -> bool:
    made = session.make(resource)
    return made is not None and any(one == table for one, _ in items_of_resource(session, made.id))


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


CHECKS = (
    Check(
        "sort-keys-sort",
        "storage",
        "Sort keys have the order of the values in them",
        "DynamoDB, Core components: texts are sorted by their UTF-8 bytes",
        _sort_keys_sort,
        frozenset(("tables",)),
    ),
)
