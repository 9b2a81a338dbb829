"""Resources that the owner's template refers to, and that a plugin would make: each has a stand-in, which is named."""

from __future__ import annotations

from homeport.project.cloudformation.stack.references import referenced_ids
from homeport.project.serverless.plugins import makes_resources
from homeport.project.serverless.service import Content, ServerlessService

_OF_THE_FRAMEWORK = {"ServerlessDeploymentBucket": "Custom::DeploymentBucket"}


def stand_ins(template: Content, service: ServerlessService) -> Content:
    """Return the missing resources of a template by logical id; without such a plugin a reference stays an error."""
    known = {*(template.get("Resources") or {}), *(template.get("Parameters") or {})}
    missing = dict.fromkeys(name for name in referenced_ids(template) if name not in known)
    kinds = {name: _OF_THE_FRAMEWORK.get(name, "Custom::OfAPlugin") for name in missing}
    if not makes_resources(service):
        kinds = {name: kind for name, kind in kinds.items() if name in _OF_THE_FRAMEWORK}
    return {name: {"Type": kind, "Properties": {}} for name, kind in kinds.items()}
