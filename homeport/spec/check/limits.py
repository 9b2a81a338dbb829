"""Rules for sizes: CloudFormation's, Lambda's and API Gateway's.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from homeport.errors import Problem
from homeport.spec.check.places import error, warning
from homeport.spec.log_variables import log_format, log_format_faults
from homeport.spec.project import Project
from homeport.spec.read_stages import LOCAL

MOST_RESOURCES = 500
_PER_FUNCTION = 4
"""Function, role, log group, permission."""

_WITH_SNAP_START = 2
"""Version and alias."""

_LONGEST_TABLE_NAME = 255
_ENVIRONMENT_BYTES = 4096
_MOST_STAGE_VARIABLES = 100
_LONGEST_VARIABLE_NAME = 64
_LONGEST_VARIABLE = 512
_VARIABLE = re.compile(r"[A-Za-z0-9\-._~:/?#&=, ]*")


def count_resources(project: Project) -> int:
    """About how many resources the stage's stack holds: functions, routes, tables and what goes with them."""
    api, stage = project.api, project.stage
    per_function = _PER_FUNCTION + (_WITH_SNAP_START if stage.snap_start else 0)
    total = per_function * len(api.functions)
    # An HTTP API has a Route an operation and an Integration a function; a REST API is one resource with a Body.
    serving = sum(1 for function in api.functions.values() if function.operations)
    total += len(api.operations) + serving + len(api.authorizers) if stage.flavor == "http" else 1
    total += 3  # the API, its stage, the access log
    total += len(stage.usage_plans) + 2 * len(stage.api_keys)
    total += 2 if stage.domain else 0
    total += 3 + len(project.resources.tables) if stage.alarms else 0
    declared = project.resources.document.get("Resources")
    return total + (len(declared) if isinstance(declared, dict) else 0)


def resources(project: Project) -> Iterator[Problem]:
    """A stack holds 500 resources."""
    count = count_resources(project)
    if count > MOST_RESOURCES:
        yield error(
            project.documents.spec,
            ("paths",),
            f"the stack would hold about {count} resources, more than CloudFormation's {MOST_RESOURCES}",
            f"group operations with x-homeport: {{function: NAME}}: there are {len(project.api.functions)} functions",
        )


def names(project: Project) -> Iterator[Problem]:
    """The names of tables start with the stack's; they are given out where the stage is deployed."""
    if project.stage.key == LOCAL:
        return
    for name, table in project.resources.tables.items():
        if len(project.stage.table_name(name)) > _LONGEST_TABLE_NAME:
            yield Problem(
                f"the table name {project.stage.table_name(name)} is longer than {_LONGEST_TABLE_NAME} characters",
                table.source.file,
                table.source.line,
                "shorten the logical id",
            )


def environment(project: Project) -> Iterator[Problem]:
    """The functions' variables, those that name their tables included."""
    own = project.stage.environment
    document = project.documents.stage
    for table in project.resources.tables.values():
        if table.variable in own:
            yield error(
                document,
                ("environment", table.variable),
                f"{table.variable} is the variable that names the table {table.logical_id}",
                "choose another name",
            )
    added = {table.variable: project.stage.table_name(name) for name, table in project.resources.tables.items()}
    size = sum(len(name.encode()) + len(value.encode()) for name, value in {**own, **added}.items())
    if size > _ENVIRONMENT_BYTES:
        yield error(
            document,
            ("environment",),
            f"with the tables' names the environment may reach {size} bytes, more than Lambda's {_ENVIRONMENT_BYTES}",
            "move large values into Parameter Store",
        )


def stage_variables(project: Project) -> Iterator[Problem]:
    """Stage variables are few and short, of some characters only."""
    variables, document = project.stage.variables, project.documents.stage
    if len(variables) > _MOST_STAGE_VARIABLES:
        yield error(
            document, ("variables",), f"a stage has at most {_MOST_STAGE_VARIABLES} variables, not {len(variables)}"
        )
    for name, value in variables.items():
        if len(name) > _LONGEST_VARIABLE_NAME or len(value) > _LONGEST_VARIABLE:
            yield error(
                document,
                ("variables", name),
                f"the stage variable {name!r} is too long: names have {_LONGEST_VARIABLE_NAME} characters, "
                f"values {_LONGEST_VARIABLE}",
                "shorten it, or use environment",
            )
        elif not _VARIABLE.fullmatch(value):
            # Elsewhere than here API Gateway would see the value.
            yield (warning if project.stage.key == LOCAL else error)(
                document,
                ("variables", name),
                f"API Gateway refuses the value of the stage variable {name!r}",
                "use letters, digits and -._~:/?#&=, or move it to environment",
            )


def snap_start(project: Project) -> Iterator[Problem]:
    """SnapStart came with python3.12. https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html"""
    if project.stage.snap_start and project.stage.runtime in ("python3.10", "python3.11"):
        yield error(
            project.documents.stage,
            ("snapStart",),
            f"SnapStart does not support {project.stage.runtime}",
            "use python3.12 or later",
        )


def access_log(project: Project) -> Iterator[Problem]:
    """An access log's format holds what API Gateway knows; it is given to it where the stage is deployed."""
    stage = project.stage
    for message, cure in log_format_faults(log_format(stage.access_log, stage.flavor), stage.flavor):
        yield (warning if stage.key == LOCAL else error)(
            project.documents.stage, ("accessLog", "format"), message, cure
        )
