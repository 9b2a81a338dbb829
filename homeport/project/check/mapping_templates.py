"""Rules for the mapping templates of REST APIs' integrations."""

from __future__ import annotations

from collections.abc import Iterator

from homeport.errors import Problem
from homeport.project.check.operations import operation_cursors
from homeport.project.integrations.rest_api import CustomIntegration
from homeport.project.openapi.extensions import INTEGRATION
from homeport.project.project import Project
from homeport.project.source.cursor import Cursor


def readable(project: Project) -> Iterator[Problem]:
    """Every mapping template can be read. API Gateway takes one that can't, and fails each call that needs it."""
    for operation, cursor in operation_cursors(project):
        integration = cursor.at(INTEGRATION).resolve() if isinstance(operation.integration, CustomIntegration) else None
        if integration is not None:
            yield from _faults(integration.at("requestTemplates"))
            for _, response in integration.at("responses").items():
                yield from _faults(response.at("responseTemplates"))


def _faults(templates: Cursor) -> Iterator[Problem]:
    # Imported here: most projects have no templates.
    from homeport.vtl import TemplateError, parse

    for media_type, template in templates.items():
        if isinstance(template.value, str):
            try:
                parse(template.value)
            except TemplateError as error:
                yield template.position.warning(
                    f"the mapping template for {media_type} can't be read: {error}; each call that needs it fails",
                    "mend it: homeport render shows what it makes of a request",
                )
