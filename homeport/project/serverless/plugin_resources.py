"""Resources that the owner's template refers to, and that a plugin would make: each has a stand-in, which is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from homeport.project.serverless.plugins import makes_resources
from homeport.project.serverless.service import Content, ServerlessService

_PLACEHOLDER = re.compile(r"\$\{(?!!)([A-Za-z0-9]+)(?:\.[\w.]+)?\}")
_OF_THE_FRAMEWORK = {"ServerlessDeploymentBucket": "Custom::DeploymentBucket"}


def stand_ins(template: Content, service: ServerlessService) -> Content:
    """Return the missing resources of a template by logical id; without such a plugin a reference stays an error."""
    known = {*(template.get("Resources") or {}), *(template.get("Parameters") or {})}
    missing = dict.fromkeys(name for name in _references(template) if name not in known)
    kinds = {name: _OF_THE_FRAMEWORK.get(name, "Custom::OfAPlugin") for name in missing}
    if not makes_resources(service):
        kinds = {name: kind for name, kind in kinds.items() if name in _OF_THE_FRAMEWORK}
    return {name: {"Type": kind, "Properties": {}} for name, kind in kinds.items()}


def _references(value: Any) -> Iterator[str]:
    """Yield the logical ids that Ref, Fn::GetAtt and Fn::Sub name."""
    match value:
        case {"Ref": str(name)} if "::" not in name:
            yield name
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::GetAtt": str(name)}:
            yield name.partition(".")[0]
        case {"Fn::Sub": str(text)}:
            yield from _PLACEHOLDER.findall(text)
        case {"Fn::Sub": [str(text), dict(variables)]}:
            yield from (name for name in _PLACEHOLDER.findall(text) if name not in variables)
            yield from _references(variables)
        case dict():
            for child in value.values():
                yield from _references(child)
        case list():
            for child in value:
                yield from _references(child)
