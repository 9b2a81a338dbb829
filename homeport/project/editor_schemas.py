"""JSON Schemas of a project's files, for editors: deploy/stages.yaml, deploy/resources.yaml and openapi.yaml.

They are made of the tables by which the files are read: ``keys/`` and ``source/structures.yaml``. Draft 7 is what the
YAML extension of VS Code takes. ``homeport/schemas`` has them as files.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import homeport
from homeport.project.features import resource_types, template_types
from homeport.project.keys.value import nullable
from homeport.project.lambda_settings import FUNCTION_OBJECT, FUNCTION_SCHEMA
from homeport.project.openapi.extension_schemas import extension_definitions, extension_properties, lenient_document
from homeport.project.source.structure import Structure, structures
from homeport.project.stages.keys import FILE, STAGE

_FOLDER = Path(homeport.__file__).with_name("schemas")
_DRAFT = "http://json-schema.org/draft-07/schema#"
_OTHER_EXTENSIONS = "^x-(?!amazon-apigateway-|homeport$)"
_OBJECTS = {
    "an OpenAPI document": "document",
    "a path": "path",
    "an operation": "operation",
    "an operation of any method": "operation",
    "components": "components",
    "a security scheme": "security scheme",
    "a server": "server",
    "a tag": "tag",
}
"""The structures that may have extensions of API Gateway, by the kind of object that they are."""


def schema_files() -> dict[str, Path]:
    """Return the files of the schemas by name."""
    return {name: _FOLDER / f"{name}.json" for name in SCHEMAS}


def write_schemas(state: Path) -> None:
    """Put the schemas into ``schemas`` of a state folder, where .vscode/settings.json of a new project names them.

    A folder that can't be written keeps its editor without them.
    """
    folder = state / "schemas"
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        for name, file in schema_files().items():
            text, target = file.read_bytes(), folder / f"{name}.json"
            if not target.is_file() or target.read_bytes() != text:
                target.write_bytes(text)


def schema_text(name: str) -> str:
    """Return a schema as the text of its file."""
    return json.dumps(SCHEMAS[name](), indent=1, ensure_ascii=False) + "\n"


def stages_schema() -> dict[str, Any]:
    """Return the schema of deploy/stages.yaml. A stage may leave out what the defaults have, and hold null."""
    stage = nullable({"$ref": "#/definitions/stage"})
    about = {key.name: key.about for key in FILE.keys}
    stages = {"type": "object", "additionalProperties": stage}
    return {
        "$schema": _DRAFT,
        "title": "deploy/stages.yaml",
        "type": "object",
        "properties": {
            "defaults": {"description": about["defaults"], **stage},
            "stages": {"description": about["stages"], **nullable(stages)},
        },
        "additionalProperties": False,
        "definitions": {"stage": STAGE.schema(partial=True)},
    }


def openapi_schema() -> dict[str, Any]:
    """Return the schema of openapi.yaml: OpenAPI 3.0 with its extensions; of other versions the extensions alone."""
    of_3_0 = {"properties": {"openapi": {"type": "string", "pattern": r"^3\.0"}}, "required": ["openapi"]}
    return {
        "$schema": _DRAFT,
        "title": "openapi.yaml",
        "type": "object",
        "if": of_3_0,
        "then": _reference("an OpenAPI document"),
        "else": lenient_document(),
        "definitions": {**_definitions("an OpenAPI document"), **extension_definitions()},
    }


def resources_schema() -> dict[str, Any]:
    """Return the schema of deploy/resources.yaml. Any value may be a function of CloudFormation."""
    known = {*resource_types(), *(name for types in _template_lists() for name in types if not name.endswith("*"))}
    resource = _structure_schema(structures()["a resource"], functions=True)
    resource["properties"]["Type"] = {"anyOf": [{"enum": sorted(known)}, {"type": "string"}]}
    table = {"properties": {"Properties": _reference("a table's properties")}}
    of_table = {"properties": {"Type": {"const": "AWS::DynamoDB::Table"}}, "required": ["Type"]}
    whole = _structure_schema(structures()["a resources file"], functions=True)
    whole["properties"]["Resources"] = {
        "type": "object",
        "propertyNames": {"pattern": "^[A-Za-z0-9]{1,255}$"},
        "additionalProperties": {**resource, "required": ["Type"], "if": of_table, "then": table},
    }
    definitions = _definitions("a table's properties", functions=True)
    return {"$schema": _DRAFT, "title": "deploy/resources.yaml", **whole, "definitions": definitions}


def _template_lists() -> Iterator[frozenset[str]]:
    types = template_types()
    yield from (types.emulated, types.of_services, types.of_no_effect, types.of_pool)


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/definitions/{_definition_name(name)}"}


def _definition_name(name: str) -> str:
    """Return a structure's name as a JSON pointer has it without escapes: ``a-tables-properties``."""
    return name.replace("'", "").replace(" ", "-")


def _definitions(first: str, *, functions: bool = False) -> dict[str, Any]:
    """Return the schema of a structure and of all that it refers to."""
    found: dict[str, Any] = {}
    waiting = [first]
    while waiting:
        name = waiting.pop()
        if name not in found:
            structure = structures()[name]
            found[name] = _structure_schema(structure, functions=functions, kind=_OBJECTS.get(name, ""))
            waiting += (other for type in structure.fields.values() for other in _names_in(type))
    return {_definition_name(name): schema for name, schema in sorted(found.items())}


def _names_in(type: str) -> Iterator[str]:
    if type in structures():
        yield type
        return
    start = next((start for start in _TYPES if type.startswith(start)), "")
    if rest := type.removeprefix(start):
        yield from _names_in(rest) if start.endswith(("of ", "to ", "or ")) and start != "one of " else ()


def _structure_schema(structure: Structure, *, functions: bool, kind: str = "") -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            **{field: _type_schema(type, functions) for field, type in structure.fields.items()},
            **(extension_properties(kind) if kind else {}),
        },
        "additionalProperties": False,
    }
    if structure.extensible:
        schema["patternProperties"] = {_OTHER_EXTENSIONS: {}}
    if structure.needed:
        schema["required"] = list(structure.needed)
    if functions:
        return {"anyOf": [schema, FUNCTION_SCHEMA]} if structure.subject not in _WHOLE else schema
    if structure.referable:
        reference = {"required": ["$ref"]}
        return {"type": "object", "if": reference, "then": {"properties": {"$ref": {"type": "string"}}}, "else": schema}
    return schema


_WHOLE = frozenset(("a resources file", "a resource"))
"""The structures that no function of CloudFormation can replace."""

_WORDS_OF_TYPE = ["array", "boolean", "integer", "number", "object", "string", "null"]


def _entries(rest: str, functions: bool) -> dict[str, Any]:
    listed = {"type": "array", "items": _type_schema(rest, functions)}
    return {"anyOf": [listed, FUNCTION_OBJECT]} if functions else listed


def _values(rest: str, functions: bool) -> dict[str, Any]:
    return {"type": "object", "patternProperties": {"^x-": {}}, "additionalProperties": _type_schema(rest, functions)}


def _scalar(type: str) -> Callable[[str, bool], dict[str, Any]]:
    # CloudFormation takes "true" and "5" as well, and a tag such as !Ref stands before text.
    text = {"type": sorted({type, "string"})}
    return lambda _, functions: {"anyOf": [text, FUNCTION_SCHEMA]} if functions else {"type": type}


_TYPES: Mapping[str, Callable[[str, bool], dict[str, Any]]] = {
    "a type": lambda _, functions: {"enum": _WORDS_OF_TYPE},
    "flag or ": lambda rest, functions: {"anyOf": [{"type": "boolean"}, _type_schema(rest, functions)]},
    "number or ": lambda rest, functions: {"anyOf": [{"type": "number"}, _type_schema(rest, functions)]},
    "reference or ": lambda rest, functions: {
        "if": {"type": "object", "required": ["$ref"]},
        "else": _type_schema(rest, functions),
    },
    "one of ": lambda rest, functions: (
        {"anyOf": [{"enum": rest.split()}, FUNCTION_SCHEMA]} if functions else {"enum": rest.split()}
    ),
    "list of ": _entries,
    "full list of ": lambda rest, functions: {"minItems": 1, **_entries(rest, functions)},
    "map of ": _values,
    "names to ": lambda rest, functions: {"type": "object", "additionalProperties": _type_schema(rest, functions)},
    "not in 3.0, ": lambda hint, _: {"not": {}, "errorMessage": f"OpenAPI 3.0 lacks it: {hint}", "doNotSuggest": True},
    "text": _scalar("string"),
    "flag": _scalar("boolean"),
    "number": _scalar("number"),
    "integer": _scalar("integer"),
    "free": lambda _, functions: {},
}
"""The schema of each type of structures.yaml by its beginning, as ``check_structure`` reads them."""


def _type_schema(type: str, functions: bool) -> dict[str, Any]:
    if type in structures():
        return _reference(type)
    start = next(start for start in _TYPES if type.startswith(start))
    return _TYPES[start](type.removeprefix(start), functions)


SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "openapi": openapi_schema,
    "resources": resources_schema,
    "stages": stages_schema,
}
"""The schemas by the names of their files."""
