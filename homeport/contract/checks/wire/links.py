"""Links: what an answer names as itself leads to it, and a page's links lead to pages.

https://www.rfc-editor.org/rfc/rfc8288 and https://datatracker.ietf.org/doc/html/draft-kelly-json-hal
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer, read_json
from homeport.contract.checks.collections.pages import ListPage, PageReader, Walk
from homeport.contract.checks.collections.population import population_of
from homeport.contract.checks.collections.walks import list_readers, tried_limits, walk_once
from homeport.contract.checks.session import Session
from homeport.contract.http_exchange import target_below
from homeport.contract.rest.resource import Resource

_CONTAINERS = ("links", "_links")
_HEADER = re.compile(r"""<([^<>]*)>\s*;[^,]*?\brel\s*=\s*"?([^",;]+)""", re.IGNORECASE)
# The first two, and those that their links lead to.
_FEW_PAGES = 3
_TO_PAGES = ("self", "first", "prev", "previous", "next", "last")


def leads_out(answer: Answer, link: str) -> str | None:
    """Return why a link leads out of the API, ``""`` for another host; None for one that stays inside."""
    # RFC 9110, section 10.2.2: a reference is resolved against the URL of the request.
    base, target = urlsplit(answer.exchange.base), urlsplit(urljoin(answer.exchange.url, link))
    prefix = base.path.rstrip("/")
    if target.netloc != base.netloc:
        return ""
    if prefix and not target.path.startswith(f"{prefix}/"):
        return f"leads to {target.path}, outside of the API at {prefix}"
    return None


def below_api(answer: Answer, link: str) -> str:
    """Return the target of a link below the API's URL."""
    return target_below(urljoin(answer.exchange.url, link), answer.exchange.base)


def links_of(value: Any) -> dict[str, str]:
    """Return the links of a representation or a page by their relation; templates are none."""
    found: dict[str, str] = {}
    if not isinstance(value, Mapping):
        return found
    for relation, one in (("self", value.get("href")), ("self", value.get("self"))):
        _add(found, relation, one)
    for links in (value.get(name) for name in _CONTAINERS):
        for relation, one in links.items() if isinstance(links, Mapping) else ():
            _add(found, str(relation), one)
        for one in links if isinstance(links, list) else ():
            _add(found, str(one.get("rel", "")) if isinstance(one, Mapping) else "", one)
    return found


def _add(found: dict[str, str], relation: str, value: Any) -> None:
    link = value.get("href") if isinstance(value, Mapping) else value
    if relation and isinstance(link, str) and re.match(r"/|\.|\?|https?://", link) and "{" not in link:
        found.setdefault(relation.lower(), link)


def _self_leads(session: Session, resource: Resource) -> Iterator[Breach]:
    """Yield the self links of a read, a write and a list's entry that do not lead to the resource."""
    if resource.read is None:
        return
    made = (population_of(session, resource).made if resource.listings else ()) or (session.make(resource),)
    first = made[0]
    read = None if first is None else session.read(resource, first.path)
    if first is None or read is None or not read.ok:
        return
    shown = [(first.answer, first.representation), (read, read.json)]
    for reader, _ in list_readers(session, resource) if resource.listings else ():
        for page in walk_once(session, reader, {}, _least(reader)).pages[:1]:
            shown += [(page.answer, entry) for entry in page.entries[:1]]
    for answer, representation in shown:
        link = links_of(_own(resource, representation)).get("self")
        if link is not None and (found := _other_self(session, resource, answer, representation, link)) is not None:
            yield found


def _own(resource: Resource, representation: Any) -> dict[str, Any]:
    """Return the properties of a representation that no client writes: a bookmark's href is none of its own."""
    fields, shown = resource.fields, representation if isinstance(representation, Mapping) else {}
    return {name: value for name, value in shown.items() if name not in fields or not fields[name].written}


def _other_self(session: Session, resource: Resource, answer: Answer, shown: Any, link: str) -> Breach | None:
    operation, why = answer.operation, leads_out(answer, link)
    if why == "":
        session.note_untested(f"self leads to another host: {link}")
        return None
    if why is not None:
        return Breach(operation, f"self {link!r} {why}", [answer.exchange], "/self")
    assert resource.read is not None
    headers = session.headers(resource.read)
    found = session.client.send(resource.read, target=below_api(answer, link), headers=headers)
    name = resource.id_property
    other = found.json.get(name) if isinstance(found.json, dict) else None
    if found.status != 200:
        happened = f"self {link!r} was answered with {found.status}"
        return Breach(operation, happened, [answer.exchange, found.exchange], "/self")
    if name in shown and other is not None and str(other) != str(shown[name]):
        happened = f"self {link!r} of {shown[name]!r} leads to {other!r}"
        return Breach(operation, happened, [answer.exchange, found.exchange], "/self")
    return None


def _pages_lead(session: Session, resource: Resource) -> Iterator[Breach]:
    for reader, _ in list_readers(session, resource):
        if list(_misleading(session, reader, walk_once(session, reader, {}, _least(reader)))):
            # Other checks may have made resources since that walk, which belong between its pages.
            yield from _misleading(session, reader, reader.walk({}, _least(reader), _FEW_PAGES))


def _misleading(session: Session, reader: PageReader, walk: Walk) -> Iterator[Breach]:
    for number, page in enumerate(walk.pages[:2]):
        links = _page_links(page.answer)
        for relation in [one for one in _TO_PAGES if one in links]:
            wanted = _page_at(walk.pages, number, relation)
            if (found := _other_page(session, reader, page, relation, links[relation], wanted)) is not None:
                yield found


def _least(reader: PageReader) -> int | None:
    """Return the smallest limit at which a list is read."""
    return next(iter(tried_limits(reader, 0, filtered=True)), None)


def _page_links(answer: Answer) -> dict[str, str]:
    in_header = [(name, link) for link, names in _HEADER.findall(answer.header("link")) for name in names.split()]
    return {**{name.lower(): link for name, link in in_header}, **links_of(read_json(answer.body))}


def _page_at(pages: tuple[ListPage, ...], number: int, relation: str) -> ListPage | None:
    """Return the page to which a link of a page must lead, None where any will do."""
    steps = {"self": 0, "next": 1, "prev": -1, "previous": -1, "first": -number}
    place = number + steps[relation] if relation in steps else -1
    return pages[place] if 0 <= place < len(pages) else None


def _other_page(
    session: Session, reader: PageReader, page: ListPage, relation: str, link: str, wanted: ListPage | None
) -> Breach | None:
    operation, subject = reader.listing.operation, f"/links/{relation}"
    if (why := leads_out(page.answer, link)) is not None:
        if not why:
            session.note_untested(f"{relation} leads to another host: {link}")
            return None
        return Breach(operation, f"{relation} {link!r} {why}", [page.exchange], subject)
    answer = session.client.send(operation, target=below_api(page.answer, link))
    entries = reader.entries_of(answer)
    if entries is None:
        happened = f"{relation} {link!r} was answered with {answer.status}"
        return Breach(operation, happened, [page.exchange, answer.exchange], subject)
    ids = tuple(map(reader.id_of, entries))
    if wanted is not None and ids != wanted.ids:
        happened = f"{relation} {link!r} leads to {', '.join(ids) or 'no entries'}, the walk to {', '.join(wanted.ids)}"
        return Breach(operation, happened, [page.exchange, answer.exchange, wanted.exchange], subject)
    return None


CHECKS = (
    Check(
        name="self-leads-to-itself",
        kind="wire",
        promise="A link that a resource has of itself (self, href) leads to it",
        origin="RFC 8288 and RFC 4287, section 4.2.7.2: self identifies a resource equivalent to the containing one",
        run=_self_leads,
    ),
    Check(
        name="page-links-lead-to-pages",
        kind="wire",
        promise="The links of a page lead to pages: next to the next one, prev back, first and self to what they name",
        origin="RFC 8288, section 3, and the relations of IANA's registry",
        run=_pages_lead,
    ),
)
