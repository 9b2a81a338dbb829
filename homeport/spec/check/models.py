"""Rules for models: what a REST API makes of schemas, JSON schema draft 4 with words missing.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
"""

from __future__ import annotations

from collections.abc import Iterator

from homeport.errors import Problem
from homeport.spec.check.places import error, warning
from homeport.spec.project import Project

_SCHEMAS = ("components", "schemas")
_DOCUMENTED_AS_UNSUPPORTED = frozenset(
    (
        "additionalProperties",
        "anyOf",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "maxItems",
        "minItems",
        "oneOf",
        "readOnly",
    )
)
_FORMATS = frozenset(("decimal", "int32", "int64"))
_NAMES = frozenset(("properties",))
_VALUES = frozenset(("default", "enum", "example", "xml"))


def names(project: Project) -> Iterator[Problem]:
    """A model's name has letters and digits only."""
    if project.stage.flavor == "http":
        return
    for name in _schemas(project):
        if not (name.isascii() and name.isalnum()):
            yield error(
                project.documents.spec,
                (*_SCHEMAS, name),
                f"a REST API's model can't have the name {name!r}",
                "rename the schema: letters and digits only",
            )


def words(project: Project) -> Iterator[Problem]:
    """Words that a REST API refuses, and those that AWS does not promise to check."""
    if project.stage.flavor == "http":
        return
    spec = project.documents.spec
    unsure: dict[str, tuple[str, ...]] = {}
    for path, schema in _walk(_SCHEMAS, _schemas(project), names=True):
        if "discriminator" in schema:
            yield error(
                spec,
                (*path, "discriminator"),
                "a REST API's models have no 'discriminator'",
                "remove it; oneOf alone says as much to the function's validator",
            )
        for word in _DOCUMENTED_AS_UNSUPPORTED & schema.keys():
            unsure.setdefault(word, (*path, word))
        if schema.get("format") in _FORMATS:
            unsure.setdefault(f"format {schema['format']}", (*path, "format"))
    if unsure and any(operation.validator and operation.validator.body for operation in project.api.operations):
        first = min(unsure.values(), key=spec.line)
        yield warning(
            spec,
            first,
            f"AWS documents {', '.join(sorted(unsure))} as unsupported in a REST API's models",
            "let the function check them too",
        )


def _schemas(project: Project) -> dict[str, object]:
    found = project.documents.spec.find(_SCHEMAS)
    return found[0] if found is not None and isinstance(found[0], dict) else {}


def _walk(path: tuple[str, ...], value: object, *, names: bool) -> Iterator[tuple[tuple[str, ...], dict[str, object]]]:
    """Every schema in a value; ``names``: its keys are names, not words."""
    if isinstance(value, dict):
        if not names:
            yield path, value
        for key, child in value.items():
            if names or key not in _VALUES:
                yield from _walk((*path, key), child, names=not names and key in _NAMES)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _walk((*path, str(index)), child, names=False)
