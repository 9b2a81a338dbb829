"""The model of an API as lines for people: ``homeport test --explain``. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.contract.rest.counts import Count, find_counts
from homeport.contract.rest.resource import (
    NO_DEFAULT,
    ApiModel,
    BatchRead,
    BatchWrite,
    Field,
    Listing,
    NextPage,
    Resource,
    Sort,
    TextSearch,
)
from homeport.contract.rest.written_formulas import formulas_of
from homeport.contract.rest.written_orders import NO_ORDER, begins_with_newest, made_times, words_of, written_sorts
from homeport.project.model import Operation

_WIDTH = 14
_LINE = 108


def explain_model(model: ApiModel) -> Iterator[str]:
    """Yield what a run knows of an API, why, and what it did not find."""
    for resource in model.resources:
        yield from _explain_resource(resource, model.document)
        yield ""
    for counter in model.counters:
        text = (
            f"{counter.write.label}: {counter.count} by {counter.key} in the list of {counter.listing.operation.path}"
        )
        yield from _entry("counted", text, indent=0)
    for count in find_counts(model):
        yield from _entry("counts", _count(count), indent=0)
    for batch in model.batch_writes:
        yield from _entry("batch write", _batch_write(batch), indent=0)
    batches = {batch.operation.id for batch in model.batch_writes}
    if others := [one.label for one in model.others if one.id not in batches]:
        yield from _entry("of no resource", ", ".join(others), indent=0)
        yield ""
    if not model.resources:
        yield "No resource was found: the checks of REST have nothing to work with."
    yield "Where this is wrong, x-homeport: {resource: ...} of an operation or a path corrects it."


def _count(count: Count) -> str:
    conditions = [
        " and ".join(f"{one.field} is {_json(one.value)}" for one in sorted(choice, key=str))
        for choice in count.choices
    ]
    what = f"the {count.weight} of {count.members}" if count.weight else count.members
    each = f" of each {count.key}" if count.key else ""
    meant = f" whose {' or '.join(filter(None, conditions))}" if any(conditions) else ""
    return f"{count.operation.label}: {count.name}{each} counts {what}{meant}"


def _explain_resource(resource: Resource, document: Mapping[str, Any]) -> Iterator[str]:
    paths = dict.fromkeys(one for one in (resource.collection, resource.item) if one)
    yield f"{resource.name}: {', '.join(paths)}{' (a single one)' if resource.single else ''}"
    yield from _operations(resource)
    if resource.id_parameter:
        found = f"{resource.id_property}: {resource.reasons.get('id_property', 'as corrected')}"
        yield from _entry("id", found if resource.id_property else "not found in the answers; Location may have it")
    if resource.keyed_by:
        yield from _entry("made with", f"the id of one of {resource.keyed_by}")
    if resource.parents:
        yield from _entry("below", ", ".join(resource.parents))
    if resource.envelope or resource.body_envelope:
        yield from _entry("inside", ".".join(resource.envelope or resource.body_envelope))
    for listing in resource.listings:
        yield from _listing(listing, resource, document)
    if not resource.listings:
        yield from _entry("list", "none found")
    for batch in resource.batch_reads:
        yield from _entry("batch read", _batch_read(batch))
    yield from _properties(resource)
    for formula in formulas_of(resource, document):
        yield from _entry("computed", f"{'.'.join((*formula.keys, formula.target))}: {formula.text.strip()}")
    yield from _promises(resource)


def _operations(resource: Resource) -> Iterator[str]:
    by_put = f", makes one that is not there: {resource.reasons.get('creates_by_put', 'as corrected')}"
    merges = f", keeps what is left out: {resource.reasons.get('put_merges', 'as corrected')}"
    after = {
        "replace": (by_put if resource.creates_by_put else "") + (merges if resource.put_merges else ""),
        "create": f", once per {resource.idempotency_header}" if resource.idempotency_header else "",
    }
    missing = []
    for slot in ("create", "read", "replace", "change", "delete"):
        operation: Operation | None = getattr(resource, slot)
        if operation is None:
            missing.append(slot)
        else:
            yield from _entry(slot, operation.label + after.get(slot, ""))
    if resource.actions:
        yield from _entry("actions", ", ".join(one.label for one in resource.actions))
    if missing:
        yield from _entry("not found", ", ".join(missing))


def _listing(listing: Listing, resource: Resource, document: Mapping[str, Any]) -> Iterator[str]:
    where = f"the array {'.'.join(listing.items)}" if listing.items else "an array"
    late = ", may be behind the writes" if listing.eventual else ""
    yield from _entry("list", f"{listing.operation.label}: {where}{late}")
    if listing.required:
        yield from _entry("needs", ", ".join(listing.required), indent=4)
    yield from _entry("limit", _limit(listing), indent=4)
    yield from _entry("next page", _next_page(listing.next_page), indent=4)
    filters = [one.parameter + (f" ({one.field})" if one.field != one.parameter else "") for one in listing.filters]
    yield from _entry("filters", ", ".join(filters) or "none found", indent=4)
    if members := [f"{one.parameter} (one of {one.field})" for one in listing.members]:
        yield from _entry("members", ", ".join(members), indent=4)
    if bounds := [f"{one.parameter} ({one.field} at {one.side})" for one in listing.bounds]:
        yield from _entry("ranges", ", ".join(bounds), indent=4)
    if searches := [_search(one) for one in listing.searches]:
        yield from _entry("searches", ", ".join(searches), indent=4)
    orders = [_order(one) for one in listing.sorts] or list(_written_orders(listing, resource, document))
    yield from _entry("order", ", ".join(orders) or "none documented", indent=4)


def _search(search: TextSearch) -> str:
    how = "begins with it" if search.prefix else "contains it"
    return f"{search.parameter} ({search.field} {how}{', in any case' if search.any_case else ''})"


def _written_orders(listing: Listing, resource: Resource, document: Mapping[str, Any]) -> Iterator[str]:
    sorts = list(written_sorts(document, listing, resource))
    for sort, filters in sorts:
        yield _order(sort) + (f" with {', '.join(sorted(filters))}" if filters else "") + ", as the description says"
    words = words_of(document, listing.operation)
    newest = None if NO_ORDER.search(words) else begins_with_newest(words)
    times = made_times(resource)
    if newest is not None and times and not sorts:
        yield f"the {'newest' if newest else 'oldest'} first by {' or '.join(times)}, as the description says"


def _order(sort: Sort) -> str:
    asked = f" by {sort.parameter}={sort.value}" if sort.parameter else ""
    return sort.field + (" descending" if sort.descending else "") + asked


def _limit(listing: Listing) -> str:
    limit = listing.limit
    if limit is None:
        return "no parameter found"
    least, most = limit.minimum, limit.maximum
    bounds = f"{least if least is not None else 'any'} to {most if most is not None else 'any'}"
    default = f", default {limit.default}" if limit.default is not None else ""
    return f"query parameter {limit.parameter}, {bounds}{default}"


def _next_page(way: NextPage | None) -> str:
    match way:
        case None:
            return "no way found"
        case NextPage("token"):
            return f"query parameter {way.parameter}, from {'.'.join(way.pointer)} of the answer"
        case NextPage("link"):
            return f"the URL at {'.'.join(way.pointer)}" if way.pointer else "the header Link"
        case NextPage("page"):
            return f"query parameter {way.parameter}, a number that starts with {way.first}"
        case _:
            return f"query parameter {way.parameter}, a number to skip"


def _batch_read(batch: BatchRead) -> str:
    commas = ", with commas between them" if batch.joined else ""
    ids = f"query parameter {batch.parameter}{commas}" if batch.parameter else ".".join(batch.ids) or "the array"
    most = f", {batch.maximum} at most" if batch.maximum is not None else ""
    unique = ", none twice" if batch.unique else ""
    missing = f", unknown ids in {'.'.join(batch.missing)}" if batch.missing else ""
    resources = ".".join(batch.items) or "the array"
    return f"{batch.operation.label}: ids in {ids}{most}{unique}; resources in {resources}{missing}"


def _batch_write(batch: BatchWrite) -> str:
    what = "deletes" if batch.deletes else "changes"
    missing = f", unknown ids in {batch.missing}" if batch.missing else ""
    most = f", {batch.maximum} at most" if batch.maximum is not None else ""
    ids = ".".join(batch.ids) or "the array"
    return f"{batch.operation.label}: {what} the {batch.resource} with the ids in {ids}{most}{missing}"


def _properties(resource: Resource) -> Iterator[str]:
    fields = resource.fields.values()
    if not fields:
        yield from _entry("properties", "none found: neither bodies nor answers have a schema")
        return
    yield from _entry("written", ", ".join(_written_field(one) for one in fields if one.written) or "none")
    yield from _entry("set by service", ", ".join(one.name for one in fields if one.server_set) or "none")
    unknown = [one.name for one in fields if not one.written and not one.server_set]
    if unknown:
        yield from _entry("answered", ", ".join(unknown))
    if hidden := [one.name for one in fields if one.write_only]:
        yield from _entry("never shown", ", ".join(hidden))


def _written_field(field: Field) -> str:
    if field.required:
        return f"{field.name} (required)"
    return field.name if field.default is NO_DEFAULT else f"{field.name} (default {_json(field.default)})"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _promises(resource: Resource) -> Iterator[str]:
    if resource.version:
        yield from _entry("version", f"{resource.version} counts the writes")
    own = {one.id: one.label for one in resource.operations}
    etagged = [label for id_, label in own.items() if id_ in resource.etagged]
    if etagged:
        yield from _entry("ETag", ", ".join(etagged))
    for header in sorted({header for headers in resource.conditional.values() for header in headers}):
        takers = [label for id_, label in own.items() if header in resource.conditional.get(id_, ())]
        yield from _entry(header, ", ".join(takers))
    if resource.eventual:
        yield from _entry("consistency", "reads may be behind the writes")


def _entry(name: str, text: str, indent: int = 2) -> Iterator[str]:
    """Yield a name and its text, in lines of the width of a terminal."""
    first = " " * indent + f"{name:<{_WIDTH}} "
    line = first
    for word in text.split(" "):
        if len(line) + len(word) > _LINE and line.strip() and line != first:
            yield line.rstrip()
            line = " " * len(first)
        line += word + " "
    yield line.rstrip()
