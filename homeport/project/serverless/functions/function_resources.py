"""The Lambda functions of a service.

https://www.serverless.com/framework/docs/providers/aws/guide/functions
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from homeport.project.serverless.functions.function_code import FunctionBuild, function_build
from homeport.project.serverless.functions.layers import function_layers
from homeport.project.serverless.functions.roles import function_role
from homeport.project.serverless.logical_names import function_id, normal_name
from homeport.project.serverless.service import (
    Content,
    ServerlessFunction,
    ServerlessService,
    ServiceTemplate,
    arn_of,
    is_set,
    optional,
    text_of,
)
from homeport.project.source.builder import Placed
from homeport.project.source.cursor import Cursor

_RUNTIME = "nodejs20.x"
_MEMORY = 1024
_TIMEOUT = 6


def add_functions(service: ServerlessService, template: ServiceTemplate) -> None:
    """Add the functions, each with what its asynchronous invocations do."""
    for function in service.functions:
        settings = function.settings
        logical_id = function_id(function.key)
        build = function_build(service, function)
        attributes: Content = {"Metadata": {"OwnerName": function.key, **build.metadata}}
        if settings.has("condition"):
            attributes["Condition"] = settings.at("condition")
        properties = _properties(service, function, build)
        template.add(logical_id, "AWS::Lambda::Function", properties, settings, **attributes)
        template.add(
            f"{normal_name(function.key)}LogGroup",
            "AWS::Logs::LogGroup",
            {"LogGroupName": f"/aws/lambda/{function_name(service, function)}"},
            settings,
        )
        _add_invocation_settings(function, logical_id, template)
        if is_set(settings.at("url")):
            _add_url(function, logical_id, template)


def function_name(service: ServerlessService, function: ServerlessFunction) -> str:
    """Return the name of a function on AWS."""
    return text_of(function.settings.at("name")) or f"{service.prefix}-{function.key}"


def _properties(service: ServerlessService, function: ServerlessFunction, build: FunctionBuild) -> Content:
    settings, provider = function.settings, service.provider
    made: Content = {
        "FunctionName": _name(service, function),
        "Handler": _at(settings.at("handler"), build.handler) if build.handler else None,
        "Runtime": _first(settings, provider, "runtime") or Placed(_RUNTIME, settings),
        "MemorySize": _first(settings, provider, "memorySize") or _MEMORY,
        "Timeout": _first(settings, provider, "timeout") or _TIMEOUT,
        "Role": function_role(service, function),
        "Environment": _environment(service, function),
        "Layers": function_layers(service, function),
        "ReservedConcurrentExecutions": optional(settings.at("reservedConcurrency")),
        "Code": Placed(build.code, service.place_of_paths(settings.at("handler"))),
        "VpcConfig": _vpc(settings, provider),
        "TracingConfig": _tracing(settings, provider),
        "LoggingConfig": _logging(settings, provider),
    }
    architecture = _first(settings, provider, "architecture")
    if architecture is not None:
        made["Architectures"] = [architecture]
    if settings.has("onError"):
        made["DeadLetterConfig"] = {"TargetArn": settings.at("onError")}
    if settings.has("ephemeralStorageSize"):
        made["EphemeralStorage"] = {"Size": settings.at("ephemeralStorageSize")}
    for key, name in (("fileSystemConfig", "FileSystemConfigs"), ("durableConfig", "DurableConfig")):
        if is_set(settings.at(key)):
            made[name] = [settings.at(key)] if name.endswith("s") else settings.at(key)
    if is_set(settings.at("snapStart")):
        made["SnapStart"] = {"ApplyOn": "PublishedVersions"}
    if settings.has("image"):
        made |= {"PackageType": "Image", "Runtime": None, "Handler": None}
    return made


def _name(service: ServerlessService, function: ServerlessFunction) -> Any:
    """Return the name, which may be a function of CloudFormation."""
    written = function.settings.at("name")
    return written if isinstance(written.value, dict) else Placed(function_name(service, function), written)


def _environment(service: ServerlessService, function: ServerlessFunction) -> Any:
    """Return the variables: those of the provider, with the function's over them.

    https://www.serverless.com/framework/docs/providers/aws/guide/functions#environment-variables
    """
    variables: Content = {}
    if service.has_plugin("serverless-dotenv-plugin"):
        variables |= _dotenv(service)
    for holder in (service.provider.at("environment"), function.settings.at("environment")):
        variables |= {name: _variable(value) for name, value in holder.items() if value.value is not None}
    at = function.settings.at("environment")
    return Placed({"Variables": Placed(variables, at)}, at) if variables else None


def _dotenv(service: ServerlessService) -> Content:
    """Return what serverless-dotenv-plugin adds to the variables of each function.

    https://github.com/neverendingqs/serverless-dotenv-plugin
    """
    settings = service.custom.at("dotenv")
    include, exclude = settings.at("include").value, settings.at("exclude").value
    return {
        name: value
        for name, value in service.dotenv.items()
        if (not isinstance(include, list) or name in include) and not (isinstance(exclude, list) and name in exclude)
    }


def _variable(value: Cursor) -> Any:
    """Return the value of a variable, which Lambda has as text: a list or a map that is no function becomes JSON."""
    if isinstance(value.value, bool):
        return Placed("true" if value.value else "false", value)
    if isinstance(value.value, int | float):
        return Placed(str(value.value), value)
    is_function = isinstance(value.value, Mapping) and any(
        key == "Ref" or key.startswith("Fn::") for key in value.value
    )
    if isinstance(value.value, dict | list) and not is_function:
        return Placed(json.dumps(value.value), value)
    return value


def _vpc(settings: Cursor, provider: Cursor) -> Any:
    if settings.at("vpc").value is False:
        return None
    own, shared = settings.at("vpc"), provider.at("vpc")
    found = {
        name: next((holder.at(key) for holder in (own, shared) if holder.has(key)), None)
        for key, name in (("securityGroupIds", "SecurityGroupIds"), ("subnetIds", "SubnetIds"))
    }
    return found if all(found.values()) else None


def _tracing(settings: Cursor, provider: Cursor) -> Any:
    tracing = settings.at("tracing") if settings.has("tracing") else provider.at("tracing").at("lambda")
    if not is_set(tracing):
        return None
    return {"Mode": "Active" if tracing.value is True else tracing}


def _logging(settings: Cursor, provider: Cursor) -> Any:
    """Return the format and level of a function's log, if any is set.

    https://www.serverless.com/framework/docs/providers/aws/guide/functions#aws-lambda-logging-configuration
    """
    holder = settings.at("logs") if settings.has("logs") else provider.at("logs").at("lambda")
    keys = {"logFormat": "LogFormat", "applicationLogLevel": "ApplicationLogLevel", "systemLogLevel": "SystemLogLevel"}
    found = {name: holder.at(key) for key, name in keys.items() if holder.has(key)}
    return Placed(found, holder) if found else None


def _add_invocation_settings(function: ServerlessFunction, logical_id: str, template: ServiceTemplate) -> None:
    """Add the retries and destinations of asynchronous invocations.

    https://www.serverless.com/framework/docs/providers/aws/guide/functions#destinations
    """
    settings = function.settings
    destinations = settings.at("destinations")
    config = {
        name: _destination(destinations.at(key))
        for key, name in (("onSuccess", "OnSuccess"), ("onFailure", "OnFailure"))
    }
    config = {name: destination for name, destination in config.items() if destination is not None}
    if not (config or settings.has("maximumRetryAttempts") or settings.has("maximumEventAge")):
        return
    template.add(
        f"{normal_name(function.key)}LambdaEvConf",
        "AWS::Lambda::EventInvokeConfig",
        {
            "FunctionName": {"Ref": logical_id},
            "Qualifier": "$LATEST",
            "DestinationConfig": config or None,
            "MaximumRetryAttempts": optional(settings.at("maximumRetryAttempts")),
            "MaximumEventAgeInSeconds": optional(settings.at("maximumEventAge")),
        },
        destinations if config else settings,
    )


def _destination(at: Cursor) -> Any:
    match at.value:
        case str() as text if not text.startswith("arn:"):
            return {"Destination": Placed(arn_of(function_id(text)), at)}
        case {"type": "function", "arn": _} | {"arn": _}:
            return {"Destination": at.at("arn")}
        case None:
            return None
    return {"Destination": at}


def _add_url(function: ServerlessFunction, logical_id: str, template: ServiceTemplate) -> None:
    """Add a function's own URL, which is named as not emulated.

    https://www.serverless.com/framework/docs/providers/aws/guide/functions#lambda-function-urls
    """
    url = function.settings.at("url")
    kind = "AWS_IAM" if str(url.at("authorizer").value).lower() == "aws_iam" else "NONE"
    properties = {"TargetFunctionArn": arn_of(logical_id), "AuthType": kind}
    template.add(f"{logical_id}Url", "AWS::Lambda::Url", properties, url)


def _first(settings: Cursor, provider: Cursor, key: str) -> Cursor | None:
    """Return a function's setting, else the provider's."""
    return next((holder.at(key) for holder in (settings, provider) if is_set(holder.at(key))), None)


def _at(at: Cursor, value: Any) -> Placed:
    return Placed(value, at)
