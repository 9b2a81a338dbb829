"""Response drift: a function's responses compared with the spec, each difference with its line of openapi.yaml. No I/O.

Checked are the status, the content type, the body where it is JSON, and the response's headers. A response that the
spec gives no ``content`` may have any body, as in the contract tests; a compressed body is not checked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, partial
from typing import Any

import jsonschema_rs

from homeport.http_headers import HttpHeaders, header_value
from homeport.project.model import Api
from homeport.project.project import Project
from homeport.project.schema.json_schema import to_json_schema
from homeport.project.schema.references import SchemaError, pointer_keys
from homeport.project.source.document import Document
from homeport.recordings.recording import Violation

SpecPath = tuple[str, ...]


def resolve_path(document: Document, path: SpecPath) -> SpecPath:
    """Return the path of the node at ``path``, with references followed."""
    seen = set()
    while path not in seen:
        seen.add(path)
        found = document.find(path)
        reference = found[0].get("$ref") if found and isinstance(found[0], dict) else None
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return path
        path = pointer_keys(reference)
    return path


def path_below(document: Document, path: SpecPath, steps: Sequence[str]) -> SpecPath:
    """Return where ``steps`` lead from ``path``, with references followed; a step that is not there is passed over."""
    path = resolve_path(document, path)
    for step in steps:
        if document.find((*path, step)) is not None:
            path = resolve_path(document, (*path, step))
    return path


def schema_line(document: Document, schema: SpecPath, evaluation: Sequence[str | int]) -> str:
    """Return the line of a validator's error in the schema at ``schema``, as ``openapi.yaml:133``.

    ``evaluation`` is the validator's path through the translated schema. A step that only the translation has (a
    definition, the alternative for null) leads nowhere in the document and is passed over.
    """
    return spec_line(document, path_below(document, schema, [str(step) for step in evaluation if step != "$ref"]))


def spec_line(document: Document, path: SpecPath) -> str:
    """Return the line of a node, as ``openapi.yaml:133``."""
    return f"{document.file}:{document.line(path)}"


# Violations in one body.
_MOST = 5
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class OperationReply:
    """A function's response to an operation's request, as it left the gateway."""

    operation: str
    method: str
    status: int
    headers: HttpHeaders
    body: bytes


@dataclass(frozen=True, slots=True)
class _DocumentedResponse:
    """A response of the spec for one status, and its place there."""

    operation: str
    status: int
    path: SpecPath
    content: Mapping[str, Any]


class DriftCheck:
    """The check for one project as its files were when it was loaded."""

    def __init__(self, project: Project) -> None:
        self._api: Api = project.api
        self._document = project.documents.spec
        # The document does not change, so each look-up is made once.
        self._validator: Callable[[SpecPath], jsonschema_rs.Validator | None] = cache(self._make_validator)
        self._resolve: Callable[[SpecPath], SpecPath] = cache(partial(resolve_path, self._document))
        self._operation_path: Callable[[str], SpecPath] = cache(self._find_operation)
        self._type: Callable[[SpecPath], str] = cache(self._find_type)

    def check(self, reply: OperationReply) -> tuple[Violation, ...]:
        """Return in what ways a response differs from the spec, each once."""
        operation = self._api.operations_by_id.get(reply.operation)
        # A spec without responses says nothing of them.
        if operation is None or not operation.responses:
            return ()
        key = _documented_key(operation.responses, reply.status)
        path = self._operation_path(operation.id)
        if key is None:
            known = ", ".join(operation.responses)
            what = f"status {reply.status} is not documented ({known} are)"
            return (Violation(operation.id, reply.status, what, spec_line(self._document, (*path, "responses"))),)
        where = self._resolve((*path, "responses", key))
        response = _DocumentedResponse(operation.id, reply.status, where, operation.responses[key])
        return tuple(dict.fromkeys((*self._check_headers(response, reply), *self._check_content(response, reply))))

    def _find_operation(self, name: str) -> SpecPath:
        return path_below(self._document, (), self._api.operations_by_id[name].document_path)

    def _check_content(self, response: _DocumentedResponse, reply: OperationReply) -> Iterator[Violation]:
        content = response.content.get("content")
        if not isinstance(content, Mapping) or not content or reply.method == "HEAD":
            return
        where = (*response.path, "content")
        known = ", ".join(content)
        if not reply.body:
            yield self._violation(response, f"the body is missing ({known} is documented)", where)
            return
        kind = header_value(reply.headers, "content-type") or ""
        media = next((name for name in sorted(content, key=_wildcards) if _fits(kind, name)), None)
        if media is None:
            yield self._violation(response, f"content type {kind or 'none'} is not documented ({known} is)", where)
        elif _is_json(kind) and not header_value(reply.headers, "content-encoding"):
            yield from self._check_body(response, reply.body, (*where, media, "schema"))

    def _check_body(self, response: _DocumentedResponse, body: bytes, schema: SpecPath) -> Iterator[Violation]:
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            yield self._violation(response, "the body is not JSON", schema)
            return
        yield from self._check_value(response, value, schema, "")

    def _check_headers(self, response: _DocumentedResponse, reply: OperationReply) -> Iterator[Violation]:
        headers = response.content.get("headers")
        for name in headers if isinstance(headers, Mapping) else ():
            path = self._resolve((*response.path, "headers", name))
            found = self._document.find(path)
            said = found[0] if found and isinstance(found[0], dict) else {}
            value = header_value(reply.headers, name)
            # OpenAPI ignores this one here: the content's media types say it.
            if name.lower() == "content-type":
                continue
            if value is None:
                if said.get("required") is True:
                    yield self._violation(response, f"the header {name} is missing", path)
            elif "schema" in said:
                yield from self._check_value(
                    response, _typed_value(value, self._type((*path, "schema"))), (*path, "schema"), name
                )

    def _check_value(
        self, response: _DocumentedResponse, value: Any, schema: SpecPath, header: str
    ) -> Iterator[Violation]:
        validator = self._validator(schema)
        if validator is None:
            return
        for number, error in enumerate(validator.iter_errors(value)):
            if number == _MOST:
                return
            pointer = "".join("/*" if isinstance(step, int) else f"/{step}" for step in error.instance_path)
            what = f"{f'header {header}' if header else pointer or 'the body'}: {_short(error.message)}"
            yield Violation(
                response.operation, response.status, what, schema_line(self._document, schema, error.evaluation_path)
            )

    def _find_type(self, schema: SpecPath) -> str:
        found = self._document.find(self._resolve(schema))
        kind = found[0].get("type") if found and isinstance(found[0], dict) else None
        return kind if isinstance(kind, str) else "string"

    def _make_validator(self, schema: SpecPath) -> jsonschema_rs.Validator | None:
        """Return None where there is no valid schema: ``homeport check`` reports that."""
        found = self._document.find(schema)
        if not found or not isinstance(found[0], dict):
            return None
        try:
            translated = to_json_schema(found[0], self._document.value, "response")
            return jsonschema_rs.Draft7Validator(translated, validate_formats=True)
        except (SchemaError, ValueError):
            return None

    def _violation(self, response: _DocumentedResponse, what: str, path: SpecPath) -> Violation:
        return Violation(response.operation, response.status, what, spec_line(self._document, path))


def _documented_key(responses: Mapping[str, Any], status: int) -> str | None:
    candidates = (str(status), f"{status // 100}XX", f"{status // 100}xx", "default")
    return next((key for key in candidates if key in responses), None)


def _fits(kind: str, documented: str) -> bool:
    wanted, found = (text.partition(";")[0].strip().lower() for text in (documented, kind))
    return fnmatchcase(found, wanted)


def _wildcards(media: str) -> int:
    return media.count("*")


def _is_json(kind: str) -> bool:
    media = kind.partition(";")[0].strip().lower()
    return media == "application/json" or media.endswith("+json")


def _typed_value(value: str, kind: str) -> Any:
    """Return a header's value as its schema's type; as text where it is none."""
    if kind == "array":
        return [part.strip() for part in value.split(",")]
    if kind in ("integer", "number", "boolean"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _short(message: str) -> str:
    # The translated schema is false for a property that is writeOnly.
    forbidden = message.startswith("False schema")
    plain = "must not be in an answer (writeOnly)" if forbidden else " ".join(message.split())
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…"
