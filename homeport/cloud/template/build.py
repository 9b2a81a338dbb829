"""Build the CloudFormation template of a project in one of its stages. Pure: the same project, the same text.

    template = build_template(project)                      # project.stage is the stage
    text = render_template(template)                        # JSON
    _, secrets = without_secrets(project)
    values = secrets.parameter_values(template)             # of NoEcho parameters, which must not be shown

The code's location is in the parameters CodeBucket and CodeKey (and one for each folder with code of its own), so that
new code alone changes a parameter and not the template. ``LOG_ROLE_PARAMETER`` of a REST API is ``keep`` where
GetAccount names a cloudwatchRoleArn already. All other parameters have defaults. Roles have no names of their own, so
CAPABILITY_IAM is enough. Outputs: ``ApiUrl``, ``<Function>FunctionName``, ``<Table>Name``, and with a custom domain
``DomainUrl``, ``DomainTarget`` and ``DomainHostedZoneId``.

A custom domain has a name, a mapping to the API, and a record in Route 53 if the stage names a hosted zone. The
resources of AWS::ApiGatewayV2 serve Regional REST APIs too, and take base paths of several levels.
https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.cloud.template.code import BUCKET_PARAMETER, KEY_PARAMETER, CodeParameters
from homeport.cloud.template.existing_tables import with_existing_tables
from homeport.cloud.template.functions import attribute, functions, literal, ref, resource, sub
from homeport.cloud.template.http_api import http_api
from homeport.cloud.template.monitoring import alarms, log_role
from homeport.cloud.template.names import Names, names_of
from homeport.cloud.template.rest_api import rest_api
from homeport.cloud.template.secrets import replace_marks, without_secrets
from homeport.errors import HomeportError, Problem, ProjectError
from homeport.project.check.limits import MOST_RESOURCES
from homeport.project.cloudformation.tables.table_rules import TABLE_TYPE
from homeport.project.model import Stage
from homeport.project.project import Project


def _domain(stage: Stage) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the resources and the outputs of the stage's domain, none without one."""
    settings = stage.domain
    # The stage local may have a domain without a certificate.
    if settings is None or "certificateArn" not in settings:
        return {}, {}
    resources = {
        "ApiDomain": resource(
            "AWS::ApiGatewayV2::DomainName",
            DomainName=settings["name"],
            DomainNameConfigurations=[
                {
                    "CertificateArn": settings["certificateArn"],
                    "EndpointType": "REGIONAL",
                    "SecurityPolicy": "TLS_1_2",
                }
            ],
        ),
        "ApiDomainMapping": resource(
            "AWS::ApiGatewayV2::ApiMapping",
            ApiId=ref("Api"),
            DomainName=ref("ApiDomain"),
            Stage=ref("ApiStage"),
            ApiMappingKey=stage.domain_base_path.lstrip("/") or None,
        ),
    }
    address, zone = (attribute("ApiDomain", f"Regional{name}") for name in ("DomainName", "HostedZoneId"))
    if settings.get("hostedZoneId"):
        resources["ApiDomainRecord"] = resource(
            "AWS::Route53::RecordSet",
            HostedZoneId=settings["hostedZoneId"],
            Name=settings["name"],
            Type="A",
            AliasTarget={"DNSName": address, "HostedZoneId": zone},
        )
    url = sub("https://${ApiDomain}" + literal(stage.domain_base_path))
    return resources, {
        "DomainUrl": {"Description": "The API under its own name", "Value": url},
        "DomainTarget": {"Description": "What the name must lead to", "Value": address},
        "DomainHostedZoneId": {"Description": "The zone of that", "Value": zone},
    }


_SECTIONS = ("Parameters", "Mappings", "Conditions", "Resources", "Outputs", "Metadata")
_SHARED = ("Parameters", "Resources")
"""``Ref`` looks names up in these sections, so a name can be in one of them only."""


def _read_section(project: Project, section: str) -> Mapping[str, Any]:
    """Return a section of deploy/resources.yaml, empty if it has none."""
    found = project.resources.document.get(section)
    return found if isinstance(found, Mapping) else {}


def _add_resources_file(template: Mapping[str, Any], project: Project) -> dict[str, Any]:
    """Return the template with the sections of deploy/resources.yaml. Raises ProjectError where both use a name."""
    document = project.resources.document
    problems = [*_clashes(template, project), *_nulls(dict(document), (), project)]
    if problems:
        raise ProjectError(problems)
    fragment = {
        "Parameters": _parameters(project),
        "Resources": {name: _resource(value, project) for name, value in _read_section(project, "Resources").items()},
    }
    whole = dict(template)
    for section in _SECTIONS:
        both = {**template.get(section, {}), **fragment.get(section, _read_section(project, section))}
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
        for name in _read_section(project, section):
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
        for name, parameter in _read_section(project, "Parameters").items()
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


# CloudFormation: "Template may not exceed 1000000 bytes in size".
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
LARGEST_BYTES = 1_000_000
_GROUPING = "group operations with x-homeport: {function: NAME}"
_MOST: Mapping[str, tuple[int, str]] = {
    "Resources": (MOST_RESOURCES, _GROUPING),
    "Parameters": (200, "take some out of deploy/resources.yaml"),
    "Mappings": (200, "take some out of deploy/resources.yaml"),
    "Outputs": (200, f"take some out of deploy/resources.yaml, or {_GROUPING}"),
}
_LONGEST_DESCRIPTION = 1024
_API_URL = "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"


class StackTemplateError(HomeportError):
    """The template is too large for CloudFormation, or two of its resources would have one name."""


def build_template(project: Project) -> dict[str, Any]:
    """Return the template, made of JSON's types only.

    Raises ProjectError for names that clash with those of deploy/resources.yaml and for settings that API Gateway
    rejects, StackTemplateError for a template that is too large for CloudFormation.
    """
    marked, secrets = without_secrets(project)
    names, salt = names_of(marked), project.stage.stack_name
    domain, domain_outputs = _domain(marked.stage)
    is_http = project.stage.flavor == "http"
    resources = _merge_resources(
        functions(marked, names, secrets.fingerprint(salt, "environment")),
        http_api(marked, names) if is_http else rest_api(marked, names, secrets.fingerprint(salt, "auth", "cors")),
        domain,
        alarms(marked, names),
    )
    role = {} if is_http else log_role(marked)
    description = f"{project.api.title}, stage {project.stage.key}. Made by homeport from openapi.yaml."
    own = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": description[:_LONGEST_DESCRIPTION],
        "Parameters": {
            BUCKET_PARAMETER: {"Type": "String", "Description": "The bucket with the functions' zip."},
            **_code_parameters(marked),
            **role.get("Parameters", {}),
            **secrets.parameters(resources),
        },
        "Conditions": role.get("Conditions", {}),
        "Resources": replace_marks(_merge_resources(resources, role.get("Resources", {}))),
        "Outputs": replace_marks(_outputs(marked, names, domain_outputs)),
    }
    template = with_existing_tables(_add_resources_file(own, project), project)
    _check_limits(template)
    return template


def _code_parameters(project: Project) -> dict[str, Any]:
    """Return the parameters with the keys of zips."""
    code = CodeParameters(project)
    words = {parameter: f"The key of the zip of {folder.name}/." for folder, parameter in code.folders.items()}
    if code.has_service:
        words = {KEY_PARAMETER: "The key of the functions' zip.", **words}
    return {parameter: {"Type": "String", "Description": text} for parameter, text in words.items()}


def template_text(template: Mapping[str, Any]) -> str:
    """Return a template as JSON without whitespace. Raises StackTemplateError for one that is too large."""
    text = json.dumps(template, separators=(",", ":"))
    if (size := len(text.encode())) > LARGEST_BYTES:
        raise StackTemplateError(
            f"the template has {size:,} bytes, more than CloudFormation's {LARGEST_BYTES:,}", _GROUPING
        )
    return text


def render_template(template: Mapping[str, Any]) -> str:
    """Return a template as JSON for people, without indentation if it is too large with it."""
    text = json.dumps(template, indent=1, ensure_ascii=False) + "\n"
    return text if len(text.encode()) <= LARGEST_BYTES else template_text(template) + "\n"


def count_resources(template: Mapping[str, Any]) -> int:
    """Return the number of resources in a template."""
    return len(template["Resources"])


def _merge_resources(*parts: Mapping[str, Any]) -> dict[str, Any]:
    """Merge resources from several modules. Raises StackTemplateError if two have the same logical id."""
    whole: dict[str, Any] = {}
    for part in parts:
        for name in part.keys() & whole.keys():
            raise StackTemplateError(f"two resources of the stack would be {name!r}", "rename a function or a table")
        whole |= part
    return whole


def _outputs(project: Project, names: Names, domain: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ApiUrl": {"Description": "Where the API answers", "Value": sub(f"{_API_URL}{project.stage.base_path}")},
        **domain,
        **{
            f"{names.functions[name]}FunctionName": {"Value": ref(f"{names.functions[name]}Function")}
            for name in project.api.functions
        },
        # CloudFormation exports nothing of what is another stack's.
        **{
            f"{table}Name": {"Value": ref(table)}
            for table in project.resources.tables
            if table not in project.stage.tables
        },
    }


def _check_limits(template: Mapping[str, Any]) -> None:
    for section, (most, hint) in _MOST.items():
        count = len(template.get(section, {}))
        if count > most:
            raise StackTemplateError(
                f"the stack would hold {count} {section.lower()}, more than CloudFormation's {most}", hint
            )
    template_text(template)
