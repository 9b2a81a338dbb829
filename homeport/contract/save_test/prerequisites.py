"""Which earlier requests a recorded one needs, so that it is answered again as it was. Pure.

A request is about resources: those whose ids are in its path or its body, and those that a list shows. Of each, the
requests that made and changed it are needed, from the one that created it on; what was deleted before is not.

Which ids of a saved test get a new value in each run: those that a client chose for what it made. Pure.
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
from homeport.dynamodb.embedded.actions import ITEM_READ_ACTIONS
from homeport.project.model import Api, Operation, Schema
from homeport.project.schema.json_schema import to_json_schema
from homeport.project.schema.references import SchemaError, resolve_map
from homeport.recordings.recording import Recording

MOST = 20
_WRITES = frozenset(("DELETE", "PATCH", "POST", "PUT"))
_OPAQUE = 8


@dataclass(slots=True)
class _Search:
    """``needed`` are ids of resources that must be there, ``tokens`` values that an earlier answer gave."""

    needed: set[str]
    tokens: set[str]
    picked: list[Recording] = field(default_factory=list)
    settled: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    """Targets of which a later PUT left nothing."""


@dataclass(frozen=True, slots=True)
class Steps:
    """``before`` are the requests that come first, in order; ``missing`` ids that nothing recorded made."""

    before: tuple[Recording, ...]
    recording: Recording
    missing: tuple[str, ...] = ()


def steps_to(recording: Recording, earlier: Iterable[Recording]) -> Steps:
    """What leads to a recording; ``earlier`` are the recordings before it, the latest first."""
    own = created(recording) if recording.summary.status == 201 else set()
    needed = (path_ids(recording) | body_ids(recording)) - own
    search = _Search(needed | listed(recording), _tokens(recording))
    for candidate in earlier:
        if len(search.picked) == MOST or not (search.needed or search.tokens):
            break
        _look_at(candidate, search)
    missing = set() if recording.summary.status in (404, 410) else needed - search.settled
    return Steps(tuple(reversed(search.picked)), recording, tuple(sorted(missing & path_ids(recording))))


def _look_at(candidate: Recording, search: _Search) -> None:
    if not 200 <= candidate.summary.status < 300:
        return
    gives = search.tokens & _given(candidate)
    about = (created(candidate) | path_ids(candidate)) & search.needed if is_write(candidate) else set()
    if candidate.summary.method == "DELETE":
        # What came before it is gone.
        gone = {last_segment(candidate)}
        search.settled |= gone & search.needed
        search.needed -= gone
        return
    target = candidate.summary.target
    outdated = target in search.replaced and candidate.summary.status != 201
    if not gives and (outdated or not about):
        return
    search.picked.append(candidate)
    if candidate.summary.method == "PUT":
        search.replaced.add(target)
        search.settled.add(last_segment(candidate))
    search.tokens = (search.tokens - gives) | _tokens(candidate)
    made = made_by(candidate) & search.needed
    search.needed |= (path_ids(candidate) | body_ids(candidate)) - made_by(candidate) - search.settled
    search.settled |= made
    search.needed -= made


def is_write(recording: Recording) -> bool:
    """Whether it may have changed something."""
    calls = recording.function.calls if recording.function else ()
    reading = bool(calls) and all(call.operation in ITEM_READ_ACTIONS for call in calls)
    return recording.summary.method in _WRITES and not reading


def made_by(recording: Recording) -> set[str]:
    """The ids of what a write brought into being; a PUT that only changed something made nothing."""
    if recording.summary.method == "PATCH" or (recording.summary.method == "PUT" and recording.summary.status != 201):
        return set()
    return created(recording)


def created(recording: Recording) -> set[str]:
    """The ids of the resource that a write was about."""
    if recording.summary.method not in ("POST", "PUT"):
        return set()
    if recording.summary.method == "PUT":
        return {last_segment(recording)}
    location = next((value for name, value in recording.reply_headers if name.lower() == "location"), "")
    if location:
        return {unquote(location.partition("?")[0].rstrip("/").rpartition("/")[2])}
    return {text for _, text in _top_ids(json_of(recording.reply_body.text))} - path_ids(recording)


def path_ids(recording: Recording) -> set[str]:
    """The values of its path's variables."""
    return {unquote(value) for _, value in recording.path_parameters}


def body_ids(recording: Recording) -> set[str]:
    """The ids that its body names."""
    body = json_of(recording.request_body.text)
    return {text for name, text in _top_ids(body) if text} if isinstance(body, dict) else set()


def listed(recording: Recording) -> set[str]:
    """The ids of what a list shows."""
    if recording.summary.method != "GET" or recording.summary.status != 200:
        return set()
    return {text for element in elements(json_of(recording.reply_body.text)) for _, text in _top_ids(element)}


def elements(value: Any) -> list[dict[str, Any]]:
    """The objects in a body that is a list, or an object with lists."""
    lists = [value] if isinstance(value, list) else [part for part in _values(value) if isinstance(part, list)]
    return [element for part in lists for element in part[:MOST] if isinstance(element, dict)]


def last_segment(recording: Recording) -> str:
    """The end of its path, decoded."""
    return unquote(recording.summary.target.partition("?")[0].rstrip("/").rpartition("/")[2])


def json_of(text: str) -> Any:
    """A body as JSON, None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def names_id(name: str) -> bool:
    """Whether a property is called as ids are: ``id``, ``itemId``, ``item_id``, ``itemIds``."""
    return re.search(r"(?:^|[a-z_-])(?:[Ii]ds?|ID|uuid|key)$", name) is not None


def _values(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else ()


def _top_ids(value: Any) -> Iterator[tuple[str, str]]:
    for name, part in value.items() if isinstance(value, dict) else ():
        if names_id(name):
            for one in part if isinstance(part, list) else [part]:
                if isinstance(one, str | int) and not isinstance(one, bool):
                    yield name, str(one)


def is_later_page(steps: Steps) -> bool:
    """Whether the request goes on where an earlier answer to the same operation said."""
    recording = steps.recording
    query = recording.summary.target.partition("?")[2]
    values = {unquote_plus(pair.partition("=")[2]) for pair in query.split("&")}
    same = [step for step in steps.before if step.summary.operation == recording.summary.operation]
    return any(_given(step) & values for step in same)


def _tokens(recording: Recording) -> set[str]:
    """What it sends that may be from an answer: query values without a meaning, ETags."""
    query = recording.summary.target.partition("?")[2]
    values = {unquote_plus(pair.partition("=")[2]) for pair in query.split("&")}
    etags = {value for name, value in recording.request_headers if name.lower() in ("if-match", "if-none-match")}
    return {value for value in values if _is_opaque(value)} | (etags - {"*"})


def _given(recording: Recording) -> set[str]:
    texts = {value for _, value in _strings(json_of(recording.reply_body.text)) if _is_opaque(value)}
    return texts | {value for name, value in recording.reply_headers if name.lower() == "etag"}


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


# Where nothing says what an id may be, it is taken to be a word.
_WORD = re.compile(r"[A-Za-z0-9._~-]+")


def renewable(steps: Steps, api: Api) -> list[str]:
    """Those that another value, made by ``fresh``, can stand in for as far as the spec says."""
    recordings = (*steps.before, steps.recording)
    chosen = {id for step in recordings for id in created(step) & (path_ids(step) | body_ids(step))}
    return sorted(id for id in chosen if _WORD.fullmatch(id) and _fits(id, recordings, api))


def _fits(id: str, recordings: tuple[Recording, ...], api: Api) -> bool:
    candidate = fresh(id)
    schemas = [schema for step in recordings for schema in _schemas(id, step, api)]
    return all(_is_valid(candidate, schema, api) for schema in schemas)


def _schemas(id: str, step: Recording, api: Api) -> Iterator[Schema]:
    """What the spec says of the places in which a request has the id."""
    operation = api.operations_by_id.get(step.summary.operation or "")
    if operation is None:
        return
    names = {name for name, value in step.path_parameters if value == id}
    yield from (found.schema for found in operation.parameters if found.place == "path" and found.name in names)
    yield from _of_body(id, step, operation, api)


def _of_body(id: str, step: Recording, operation: Operation, api: Api) -> Iterator[Schema]:
    pass

    body = json_of(step.request_body.text)
    names = [name for name, value in body.items() if str(value) == id] if isinstance(body, dict) else []
    for schema in operation.body.content.values() if operation.body and names else ():
        properties = resolve_map(schema, api.document).get("properties", {})
        yield from (resolve_map(properties[name], api.document) for name in names if name in properties)


def _is_valid(value: str, schema: Schema, api: Api) -> bool:
    try:
        return bool(jsonschema_rs.Draft7Validator(to_json_schema(schema, api.document)).is_valid(value))
    except (SchemaError, ValueError):
        return False
