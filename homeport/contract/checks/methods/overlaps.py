"""Overlaps: a time that overlaps with that of another resource is refused as the very same time is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.conflicting_creates import CONFLICT, contested_create, send_rival
from homeport.contract.checks.resource_client import ResourceClient, exchanges_of
from homeport.contract.checks.session import Session
from homeport.contract.rest.dates import moment_of, shift
from homeport.contract.rest.ordered_pairs import ordered_pairs
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.spans import excludes_overlaps

_DAYS = 4
_WEEKS = 9


def _overlap_is_rejected(session: Session, resource: Resource) -> Iterator[Breach]:
    """Make a resource, and one more whose time begins in the middle of the first one's."""
    client, operation = ResourceClient.of(session, resource), contested_create(resource)
    if operation is None or not excludes_overlaps(operation, session.model.document):
        return
    plain = client.make()
    sent = None if plain is None or plain.answer.operation is not operation else plain.sent
    pair = next(iter(_spans(sent)), None) if isinstance(sent, Mapping) else None
    if pair is None or sent is None:
        return
    begin, end = pair
    made = client.make(**_convenient(sent, begin, end))
    if made is None or not isinstance(made.sent, Mapping):
        return
    same, apart = made.sent, _shift_span(made.sent, begin, end, _WEEKS * 7)
    halfway = _halfway(made.sent, begin, end)
    if apart is None or halfway is None:
        return
    rejection = send_rival(client, operation, made.path, same)
    taken = send_rival(client, operation, made.path, {**same, **apart})
    if rejection.status != CONFLICT or not taken.ok:
        return  # the place above may have room for one alone
    rival = send_rival(client, operation, made.path, {**same, **halfway})
    if rival.ok and rival.status != 202:
        happened = (
            f"one more from {same[begin]} to {same[end]} is refused with 409, and one from {halfway[begin]} to "
            f"{halfway[end]} was answered with {rival.status}"
        )
        yield Breach(operation, happened, exchanges_of(made, rejection, taken, rival), f"/{begin}")


def _spans(sent: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of properties that have the begin and the end of a time."""
    for begin, end in ordered_pairs(sent):
        moments = [moment_of(sent[name]) for name in (begin, end) if isinstance(sent[name], str)]
        if len(moments) == 2 and all(isinstance(one, date) for one in moments):
            yield begin, end


def _convenient(sent: Mapping[str, Any], begin: str, end: str) -> dict[str, Any]:
    """Return a time of some days or hours, so that another one can begin in the middle of it."""
    first, last = moment_of(sent[begin]), moment_of(sent[end])
    if isinstance(first, datetime) and isinstance(last, datetime):
        if (last.date() - first.date()).days <= _DAYS:
            return {}
        return {begin: sent[begin], end: _written_as(first + timedelta(hours=1), sent[begin])}
    later = shift(sent[begin], _DAYS)
    return {} if later is None else {begin: sent[begin], end: later}


def _shift_span(sent: Mapping[str, Any], begin: str, end: str, days: int) -> dict[str, str] | None:
    """Return a time some days later, None where there is no such day."""
    first, last = shift(sent[begin], days), shift(sent[end], days)
    return None if first is None or last is None else {begin: first, end: last}


def _halfway(sent: Mapping[str, Any], begin: str, end: str) -> dict[str, str] | None:
    """Return a time as long as another one that begins in its middle, written as it is; None where none is known."""
    first, last = moment_of(sent[begin]), moment_of(sent[end])
    if isinstance(first, datetime) and isinstance(last, datetime):
        try:
            half = (last - first) / 2
            times = {begin: first + half, end: last + half}
        except (TypeError, OverflowError):
            return None
        whole = {name: one.replace(microsecond=0) for name, one in times.items()}
        return {name: _written_as(one, sent[name]) for name, one in whole.items()}
    if isinstance(first, date) and isinstance(last, date):
        days = (last - first).days // 2
        return _shift_span(sent, begin, end, days) if days else None
    return None


def _written_as(moment: datetime, text: str) -> str:
    written = moment.isoformat()
    return f"{written[:-6]}Z" if text.endswith(("Z", "z")) else written


CHECKS = (
    Check(
        name="overlap-is-refused",
        kind="methods",
        promise="A create whose time begins in the middle of another one's is refused, as one with the same time is",
        origin="the description of the create or of its response 409",
        run=_overlap_is_rejected,
    ),
)
