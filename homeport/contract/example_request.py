"""An example request of each operation: the document's own examples, or else values that keep to its schemas. Pure.

The Postman collection and the inspector's page ``/send`` are made of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from homeport.contract.rest.examples import first_body_example, parameter_examples
from homeport.project.model import Api, Operation, Parameter, Schema
from homeport.project.schema.references import resolve_map, resolve_references
from homeport.project.schema.sample_value import sample_value

PATH_VARIABLE = re.compile(r"\{([^{}+]+)\+?\}")
# A header parameter of these names is ignored: https://spec.openapis.org/oas/v3.0.3#parameter-object
_IGNORED = frozenset(("accept", "content-type", "authorization"))


@dataclass(frozen=True, slots=True)
class ExampleParameter:
    """A parameter with the text that a client would send. One that is not ``required`` may be left out.

    ``given``: the text is an example of the document, not one made from the schema.
    """

    name: str
    value: str
    required: bool = True
    given: bool = False


@dataclass(frozen=True, slots=True)
class ExampleRequest:
    """A request that the document lets a client send.

    ``path`` is the template, ``variables`` have its values in order; ``media_type`` and ``body`` are ``""`` where
    the operation takes none. ``tag`` is its first one, ``""`` for none. Credentials are no part of it.
    """

    method: str
    path: str
    tag: str = ""
    title: str = ""
    variables: tuple[ExampleParameter, ...] = ()
    query: tuple[ExampleParameter, ...] = ()
    headers: tuple[ExampleParameter, ...] = ()
    media_type: str = ""
    body: str = ""

    def target(self, variables: Mapping[str, str] | None = None) -> str:
        """Return path and query as they are sent, without what may be left out.

        ``variables`` are values that take precedence over the examples.
        """
        values = {one.name: one.value for one in self.variables} | dict(variables or {})
        path = PATH_VARIABLE.sub(lambda found: _segment(found[0], values.get(found[1], "")), self.path)
        query = urlencode([(one.name, one.value) for one in self.query if one.required], quote_via=quote)
        return f"{path}?{query}" if query else path

    @property
    def sent_headers(self) -> tuple[tuple[str, str], ...]:
        """The headers that belong to every such request: Content-Type, and those that the operation requires."""
        media = (("Content-Type", self.media_type),) if self.media_type else ()
        return (*media, *((one.name, one.value) for one in self.headers if one.required))


def example_request(operation: Operation, api: Api) -> ExampleRequest:
    """Return an example of an operation's request; GET for an operation of any method."""
    media_type, body = _body(operation, api)
    return ExampleRequest(
        method="GET" if operation.method == "ANY" else operation.method,
        path="/" if operation.path == "/$default" else operation.path,
        tag=first_tag(operation, api),
        title=operation.summary,
        variables=tuple(_variable(name, operation, api) for name in PATH_VARIABLE.findall(operation.path)),
        query=_parameters(operation, api, "query"),
        headers=tuple(one for one in _parameters(operation, api, "header") if one.name.lower() not in _IGNORED),
        media_type=media_type,
        body=body,
    )


def first_tag(operation: Operation, api: Api) -> str:
    """Return the first tag of an operation, ``""`` for none."""
    tags = operation_source(operation, api).get("tags") or [""]
    return str(tags[0])


def operation_source(operation: Operation, api: Api) -> Mapping[str, Any]:
    """Return an operation as the document has it."""
    paths, path, method = operation.document_path
    return resolve_map(
        resolve_map(resolve_map(api.document.get(paths), api.document).get(path), api.document).get(method),
        api.document,
    )


def _segment(variable: str, value: str) -> str:
    # The value of {proxy+} may have slashes.
    return quote(value, safe="/" if variable.endswith("+}") else "")


def _variable(name: str, operation: Operation, api: Api) -> ExampleParameter:
    found = next((one for one in operation.parameters if one.place == "path" and one.name == name), None)
    return _example(found, operation, api) if found else ExampleParameter(name, "")


def _parameters(operation: Operation, api: Api, place: str) -> tuple[ExampleParameter, ...]:
    return tuple(_example(one, operation, api) for one in operation.parameters if one.place == place)


def _example(parameter: Parameter, operation: Operation, api: Api) -> ExampleParameter:
    given = parameter_examples(operation, parameter.name, api.document)
    value = given[0] if given else _sample(parameter.schema, api)
    text = ",".join(map(_plain, value)) if isinstance(value, list) else _plain(value)
    return ExampleParameter(parameter.name, text, parameter.required, bool(given))


def _body(operation: Operation, api: Api) -> tuple[str, str]:
    if operation.body is None or not operation.body.content:
        return "", ""
    media, schema = next(iter(operation.body.content.items()))
    given = first_body_example(operation, media, api.document)
    value = _sample(schema, api) if given is None else given
    return media, value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _sample(schema: Schema, api: Api) -> Any:
    """Return a value that a client may send, with the properties that it may leave out."""
    return sample_value(resolve_references(schema, api.document), api.document, direction="request")


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
