"""The CloudFormation template of a project in one of its stages. Pure: the same project, the same text.

How a deploy uses it; the code's place is a parameter, so that new code alone changes nothing but a parameter:

    template = build_template(project)                      # project.stage is the stage
    text = render_template(template)                        # JSON; goes through S3 beyond INLINE_BYTES
    values = parameters_for(project, Code(bucket, key))     # CodeBucket, CodeKey and the stage's secrets
    if LOG_ROLE_PARAMETER in template["Parameters"]:        # a REST API
        values[LOG_ROLE_PARAMETER] = "keep"                 # where GetAccount names a cloudwatchRoleArn already

All other parameters have defaults. Those of ``secret_parameters`` are NoEcho and must not be shown. Roles have no names
of their own, so CAPABILITY_IAM is enough. Outputs: ``ApiUrl``, ``<Function>FunctionName``, ``<Table>Name``, and with a
custom domain ``DomainUrl``, ``DomainTarget`` and ``DomainHostedZoneId``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeport.cloud.template_alarms import alarms
from homeport.cloud.template_domain import domain
from homeport.cloud.template_fragment import merged
from homeport.cloud.template_functions import BUCKET_PARAMETER, KEY_PARAMETER, functions
from homeport.cloud.template_http_api import http_api
from homeport.cloud.template_limits import (
    INLINE_BYTES,
    LARGEST_BYTES,
    TemplateError,
    check_concurrency,
    check_limits,
    united,
)
from homeport.cloud.template_logs import LOG_ROLE_PARAMETER, log_role
from homeport.cloud.template_names import names_of
from homeport.cloud.template_outputs import outputs
from homeport.cloud.template_rest_api import rest_api
from homeport.cloud.template_secrets import revealed, without_secrets
from homeport.spec.project import Project

CODE_PARAMETERS = (BUCKET_PARAMETER, KEY_PARAMETER)
"""Where the functions' zip lies. They have no defaults."""

__all__ = [
    "CODE_PARAMETERS",
    "INLINE_BYTES",
    "LOG_ROLE_PARAMETER",
    "Code",
    "TemplateError",
    "build_template",
    "count_resources",
    "parameters_for",
    "render_template",
    "secret_parameters",
]


_DESCRIPTION = 1024


@dataclass(frozen=True, slots=True)
class Code:
    """Where the functions' zip lies."""

    bucket: str
    key: str


def build_template(project: Project, *, account_limit: int | None = None) -> dict[str, Any]:
    """The template, made of JSON's types only.

    ``account_limit`` is how many concurrent executions the account may have, None: not asked. Raises ProjectError for
    names that clash with those of deploy/resources.yaml and for what API Gateway would refuse, TemplateError for what
    is too much for CloudFormation or the account.
    """
    marked, secrets = without_secrets(project)
    names, salt = names_of(marked), project.stage.stack_name
    http = project.stage.flavor == "http"
    resources = united(
        functions(marked, names, secrets.veiled(salt, "environment")),
        http_api(marked, names) if http else rest_api(marked, names, secrets.veiled(salt, "auth", "cors")),
        domain(marked),
        alarms(marked, names),
    )
    role = {} if http else log_role(marked)
    own = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"{project.api.title}, stage {project.stage.key}. Made by homeport from openapi.yaml."[
            :_DESCRIPTION
        ],
        "Parameters": {**_code_parameters(), **role.get("Parameters", {}), **secrets.parameters(resources)},
        "Conditions": role.get("Conditions", {}),
        "Resources": revealed(united(resources, role.get("Resources", {}))),
        "Outputs": revealed(outputs(marked, names)),
    }
    template = merged(own, project)
    check_limits(template, render_template(template))
    check_concurrency(project, account_limit)
    return template


def _code_parameters() -> dict[str, Any]:
    return {
        BUCKET_PARAMETER: {"Type": "String", "Description": "The bucket with the functions' zip."},
        KEY_PARAMETER: {"Type": "String", "Description": "The key of the functions' zip."},
    }


def parameters_for(project: Project, code: Code) -> dict[str, str]:
    """The values of every parameter that has no default."""
    return {BUCKET_PARAMETER: code.bucket, KEY_PARAMETER: code.key, **secret_parameters(project)}


def secret_parameters(project: Project) -> dict[str, str]:
    """The values of the parameters that must not be shown."""
    used = build_template(project)["Parameters"]
    return {name: value for name, value in without_secrets(project)[1].values.items() if name in used}


def render_template(template: Mapping[str, Any]) -> str:
    """A template as JSON, the same text for the same template; without indentation if it is too large with it."""
    text = json.dumps(template, indent=1, ensure_ascii=False) + "\n"
    if len(text.encode()) <= LARGEST_BYTES:
        return text
    return json.dumps(template, separators=(",", ":"), ensure_ascii=False) + "\n"


def count_resources(template: Mapping[str, Any]) -> int:
    """How many resources a template has."""
    return len(template["Resources"])
