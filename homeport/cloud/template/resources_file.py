"""deploy/resources.yaml as part of the template: its tables get the stage's deletion protection.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from homeport.errors import Problem, ProjectError
from homeport.project.cloudformation.tables import TABLE_TYPE
from homeport.project.project import Project

_SECTIONS = ("Parameters", "Mappings", "Conditions", "Resources", "Outputs", "Metadata")
_SHARED = ("Parameters", "Resources")
"""``Ref`` looks names up in these sections, so a name can be in one of them only."""


def read_section(project: Project, section: str) -> Mapping[str, Any]:
    """Return a section of deploy/resources.yaml, empty if it has none."""
    found = project.resources.document.get(section)
    return found if isinstance(found, Mapping) else {}


def add_resources_file(template: Mapping[str, Any], project: Project) -> dict[str, Any]:
    """Return the template with the sections of deploy/resources.yaml. Raises ProjectError where both use a name."""
    document = project.resources.document
    problems = [*_clashes(template, project), *_nulls(dict(document), (), project)]
    if problems:
        raise ProjectError(problems)
    fragment = {
        "Parameters": _parameters(project),
        "Resources": {name: _resource(value, project) for name, value in read_section(project, "Resources").items()},
    }
    whole = dict(template)
    for section in _SECTIONS:
        both = {**template.get(section, {}), **fragment.get(section, read_section(project, section))}
        whole.pop(section, None)
        if both:
            whole[section] = both
    return whole


def _nulls(value: Any, path: tuple[str, ...], project: Project) -> Iterator[Problem]:
    """Yield a problem for each key without a value: CloudFormation rejects null."""
    document = project.documents.resources
    if value is None:
        name = path[-1]
        yield Problem(f"{name!r} has no value", document.file, document.line(path), "give it one, or remove it")
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _nulls(inner, (*path, str(key)), project)


def _clashes(template: Mapping[str, Any], project: Project) -> Iterator[Problem]:
    document = project.documents.resources
    for section in _SECTIONS:
        others = _SHARED if section in _SHARED else (section,)
        taken = {name for other in others for name in template.get(other, {})}
        for name in read_section(project, section):
            if name in taken:
                yield Problem(
                    f"the kit's part of the stack has {name!r} too",
                    document.file,
                    document.line((section, name)),
                    "choose another name",
                )


def _parameters(project: Project) -> dict[str, Any]:
    """Return the file's parameters. The stage's value is the default of those that it sets."""
    values = project.resources.parameters
    return {
        name: {**parameter, "Default": values[name]} if name in values else parameter
        for name, parameter in read_section(project, "Parameters").items()
    }


def _resource(resource: Any, project: Project) -> Any:
    if not isinstance(resource, Mapping) or resource.get("Type") != TABLE_TYPE:
        return resource
    protected = project.stage.deletion_protection
    policies = {
        "DeletionPolicy": "Retain" if protected else resource.get("DeletionPolicy", "Delete"),
        "UpdateReplacePolicy": "Retain" if protected else resource.get("UpdateReplacePolicy", "Retain"),
    }
    properties = {**(resource.get("Properties") or {})}
    if protected and properties.get("DeletionProtectionEnabled") in (None, False):
        properties["DeletionProtectionEnabled"] = True
    return {**resource, **policies, "Properties": properties}
