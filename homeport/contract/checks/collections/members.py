"""Collections: a list that selects by a member of an array has the resources with that member, on every page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.collections.pages import PageReader
from homeport.contract.checks.collections.population import listed_id, required_values, shows
from homeport.contract.checks.collections.walks import list_readers, tried_limits, walk_once, walk_whole, written_walk
from homeport.contract.checks.session import Made, Session
from homeport.contract.rest.resource import Member, Resource

_TRIES = 12


def _selects_members(session: Session, resource: Resource) -> Iterator[Breach]:
    for reader, _ in list_readers(session, resource):
        for member in reader.listing.members:
            if member.parameter not in reader.required:
                yield from _selects(session, reader, member)
                yield from _takes_no_part(session, reader, member)


def _selects(session: Session, reader: PageReader, member: Member) -> Iterator[Breach]:
    wanted, other = _two_references(session, reader.resource, member) or _two_values(session, member)
    if wanted is None or other is None:
        session.note_untested(f"{member.parameter} has no two values")
        return
    made: list[tuple[Made, bool]] = []
    for members in ([wanted], [other], [other, wanted], [], [wanted, other]):
        one = session.make(reader.resource, **{**required_values(reader), member.field: members})
        if one is not None and shows(one, member.field) is not None:
            made.append((one, wanted in members))
    query = {member.parameter: wanted}
    ids = [listed_id(reader.resource, one) for one, has_it in made if has_it]
    whole = walk_whole(session, reader, query, ids, again=True)
    for walk in (
        whole,
        *(walk_once(session, reader, query, limit) for limit in tried_limits(reader, 2, filtered=True)),
    ):
        for number, page in enumerate(walk.pages):
            strangers = [one for one in page.entries if isinstance(one, dict) and _lacks(one, member, wanted)]
            if strangers:
                where = f" on page {number + 1}" if number else ""
                happened = (
                    f"the list{written_walk(reader, walk)} has {reader.id_of(strangers[0])!r}{where}, whose "
                    f"{member.field} are {strangers[0][member.field]!r}"
                )
                exchanges = [one.exchange for one in walk.pages[max(number - 1, 0) : number + 1]]
                yield Breach(reader.listing.operation, happened, exchanges, f"?{member.parameter}")
                return
    lost = [one for one, has_it in made if has_it and listed_id(reader.resource, one) not in whole.ids]
    if whole.complete and lost and whole.ids:
        happened = (
            f"{lost[0].id!r} was made with {member.field} {shows(lost[0], member.field)!r}, and is not in the list"
        )
        exchanges = [lost[0].answer.exchange, *whole.exchanges()]
        yield Breach(
            reader.listing.operation, happened + written_walk(reader, whole), exchanges, f"?{member.parameter}"
        )


def _takes_no_part(session: Session, reader: PageReader, member: Member) -> Iterator[Breach]:
    """Ask for a part of a member's text: a search in a joined text would find it."""
    whole, part = _whole_and_part(session, member)
    made = session.make(reader.resource, **{**required_values(reader), member.field: [whole]}) if whole else None
    if made is None or not isinstance(shows(made, member.field), list):
        return
    walk = walk_once(session, reader, {member.parameter: part}, None)
    id_ = listed_id(reader.resource, made)
    page = next((one for one in walk.pages for entry in one.entries if reader.id_of(entry) == id_), None)
    if page is not None:
        happened = f"the list{written_walk(reader, walk)} has {id_!r}, whose {member.field} are "
        exchanges = [made.answer.exchange, page.exchange]
        yield Breach(
            reader.listing.operation, f"{happened}{shows(made, member.field)!r}", exchanges, f"?{member.parameter}"
        )


def _whole_and_part(session: Session, member: Member) -> tuple[str, str]:
    """Return a text, and its beginning, both of which the parameter may have; two empty ones where there are none."""
    number = f"{session.random.getrandbits(32):x}"
    for whole in (f"n{number}x", *(session.values.valid(member.schema) for _ in range(_TRIES))):
        is_text = isinstance(whole, str) and len(whole) > 2 and not member.partial and "enum" not in member.schema
        if is_text and all(session.values.is_valid(one, member.schema) for one in (whole, whole[:-1])):
            return whole, whole[:-1]
    return "", ""


def _lacks(entry: dict[str, Any], member: Member, wanted: Any) -> bool:
    found = entry.get(member.field)
    if member.partial and isinstance(found, list):
        return not any(str(wanted).casefold() in str(one).casefold() for one in found)
    return isinstance(found, list) and wanted not in found


def _two_references(session: Session, resource: Resource, member: Member) -> tuple[Any, Any] | None:
    """Return the ids of two resources that an array refers to, None where it refers to none that can be made."""
    found = [session.new_reference(resource, member.field) for _ in range(2)]
    fits = all(one is not None and session.values.is_valid(one, member.schema) for one in found)
    return (found[0], found[1]) if fits and found[0] != found[1] else None


def _two_values(session: Session, member: Member) -> tuple[Any, Any]:
    """Return two values of a parameter that differ in more than their case, None where it has no two."""
    found: dict[str, Any] = {}
    for value in (*member.schema.get("enum", ()), *(session.values.valid(member.schema) for _ in range(_TRIES))):
        if value not in (None, ""):
            found.setdefault(str(value).casefold(), value)
    values = [*found.values(), None, None]
    return values[0], values[1]


CHECKS = (
    Check(
        name="member-filter-keeps-its-word",
        kind="collections",
        promise="A list that selects by a member of an array has the resources with it, all of them and no others",
        origin="the document: the parameter is named like the array, or like one of its members",
        run=_selects_members,
    ),
)
