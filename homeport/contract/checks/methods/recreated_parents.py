"""Parents that are made again under the id of a deleted one: nothing of what the old one had is below the new one."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.child_resources import make_below, parent_of, path_below
from homeport.contract.checks.client import Answer
from homeport.contract.checks.collections.pages import PageReader, Walk
from homeport.contract.checks.made_resource import Made
from homeport.contract.checks.methods.references import WITH_IT
from homeport.contract.checks.resource_client import ResourceClient, description_of, exchanges_of
from homeport.contract.checks.session import Session
from homeport.contract.finding import Severity
from homeport.contract.rest.resource import Listing, Resource

_KEEPS = re.compile(
    r"\b(keeps?|kept|stays?|remains?|archiv\w*|soft|restor\w*|later|eventual\w*|days|not removed)\b", re.IGNORECASE
)
_TRIES = 4
_PAUSE = 0.25


def _nothing_is_below(session: Session, resource: Resource) -> Iterator[Breach]:
    """Delete a parent with something below it, make it again, and read the list of what is below."""
    delete, client = resource.delete, ResourceClient.of(session, resource)
    words = "" if delete is None else description_of(delete, session.model.document)
    if delete is None or resource.single or not client.has_own_ids or _KEEPS.search(words):
        return
    # Without words on what becomes of it, it may be somebody else's.
    severity: Severity = "error" if WITH_IT.search(words) else "warning"
    for child in session.model.resources:
        listing = next((one for one in child.listings if _is_plain(one, child)), None)
        if listing is None or child.create is None or parent_of(child, session.model) != resource:
            continue
        made = client.make()
        below = None if made is None else make_below(session, made, child)
        if made is None or below is None:
            continue
        reader = PageReader(session.client, child, listing, path_below(made, child), {})
        before = reader.walk({})
        deleted = client.delete(made.path, made.answer.header("ETag"))
        if str(below.id) not in before.ids or deleted is None or not deleted.ok or deleted.status == 202:
            continue
        again = _make_again(client, made)
        left = _walk_without(reader, str(below.id)) if again is not None and again.ok else None
        if left is not None and str(below.id) in left.ids:
            happened = f"{made.id} was deleted and made again, and {below.id} of the deleted one is below it"
            exchanges = [*exchanges_of(made, below, deleted, again), *left.exchanges()]
            yield Breach(delete, happened, exchanges, child.name, severity=severity)


def _is_plain(listing: Listing, child: Resource) -> bool:
    return listing.operation.path == child.collection and not listing.required


def _make_again(client: ResourceClient, made: Made) -> Answer | None:
    """Return the answer to the request that made a resource, sent again under the same id."""
    resource, name = client.resource, client.resource.id_property
    if made.answer.operation == resource.replace:
        return client.write(resource.replace, made.path, made.sent)
    if resource.create is None or not isinstance(made.sent, Mapping) or name not in made.sent:
        return None
    path: dict[str, Any] = {key: value for key, value in made.path.items() if key in resource.parents}
    return client.write(resource.create, path, made.sent)


def _walk_without(reader: PageReader, id_: str) -> Walk:
    """Return a walk through a list, repeated for a moment while it has an id: it may be behind."""
    walk = reader.walk({})
    for _ in range(_TRIES):
        if id_ not in walk.ids:
            break
        time.sleep(_PAUSE)
        walk = reader.walk({})
    return walk


CHECKS = (
    Check(
        name="recreated-has-nothing-below",
        kind="methods",
        promise="Below a resource that is made under the id of a deleted one is nothing that the deleted one had",
        origin="RFC 9110, section 9.3.5: DELETE removes the association of the URI with its resource",
        run=_nothing_is_below,
    ),
)
