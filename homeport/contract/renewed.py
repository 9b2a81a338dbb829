"""Which ids of a saved test get a new value in each run: those that a client chose for what it made. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from homeport.contract.saved import fresh
from homeport.contract.steps import Steps, body_ids, created, path_ids
from homeport.inspector.recording import Recording
from homeport.spec.jsonschema import SchemaError, resolve, to_json_schema
from homeport.spec.model import Api, Operation, Schema

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
    from homeport.contract.steps import json_of

    body = json_of(step.request_body.text)
    names = [name for name, value in body.items() if str(value) == id] if isinstance(body, dict) else []
    for schema in operation.body.content.values() if operation.body and names else ():
        properties = _resolved(schema, api).get("properties", {})
        yield from (_resolved(properties[name], api) for name in names if name in properties)


def _resolved(schema: Schema, api: Api) -> Schema:
    if "$ref" not in schema:
        return schema
    try:
        found: Any = resolve(schema["$ref"], api.document)
    except SchemaError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_valid(value: str, schema: Schema, api: Api) -> bool:
    try:
        return bool(jsonschema_rs.Draft7Validator(to_json_schema(schema, api.document)).is_valid(value))
    except (SchemaError, ValueError):
        return False
