"""What a template, and the account it goes to, can hold.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html

What the stack tells once it stands: the API's address, and the names of functions and tables.

deploy/resources.yaml as part of the template: its tables protected as the stage wants it, its names kept apart.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html

The CloudFormation template of a project in one of its stages. Pure: the same project, the same text.

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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from homeport.cloud.template.alarms import alarms
from homeport.cloud.template.domain import ADDRESS, ZONE, domain
from homeport.cloud.template.functions import (
    BUCKET_PARAMETER,
    KEY_PARAMETER,
    attribute,
    functions,
    literal,
    ref,
    sub,
)
from homeport.cloud.template.http_api import http_api
from homeport.cloud.template.logs import LOG_ROLE_PARAMETER, log_role
from homeport.cloud.template.names import Names, names_of
from homeport.cloud.template.rest_api import rest_api
from homeport.cloud.template.secrets import replace_marks, without_secrets
from homeport.errors import HomeportError, Problem, ProjectError
from homeport.project.cloudformation.tables import TABLE_TYPE
from homeport.project.model import effective_settings
from homeport.project.project import Project

INLINE_BYTES = 51_200
"""The largest template that goes into a request; a larger one goes through S3."""

LARGEST_BYTES = 1024 * 1024
MOST_RESOURCES = 500
UNRESERVED = 100
"""Concurrent executions that an account keeps for functions without a reservation."""

_GROUPING = "group operations with x-homeport: {function: NAME}"
_MOST: Mapping[str, tuple[int, str]] = {
    "Resources": (MOST_RESOURCES, _GROUPING),
    "Parameters": (200, "take some out of deploy/resources.yaml"),
    "Mappings": (200, "take some out of deploy/resources.yaml"),
    "Outputs": (200, f"take some out of deploy/resources.yaml, or {_GROUPING}"),
}


class TemplateError(HomeportError):
    """The stack would not fit into CloudFormation or into the account."""


def merge_resources(*parts: Mapping[str, Any]) -> dict[str, Any]:
    """Resources from several places as one. Raises TemplateError if two have the same logical id."""
    whole: dict[str, Any] = {}
    for part in parts:
        for name in part.keys() & whole.keys():
            raise TemplateError(f"two resources of the stack would be {name!r}", "rename a function or a table")
        whole |= part
    return whole


def check_limits(template: Mapping[str, Any], text: str) -> None:
    """Raises TemplateError for a template that CloudFormation would not take."""
    for section, (most, hint) in _MOST.items():
        count = len(template.get(section, {}))
        if count > most:
            raise TemplateError(
                f"the stack would hold {count} {section.lower()}, more than CloudFormation's {most}", hint
            )
    size = len(text.encode())
    if size > LARGEST_BYTES:
        raise TemplateError(f"the template has {size} bytes, more than CloudFormation's {LARGEST_BYTES}", _GROUPING)


def check_concurrency(project: Project, account_limit: int | None) -> None:
    """Raises TemplateError if the functions reserve more than the account has to give."""
    settings = (effective_settings(function, project.stage) for function in project.api.functions.values())
    reserved = sum(each.reserved_concurrency or 0 for each in settings)
    if account_limit is not None and reserved > max(account_limit - UNRESERVED, 0):
        raise TemplateError(
            f"the functions reserve {reserved} concurrent executions; of the account's {account_limit}, "
            f"{UNRESERVED} must stay unreserved",
            "lower reservedConcurrency, or ask AWS for a higher limit",
        )


_API = "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"


def outputs(project: Project, names: Names) -> dict[str, Any]:
    """The outputs by name."""
    return {
        "ApiUrl": {"Description": "Where the API answers", "Value": sub(f"{_API}{project.stage.base_path}")},
        **_domain(project),
        **{
            f"{names.functions[name]}FunctionName": {"Value": ref(f"{names.functions[name]}Function")}
            for name in project.api.functions
        },
        **{f"{table}Name": {"Value": ref(table)} for table in project.resources.tables},
    }


def _domain(project: Project) -> dict[str, Any]:
    said = project.stage.domain
    if said is None:
        return {}
    path = str(said.get("basePath", "")).strip("/")
    url = sub("https://${ApiDomain}" + (f"/{literal(path)}" if path else ""))
    return {
        "DomainUrl": {"Description": "The API under its own name", "Value": url},
        "DomainTarget": {"Description": "What the name must lead to", "Value": attribute("ApiDomain", ADDRESS)},
        "DomainHostedZoneId": {"Description": "The zone of that", "Value": attribute("ApiDomain", ZONE)},
    }


_SECTIONS = ("Parameters", "Mappings", "Conditions", "Resources", "Outputs", "Metadata")
_SHARED = ("Parameters", "Resources")
"""What ``Ref`` finds: a name in one of them can't be used in the other."""


def declared(project: Project, section: str) -> Mapping[str, Any]:
    """A section of deploy/resources.yaml, empty if it has none."""
    found = project.resources.document.get(section)
    return found if isinstance(found, Mapping) else {}


def merged(template: Mapping[str, Any], project: Project) -> dict[str, Any]:
    """The kit's template and the project's fragment as one. Raises ProjectError where both use a name."""
    document = project.resources.document
    problems = [*_clashes(template, project), *_nulls(dict(document), (), project)]
    if problems:
        raise ProjectError(problems)
    fragment = {
        "Parameters": _parameters(project),
        "Resources": {name: _resource(value, project) for name, value in declared(project, "Resources").items()},
    }
    whole = dict(template)
    for section in _SECTIONS:
        both = {**template.get(section, {}), **fragment.get(section, declared(project, section))}
        whole.pop(section, None)
        if both:
            whole[section] = both
    return whole


def _nulls(value: Any, path: tuple[str, ...], project: Project) -> Iterator[Problem]:
    """CloudFormation takes no null: a key without a value is an error."""
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
        for name in declared(project, section):
            if name in taken:
                yield Problem(
                    f"the kit's part of the stack has {name!r} too",
                    document.file,
                    document.line((section, name)),
                    "choose another name",
                )


def _parameters(project: Project) -> dict[str, Any]:
    """Its parameters; those that the kit sets have the stage's value as their default."""
    values = project.resources.parameters
    return {
        name: {**parameter, "Default": values[name]} if name in values else parameter
        for name, parameter in declared(project, "Parameters").items()
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
    resources = merge_resources(
        functions(marked, names, secrets.fingerprint(salt, "environment")),
        http_api(marked, names) if http else rest_api(marked, names, secrets.fingerprint(salt, "auth", "cors")),
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
        "Resources": replace_marks(merge_resources(resources, role.get("Resources", {}))),
        "Outputs": replace_marks(outputs(marked, names)),
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
