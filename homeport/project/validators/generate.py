"""The dispatchers of functions that serve several operations: Python text, for ``service/_functions/``.

The source of ``service/_validators.py``: a project's validators, ready to be imported without the kit.

A function must not pay for reading openapi.yaml, nor for a validation library, when it starts cold. So all that can be
known beforehand is settled here: schemas become draft-07 (``jsonschema``), patterns and formats become Python's
regular expressions, and the result is one module that needs the standard library only.

Why not a library's generated code: that of fastjsonschema 2.22 refuses a Decimal as an integer, compares it with
binary fractions, unfolds 1e999999999 to all its digits for ``multipleOf``, and names a place in the data by a text that
can't be read back once a key has a dot. A function on DynamoDB meets all of these.

Writes what is generated from the spec into ``service/``: validators, and a dispatcher for each group of operations.

They are git-ignored, and made at start, at reload and at bundling.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from decimal import Decimal
from inspect import getsource
from pathlib import Path
from typing import Any

from homeport.errors import Problem, ProjectError
from homeport.project.model import Api, Function, Operation, Parameter, Schema
from homeport.project.names import snake_case
from homeport.project.schema.json_schema import Translator
from homeport.project.schema.references import SchemaError, resolve_references
from homeport.project.validators import checker as validators_checker
from homeport.project.validators import requests as validators_requests
from homeport.project.validators import values as validators_values
from homeport.project.validators.pattern import FORMATS, python_pattern

_TEXT = '''\
"""Function {name}: hands each event to the handler of its route. Written by homeport from {file}; do not edit."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

HANDLERS = {{
{handlers}}}


def handler(event: Mapping[str, Any], context: Any) -> Any:
    routes = _routes(event)
    for route in routes:
        if route in HANDLERS:
            module, _, name = HANDLERS[route].rpartition(".")
            return getattr(import_module(module), name)(event, context)
    raise LookupError("no handler of this function serves " + (" or ".join(routes) or "an event without a route"))


def _routes(event: Mapping[str, Any]) -> list[str]:
    """What the route may be called: HTTP APIs name it in payload 2.0 and 1.0, a REST API names method and resource."""
    request = event.get("requestContext") or {{}}
    names = [event.get("routeKey"), request.get("resourceId")]
    if event.get("resource"):
        names += [f"{{event.get('httpMethod')}} {{event['resource']}}", f"ANY {{event['resource']}}"]
    return [str(name) for name in names if name]
'''


def dispatchers(api: Api) -> dict[str, str]:
    """The text of each generated function's module by its path in the project (``service/_functions/items.py``)."""
    return {
        f"service/_functions/{snake_case(function.name)}.py": _text(api, function)
        for function in api.functions.values()
        if function.generated
    }


def _text(api: Api, function: Function) -> str:
    served = (api.operations_by_id[name] for name in function.operations)
    lines = [f"    {operation.route_key!r}: {operation.handler!r},\n" for operation in served]
    return _TEXT.format(name=function.name, file=function.source.file, handlers="".join(lines))


FILE = Path("service", "_validators.py")
_EMBEDDED = (validators_values, validators_checker, validators_requests)
_MARK = "# --- embedded from here ---\n"
_HEADER = '''"""Validators of the requests to {title}. Written by homeport from openapi.yaml: change that instead."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any
'''
_WIDTH = 100
_STYLES = {
    "path": {"simple": ","},
    "header": {"simple": ","},
    "cookie": {"form": ","},
    "query": {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|", "deepObject": ","},
}
_IGNORED_HEADERS = frozenset(("accept", "content-type", "authorization"))
"""Header parameters that OpenAPI says to ignore: https://spec.openapis.org/oas/v3.0.3#fixed-fields-9"""


def generate_validators(api: Api) -> str:
    """The Python source of the validators of an API's operations: the same text for the same API.

    The module offers ``parameters(operation, path=…, query=…, headers=…, cookies=…)``,
    ``body(operation, value, media_type)``, ``missing_body(operation)`` and ``media_types(operation)``: those of
    ``validators_requests.Validators``.
    Raises ProjectError with a finding for every operation whose schemas can't be used.
    """
    translator = Translator(api.document)
    operations, problems = {}, []
    for operation in api.operations:
        try:
            operations[operation.id] = _operation(operation, translator)
        except SchemaError as error:
            source = operation.source
            problems.append(Problem(f"{operation.id}: {error.message}", source.file, source.line, error.hint))
    tables = {"operations": operations, "definitions": translator.definitions}
    try:
        expressions = _expressions(tables)
    except SchemaError as error:
        problems.append(Problem(error.message, "openapi.yaml", hint=error.hint))
    if problems:
        raise ProjectError(problems)
    return _source(api.title, {**tables, **expressions})


def write_validators(project_root: Path, api: Api) -> bool:
    """Write ``service/_validators.py`` if that would change it, in one step; whether it did.

    Raises ProjectError as generate_validators does, and OSError if the file can't be written.
    """
    content = generate_validators(api).encode()
    target = project_root / FILE
    if target.is_file() and target.read_bytes() == content:
        return False
    descriptor, name = tempfile.mkstemp(prefix="._validators-", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return True


def _operation(operation: Operation, translator: Translator) -> dict[str, Any]:
    content = operation.body.content if operation.body else {}
    read = [p for p in operation.parameters if not (p.place == "header" and p.name.lower() in _IGNORED_HEADERS)]
    return {
        "parameters": [_parameter(parameter, translator) for parameter in read],
        "bodies": {media: translator.schema(schema) for media, schema in content.items() if _is_json(media)},
        "bodyRequired": operation.body is not None and operation.body.required,
    }


def _is_json(media_type: str) -> bool:
    essence = media_type.partition(";")[0].strip().lower()
    return essence in ("application/json", "*/*", "application/*") or essence.endswith("+json")


def _parameter(parameter: Parameter, translator: Translator) -> dict[str, Any]:
    schema = translator.schema(parameter.schema)
    shape, separator = _shape(parameter, _declared(parameter.schema, translator, "type"))
    read = {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "schema": schema,
        "shape": shape,
        "separator": separator,
    }
    default = _declared(parameter.schema, translator, "default")
    return read if default is None else {**read, "default": default}


def _declared(schema: Schema, translator: Translator, word: str) -> Any:
    """A word of a schema, or of what it refers to, or of a part of its ``allOf``."""
    schema = resolve_references(schema, translator.document)
    if word in schema:
        return schema[word]
    found = (_declared(part, translator, word) for part in schema.get("allOf", ()))
    return next((value for value in found if value is not None), None)


def _shape(parameter: Parameter, kind: Any) -> tuple[str, str]:
    """How a parameter's texts make up its value, and what separates its parts.

    https://spec.openapis.org/oas/v3.0.3#style-values
    """
    if parameter.media_type:
        return "json", ""
    styles = _STYLES[parameter.place]
    style = parameter.style or next(iter(styles))
    if style not in styles:
        raise SchemaError(
            f"the style {style} of the {parameter.place} parameter {parameter.name} isn't supported",
            f"use {' or '.join(styles)}",
        )
    explode = parameter.explode if parameter.explode is not None else style in ("form", "deepObject")
    if kind == "array":
        return "array", "" if explode and parameter.place in ("query", "cookie") else styles[style]
    if kind != "object":
        return "scalar", ""
    if style == "deepObject":
        return "deepObject", ""
    if explode:
        return ("properties", "") if style == "form" else ("assignments", styles[style])
    return "pairs", styles[style]


def _expressions(tables: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    patterns, formats = set(), set()
    for schema in _schemas(tables):
        if isinstance(schema.get("pattern"), str):
            patterns.add(schema["pattern"])
        if isinstance(schema.get("format"), str):
            formats.add(schema["format"])
    return {
        "patterns": {pattern: python_pattern(pattern) for pattern in sorted(patterns)},
        "formats": {name: FORMATS[name] for name in sorted(formats & FORMATS.keys())},
    }


def _schemas(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, Mapping):
        yield node
        for key, value in node.items():
            if key != "enum":
                yield from _schemas(value)
    elif isinstance(node, list):
        for value in node:
            yield from _schemas(value)


def _source(title: str, tables: Mapping[str, Any]) -> str:
    parts = [_HEADER.format(title=title.replace("\\", "").replace('"', "'").replace("\n", " "))]
    parts += [getsource(module).partition(_MARK)[2] for module in _EMBEDDED]
    for name, table in tables.items():
        parts.append(f"_{name.upper()}: dict[str, Any] = {_literal(_exact(table))}")
    parts.append(
        "_VALIDATORS = Validators(_OPERATIONS, Checker(_DEFINITIONS, _PATTERNS, _FORMATS))\n"
        "parameters = _VALIDATORS.parameters\n"
        "body = _VALIDATORS.body\n"
        "missing_body = _VALIDATORS.missing_body\n"
        "media_types = _VALIDATORS.media_types\n"
    )
    return "\n\n\n".join(part.strip("\n") for part in parts) + "\n"


def _literal(value: Any, indent: str = "") -> str:
    flat = repr(value)
    if len(indent) + len(flat) <= _WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    inner = indent + "    "
    if isinstance(value, list):
        lines = [f"{inner}{_literal(item, inner)},\n" for item in value]
        return f"[\n{''.join(lines)}{indent}]"
    lines = [f"{inner}{key!r}: {_literal(item, inner)},\n" for key, item in value.items()]
    return f"{{\n{''.join(lines)}{indent}}}"


def _exact(node: Any) -> Any:
    """A table with its fractions as Decimal: in a schema 0.1 means one tenth."""
    if isinstance(node, float):
        return int(node) if node.is_integer() else Decimal(repr(node))
    if isinstance(node, Mapping):
        return {key: _exact(value) for key, value in node.items()}
    return [_exact(value) for value in node] if isinstance(node, list | tuple) else node


# Where the files go when service/ isn't this project's to write: a container mounts it read-only, or it is a link to
# that of another project, whose operations are others.
OVERLAY = Path(".homeport", "generated")


def is_generated(place: Path) -> bool:
    """Whether a path relative to the project is one that is written here."""
    return place.parts[:2] in {("service", "_validators.py"), ("service", "_functions")} or place.name.startswith("._")


def write_generated(root: Path, api: Api) -> Path:
    """Bring the generated files up to date and give the folder whose ``service/`` holds them.

    Raises ProjectError where the spec can't be turned into validators.
    """
    shutil.rmtree(root / OVERLAY, ignore_errors=True)
    service = root / "service"
    base = root if os.access(service, os.W_OK) and not service.is_symlink() else root / OVERLAY
    (base / "service").mkdir(parents=True, exist_ok=True)
    write_validators(base, api)
    _write_dispatchers(base, api)
    return base


def _write_dispatchers(base: Path, api: Api) -> None:
    wanted = {base / name: text for name, text in dispatchers(api).items()}
    folder = base / "service" / "_functions"
    for stale in set(folder.glob("*.py")) - wanted.keys():
        stale.unlink()
    for file, text in wanted.items():
        file.parent.mkdir(exist_ok=True)
        if not file.is_file() or file.read_text() != text:
            draft = file.with_name(f"._{file.name}")
            draft.write_text(text)
            draft.replace(file)
