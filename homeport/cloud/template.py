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

from homeport.cloud.template_fragment import merged
from homeport.cloud.template_functions import BUCKET_PARAMETER, KEY_PARAMETER, functions
from homeport.cloud.template_names import names_of
from homeport.cloud.template_secrets import revealed, without_secrets
from homeport.spec.project import Project

CODE_PARAMETERS = (BUCKET_PARAMETER, KEY_PARAMETER)
"""Where the functions' zip lies. They have no defaults."""

LOG_ROLE_PARAMETER = "ApiGatewayLogRole"
"""``make`` (the default) or ``keep``: the role by which API Gateway writes logs, one for an account and region."""

INLINE_BYTES = 51_200
"""The largest template that goes into a request; a larger one goes through S3.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""


@dataclass(frozen=True, slots=True)
class Code:
    """Where the functions' zip lies."""

    bucket: str
    key: str


def build_template(project: Project, *, account_limit: int | None = None) -> dict[str, Any]:
    """The template, made of JSON's types only.

    ``account_limit`` is how many concurrent executions the account may have, None: not asked. Raises ProjectError for
    names that clash with those of deploy/resources.yaml, and for what CloudFormation or Lambda would refuse.
    """
    marked, secrets = without_secrets(project)
    names = names_of(marked)
    resources = functions(marked, names, secrets.veiled(project.stage.stack_name))
    parameters = {
        BUCKET_PARAMETER: {"Type": "String", "Description": "The bucket with the functions' zip."},
        KEY_PARAMETER: {"Type": "String", "Description": "The key of the functions' zip."},
        **secrets.parameters(resources),
    }
    own = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"{project.api.title}, stage {project.stage.key}. Made by homeport from openapi.yaml.",
        "Parameters": parameters,
        "Resources": revealed(resources),
    }
    return merged(own, project)


def parameters_for(project: Project, code: Code) -> dict[str, str]:
    """The values of every parameter that has no default."""
    return {BUCKET_PARAMETER: code.bucket, KEY_PARAMETER: code.key, **secret_parameters(project)}


def secret_parameters(project: Project) -> dict[str, str]:
    """The values of the parameters that must not be shown."""
    used = build_template(project)["Parameters"]
    return {name: value for name, value in without_secrets(project)[1].values.items() if name in used}


def render_template(template: Mapping[str, Any]) -> str:
    """A template as JSON, the same text for the same template."""
    return json.dumps(template, indent=1, ensure_ascii=False) + "\n"


def count_resources(template: Mapping[str, Any]) -> int:
    """How many resources a template has."""
    return len(template["Resources"])
