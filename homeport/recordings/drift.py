"""Where in openapi.yaml a validator's finding stands: its path through a translated schema, walked in the document.

Response drift: a function's answers held against what openapi.yaml says of them. No I/O.

Checked are the status, the content type, the body where it is JSON, and the response's headers. A response that the
spec gives no ``content`` may have any body, as in the contract tests; a compressed body is not looked into.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, partial
from typing import Any

import jsonschema_rs

from homeport.project.model import Api
from homeport.project.project import Project
from homeport.project.schema.json_schema import to_json_schema
from homeport.project.schema.references import SchemaError, pointer_keys
from homeport.project.source.document import Document
from homeport.recordings.recording import Headers, Violation

Path = tuple[str, ...]


def resolved(document: Document, path: Path) -> Path:
    """The path of what stands at ``path``, references followed."""
    seen = set()
    while path not in seen:
        seen.add(path)
        found = document.find(path)
        reference = found[0].get("$ref") if found and isinstance(found[0], dict) else None
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return path
        path = pointer_keys(reference)
    return path


def below(document: Document, path: Path, steps: Sequence[str]) -> Path:
    """Where ``steps`` lead from ``path``, references followed on the way; it ends at what is there in the document."""
    path = resolved(document, path)
    for step in steps:
        if document.find((*path, step)) is not None:
            path = resolved(document, (*path, step))
    return path


def schema_place(document: Document, schema: Path, evaluation: Sequence[str | int]) -> str:
    """``openapi.yaml:133``, for a finding in the schema at ``schema``.

    ``evaluation`` is the validator's way through the translated schema. A step that only the translation has (a
    definition, the alternative that lets null in) leads nowhere in the document and is passed over.
    """
    steps = [str(step) for step in evaluation if step != "$ref"]
    path = resolved(document, schema)
    for step in steps:
        path = resolved(document, path)
        if document.find((*path, step)) is not None:
            path = (*path, step)
    return place(document, path)


def place(document: Document, path: Path) -> str:
    """``openapi.yaml:133``."""
    return f"{document.file}:{document.line(path)}"


# Findings in one body.
_MOST = 5
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function answered to an operation's request, as it left the gateway."""

    operation: str
    method: str
    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class _Response:
    """What the spec says of one status, and where."""

    operation: str
    status: int
    path: Path
    said: Mapping[str, Any]


class Drift:
    """The check for one project as its files were when it was loaded."""

    def __init__(self, project: Project) -> None:
        self._api: Api = project.api
        self._document = project.documents.spec
        # The document does not change: what it says is looked up once.
        self._validator: Callable[[Path], jsonschema_rs.Validator | None] = cache(self._make_validator)
        self._resolved: Callable[[Path], Path] = cache(partial(resolved, self._document))
        self._operation_path: Callable[[str], Path] = cache(self._find_operation)
        self._kind: Callable[[Path], str] = cache(self._find_kind)

    def check(self, answer: Answer) -> tuple[Violation, ...]:
        """In what ways an answer differs from the spec, each once."""
        operation = self._api.operations_by_id.get(answer.operation)
        # A spec without responses says nothing of them.
        if operation is None or not operation.responses:
            return ()
        key = _documented(operation.responses, answer.status)
        path = self._operation_path(operation.id)
        if key is None:
            known = ", ".join(operation.responses)
            what = f"status {answer.status} is not documented ({known} are)"
            return (Violation(operation.id, answer.status, what, place(self._document, (*path, "responses"))),)
        where = self._resolved((*path, "responses", key))
        response = _Response(operation.id, answer.status, where, operation.responses[key])
        return tuple(dict.fromkeys((*self._of_headers(response, answer), *self._of_content(response, answer))))

    def _find_operation(self, name: str) -> Path:
        return below(self._document, (), self._api.operations_by_id[name].document_path)

    def _of_content(self, response: _Response, answer: Answer) -> Iterator[Violation]:
        content = response.said.get("content")
        if not isinstance(content, Mapping) or not content or answer.method == "HEAD":
            return
        where = (*response.path, "content")
        known = ", ".join(content)
        if not answer.body:
            yield self._violation(response, f"the body is missing ({known} is documented)", where)
            return
        kind = _value(answer.headers, "content-type") or ""
        media = next((name for name in sorted(content, key=_range) if _fits(kind, name)), None)
        if media is None:
            yield self._violation(response, f"content type {kind or 'none'} is not documented ({known} is)", where)
        elif _is_json(kind) and not _value(answer.headers, "content-encoding"):
            yield from self._of_body(response, answer.body, (*where, media, "schema"))

    def _of_body(self, response: _Response, body: bytes, schema: Path) -> Iterator[Violation]:
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            yield self._violation(response, "the body is not JSON", schema)
            return
        yield from self._of_value(response, value, schema, "")

    def _of_headers(self, response: _Response, answer: Answer) -> Iterator[Violation]:
        headers = response.said.get("headers")
        for name in headers if isinstance(headers, Mapping) else ():
            path = self._resolved((*response.path, "headers", name))
            found = self._document.find(path)
            said = found[0] if found and isinstance(found[0], dict) else {}
            value = _value(answer.headers, name)
            # OpenAPI ignores this one here: the content's media types say it.
            if name.lower() == "content-type":
                continue
            if value is None:
                if said.get("required") is True:
                    yield self._violation(response, f"the header {name} is missing", path)
            elif "schema" in said:
                yield from self._of_value(
                    response, _typed(value, self._kind((*path, "schema"))), (*path, "schema"), name
                )

    def _of_value(self, response: _Response, value: Any, schema: Path, header: str) -> Iterator[Violation]:
        validator = self._validator(schema)
        if validator is None:
            return
        for number, error in enumerate(validator.iter_errors(value)):
            if number == _MOST:
                return
            pointer = "".join("/*" if isinstance(step, int) else f"/{step}" for step in error.instance_path)
            what = f"{f'header {header}' if header else pointer or 'the body'}: {_short(error.message)}"
            yield Violation(
                response.operation, response.status, what, schema_place(self._document, schema, error.evaluation_path)
            )

    def _find_kind(self, schema: Path) -> str:
        found = self._document.find(self._resolved(schema))
        kind = found[0].get("type") if found and isinstance(found[0], dict) else None
        return kind if isinstance(kind, str) else "string"

    def _make_validator(self, schema: Path) -> jsonschema_rs.Validator | None:
        """None where there is no schema, or one that can't be understood: ``homeport check`` says what is wrong."""
        found = self._document.find(schema)
        if not found or not isinstance(found[0], dict):
            return None
        try:
            translated = to_json_schema(found[0], self._document.value, "response")
            return jsonschema_rs.Draft7Validator(translated, validate_formats=True)
        except (SchemaError, ValueError):
            return None

    def _violation(self, response: _Response, what: str, path: Path) -> Violation:
        return Violation(response.operation, response.status, what, place(self._document, path))


def _documented(responses: Mapping[str, Any], status: int) -> str | None:
    candidates = (str(status), f"{status // 100}XX", f"{status // 100}xx", "default")
    return next((key for key in candidates if key in responses), None)


def _fits(kind: str, documented: str) -> bool:
    wanted, found = (text.partition(";")[0].strip().lower() for text in (documented, kind))
    return fnmatchcase(found, wanted)


def _range(media: str) -> int:
    """Types before ranges."""
    return media.count("*")


def _is_json(kind: str) -> bool:
    media = kind.partition(";")[0].strip().lower()
    return media == "application/json" or media.endswith("+json")


def _value(headers: Headers, name: str) -> str | None:
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


def _typed(value: str, kind: str) -> Any:
    """A header's value as what its schema takes it for; text where it is none."""
    if kind == "array":
        return [part.strip() for part in value.split(",")]
    if kind in ("integer", "number", "boolean"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _short(message: str) -> str:
    # The translation's word for a property that is writeOnly.
    forbidden = message.startswith("False schema")
    plain = "must not be in an answer (writeOnly)" if forbidden else " ".join(message.split())
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…"
