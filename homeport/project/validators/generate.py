"""The generated files of ``service/``: validators, and a dispatcher for each function of several operations.

The files are git-ignored, and written at start, at reload and at bundling.

A function must not read openapi.yaml or import a validation library when it starts cold. So schemas become draft-07
(``schema/json_schema.py``), patterns and formats become Python's regular expressions (``pattern.py``), and the result
is one module that needs the standard library only.

A library's generated code will not do: that of fastjsonschema 2.22 refuses a Decimal as an integer, compares it with
binary fractions, unfolds 1e999999999 to all its digits for ``multipleOf``, and names a place in the data by a text that
is ambiguous once a key has a dot. A function on DynamoDB meets all of these.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from decimal import Decimal
from inspect import getsource
from pathlib import Path
from pprint import pformat
from typing import TYPE_CHECKING, Any

from homeport.errors import Problem, ProjectError
from homeport.project.model import Api, Function, Operation, Parameter, Schema
from homeport.project.names import snake_case
from homeport.project.schema.json_schema import Translator
from homeport.project.schema.references import SchemaError, resolve_references
from homeport.project.source_places import DISPATCHERS, VALIDATORS
from homeport.project.validators import embedded
from homeport.project.validators.pattern import FORMATS, python_pattern

if TYPE_CHECKING:
    from homeport.project.project import Project

# The folder of the files where service/ can't be written: a container mounts it read-only, or it is a link to the
# service of another project, whose operations are others.
OVERLAY = Path(".homeport", "generated")

_DOCSTRING = '"""Validators of the requests to {title}. Written by homeport from openapi.yaml: change that instead."""'
_WIDTH = 100
_STYLES = {
    "path": {"simple": ","},
    "header": {"simple": ","},
    "cookie": {"form": ","},
    "query": {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|", "deepObject": ","},
}
_IGNORED_HEADERS = frozenset(("accept", "content-type", "authorization"))
"""Header parameters that OpenAPI says to ignore: https://spec.openapis.org/oas/v3.0.3#fixed-fields-9"""

_DISPATCHER = '''\
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
    """Return the route's names: HTTP APIs give it in payload 2.0 and 1.0, a REST API gives method and resource."""
    request = event.get("requestContext") or {{}}
    names = [event.get("routeKey"), request.get("resourceId")]
    if event.get("resource"):
        names += [f"{{event.get('httpMethod')}} {{event['resource']}}", f"ANY {{event['resource']}}"]
    return [str(name) for name in names if name]
'''


def renew_generated(project: Project) -> None:
    """Write the generated files of a project of the kit's own shape, if it has functions in the package ``service``.

    Raises as ``write_generated``.
    """
    functions = project.api.functions.values()
    if not project.template and (not functions or any(function.code is None for function in functions)):
        write_generated(project.root, project.api)


def write_generated(root: Path, api: Api) -> Path:
    """Bring the generated files up to date and return the folder whose ``service/`` holds them.

    Raises ProjectError for schemas that can't be turned into validators, and OSError.
    """
    service = root / "service"
    base = root if os.access(service, os.W_OK) and not service.is_symlink() else root / OVERLAY
    if base == root:
        # A function that starts meanwhile needs the files of the other place: they are replaced one by one.
        shutil.rmtree(root / OVERLAY, ignore_errors=True)
    (base / "service").mkdir(parents=True, exist_ok=True)
    write_validators(base, api)
    wanted = {base / name: text for name, text in dispatchers(api).items()}
    for stale in set((base / DISPATCHERS).glob("*.py")) - wanted.keys():
        stale.unlink(missing_ok=True)
    for file, text in wanted.items():
        file.parent.mkdir(exist_ok=True)
        _write(file, text)
    return base


def write_validators(root: Path, api: Api) -> bool:
    """Write ``service/_validators.py`` if it would change; return whether it did. Raises as ``write_generated``."""
    return _write(root / VALIDATORS, generate_validators(api))


def _write(file: Path, text: str) -> bool:
    """Write a file in one step if that would change it, and return whether it did."""
    content = text.encode()
    if file.is_file() and file.read_bytes() == content:
        return False
    descriptor, name = tempfile.mkstemp(prefix=f"._{file.stem}-", suffix=".tmp", dir=file.parent)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
        draft.chmod(0o644)
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return True


def generate_validators(api: Api) -> str:
    """Return the source of the validators of an API's operations: the same text for the same API.

    The module offers ``parameters(operation, path=…, query=…, headers=…, cookies=…)``,
    ``body(operation, value, media_type)``, ``missing_body(operation)`` and ``media_types(operation)``: those of
    ``embedded.Validators``.
    Raises ProjectError with a problem for every operation whose schemas can't be used.
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
    shape, separator = _shape(parameter, _keyword(parameter.schema, translator, "type"))
    read = {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "schema": schema,
        "shape": shape,
        "separator": separator,
    }
    default = _keyword(parameter.schema, translator, "default")
    return read if default is None else {**read, "default": default}


def _keyword(schema: Schema, translator: Translator, word: str) -> Any:
    """Return the value of a schema's keyword, or that of its reference's target, or of a part of its ``allOf``."""
    schema = resolve_references(schema, translator.document)
    if word in schema:
        return schema[word]
    found = (_keyword(part, translator, word) for part in schema.get("allOf", ()))
    return next((value for value in found if value is not None), None)


def _shape(parameter: Parameter, kind: Any) -> tuple[str, str]:
    """Return how a parameter's texts make up its value, and the separator of its parts.

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
    docstring = _DOCSTRING.format(title=title.replace("\\", "").replace('"', "'").replace("\n", " "))
    _, _, embedded_code = getsource(embedded).partition('"""\n\n')
    parts = [f"{docstring}\n\n{embedded_code}"]
    for name, table in tables.items():
        parts.append(f"_{name.upper()}: dict[str, Any] = {pformat(_exact(table), width=_WIDTH, sort_dicts=False)}")
    parts.append(
        "VALIDATORS = Validators(_OPERATIONS, Checker(_DEFINITIONS, _PATTERNS, _FORMATS))\n"
        "parameters = VALIDATORS.parameters\n"
        "body = VALIDATORS.body\n"
        "missing_body = VALIDATORS.missing_body\n"
        "media_types = VALIDATORS.media_types\n"
    )
    return "\n\n\n".join(part.strip("\n") for part in parts) + "\n"


def _exact(node: Any) -> Any:
    """Return a table with its fractions as Decimal: in a schema 0.1 means one tenth."""
    if isinstance(node, float):
        return int(node) if node.is_integer() else Decimal(repr(node))
    if isinstance(node, Mapping):
        return {key: _exact(value) for key, value in node.items()}
    return [_exact(value) for value in node] if isinstance(node, list | tuple) else node


def dispatchers(api: Api) -> dict[str, str]:
    """Return the text of each dispatcher by its path in the project (``service/_functions/items.py``)."""
    return {
        f"service/_functions/{snake_case(function.name)}.py": _dispatcher(api, function)
        for function in api.functions.values()
        if function.generated
    }


def _dispatcher(api: Api, function: Function) -> str:
    served = (api.operations_by_id[name] for name in function.operations)
    lines = [f"    {operation.route_key!r}: {operation.handler!r},\n" for operation in served]
    return _DISPATCHER.format(name=function.name, file=function.source.file, handlers="".join(lines))
