"""Links between a call and the runs that followed it: ids of what was made, found again in events. Pure.

``runtime/worker/made_ids.py`` has the ids of calls. Records of DynamoDB streams and objects of S3 have no id in both
places: their key stands for them, and the time tells apart the writes of one key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import unquote_plus

# Links of one recording; of a larger batch the first ones are enough to follow.
MOST_LINKS = 200
# Envelopes within each other: EventBridge to SNS to SQS.
_DEEPEST = 4
# Seconds: a stream has whole ones, and an answer comes after what it tells of.
_BEFORE, _AFTER = 0.25, 2.5
_INSERTED = "INSERT"
# The operations that never make a change.
_NOT_BY = {"INSERT": ("DeleteItem",), "MODIFY": ("DeleteItem",), "REMOVE": ("PutItem", "UpdateItem")}
_TIMED = ("dynamodb:", "s3:")

Owner = Literal["request", "run"]


@dataclass(frozen=True, slots=True)
class Link:
    """An id that a recording made, or took from its event.

    ``at`` is when it was made, in seconds since the epoch, by the maker's clock or by the event; 0: the event does not
    say. ``what`` is the call that made it, in words (``sqs SendMessage jobs``). Of what was taken, ``receives`` is how
    often it had been received from its queue, ``failed`` whether the function failed for it, ``what`` the change of a
    record of a stream (``INSERT``), and ``until`` is when the run began: it was made before that (0: not known).
    """

    id: str
    taken: bool
    at: float = 0.0
    receives: int = 0
    failed: bool = False
    what: str = ""
    until: float = 0.0


@dataclass(frozen=True, slots=True)
class OwnedLink:
    """A link of a recording: the request or the run with a number."""

    link: Link
    owner: Owner
    number: int


def is_cause(made: Link, taken: Link) -> bool:
    """Return whether what was made at one time can be what was taken, where their ids are the same."""
    if not taken.id.startswith(_TIMED) or not taken.at:
        return True
    if any(f" {operation} " in made.what for operation in _NOT_BY.get(taken.what, ())):
        return False
    until = min(taken.at + _AFTER, taken.until or taken.at + _AFTER)
    return taken.at - _BEFORE <= made.at <= until + _BEFORE


def maker_of(makers: Sequence[OwnedLink], taken: Link) -> OwnedLink | None:
    """Return the recording that made what was taken, of those that made something with the id; None: none did."""
    fitting = [each for each in makers if is_cause(each.link, taken)]
    if not taken.id.startswith(_TIMED):
        return fitting[0] if fitting else None
    # The time of a stream's record has no fractions: of the writes in a second, the first one may have inserted.
    chosen = max if taken.what and taken.what != _INSERTED else min
    return chosen(fitting, key=lambda each: each.link.at, default=None)


def id_of_item(table: str, key: Mapping[str, Any]) -> str:
    """Return the id that stands for an item of a table: nothing of the key can be read in it."""
    text = json.dumps(sorted(key.items()), separators=(",", ":"))
    return f"dynamodb:{table}:{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"


def taken_links(event: Any) -> list[Link]:
    """Return the ids in an event, also in the messages that carry another event."""
    return list(dict.fromkeys(_of_event(event, _DEEPEST)))[:MOST_LINKS]


def _of_event(event: Any, depth: int) -> Iterator[Link]:
    if not isinstance(event, Mapping) or depth == 0:
        return
    records = event.get("Records")
    for record in records if isinstance(records, list) else ():
        if isinstance(record, Mapping):
            yield from _of_record(record, depth)
    if "detail-type" in event and isinstance(event.get("id"), str):
        yield Link(f"events:{event['id']}", taken=True)
    if event.get("Type") == "Notification" and isinstance(event.get("MessageId"), str):
        # The form in which SNS hands a message to a queue.
        yield Link(f"sns:{event['MessageId']}", taken=True)
        yield from _of_text(event.get("Message"), depth)
    context = event.get("requestContext")
    if "requestPayload" in event and isinstance(context, Mapping) and isinstance(context.get("requestId"), str):
        # The record that a destination gets.
        yield Link(f"lambda:{context['requestId']}", taken=True)


def _of_record(record: Mapping[str, Any], depth: int) -> Iterator[Link]:
    match record:
        case {"eventSource": "aws:sqs", "messageId": str(id)}:
            attributes = record.get("attributes")
            count = str(attributes.get("ApproximateReceiveCount")) if isinstance(attributes, Mapping) else ""
            yield Link(f"sqs:{id}", taken=True, receives=int(count) if count.isdecimal() else 0)
            yield from _of_text(record.get("body"), depth)
        case {"EventSource": "aws:sns", "Sns": {"MessageId": str(id)}}:
            yield Link(f"sns:{id}", taken=True)
            yield from _of_text(record["Sns"].get("Message"), depth)
        case {"eventSource": "aws:kinesis", "kinesis": {"sequenceNumber": str(sequence)}}:
            yield Link(f"kinesis:{_last(record)}:{sequence}", taken=True)
        case {"eventSource": "aws:s3", "s3": {"bucket": {"name": str(bucket)}, "object": {"key": str(key)}}}:
            # The key of an object is encoded as in a form.
            yield Link(f"s3:{bucket}/{unquote_plus(key)}", taken=True, at=_seconds(record.get("eventTime")))
        case {"eventSource": "aws:dynamodb", "dynamodb": {"Keys": {**keys}}}:
            table = str(record.get("eventSourceARN", "")).partition(":table/")[2].partition("/")[0]
            moment = record["dynamodb"].get("ApproximateCreationDateTime")
            yield Link(
                id_of_item(table, {str(name): value for name, value in keys.items()}),
                taken=True,
                at=float(moment) if isinstance(moment, int | float) else 0.0,
                what=str(record.get("eventName", "")),
            )


def _of_text(text: Any, depth: int) -> Iterator[Link]:
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return
    try:
        inner = json.loads(text)
    except (ValueError, RecursionError):
        return
    yield from _of_event(inner, depth - 1)


def written_ids(writes: Iterable[Sequence[Any]], keys: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the ids of items that a request wrote; ``keys`` are the attributes of each table's key, by its name."""
    found = []
    for table, item in writes:
        name = str(table).partition(":table/")[2] or str(table)
        names = keys.get(name, ())
        if names and all(each in item for each in names):
            found.append(id_of_item(name, {each: item[each] for each in names}))
    return list(dict.fromkeys(found))


def _last(record: Mapping[str, Any]) -> str:
    return str(record.get("eventSourceARN", "")).rpartition("/")[2]


def _seconds(text: Any) -> float:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return 0.0
