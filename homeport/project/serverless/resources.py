"""The owner's own resources, merged with those that the framework makes.

https://www.serverless.com/framework/docs/providers/aws/guide/resources
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from homeport.project.names import did_you_mean
from homeport.project.serverless.service import Content, ServerlessService, ServiceTemplate
from homeport.project.source.builder import Placed
from homeport.project.source.cursor import Cursor

_MAPS = ("Resources", "Outputs", "Conditions", "Parameters", "Mappings", "Metadata", "Rules", "Hooks")
_OTHER_SECTIONS = ("Transform", "AWSTemplateFormatVersion", "Description")
_EXTENSIONS = "extensions"


def merged_template(service: ServerlessService, template: ServiceTemplate) -> Content:
    """Return the whole template: the owner's values win over those that are made."""
    section = service.top.at("resources")
    if section.value is not None and not isinstance(section.value, dict | list):
        section.error("resources is no map and no list of maps", "write resources: {Resources: {…}}")
    parts = list(section.entries()) if isinstance(section.value, list) else [section]
    made: Content = {"Resources": Placed(dict(template.resources), service.top)}
    for part in parts:
        if part.value is None:
            continue
        if not isinstance(part.value, dict):
            part.error("this part of resources is no map", "write Resources: {…} in it")
            continue
        made = _merge(made, dict(_sections(part)))
    for part in parts:
        for logical_id, extension in part.at(_EXTENSIONS).items():
            resources = _parts(made["Resources"])
            if logical_id not in resources:
                extension.error(
                    f"the extended resource {logical_id} does not exist", did_you_mean(logical_id, resources)
                )
                continue
            made = _merge(made, {"Resources": {logical_id: extension}})
    return {key: value for key, value in made.items() if not _is_empty(value)}


def _sections(part: Cursor) -> Iterator[tuple[str, Cursor]]:
    """Yield the sections of a template that a part of resources has; report what is none."""
    for key, at in part.items():
        if key in _MAPS:
            if at.is_map():
                yield key, at
        elif key in _OTHER_SECTIONS:
            yield key, at
        elif key != _EXTENSIONS:
            hint = "write it below Resources" if at.has("Type") else did_you_mean(key, (*_MAPS, _EXTENSIONS))
            at.error(f"resources has no section {key!r}", hint)


def _is_empty(value: Any) -> bool:
    return isinstance(value, Cursor) and value.value is None


def _merge(base: Mapping[str, Any], more: Mapping[str, Any]) -> Content:
    """Return two maps as one: maps that both have are merged, of other values that of ``more`` is taken."""
    made = dict(base)
    for key, value in more.items():
        below, above = _parts(made.get(key)), _parts(value)
        if key in made and below is not None and above is not None:
            made[key] = Placed(_merge(below, above), _place(made[key], value))
        elif not _is_empty(value) or key not in made:
            made[key] = value
    return made


def _parts(content: Any) -> Any:
    match content:
        case Placed(inside, _):
            return _parts(inside)
        case Cursor():
            return dict(content.items()) if isinstance(content.value, dict) else None
        case dict():
            return content
    return None


def _place(below: Any, above: Any) -> Cursor:
    for content in (above, below):
        if isinstance(content, Cursor):
            return content
        if isinstance(content, Placed):
            return content.at
    raise TypeError("content without a place")
