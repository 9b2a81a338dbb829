"""Collections: a list that searches a text has the resources with it, in any case where the document says so."""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.collections.pages import PageReader
from homeport.contract.checks.collections.population import listed_id, required_values, shows
from homeport.contract.checks.collections.walks import list_readers, walk_whole, written_query
from homeport.contract.checks.resource_client import ResourceClient
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource, TextSearch

_LENGTH = 6


def _finds_texts(session: Session, resource: Resource) -> Iterator[Breach]:
    for reader, _ in list_readers(session, resource):
        for search in reader.listing.searches:
            bound = ResourceClient.of(session, resource).is_bound(search.field, resource.fields[search.field].schema)
            if resource.create is not None and search.parameter not in reader.required and not bound:
                yield from _finds(session, reader, search)


def _finds(session: Session, reader: PageReader, search: TextSearch) -> Iterator[Breach]:
    word = _word(session)
    text = f"{word} lamp" if search.prefix else f"Lamp {word}"
    if not session.values.is_valid(text, reader.resource.fields[search.field].schema):
        session.note_untested(f"{search.field} takes no text that {search.parameter} could find")
        return
    made = session.make(reader.resource, **{**required_values(reader), search.field: text})
    if made is None or shows(made, search.field) != text:
        return
    id_ = listed_id(reader.resource, made)
    for value in _search_values(search, word):
        if not session.values.is_valid(value, search.schema):
            continue
        walk = walk_whole(session, reader, {search.parameter: value}, [id_], again=True)
        asked = written_query(walk.query)
        strangers = [one for one in walk.entries if search.alone and _lacks(one, search, value)]
        if walk.complete and id_ not in walk.ids:
            happened = f"{id_!r} was made with {search.field} {text!r}, and is not in the list{asked}"
        elif strangers:
            shown = strangers[0][search.field]
            happened = f"the list{asked} has {reader.id_of(strangers[0])!r}, whose {search.field} is {shown!r}"
        else:
            continue
        exchanges = [made.answer.exchange, *walk.exchanges()]
        yield Breach(reader.listing.operation, happened, exchanges, f"?{search.parameter}")
        return


def _word(session: Session) -> str:
    """Return a word that no text has, with capital letters inside."""
    letters = (session.random.choice(string.ascii_lowercase) for _ in range(_LENGTH))
    return "".join(one.upper() if place % 2 == 0 else one for place, one in enumerate(letters))


def _search_values(search: TextSearch, word: str) -> list[str]:
    part = word[:-1] if search.prefix else word[1:-1]
    return [word, part, *((word.lower(), word.upper()) if search.any_case else ())]


def _lacks(entry: Any, search: TextSearch, value: str) -> bool:
    found = entry.get(search.field) if isinstance(entry, dict) else None
    # What the document leaves open is no fault: case.
    return isinstance(found, str) and value.casefold() not in found.casefold()


CHECKS = (
    Check(
        name="search-finds-texts",
        kind="collections",
        promise="A list that searches a text has the resources that contain it, or begin with it, and no others",
        origin="the document: the description of the parameter",
        run=_finds_texts,
    ),
)
