"""Lambda functions: each with its role, its log group, and SnapStart's version and alias where the stage asks for them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html

The permission to invoke a function goes to the API only, for the function's own routes of its own stage.
https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any

from homeport.cloud.template.code import BUCKET_PARAMETER, CodeParameters
from homeport.cloud.template.names import Names
from homeport.project.languages import language_of
from homeport.project.logical_ids import digest
from homeport.project.model import Function, Operation, Stage, effective_settings
from homeport.project.project import Project

_ALIAS = "live"
_TRACE_ACTIONS = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")


def sub(text: str) -> dict[str, str]:
    """Return ``Fn::Sub`` of a text."""
    return {"Fn::Sub": text}


def literal(text: str) -> str:
    """Escape a text for use inside ``Fn::Sub``."""
    return text.replace("${", "${!")


def attribute(logical_id: str, name: str) -> dict[str, list[str]]:
    """Return ``Fn::GetAtt`` of a resource."""
    return {"Fn::GetAtt": [logical_id, name]}


def ref(logical_id: str) -> dict[str, str]:
    """Return ``Ref`` to a resource or parameter."""
    return {"Ref": logical_id}


def resource(kind: str, attributes: Mapping[str, Any] | None = None, /, **properties: Any) -> dict[str, Any]:
    """Return a resource. Properties that are None are left out; ``attributes`` are keys beside ``Properties``."""
    given = {name: value for name, value in properties.items() if value is not None}
    return {"Type": kind, **(attributes or {}), "Properties": given}


def log_group(name: Any, days: int) -> dict[str, Any]:
    """Return a log group that is deleted with its stack."""
    policies = {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}
    return resource("AWS::Logs::LogGroup", policies, LogGroupName=name, RetentionInDays=days)


def function_name(stage: Stage, function: str) -> Any:
    """Return the function's name on AWS, relative to ``AWS::StackName`` where it begins with it."""
    own = stage.function_name(function)
    return sub(f"${{AWS::StackName}}-{function}") if own == f"{stage.stack_name}-{function}" else own


def invocation_target(stage: Stage, id: str) -> Any:
    """Return the ARN that API Gateway invokes: the function's, with SnapStart its alias's."""
    return ref(f"{id}Alias") if stage.snap_start else attribute(f"{id}Function", "Arn")


def invocation_target_text(stage: Stage, id: str) -> str:
    """Return ``invocation_target`` for use inside ``Fn::Sub``."""
    return f"${{{id}Alias}}" if stage.snap_start else f"${{{id}Function.Arn}}"


def functions(project: Project, names: Names, secrets_fingerprint: str) -> dict[str, Any]:
    """Return the API's functions with roles and logs; the fingerprint is of the environment's secrets."""
    code = CodeParameters(project)
    resources = code.resources()
    for name, function in project.api.functions.items():
        id = names.functions[name]
        own = _function(function, id, project, code)
        resources[f"{id}LogGroup"] = log_group(_log_name(project.stage, name), project.stage.log_retention_days)
        resources[f"{id}Role"] = _role(function, id, project)
        resources[f"{id}Function"] = own
        if project.stage.snap_start:
            keys = (code.of_function(function), *code.of_layers(function))
            resources |= _snapshot(id, keys, _state(function, own["Properties"], project, secrets_fingerprint))
    return resources


def _log_name(stage: Stage, function: str) -> Any:
    name = function_name(stage, function)
    return sub(f"/aws/lambda/{name['Fn::Sub']}") if isinstance(name, dict) else f"/aws/lambda/{name}"


def _function(function: Function, id: str, project: Project, code: CodeParameters) -> dict[str, Any]:
    stage = project.stage
    settings, variables = effective_settings(function, stage), _variables(function, project)
    return resource(
        "AWS::Lambda::Function",
        FunctionName=function_name(stage, function.name),
        Runtime=function.runtime or stage.runtime,
        Handler=function.handler,
        Code={"S3Bucket": ref(BUCKET_PARAMETER), "S3Key": ref(code.of_function(function))},
        Layers=code.layers(function) or None,
        Role=attribute(f"{id}Role", "Arn"),
        MemorySize=settings.memory,
        Timeout=settings.timeout,
        Architectures=[function.architecture or stage.architecture],
        LoggingConfig={"LogFormat": stage.log_format, "LogGroup": ref(f"{id}LogGroup")},
        Environment={"Variables": variables} if variables else None,
        ReservedConcurrentExecutions=settings.reserved_concurrency,
        SnapStart={"ApplyOn": "PublishedVersions"} if _has_snap_start(function, stage) else None,
        TracingConfig={"Mode": "Active"} if stage.tracing else None,
    )


def _has_snap_start(function: Function, stage: Stage) -> bool:
    """Return whether a function starts from a snapshot: of these runtimes, those of Python alone can.

    https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html#snapstart-runtimes
    """
    return stage.snap_start and language_of(function.runtime or stage.runtime) == "python"


def _variables(function: Function, project: Project) -> dict[str, Any]:
    return {
        **{project.resources.tables[table].variable: ref(table) for table in _tables(function)},
        **project.stage.environment,
        **function.written_environment,
    }


def _tables(function: Function) -> list[str]:
    return sorted({target.partition("/")[0] for target in function.access})


def _role(function: Function, id: str, project: Project) -> dict[str, Any]:
    statements = [
        _allow(("logs:CreateLogStream", "logs:PutLogEvents"), attribute(f"{id}LogGroup", "Arn")),
        *(
            _allow(tuple(f"dynamodb:{action}" for action in actions), _arn(target))
            for target, actions in function.access.items()
            if actions
        ),
        *function.policies,
    ]
    if project.stage.tracing:
        # These actions have no resource type: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
        statements.append(_allow(_TRACE_ACTIONS, "*"))
    policy = {"Version": "2012-10-17", "Statement": statements}
    return resource(
        "AWS::IAM::Role",
        AssumeRolePolicyDocument=trust("lambda.amazonaws.com"),
        Policies=[{"PolicyName": "access", "PolicyDocument": policy}],
    )


def trust(service: str) -> dict[str, Any]:
    """Return the trust policy of a role that a service assumes."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    }


def _allow(actions: tuple[str, ...], resource: Any) -> Mapping[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def _arn(target: str) -> Any:
    table, _, index = target.partition("/")
    return sub(f"${{{table}.Arn}}/index/{index}") if index else attribute(table, "Arn")


def _state(function: Function, properties: Mapping[str, Any], project: Project, secrets_fingerprint: str) -> str:
    """Return a digest that changes exactly when Lambda would publish a new version: it rejects an unchanged one.

    A reservation is no part of a version. A table with another key is replaced by one with another name.
    """
    own = {name: value for name, value in properties.items() if name != "ReservedConcurrentExecutions"}
    tables = [_identity(project.resources.tables[table].properties) for table in _tables(function)]
    return digest(json.dumps([own, tables, secrets_fingerprint], sort_keys=True))


def _identity(table: Mapping[str, Any]) -> list[Any]:
    """Return the properties of a table that can't change without its replacement.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
    """
    keys = {key["AttributeName"] for key in table["KeySchema"]}
    attributes = [it for it in table["AttributeDefinitions"] if it["AttributeName"] in keys]
    replacing = ("ImportSourceSpecification", "KeySchema", "LocalSecondaryIndexes")
    own_name = [table["TableName"]] if "TableName" in table else []
    return [attributes, *(table.get(name) for name in replacing), *own_name]


def _snapshot(id: str, keys: Sequence[str], state: str) -> dict[str, Any]:
    """Return a version and its alias. A changed Description publishes a new version, and the alias moves to it.

    ``keys`` are the parameters of its code and layers.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-version.html
    """
    function, description = ref(f"{id}Function"), sub(f"{' '.join(f'${{{key}}}' for key in keys)} {state}")
    version = attribute(f"{id}Version", "Version")
    return {
        f"{id}Version": resource("AWS::Lambda::Version", FunctionName=function, Description=description),
        f"{id}Alias": resource("AWS::Lambda::Alias", FunctionName=function, FunctionVersion=version, Name=_ALIAS),
    }


_EXECUTE = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}"
_VARIABLE = re.compile(r"\{[^}]*\}")


def permissions(project: Project, names: Names, authorizers: Mapping[str, str]) -> dict[str, Any]:
    """Return a permission for each function. ``authorizers`` has the ARN suffix of their authorizers."""
    resources = {}
    for name, function in project.api.functions.items():
        source = _source(function, project, authorizers)
        if source is not None:
            resources[f"{names.functions[name]}Permission"] = resource(
                "AWS::Lambda::Permission",
                Action="lambda:InvokeFunction",
                FunctionName=invocation_target(project.stage, names.functions[name]),
                Principal="apigateway.amazonaws.com",
                SourceArn=sub(f"{_EXECUTE}/{source}"),
            )
    return resources


def _source(function: Function, project: Project, authorizers: Mapping[str, str]) -> str | None:
    if not function.operations:
        return authorizers.get(function.name)
    served = [project.api.operations_by_id[name] for name in function.operations]
    return f"{project.stage.stage_name}/{routes_pattern(served)}"


def routes_pattern(operations: Sequence[Operation]) -> str:
    """Return the narrowest ``METHOD/path`` pattern that covers all operations, with ``*`` for the parts that differ."""
    defaults = [operation.path == "/$default" for operation in operations]
    if any(defaults):
        return "$default" if all(defaults) else "*"
    methods = {operation.method for operation in operations}
    method = methods.pop() if len(methods) == 1 else "*"
    return f"{'*' if method == 'ANY' else method}{_common(operation.path for operation in operations)}"


def _common(paths: Iterable[str]) -> str:
    patterns = sorted({_VARIABLE.sub("*", path) for path in paths})
    if len(patterns) == 1:
        return patterns[0]
    columns = zip(*(pattern.split("/") for pattern in patterns), strict=False)
    shared = [column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns)]
    # The path that ends where the others continue is covered only by a star without a slash before it.
    whole = "/".join(shared)
    if whole not in patterns:
        return f"{whole}/*"
    return whole if whole.endswith("*") else f"{whole}*"
