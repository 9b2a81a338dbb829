"""The examples that a document gives for bodies and parameters. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from homeport.project.model import Operation
from homeport.project.schema.references import resolve_map


def body_examples(operation: Operation, document: Mapping[str, Any]) -> list[Any]:
    """Return the examples of an operation's JSON body, as the document has them, without repetitions."""
    node = _operation(operation, document)
    content = resolve_map(node.get("requestBody"), document).get("content")
    found: list[Any] = []
    for kind, media in (content if isinstance(content, Mapping) else {}).items():
        if "json" in kind.lower():
            media = resolve_map(media, document)
            found += _examples(media, document)
            found += _examples(resolve_map(media.get("schema"), document), document)
    return _distinct(found)


def first_body_example(operation: Operation, media_type: str, document: Mapping[str, Any]) -> Any:
    """Return the first example beside the schema of an operation's body of a media type; None without any."""
    content = resolve_map(_operation(operation, document).get("requestBody"), document).get("content")
    media = resolve_map((content if isinstance(content, Mapping) else {}).get(media_type), document)
    return next(_examples(media, document), None)


def parameter_examples(operation: Operation, name: str, document: Mapping[str, Any]) -> list[Any]:
    """Return the examples of a parameter of an operation, those of its schema last."""
    item = resolve_map((document.get("paths") or {}).get(operation.path), document)
    found: list[Any] = []
    for entry in [*(_operation(operation, document).get("parameters") or ()), *(item.get("parameters") or ())]:
        parameter = resolve_map(entry, document)
        if parameter.get("name") == name:
            found += _examples(parameter, document)
            found += _examples(resolve_map(parameter.get("schema"), document), document)
    return _distinct(found)


def _operation(operation: Operation, document: Mapping[str, Any]) -> Mapping[str, Any]:
    paths, path, method = operation.document_path
    item = resolve_map((document.get(paths) or {}).get(path), document)
    return resolve_map(item.get(method), document)


def _examples(node: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the values of ``example`` and ``examples``: a map of Example Objects, or a list as JSON Schema has it."""
    if "example" in node:
        yield node["example"]
    examples = node.get("examples")
    if isinstance(examples, Mapping):
        for one in examples.values():
            example = resolve_map(one, document)
            if "value" in example:
                yield example["value"]
    elif isinstance(examples, list):
        yield from examples


def _distinct(values: list[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found
