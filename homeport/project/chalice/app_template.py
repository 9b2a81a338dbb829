"""The template of an app, whose values have the line of the route or function in the app that they come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from homeport.project.chalice.file_names import APP_FILE, CONFIG_FILE
from homeport.project.chalice.named_resources import add_named_resources
from homeport.project.model import Source
from homeport.project.source.document import Document
from homeport.project.source.source_map import SourceLines, SourceMap

_FUNCTION = "AWS::Serverless::Function"
_API_HANDLER = "APIHandler"
_LAYER = "ChaliceRuntime"


def app_template(root: Path, result: Mapping[str, Any], layer: Path, more: Mapping[str, Any]) -> Document:
    """Return the template of the app in ``root`` that ``app_reader.py`` has read.

    ``layer`` is the folder of a layer with Chalice's own runtime. ``more`` are sections of the app's own template
    (``resources.json``), which ``chalice package --merge-template`` would add.
    """
    template = _merge(result["template"], more)
    resources: dict[str, Any] = template.setdefault("Resources", {})
    functions = [each for each in resources.values() if _map(each).get("Type") == _FUNCTION]
    for function in functions:
        properties = function["Properties"]
        properties["CodeUri"] = str(root)
        if properties.get("Tracing") == "PassThrough":
            # Chalice writes out what holds without it.
            del properties["Tracing"]
        properties["Layers"] = [*properties.get("Layers", ()), {"Ref": _LAYER}]
    resources[_LAYER] = {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": str(layer)}}
    added = dict(add_named_resources(resources, result.get("sources", ())))
    return _with_places(template, result, added)


def _with_places(template: dict[str, Any], result: Mapping[str, Any], added: Mapping[str, str]) -> Document:
    lines: SourceMap = {}
    places = {name: Source(str(file), int(line)) for name, (file, line) in _map(result.get("functions")).items()}
    _place(lines, template, Source(APP_FILE, 1))
    for logical_id, resource in template["Resources"].items():
        function = added.get(logical_id, logical_id)
        if function in places:
            _place(lines, resource, places[function])
            _place_key(lines, template["Resources"], logical_id, places[function])
        if _map(resource).get("Type") == "AWS::Serverless::Api":
            _place_routes(lines, resource, _map(result.get("routes")))
    handler = _map(template["Resources"].get(_API_HANDLER))
    if handler:
        # Settings of the function for the routes are in the configuration, which has no lines.
        _place(lines, handler, Source(CONFIG_FILE, 1))
    return Document(APP_FILE, template, lines)


def _place_routes(lines: SourceMap, api: Mapping[str, Any], routes: Mapping[str, Any]) -> None:
    paths = _map(_map(_map(api.get("Properties")).get("DefinitionBody")).get("paths"))
    for path, methods in routes.items():
        written = _map(paths.get(path))
        for method, (file, line) in methods.items():
            source = Source(str(file), int(line))
            if method.lower() in written:
                # A proxy integration has bodies of binary types in base64 in any case.
                _map(written[method.lower()].get("x-amazon-apigateway-integration")).pop("contentHandling", None)
                _place(lines, written[method.lower()], source)
                _place_key(lines, written, method.lower(), source)
            if path in paths:
                _place_key(lines, paths, path, source)


def _place(lines: SourceMap, value: Any, source: Source) -> None:
    """Have a value and all that is in it come from a place."""
    children: Iterable[Any] = ()
    if isinstance(value, dict):
        lines[id(value)] = SourceLines(source.line, dict.fromkeys(value, source.line), source.file)
        children = value.values()
    elif isinstance(value, list):
        lines[id(value)] = SourceLines(source.line, [source.line] * len(value), source.file)
        children = value
    for child in children:
        _place(lines, child, source)


def _place_key(lines: SourceMap, holder: dict[str, Any], key: str, source: Source) -> None:
    known = lines[id(holder)]
    children = known.children if isinstance(known.children, dict) else {}
    elsewhere = {**known.elsewhere, key: source.file}
    lines[id(holder)] = known._replace(children={**children, key: source.line}, elsewhere=elsewhere)


def _merge(one: Any, other: Any) -> Any:
    """Return a template with another one merged into it, as Chalice merges them: maps by their keys."""
    if isinstance(one, dict) and isinstance(other, Mapping):
        return {key: _merge(one.get(key), other[key]) if key in other else one[key] for key in {**one, **other}}
    return one if other is None else other


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
