"""Prerequisites of a recorded request: the earlier requests that it needs to get the same response again. Pure.

A request is about resources: those whose ids are in its path or its body, and those that a list shows. Of each, the
requests that created and changed it are needed, from its creation on; a resource that was deleted before is not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, unquote_plus

import jsonschema_rs

from homeport.contract.fixtures.matchers import fresh
from homeport.contract.remote_data import id_in_path
from homeport.dynamodb.embedded.actions import ITEM_READ_ACTIONS
from homeport.http_headers import header_value, header_values
from homeport.project.model import Api, Operation, Schema
from homeport.project.schema.json_schema import to_json_schema
from homeport.project.schema.references import SchemaError, resolve_map
from homeport.recordings.recording import Recording

MOST = 20
_WRITES = frozenset(("DELETE", "PATCH", "POST", "PUT"))
_OPAQUE = 8


@dataclass(slots=True)
class _Search:
    """A search in progress: the ids of ``needed`` resources, and ``tokens`` that an earlier response must have given.

    ``found`` ids need no earlier request. Of a target in ``replaced``, a later PUT left nothing.
    """

    needed: set[str]
    tokens: set[str]
    picked: list[Recording] = field(default_factory=list)
    found: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Prerequisites:
    """``before`` are the requests that come first, in order; no recorded request created the ids in ``missing``."""

    before: tuple[Recording, ...]
    recording: Recording
    missing: tuple[str, ...] = ()


def find_prerequisites(recording: Recording, earlier: Iterable[Recording]) -> Prerequisites:
    """Return what a recording needs; ``earlier`` are the recordings before it, the latest first."""
    own = written_ids(recording) if recording.summary.status == 201 else set()
    needed = (path_ids(recording) | body_ids(recording)) - own
    search = _Search(needed | listed_ids(recording), _tokens(recording))
    for candidate in earlier:
        if len(search.picked) == MOST or not (search.needed or search.tokens):
            break
        _look_at(candidate, search)
    missing = set() if recording.summary.status in (404, 410) else needed - search.found
    return Prerequisites(tuple(reversed(search.picked)), recording, tuple(sorted(missing & path_ids(recording))))


def _look_at(candidate: Recording, search: _Search) -> None:
    if not 200 <= candidate.summary.status < 300:
        return
    gives = search.tokens & _given_tokens(candidate)
    about = (written_ids(candidate) | path_ids(candidate)) & search.needed if is_write(candidate) else set()
    target = candidate.summary.target
    if candidate.summary.method == "DELETE":
        # The requests before it have no effect any more.
        gone = {id_in_path(target)}
        search.found |= gone & search.needed
        search.needed -= gone
        return
    outdated = target in search.replaced and candidate.summary.status != 201
    if not gives and (outdated or not about):
        return
    search.picked.append(candidate)
    if candidate.summary.method == "PUT":
        search.replaced.add(target)
        search.found.add(id_in_path(target))
    search.tokens = (search.tokens - gives) | _tokens(candidate)
    made = made_ids(candidate) & search.needed
    search.needed |= (path_ids(candidate) | body_ids(candidate)) - made_ids(candidate) - search.found
    search.found |= made
    search.needed -= made


def is_write(recording: Recording) -> bool:
    """Return whether a request may have changed something."""
    calls = recording.function.calls if recording.function else ()
    reading = bool(calls) and all(call.operation in ITEM_READ_ACTIONS for call in calls)
    return recording.summary.method in _WRITES and not reading


def made_ids(recording: Recording) -> set[str]:
    """Return the ids of the resources that a write created; a PUT that only changed one created none."""
    if recording.summary.method == "PATCH" or (recording.summary.method == "PUT" and recording.summary.status != 201):
        return set()
    return written_ids(recording)


def written_ids(recording: Recording) -> set[str]:
    """Return the ids of the resource that a write was about."""
    if recording.summary.method not in ("POST", "PUT"):
        return set()
    if recording.summary.method == "PUT":
        return {id_in_path(recording.summary.target)}
    if location := header_value(recording.reply_headers, "location"):
        return {id_in_path(location)}
    return {text for _, text in _top_ids(parse_json(recording.reply_body.text))} - path_ids(recording)


def path_ids(recording: Recording) -> set[str]:
    """Return the values of the path's variables."""
    return {unquote(value) for _, value in recording.path_parameters}


def body_ids(recording: Recording) -> set[str]:
    """Return the ids that the request's body has."""
    body = parse_json(recording.request_body.text)
    return {text for name, text in _top_ids(body) if text} if isinstance(body, dict) else set()


def listed_ids(recording: Recording) -> set[str]:
    """Return the ids of the items of a list."""
    if recording.summary.method != "GET" or recording.summary.status != 200:
        return set()
    return {text for element in elements(parse_json(recording.reply_body.text)) for _, text in _top_ids(element)}


def elements(value: Any) -> list[dict[str, Any]]:
    """Return the objects in a body that is a list, or an object with lists."""
    lists = [value] if isinstance(value, list) else [part for part in _values(value) if isinstance(part, list)]
    return [element for part in lists for element in part[:MOST] if isinstance(element, dict)]


def parse_json(text: str) -> Any:
    """Return a body as JSON, None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def names_id(name: str) -> bool:
    """Return whether a property has the name of an id: ``id``, ``itemId``, ``item_id``, ``itemIds``."""
    return re.search(r"(?:^|[a-z_-])(?:[Ii]ds?|ID|uuid|key)$", name) is not None


def _values(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else ()


def _top_ids(value: Any) -> Iterator[tuple[str, str]]:
    for name, part in value.items() if isinstance(value, dict) else ():
        if names_id(name):
            for one in part if isinstance(part, list) else [part]:
                if isinstance(one, str | int) and not isinstance(one, bool):
                    yield name, str(one)


def is_later_page(prerequisites: Prerequisites) -> bool:
    """Return whether the request has a cursor from an earlier response of the same operation."""
    recording = prerequisites.recording
    query = recording.summary.target.partition("?")[2]
    values = {unquote_plus(pair.partition("=")[2]) for pair in query.split("&")}
    same = [step for step in prerequisites.before if step.summary.operation == recording.summary.operation]
    return any(_given_tokens(step) & values for step in same)


def _tokens(recording: Recording) -> set[str]:
    """Return the sent values that may be from a response: query values without a meaning, ETags."""
    query = recording.summary.target.partition("?")[2]
    values = {unquote_plus(pair.partition("=")[2]) for pair in query.split("&")}
    etags = {value for name, value in recording.request_headers if name.lower() in ("if-match", "if-none-match")}
    return {value for value in values if _is_opaque(value)} | (etags - {"*"})


def _given_tokens(recording: Recording) -> set[str]:
    texts = {value for _, value in _strings(parse_json(recording.reply_body.text)) if _is_opaque(value)}
    return texts | set(header_values(recording.reply_headers, "etag"))


def _strings(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _strings(part, key)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part, name)


def _is_opaque(value: str) -> bool:
    return len(value) >= _OPAQUE and re.search(r"\d", value) is not None and not re.search(r"\s", value)


# Where the spec does not restrict an id, it is taken to be a word.
_WORD = re.compile(r"[A-Za-z0-9._~-]+")


def replaceable_ids(prerequisites: Prerequisites, api: Api) -> list[str]:
    """Return the ids that clients chose and that ``fresh`` can replace, as far as the spec says.

    They get a new value in each run of the test.
    """
    recordings = (*prerequisites.before, prerequisites.recording)
    chosen = {id for step in recordings for id in written_ids(step) & (path_ids(step) | body_ids(step))}
    return sorted(id for id in chosen if _WORD.fullmatch(id) and _fits(id, recordings, api))


def _fits(id: str, recordings: tuple[Recording, ...], api: Api) -> bool:
    candidate = fresh(id)
    schemas = [schema for step in recordings for schema in _schemas(id, step, api)]
    return all(_is_valid(candidate, schema, api) for schema in schemas)


def _schemas(id: str, step: Recording, api: Api) -> Iterator[Schema]:
    """Yield the schemas of the places in which a request has the id."""
    operation = api.operations_by_id.get(step.summary.operation or "")
    if operation is None:
        return
    names = {name for name, value in step.path_parameters if value == id}
    yield from (found.schema for found in operation.parameters if found.place == "path" and found.name in names)
    yield from _of_body(id, step, operation, api)


def _of_body(id: str, step: Recording, operation: Operation, api: Api) -> Iterator[Schema]:
    body = parse_json(step.request_body.text)
    names = [name for name, value in body.items() if str(value) == id] if isinstance(body, dict) else []
    for schema in operation.body.content.values() if operation.body and names else ():
        properties = resolve_map(schema, api.document).get("properties", {})
        yield from (resolve_map(properties[name], api.document) for name in names if name in properties)


def _is_valid(value: str, schema: Schema, api: Api) -> bool:
    try:
        return bool(jsonschema_rs.Draft7Validator(to_json_schema(schema, api.document)).is_valid(value))
    except (SchemaError, ValueError):
        return False
