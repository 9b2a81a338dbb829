"""The execution roles of a service's functions.

https://www.serverless.com/framework/docs/providers/aws/guide/iam
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from homeport.project.serverless.logical_names import EXECUTION_ROLE, normal_name
from homeport.project.serverless.service import (
    Content,
    ServerlessFunction,
    ServerlessService,
    ServiceTemplate,
    arn_of,
    is_set,
    text_of,
)
from homeport.project.source.builder import Placed
from homeport.project.source.cursor import Cursor

ROLES_PLUGIN = "serverless-iam-roles-per-function"

_LOGS: Content = {
    "Effect": "Allow",
    "Action": ["logs:CreateLogStream", "logs:CreateLogGroup", "logs:TagResource", "logs:PutLogEvents"],
    "Resource": "*",
}
_SOURCES: dict[str, tuple[str, ...]] = {
    "dynamodb": (
        *("dynamodb:GetRecords", "dynamodb:GetShardIterator"),
        *("dynamodb:DescribeStream", "dynamodb:ListStreams"),
    ),
    "kinesis": ("kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream", "kinesis:ListStreams"),
    "sqs": ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
}
"""What the framework allows a role beside the owner's statements: to read from the functions' event sources."""


def add_roles(service: ServerlessService, template: ServiceTemplate) -> None:
    """Add the role that functions share, and those of single functions."""
    sharing = [function for function in service.functions if _own_statements(service, function) is None]
    if any(_given_role(service, function) is None for function in sharing):
        statements = [*_provider_statements(service), *_source_statements(sharing)]
        at = _statements_of_provider(service)
        role = service.provider.at("iam").at("role")
        managed = [*role.at("managedPolicies").entries(), *service.provider.at("iamManagedPolicies").entries()]
        _add(template, EXECUTION_ROLE, statements, managed, at if at.value is not None else service.provider)
    for function in service.functions:
        own = _own_statements(service, function)
        if own is None:
            continue
        inherits = _inherits(service, function)
        statements = [*_flat(own), *_source_statements([function])]
        _add(
            template,
            _own_role(function),
            [*(_provider_statements(service) if inherits else ()), *statements],
            list(function.settings.at("iam").at("role").at("managedPolicies").entries()),
            own if own.value is not None else function.settings,
        )


def function_role(service: ServerlessService, function: ServerlessFunction) -> Any:
    """Return the ARN of a function's role."""
    given = _given_role(service, function)
    if given is not None:
        return _arn(given)
    if _own_statements(service, function) is not None:
        return arn_of(_own_role(function))
    return arn_of(EXECUTION_ROLE)


def _given_role(service: ServerlessService, function: ServerlessFunction) -> Cursor | None:
    """Return the role that an owner names for a function, None if the framework makes one."""
    own, provider = function.settings, service.provider
    if own.has("role"):
        return own.at("role")
    shared = provider.at("iam").at("role")
    if provider.has("role"):
        return provider.at("role")
    is_reference = isinstance(shared.value, dict) and any(key == "Ref" or "::" in key for key in shared.value)
    return shared if isinstance(shared.value, str) or is_reference else None


def _arn(role: Cursor) -> Any:
    """Return the ARN of a role that is named: an ARN, a logical id, or a function of CloudFormation."""
    text = role.value if isinstance(role.value, str) else ""
    if not text or text.startswith("arn:"):
        return role
    return Placed(arn_of(text), role)


def _own_statements(service: ServerlessService, function: ServerlessFunction) -> Cursor | None:
    """Return the statements of a function's own role, None if it shares one."""
    settings = function.settings
    if settings.has("role"):
        return None
    role = settings.at("iam").at("role")
    statements = settings.at("iamRoleStatements")
    # Versions before 4 leave these to the plugin.
    if isinstance(statements.value, list) and (service.has_plugin(ROLES_PLUGIN) or not _is_before_4(service)):
        return statements
    if role.at("statements").value is not None or role.at("managedPolicies").value or _is_per_function(service):
        return role.at("statements")
    return None


def _is_before_4(service: ServerlessService) -> bool:
    return re.match(r"[~^>=v\s]*[123]\b", text_of(service.top.at("frameworkVersion"))) is not None


def _is_per_function(service: ServerlessService) -> bool:
    return text_of(service.provider.at("iam").at("role").at("mode")) == "perFunction"


def _inherits(service: ServerlessService, function: ServerlessFunction) -> bool:
    settings = function.settings
    default = service.custom.at(ROLES_PLUGIN).at("defaultInherit")
    written = (settings.at("iam").at("inheritStatements"), settings.at("iamRoleStatementsInherit"), default)
    own = next((at for at in written if at.value is not None), None)
    return is_set(own) if own is not None else _is_per_function(service)


def _own_role(function: ServerlessFunction) -> str:
    return f"{normal_name(function.key)}{EXECUTION_ROLE}"


def _statements_of_provider(service: ServerlessService) -> Cursor:
    of_role = service.provider.at("iam").at("role").at("statements")
    return of_role if of_role.value is not None else service.provider.at("iamRoleStatements")


def _provider_statements(service: ServerlessService) -> Iterable[Cursor]:
    at = _statements_of_provider(service)
    if at.value is None:
        return ()
    if not isinstance(at.value, list):
        at.error("the statements of the role are no list", "write - Effect: Allow")
        return ()
    return _flat(at)


def _flat(at: Cursor) -> list[Cursor]:
    """Return the statements of a list; a file that has a list of them may be an entry."""
    found: list[Cursor] = []
    for entry in at.entries():
        found += _flat(entry) if isinstance(entry.value, list) else [entry] if entry.value is not None else []
    return found


def _source_statements(functions: Iterable[ServerlessFunction]) -> list[Content]:
    """Return the statements that let functions read from their queues and streams."""
    found: dict[str, list[Any]] = {}
    for function in functions:
        for event in function.events:
            for kind in ("stream", "sqs"):
                settings = event.at(kind)
                arn = settings.at("arn") if isinstance(settings.value, dict) else settings
                if arn.value is not None:
                    found.setdefault(source_kind(kind, settings), []).append(arn)
    return [
        {"Effect": "Allow", "Action": list(_SOURCES[kind]), "Resource": arns}
        for kind, arns in found.items()
        if kind in _SOURCES
    ]


def source_kind(event: str, settings: Cursor) -> str:
    """Return the service that a source of events belongs to: ``dynamodb``, ``kinesis`` or ``sqs``."""
    if event == "sqs":
        return "sqs"
    written = text_of(settings.at("type"))
    arn = text_of(settings.at("arn")) or text_of(settings)
    return written or (arn.split(":")[2] if arn.count(":") > 2 else "dynamodb")


def _add(template: ServiceTemplate, logical_id: str, statements: list[Any], managed: list[Cursor], at: Cursor) -> None:
    policy = {
        "PolicyName": {"Fn::Join": ["-", [{"Ref": "AWS::StackName"}, "lambda"]]},
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [_LOGS, *statements]},
    }
    trust = {"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com"]}, "Action": ["sts:AssumeRole"]}
    properties: Content = {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [policy],
        "ManagedPolicyArns": managed or None,
    }
    template.add(logical_id, "AWS::IAM::Role", properties, at)


def state_machine_role(given: Cursor, template: ServiceTemplate) -> Any:
    """Return the ARN of a state machine's role: the one named, else one that is made, which may invoke and call all."""
    if given.value is not None:
        return _arn(given)
    logical_id = "StepFunctionsRole"
    if logical_id not in template.resources:
        _add(template, logical_id, [{"Effect": "Allow", "Action": "*", "Resource": "*"}], [], given)
    return arn_of(logical_id)
