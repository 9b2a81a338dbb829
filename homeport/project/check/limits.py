"""Rules for sizes: CloudFormation's, Lambda's and API Gateway's.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Literal

from homeport.errors import Problem
from homeport.project.check.not_emulated import ACCOUNT_SETTINGS
from homeport.project.features import words
from homeport.project.model import Api
from homeport.project.names import did_you_mean
from homeport.project.project import Project
from homeport.project.stages.log_format import log_format, log_format_faults, log_format_warnings
from homeport.project.stages.stages import ENVIRONMENT_BYTES, LOCAL

MOST_RESOURCES = 500
_PER_FUNCTION = 3
"""Function, role, log group."""

_WITH_SNAP_START = 2
"""Version and alias."""

_METRICS_OF_ALARM = 10
_LONGEST_TABLE_NAME = 255
_NAME_OF_STAGE = re.compile(r'"(Stage|AWS::StackName|AWS::StackId)"|\$\{(Stage|AWS::StackName)\}')
_MOST_STAGE_VARIABLES = 100
_LONGEST_VARIABLE_NAME = 64
_LONGEST_VARIABLE = 512
_VARIABLE = re.compile(r"[A-Za-z0-9\-._~:/?#&=,]+")

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_DOMAIN_NAME = re.compile(rf"(?=.{{1,253}}\Z)(?:\*\.)?(?:{_LABEL}\.)+(?!\d+\Z){_LABEL}")
_CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:([a-z0-9-]+):\d{12}:certificate/[A-Za-z0-9-]+")
_BASE_PATH = re.compile(r"[A-Za-z0-9$\-_.+!*'()]+(?:/[A-Za-z0-9$\-_.+!*'()]+)*")
_HOSTED_ZONE = re.compile(r"[A-Z0-9]{1,32}")
_LONGEST_BASE_PATH = 300


def count_resources(project: Project) -> int:
    """Return how many resources the stage's stack holds: functions, routes, tables and their companions."""
    api, stage = project.api, project.stage
    total = (_PER_FUNCTION + (_WITH_SNAP_START if stage.snap_start else 0)) * len(api.functions)
    total += sum(1 for function in api.functions.values() if function.operations)
    total += len({layer for it in api.functions.values() if it.code is not None for layer in it.code.layers})
    # A permission for each function of an authorizer.
    total += len({it.function for it in api.authorizers.values() if it.function is not None})
    total += _http_resources(api) if stage.flavor == "http" else _rest_resources(project)
    if stage.domain is not None:
        total += 3 if stage.domain.get("hostedZoneId") else 2
    total += _alarms(project) if stage.alarms is not None else 0
    declared = project.resources.document.get("Resources")
    return total + (len(declared) if isinstance(declared, dict) else 0)


def _http_resources(api: Api) -> int:
    """Count a Route per operation, an Integration per function and timeout, authorizers, API, stage and log."""
    integrations = {operation.integration for operation in api.operations}
    authorizers = [name for name, it in api.authorizers.items() if name in api.used_authorizers or it.kind == "request"]
    return len(api.operations) + len(integrations) + len(authorizers) + 3


def _rest_resources(project: Project) -> int:
    """Count the API with its Body, deployment, stage, two logs, the account's log role, usage plans and keys."""
    stage = project.stage
    account = 0 if project.resources.of_type(ACCOUNT_SETTINGS) else 2
    planned = sum(1 for key in stage.api_keys.values() if key.usage_plan is not None)
    return 5 + account + len(stage.usage_plans) + len(stage.api_keys) + planned


def _alarms(project: Project) -> int:
    """Count two alarms of the API, those of functions and those of tables, with ten metrics an alarm."""
    tables = project.resources.tables.values()
    of_tables = sum(-(-2 * (1 + len(table.indexes)) // _METRICS_OF_ALARM) for table in tables)
    return 2 + 2 * -(-len(project.api.functions) // _METRICS_OF_ALARM) + of_tables


def stack_resources(project: Project) -> Iterator[Problem]:
    """A stack holds at most 500 resources."""
    count = count_resources(project)
    if count > MOST_RESOURCES:
        yield project.documents.spec.at("paths").error(
            f"the stack would hold {count} resources, more than CloudFormation's {MOST_RESOURCES}",
            f"group operations with x-homeport: {{function: NAME}}: there are {len(project.api.functions)} functions",
        )


def table_names(project: Project) -> Iterator[Problem]:
    """A table's name, which starts with the stack's, is short enough for DynamoDB."""
    if project.stage.key == LOCAL:
        return
    for table in project.resources.tables.values():
        if len(table.name) > _LONGEST_TABLE_NAME:
            yield Problem(
                f"the table name {table.name} is longer than {_LONGEST_TABLE_NAME} characters",
                table.source.file,
                table.source.line,
                "shorten the logical id",
            )


def fixed_table_names(project: Project) -> Iterator[Problem]:
    """A fixed TableName is the same in each stage, and keeps CloudFormation from replacing the table.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
    """
    document = project.documents.resources
    for name, table in project.resources.tables.items():
        found = document.find(("Resources", name, "Properties", "TableName"))
        if found is not None and not _NAME_OF_STAGE.search(json.dumps(found[0])):
            yield document.at("Resources", name, "Properties", "TableName").warning(
                f"{name} is named {table.name} in each stage: two stages in one account would collide",
                "remove TableName, or write !Sub with ${AWS::StackName} in it",
            )


def environment(project: Project) -> Iterator[Problem]:
    """The functions' variables fit into Lambda's limit, those that name tables included."""
    own = project.stage.environment
    document = project.documents.stage
    for table in project.resources.tables.values():
        if table.variable in own:
            yield document.at("environment", table.variable).error(
                f"{table.variable} is the variable that names the table {table.logical_id}", "choose another name"
            )
    added = {table.variable: table.name for table in project.resources.tables.values()}
    size = sum(len(name.encode()) + len(value.encode()) for name, value in {**own, **added}.items())
    if size > ENVIRONMENT_BYTES:
        yield document.at("environment").error(
            f"with the tables' names the environment may reach {size} bytes, more than Lambda's {ENVIRONMENT_BYTES}",
            "move large values into Parameter Store",
        )


def stage_variables(project: Project) -> Iterator[Problem]:
    """Stage variables keep to API Gateway's number, length and characters."""
    variables, document = project.stage.variables, project.documents.stage
    if len(variables) > _MOST_STAGE_VARIABLES:
        yield document.at("variables").error(
            f"a stage has at most {_MOST_STAGE_VARIABLES} variables, not {len(variables)}"
        )
    for name, value in variables.items():
        if len(name) > _LONGEST_VARIABLE_NAME or len(value) > _LONGEST_VARIABLE:
            yield document.at("variables", name).error(
                f"the stage variable {name!r} is too long: names have {_LONGEST_VARIABLE_NAME} characters, "
                f"values {_LONGEST_VARIABLE}",
                "shorten it, or use environment",
            )
        elif not _VARIABLE.fullmatch(value):
            yield document.at("variables", name).problem(
                f"API Gateway refuses the {'value' if value else 'empty value'} of the stage variable {name!r}",
                "use letters, digits and -._~:/?#&=, or move it to environment",
                _where_deployed(project),
            )


def _where_deployed(project: Project) -> Literal["error", "warning"]:
    """Return the severity of what AWS refuses: a local stage is never deployed, so AWS never sees it."""
    return "warning" if project.stage.key == LOCAL else "error"


def region(project: Project) -> Iterator[Problem]:
    """A stage is in a region that there is, or in one that is newer than the kit."""
    known = words("regions")
    if project.stage.region not in known:
        message = f"{project.stage.region!r} is no region that the kit knows"
        yield project.documents.stage.at("region").warning(message, did_you_mean(project.stage.region, known))


def domain(project: Project) -> Iterator[Problem]:
    """A custom domain has a name, a certificate of the stage's region, a base path and a zone as AWS takes them.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-custom-domain-names.html
    https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html
    """
    region = project.stage.region
    for key, value in (project.stage.domain or {}).items():
        if "{{resolve:" not in value and (fault := _domain_fault(key, value, region)):
            yield project.documents.stage.at("domain", key).problem(*fault, _where_deployed(project))


def _domain_fault(key: str, value: str, region: str) -> tuple[str, str] | None:
    """Return why AWS would refuse a setting of a domain, with a hint; None if it would not."""
    match key:
        case "name" if not _DOMAIN_NAME.fullmatch(value):
            return f"{value!r} is no domain name", "write it in small letters, as api.example.com"
        case "certificateArn":
            found = _CERTIFICATE.fullmatch(value)
            if found is None:
                return (
                    f"{value!r} is no certificate of ACM",
                    f"write its ARN, arn:aws:acm:{region}:ACCOUNT:certificate/ID",
                )
            if found[1] != region:
                hint = f"request one in {region}: a Regional domain takes no other"
                return f"the certificate is in {found[1]}, and the stage in {region}", hint
        case "basePath" if len(value) > _LONGEST_BASE_PATH or not _BASE_PATH.fullmatch(value.strip("/") or "-"):
            return f"{value!r} is no base path", f"use up to {_LONGEST_BASE_PATH} letters, digits, / and $-_.+!*'()"
        case "hostedZoneId" if not _HOSTED_ZONE.fullmatch(value):
            return f"{value!r} is no hosted zone", "write its id, such as Z2FDTNDATAQYW2"
    return None


def snap_start(project: Project) -> Iterator[Problem]:
    """SnapStart came with python3.12. https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html"""
    if project.stage.snap_start and project.stage.runtime in ("python3.10", "python3.11"):
        yield project.documents.stage.at("snapStart").error(
            f"SnapStart does not support {project.stage.runtime}", "use python3.12 or later"
        )


def access_log(project: Project) -> Iterator[Problem]:
    """Check the format of the access log. AWS rejects its faults in a deployment; in ``local`` they are warnings."""
    stage, document, path = project.stage, project.documents.stage, ("accessLog", "format")
    layout = log_format(stage.access_log, stage.flavor)
    for message, hint in log_format_faults(layout, stage.flavor):
        yield document.at(*path).problem(message, hint, _where_deployed(project))
    for message, hint in log_format_warnings(layout, stage.flavor):
        yield document.at(*path).warning(message, hint)
