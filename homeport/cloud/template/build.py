"""Build the CloudFormation template of a project in one of its stages. Pure: the same project, the same text.

    template = build_template(project)                      # project.stage is the stage
    text = render_template(template)                        # JSON
    secrets = secret_parameters(project)                    # values of NoEcho parameters, which must not be shown

The code's location is in the parameters CodeBucket and CodeKey, so that new code alone changes a parameter and not the
template. ``LOG_ROLE_PARAMETER`` of a REST API is ``keep`` where GetAccount names a cloudwatchRoleArn already. All other
parameters have defaults. Roles have no names of their own, so CAPABILITY_IAM is enough. Outputs: ``ApiUrl``,
``<Function>FunctionName``, ``<Table>Name``, and with a custom domain ``DomainUrl``, ``DomainTarget`` and
``DomainHostedZoneId``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from homeport.cloud.template.alarms import alarms
from homeport.cloud.template.domain import domain, domain_outputs
from homeport.cloud.template.functions import BUCKET_PARAMETER, KEY_PARAMETER, functions, ref, sub
from homeport.cloud.template.http_api import http_api
from homeport.cloud.template.logs import log_role
from homeport.cloud.template.names import Names, names_of
from homeport.cloud.template.resources_file import add_resources_file
from homeport.cloud.template.rest_api import rest_api
from homeport.cloud.template.secrets import replace_marks, without_secrets
from homeport.errors import HomeportError
from homeport.project.check.limits import MOST_RESOURCES
from homeport.project.project import Project

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
LARGEST_BYTES = 1024 * 1024
_GROUPING = "group operations with x-homeport: {function: NAME}"
_MOST: Mapping[str, tuple[int, str]] = {
    "Resources": (MOST_RESOURCES, _GROUPING),
    "Parameters": (200, "take some out of deploy/resources.yaml"),
    "Mappings": (200, "take some out of deploy/resources.yaml"),
    "Outputs": (200, f"take some out of deploy/resources.yaml, or {_GROUPING}"),
}
_LONGEST_DESCRIPTION = 1024
_API_URL = "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"


class TemplateError(HomeportError):
    """The template is too large for CloudFormation, or two of its resources would have one name."""


def build_template(project: Project) -> dict[str, Any]:
    """Return the template, made of JSON's types only.

    Raises ProjectError for names that clash with those of deploy/resources.yaml and for settings that API Gateway
    rejects, TemplateError for a template that is too large for CloudFormation.
    """
    marked, secrets = without_secrets(project)
    names, salt = names_of(marked), project.stage.stack_name
    is_http = project.stage.flavor == "http"
    resources = _merge_resources(
        functions(marked, names, secrets.fingerprint(salt, "environment")),
        http_api(marked, names) if is_http else rest_api(marked, names, secrets.fingerprint(salt, "auth", "cors")),
        domain(marked),
        alarms(marked, names),
    )
    role = {} if is_http else log_role(marked)
    description = f"{project.api.title}, stage {project.stage.key}. Made by homeport from openapi.yaml."
    own = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": description[:_LONGEST_DESCRIPTION],
        "Parameters": {
            BUCKET_PARAMETER: {"Type": "String", "Description": "The bucket with the functions' zip."},
            KEY_PARAMETER: {"Type": "String", "Description": "The key of the functions' zip."},
            **role.get("Parameters", {}),
            **secrets.parameters(resources),
        },
        "Conditions": role.get("Conditions", {}),
        "Resources": replace_marks(_merge_resources(resources, role.get("Resources", {}))),
        "Outputs": replace_marks(_outputs(marked, names)),
    }
    template = add_resources_file(own, project)
    _check_limits(template, render_template(template))
    return template


def secret_parameters(project: Project) -> dict[str, str]:
    """Return the values of the NoEcho parameters."""
    used = build_template(project)["Parameters"]
    return {name: value for name, value in without_secrets(project)[1].values.items() if name in used}


def render_template(template: Mapping[str, Any]) -> str:
    """Return a template as JSON, without indentation if it is too large with it."""
    text = json.dumps(template, indent=1, ensure_ascii=False) + "\n"
    if len(text.encode()) <= LARGEST_BYTES:
        return text
    return json.dumps(template, separators=(",", ":"), ensure_ascii=False) + "\n"


def count_resources(template: Mapping[str, Any]) -> int:
    """Return the number of resources in a template."""
    return len(template["Resources"])


def _merge_resources(*parts: Mapping[str, Any]) -> dict[str, Any]:
    """Merge resources from several modules. Raises TemplateError if two have the same logical id."""
    whole: dict[str, Any] = {}
    for part in parts:
        for name in part.keys() & whole.keys():
            raise TemplateError(f"two resources of the stack would be {name!r}", "rename a function or a table")
        whole |= part
    return whole


def _outputs(project: Project, names: Names) -> dict[str, Any]:
    return {
        "ApiUrl": {"Description": "Where the API answers", "Value": sub(f"{_API_URL}{project.stage.base_path}")},
        **domain_outputs(project),
        **{
            f"{names.functions[name]}FunctionName": {"Value": ref(f"{names.functions[name]}Function")}
            for name in project.api.functions
        },
        **{f"{table}Name": {"Value": ref(table)} for table in project.resources.tables},
    }


def _check_limits(template: Mapping[str, Any], text: str) -> None:
    for section, (most, hint) in _MOST.items():
        count = len(template.get(section, {}))
        if count > most:
            raise TemplateError(
                f"the stack would hold {count} {section.lower()}, more than CloudFormation's {most}", hint
            )
    size = len(text.encode())
    if size > LARGEST_BYTES:
        raise TemplateError(f"the template has {size} bytes, more than CloudFormation's {LARGEST_BYTES}", _GROUPING)
