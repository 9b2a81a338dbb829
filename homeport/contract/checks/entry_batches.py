"""``EntryBatch``: a batch create as the checks send it, with entries of the last minutes, and the list after it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

from homeport.contract.checks.child_resources import parent_of, path_below
from homeport.contract.checks.client import Answer
from homeport.contract.checks.collections.pages import PageReader, Walk
from homeport.contract.checks.session import Session
from homeport.contract.rest.batch_creates import BatchCreate, infer_batch_creates
from homeport.contract.rest.names import plain
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.shapes import shape_of
from homeport.project.schema.references import resolve_map

_TAKEN = re.compile(r"(accepted|taken|created|inserted|written|imported|stored|saved|added)(count)?")
_UNDONE = re.compile(r"reject|fail|error|invalid|skip|refus|unprocessed|duplicate")
_FUTURE = timedelta(days=400)
_FRACTION = Decimal("0.125")
_DECIMALS = re.compile(r"\b(?P<count>one|two|three|four|five|six|\d+) (decimals?|digits)\b", re.IGNORECASE)
_COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_ROUNDS = re.compile(r"round|decimal|digit|precision|whole|truncat|\bcut\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SentBatch:
    """A batch that was sent, and what the list has after it."""

    entries: Sequence[Mapping[str, Any]]
    answer: Answer
    walk: Walk

    @property
    def taken(self) -> int | None:
        """The number of entries that the answer says were taken, None where it says nothing or none was."""
        if not self.answer.ok or self.answer.status == 202:
            return None
        shown = self.answer.properties
        counts = [one for name, one in shown.items() if _TAKEN.fullmatch(plain(name)) and isinstance(one, int)]
        if counts:
            return counts[0]
        undone = any(one for name, one in shown.items() if _UNDONE.search(plain(name)))
        return None if undone else len(self.entries)

    def exchanges(self) -> list[Any]:
        """Return the exchanges of the batch and of the list."""
        return [self.answer.exchange, *self.walk.exchanges()]


@dataclass(frozen=True, slots=True)
class EntryBatch:
    """A batch create with a parent of its own."""

    session: Session
    create: BatchCreate
    reader: PageReader
    common: Mapping[str, Any]

    def entries(self, count: int, odd: int | None = None) -> list[dict[str, Any]]:
        """Return entries of the last minutes, of which the one at ``odd`` is of a year to come."""
        # Some services keep minutes.
        now = datetime.now(UTC).replace(second=0, microsecond=0)
        found = []
        for number in range(count):
            time = now + _FUTURE if number == odd else now - timedelta(minutes=number)
            found.append(self._entry(time, number))
        return found

    def _entry(self, time: datetime, number: int) -> dict[str, Any]:
        values, document = self.session.values, self.session.model.document
        made = values.valid(self.create.schema)
        entry: dict[str, Any] = dict(made) if isinstance(made, Mapping) else {}
        for name, part in shape_of(self.create.schema, document).properties.items():
            schema = resolve_map(part, document)
            fraction = number + _fraction(str(schema.get("description", "")))
            if schema.get("format") == "date-time":
                entry[name] = time.isoformat().replace("+00:00", "Z")
            elif schema.get("type") == "number" and values.is_valid(fraction, schema):
                entry[name] = fraction
        return {**entry, **self.common}

    def send(self, entries: Sequence[Mapping[str, Any]]) -> SentBatch:
        """Send a batch, and read the list."""
        operation, session = self.create.operation, self.session
        headers, query = session.headers(operation), session.query(operation)
        sent = self.body(entries)
        answer = session.client.send(operation, self.reader.path, query=query, headers=headers, body=sent)
        return SentBatch(entries, answer, self.reader.walk({}))

    def body(self, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the body of a batch."""
        return {self.create.entries: list(entries)}

    def missing(self, sent: SentBatch) -> list[Mapping[str, Any]]:
        """Return the entries that the list does not have at their time."""
        times = [
            [instant_of(one.get(name)) for name in self.times] for one in sent.walk.entries if isinstance(one, dict)
        ]
        return [one for one in sent.entries if [instant_of(one[name]) for name in self.times] not in times]

    @property
    def times(self) -> list[str]:
        """The properties of an entry that are points in time."""
        document = self.session.model.document
        parts = shape_of(self.create.schema, document).properties
        return [name for name, part in parts.items() if resolve_map(part, document).get("format") == "date-time"]


def entry_batches(session: Session, resource: Resource) -> Iterator[EntryBatch]:
    """Yield the batch creates of a resource, each with a parent of its own."""
    for owner_of_entries, create in infer_batch_creates([resource], session.model.document):
        owner = parent_of(owner_of_entries, session.model)
        made = None if owner is None else session.make(owner)
        if made is None:
            continue
        parts = shape_of(create.schema, session.model.document).properties
        common = {name: _first(session, parts[name]) for name in create.asked.values()}
        required = {parameter: common[name] for parameter, name in create.asked.items()}
        reader = PageReader(session.client, resource, create.listing, path_below(made, resource), required)
        batch = EntryBatch(session, create, reader, common)
        if batch.times:
            yield batch


def _first(session: Session, schema: Any) -> Any:
    node = resolve_map(schema, session.model.document)
    return node["example"] if "example" in node else session.values.valid(node)


def _fraction(words: str) -> Decimal:
    """Return a fraction with as many decimals as a property keeps by its description, three at most."""
    found = _DECIMALS.search(words)
    most = 0 if _ROUNDS.search(words) else 3
    count = most if found is None else int(_COUNTS.get(found["count"].lower(), found["count"]))
    return _FRACTION.quantize(Decimal(1).scaleb(-min(count, 3)), ROUND_DOWN)


def instant_of(value: Any) -> datetime | None:
    """Return the point in time that a text is, None: it is none."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
