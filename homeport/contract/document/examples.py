"""Examples and defaults that their own schemas refuse. Pure.

https://spec.openapis.org/oas/v3.0.3#media-type-object: an example "SHOULD match the specified schema". A default "MUST
conform to the defined type for the Schema Object": https://spec.openapis.org/oas/v3.0.3#properties
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from homeport.contract.document.finding_at import finding_at, pointer_of
from homeport.contract.document.places import Carrier, DocumentMap, SchemaPlace, SpecPath, as_map
from homeport.contract.document.validators import DocumentValidators, SchemaMistake, parsed_text
from homeport.contract.finding import Finding, Severity
from homeport.project.schema.json_schema import Direction

CHECK = "example-fits-schema"
DEFAULT_CHECK = "default-fits-schema"

_BOTH: tuple[Direction, ...] = ("request", "response")


def check_examples(document: DocumentMap, validators: DocumentValidators) -> Iterator[Finding]:
    """Yield a finding for each example and default that its schema refuses; those of one mistake are one."""
    found: dict[str, list[Finding]] = {}
    for carrier in document.carriers:
        for path, value in examples_of(document, carrier):
            for finding in _check_example(document, validators, carrier, path, value):
                found.setdefault(finding.subject, []).append(finding)
    for place in document.schemas:
        for finding in _check_schema(document, validators, place):
            found.setdefault(finding.subject, []).append(finding)
    for first, *others in found.values():
        # Operations share components.
        lines = [
            source.line for source in dict.fromkeys(each.source for each in others) if source != first.source and source
        ]
        more = f"; the same in line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines[:5]))}" if lines else ""
        yield replace(first, happened=f"{first.happened}{more}{', …' if len(lines) > 5 else ''}")


def examples_of(document: DocumentMap, carrier: Carrier) -> Iterator[tuple[SpecPath, Any]]:
    """Yield the place and the value of each example beside a schema; one that stands at a URL is left out."""
    if "example" in carrier.value:
        yield (*carrier.path, "example"), carrier.value["example"]
    for name in as_map(carrier.value.get("examples")):
        path, example = document.resolve((*carrier.path, "examples", str(name)))
        if "value" in example:
            yield (*path, "value"), example["value"]


def is_json(media_type: str) -> bool:
    """Return whether a media type's bodies are JSON."""
    kind = media_type.partition(";")[0].strip()
    return kind == "application/json" or kind.endswith("+json")


def _check_example(
    document: DocumentMap, validators: DocumentValidators, carrier: Carrier, path: SpecPath, value: Any
) -> Iterator[Finding]:
    if carrier.schema is None or not _is_comparable(carrier, value):
        return
    mistakes = validators.mistakes(value, carrier.schema, carrier.direction)
    if not mistakes or any(
        validators.is_valid(each, carrier.schema, carrier.direction) for each in _texts(carrier, value)
    ):
        return
    # In a request, a property that only answers have is ignored by some services.
    other: Direction = "response" if carrier.direction == "request" else "request"
    lenient = validators.is_valid(value, carrier.schema, other) or not is_json(carrier.media_type or "application/json")
    yield _fault(document, path, carrier.label, mistakes[0], carrier.operation, "warning" if lenient else "error")


def _is_comparable(carrier: Carrier, value: Any) -> bool:
    """Return whether an example is the value itself, not a text in another format."""
    return not carrier.media_type or is_json(carrier.media_type) or not isinstance(value, str)


def _texts(carrier: Carrier, value: Any) -> Iterator[Any]:
    """Yield the values that an example stands for which is written as it is sent."""
    yield parsed_text(value)
    if carrier.kind != "content" and isinstance(value, str):
        yield [parsed_text(part.strip()) for part in value.split(",")]
        yield value.split(",")


def _check_schema(document: DocumentMap, validators: DocumentValidators, place: SchemaPlace) -> Iterator[Finding]:
    # A part's values are completed by the parts beside it.
    directions = tuple(place.directions) or _BOTH
    for key in ("example", "default"):
        if key not in place.value or (place.is_part and isinstance(place.value[key], Mapping)):
            continue
        value = place.value[key]
        # Tools write null for "no default".
        if value is None and key == "default":
            continue
        readings = (value, parsed_text(value))
        if any(validators.is_valid(each, place.path, way) for each in readings for way in directions):
            continue
        mistakes = validators.mistakes(value, place.path, directions[0])
        if mistakes:
            label = f"the schema {schema_name(place.path)}"
            yield _fault(document, (*place.path, key), label, mistakes[0], place.operation, "error")


def schema_name(path: SpecPath) -> str:
    """Return the words for a schema in a message: a component's name and what leads on from there."""
    if path[:2] == ("components", "schemas"):
        return ".".join(step for step in path[2:] if step not in ("properties", "schema"))
    return "/".join(step.replace("~", "~0").replace("/", "~1") for step in path[-3:])


def _fault(
    document: DocumentMap, path: SpecPath, label: str, mistake: SchemaMistake, operation: str, severity: Severity
) -> Finding:
    is_default = path[-1] == "default"
    at = f" at {mistake.pointer}" if mistake.pointer else ""
    line = document.line(mistake.place)
    word = "default" if is_default else "example"
    return finding_at(
        document,
        path,
        DEFAULT_CHECK if is_default else CHECK,
        f"{'A default' if is_default else 'An example'} keeps to its schema",
        f"the {word} of {label} doesn't{at}: {mistake.message} (the schema is at {line})",
        f"OpenAPI 3.0, {'Schema Object, default' if is_default else 'Media Type Object, example'}",
        operation=operation,
        severity=severity,
        subject=pointer_of((*mistake.place, mistake.keyword, word)),
    )
