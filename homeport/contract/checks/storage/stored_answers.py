"""Storage: what the tables behind an API hold has the types of its answers, is gone when it should, and sorts."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from homeport.contract.checks.check import Breach, Check, Need
from homeport.contract.checks.client import Answer
from homeport.contract.checks.probes import Probe, Prober, ProbeTarget, items_of, short
from homeport.contract.checks.session import Made, Session
from homeport.contract.checks.storage.stored_items import (
    StoredItem,
    expiry_attribute,
    expiry_problems,
    find_item,
    key_parts,
    mentions,
    plain_value,
    wrong_type,
)
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.rest.resource import Field, Listing, Resource

_NEEDS: frozenset[Need] = frozenset(("tables",))
_LOGS: frozenset[Need] = frozenset(("tables", "log"))
_SECRET = re.compile(r"(?i)passw|passphrase|secret|api_?key|\bpin\b|cvv|cvc")
_TOMBSTONE = re.compile(r"(?i)delet|remov|archiv|tombstone|status|state")
_HISTORY = re.compile(r"(?i)audit|log|event|history|outbox|journal|stream|activity")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:\.(\d+))?")
_MOST_PAGES = 20


def _types_fit(session: Session, resource: Resource) -> Iterator[Breach]:
    """Compare the types of what is stored after each write with the answer."""
    prober = Prober(session)
    for operation in (resource.create, resource.replace, resource.change):
        probe = prober.prepare(ProbeTarget(resource, operation)) if operation is not None else None
        if probe is None or operation is None:
            continue
        answer = probe.send(session.client)
        shown = _properties(answer)
        identity = probe.id if probe.id is not None else shown.get(resource.id_property)
        if not answer.ok or identity is None:
            continue
        for table, item in _items_of(session, identity):
            for name in shown.keys() & item.keys():
                if problem := wrong_type(shown[name], item[name]):
                    happened = f"{name} is answered as {short(shown[name])}; in {table} {problem}"
                    yield Breach(operation, happened, (answer.exchange,), f"/{name}")


def _items_of(session: Session, identity: Any) -> Iterator[tuple[str, StoredItem]]:
    """Yield the item of a resource in each table that has one."""
    for table in session.project.resources.tables:
        item = find_item(session.access.items(table), session.access.describe(table), identity)
        if item is not None:
            yield table, item


def _nothing_is_left(session: Session, resource: Resource) -> Iterator[Breach]:
    """Compare the items of all tables before a resource is made with those after it was deleted."""
    # What has the id of another resource is not all of it.
    if resource.delete is None or resource.keyed_by:
        return
    before = _everything(session)
    prober = Prober(session)
    probe = prober.prepare(ProbeTarget(resource, resource.delete))
    if probe is None or probe.made is None:
        return
    exchanges = [*_exchanges_of(probe.made), *_change(session, prober, resource, probe)]
    answer = probe.send(session.client)
    read = session.read(resource, probe.made.path)
    if not answer.ok or (read is not None and read.ok):
        return
    identity = str(probe.made.id)
    for table, items in _everything(session).items():
        properties = session.access.describe(table)
        own = expiry_attribute(properties)
        for item in items:
            if item in before[table] or not mentions(item, identity) or own in item:
                continue
            if _HISTORY.search(table) or any(_TOMBSTONE.search(name) for name in item.keys() - resource.fields.keys()):
                continue
            keys = {part.name for part in key_parts(properties) if not part.index}
            key = {name: plain_value(item[name]) for name in sorted(keys) if name in item}
            happened = f"after DELETE was answered with {answer.status}, {table} still holds {short(key)} of it"
            yield Breach(resource.delete, happened, [*exchanges, answer.exchange], table)
            break


def _change(session: Session, prober: Prober, resource: Resource, probe: Probe) -> Iterator[HttpExchange]:
    """Change the resource of a probe once, so that what a change stores beside it is there as well."""
    for operation in (resource.change, resource.replace):
        other = prober.prepare(ProbeTarget(resource, operation)) if operation is not None else None
        if operation is not None and other is not None and "if-match" not in map(str.lower, other.headers):
            yield session.client.send(operation, probe.path, headers=other.headers, body=other.body).exchange
            return


def _everything(session: Session) -> Mapping[str, list[Any]]:
    return {table: session.access.items(table) for table in session.project.resources.tables}


def _expiries_are_seconds(session: Session, resource: Resource) -> Iterator[Breach]:
    """Look at the expiry of each item that a write adds or changes."""
    prober = Prober(session)
    writes = [target for target in prober.targets() if target.resource.name == resource.name and target.is_write]
    documented = tuple(resource.fields)
    for target in writes:
        probe = prober.prepare(target)
        if probe is None:
            continue
        before = _everything(session)
        answer = probe.send(session.client)
        if not answer.ok:
            continue
        for table, items in _everything(session).items():
            properties = session.access.describe(table)
            for item in items:
                if item in before[table]:
                    continue
                for name, problem in expiry_problems(item, properties, documented, time.time()):
                    happened = f"the write stored {name} in {table}: {problem}"
                    yield Breach(target.operation, happened, (answer.exchange,), f"{table}.{name}")


def _secrets_are_not_plain(session: Session, resource: Resource) -> Iterator[Breach]:
    """Look for the values of secrets in what a create stores."""
    create = resource.create or (resource.replace if resource.creates_by_put else None)
    secrets = [one for one in resource.fields.values() if _is_secret(one)]
    if create is None or not secrets:
        return
    before = _everything(session)
    made = session.make(resource)
    sent = made.sent if made is not None and isinstance(made.sent, dict) else {}
    for table, items in _everything(session).items():
        for item in items:
            for field in secrets if item not in before[table] else ():
                value = sent.get(field.name)
                if (
                    isinstance(value, str)
                    and len(value) > 3
                    and any(plain_value(one) == value for one in item.values())
                ):
                    happened = f"{field.name} is stored in {table} as it was sent"
                    exchanges = _exchanges_of(made)
                    yield Breach(create, happened, exchanges, f"/{field.name}", severity="warning")


def _is_secret(field: Field) -> bool:
    is_password = field.schema.get("format") == "password"
    return is_password or (field.write_only and _SECRET.search(field.name) is not None)


def _lists_show_what_is_stored(session: Session, resource: Resource) -> Iterator[Breach]:
    """Compare the entry of a list that reads an index with the resource, at first and after a change."""
    for listing in resource.listings:
        made = Prober(session).existing(resource)
        if made is None:
            return
        shown = _properties(made.answer)
        read = session.read(resource, made.path)
        if read is not None and read.ok:
            shown = _properties(read)
        queries = [{one.parameter: shown[one.field]} for one in listing.filters if shown.get(one.field) is not None]
        for query in [*([{}] if not listing.required else []), *queries]:
            if not set(listing.required) <= query.keys():
                continue
            entry, answer = _find_entry(session, listing, resource, made.id, query)
            logged = session.access.find_log(answer.request_id)
            indexes = [call.target for call in (logged.calls if logged is not None else ()) if "/" in call.target]
            if entry is None or not indexes:
                continue
            listed = [name for name, field in resource.fields.items() if field.answered]
            for name, value in shown.items():
                is_lost = name not in entry and name in listed and value not in (None, "", [])
                if is_lost or (name in entry and entry[name] != value):
                    happened = (
                        f"{name} is {short(entry.get(name))} in the list, read from {indexes[0]}, and {short(value)}"
                    )
                    exchanges = (*_exchanges_of(made), answer.exchange)
                    yield Breach(listing.operation, f"{happened} in the resource", exchanges, f"/{name}")
        yield from _filters_follow(session, resource, listing)


def _filters_follow(session: Session, resource: Resource, listing: Listing) -> Iterator[Breach]:
    """Change the property that a list filters by: the resource goes from one list to the other."""
    write = resource.change or resource.replace
    if write is None:
        return
    for one in listing.filters:
        field = resource.fields.get(one.field)
        if field is None or write.id not in field.written or set(listing.required) - {one.parameter}:
            continue
        prober = Prober(session)
        probe = prober.prepare(ProbeTarget(resource, write))
        made = probe.made if probe is not None else None
        old = _properties(made.answer).get(one.field) if made is not None else None
        other = prober.differing(one.schema, old)
        if probe is None or made is None or old is None or other is None:
            continue
        body = probe.body if isinstance(probe.body, dict) else {}
        rest = {} if write == resource.change else body
        answer = session.client.send(write, probe.path, headers=probe.headers, body={**rest, one.field: other})
        if not answer.ok or _properties(answer).get(one.field, other) != other:
            continue
        for value, is_wanted in ((other, True), (old, False)):
            entry, found = _find_entry(session, listing, resource, made.id, {one.parameter: value})
            if found.ok and (entry is not None) is not is_wanted:
                what = "does not have it" if is_wanted else "still has it"
                happened = f"{one.field} became {short(other)}, and the list for {short(value)} {what}"
                exchanges = (*_exchanges_of(made), answer.exchange, found.exchange)
                yield Breach(listing.operation, happened, exchanges, f"/{one.field}")
                break


def _find_entry(
    session: Session, listing: Listing, resource: Resource, identity: Any, query: Mapping[str, Any]
) -> tuple[Mapping[str, Any] | None, Answer]:
    """Return a resource's entry on the pages of a list, None where it has none, and the last page."""
    asked = dict(query)
    if listing.limit is not None:
        asked[listing.limit.parameter] = listing.limit.maximum or 100
    answer = session.client.send(listing.operation, query=asked)
    for _ in range(_MOST_PAGES):
        for entry in items_of(answer, listing.items):
            if isinstance(entry, dict) and entry.get(resource.id_property) == identity:
                return entry, answer
        token = _next_token(answer, listing)
        if token is None or listing.next_page is None:
            break
        answer = session.client.send(listing.operation, query={**asked, listing.next_page.parameter: token})
    return None, answer


def _next_token(answer: Answer, listing: Listing) -> Any:
    if listing.next_page is None or listing.next_page.style != "token":
        return None
    value = answer.json
    for key in listing.next_page.pointer:
        value = value.get(key) if isinstance(value, dict) else None
    return value or None


def _sort_keys_sort(session: Session, resource: Resource) -> Iterator[Breach]:
    """Make resources whose values have another order as texts than as numbers or times, and compare their sort keys."""
    create = resource.create or (resource.replace if resource.creates_by_put else None)
    if create is None:
        return
    for field in resource.fields.values():
        if create.id not in field.written or field.name == resource.id_property:
            continue
        for low, high in _telling_pairs(session, field):
            pair = [session.make(resource, **{field.name: value}) for value in (low, high)]
            found = [list(_items_of(session, made.id)) if made is not None else [] for made in pair]
            for (table, first), (_, second) in zip(found[0], found[1], strict=False):
                for name in _wrong_keys(session, table, first, second, (low, high), [made.id for made in pair if made]):
                    happened = (
                        f"{field.name} {short(low)} is before {short(high)}, but as sort key {name} of {table} "
                        f"{first[name]['S']!r} is after {second[name]['S']!r}"
                    )
                    exchanges = [one for made in pair for one in _exchanges_of(made)]
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
    create = resource.create or resource.replace
    for table, items in _everything(session).items():
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
    return made is not None and any(one == table for one, _ in _items_of(session, made.id))


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _properties(answer: Answer) -> Mapping[str, Any]:
    return answer.json if isinstance(answer.json, dict) else {}


def _exchanges_of(made: Made | None) -> list[HttpExchange]:
    return [] if made is None else [*(one.exchange for one in made.before), made.answer.exchange]


_TTL = "DynamoDB, Time to Live: a number of seconds since 1970, in the attribute that the table names"

CHECKS = (
    Check(
        "stored-types-fit",
        "storage",
        "A property is stored as the type that it has in answers",
        "DynamoDB, AttributeValue: numbers are N, booleans BOOL, arrays L",
        _types_fit,
        _NEEDS,
    ),
    Check(
        "deleted-leaves-nothing",
        "storage",
        "What is deleted leaves nothing in the tables that does not expire",
        "RFC 9110, section 9.3.5: DELETE removes the association; other items of it are orphans",
        _nothing_is_left,
        _NEEDS,
    ),
    Check(
        "expiries-are-seconds",
        "storage",
        "An expiry is one that DynamoDB acts on",
        _TTL,
        _expiries_are_seconds,
        _NEEDS,
        every_operation=True,
    ),
    Check(
        "secrets-are-not-plain",
        "storage",
        "A secret is not stored as it was sent",
        "OWASP ASVS 4.0.3, 2.4.1: passwords are stored in a form that resists offline attacks",
        _secrets_are_not_plain,
        _NEEDS,
    ),
    Check(
        "lists-show-what-is-stored",
        "storage",
        "A list that reads an index shows each resource as it is, also after a change",
        "DynamoDB, Global Secondary Indexes: an index holds the attributes that its projection names",
        _lists_show_what_is_stored,
        _LOGS,
    ),
    Check(
        "sort-keys-sort",
        "storage",
        "Sort keys have the order of the values in them",
        "DynamoDB, Core components: texts are sorted by their UTF-8 bytes",
        _sort_keys_sort,
        _NEEDS,
    ),
)
