"""The configuration that a function runs with, from the project's model: settings, variables, DynamoDB permissions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from homeport.aws.endpoints import ServiceEndpoints
from homeport.environment import read_environment
from homeport.errors import SetupError
from homeport.project.cloudformation.permissions.policies import arns_by_name, role_statements
from homeport.project.model import Api, Function, FunctionCode, Resources, Stage, effective_settings
from homeport.runtime.function_packages import own_packages
from homeport.runtime.function_variables import lambda_variables
from homeport.runtime.logs import invoked_version
from homeport.runtime.node.packages import with_packages
from homeport.runtime.program import RuntimeProgram
from homeport.runtime.runtimes import LocalRuntimes
from homeport.runtime.table_permissions import dynamodb_permissions, partition_keys

# Credentials with which no call can reach an AWS account. DynamoDB Local separates tables by access key: the kit makes
# its tables with this one.
LOCAL_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "test"}


@dataclass(frozen=True, slots=True)
class FunctionConfig:
    """The configuration of a Lambda function.

    ``name`` is the kit's (``create-item``), ``function_name`` AWS's (``items-local-create-item``). ``memory`` is MB,
    ``timeout`` seconds. ``environment`` lacks only the variables that differ by environment (the log stream) and
    by invocation (the trace id). ``log_format`` is ``Text`` or ``JSON``. ``permissions`` maps a resource's ARN to the
    DynamoDB actions that ``access`` allows on it, ``policies`` are the statements of the function's own,
    ``boundary`` those that limit them (None: nothing does), and ``partition_keys`` the attributes that their conditions
    look at, by ARN. ``arns`` are those that names of secrets and aliases of keys stand for. ``role_name`` is AWS's name
    of the role. ``offline`` says that it must not call AWS itself,
    ``aws_url`` and ``functions_url`` are the local endpoints of AWS's services beside DynamoDB, and of Lambda,
    ``traced`` that each of its requests to DynamoDB is reported, ``bodies`` that their short bodies are as well.
    ``code`` is None for a function of the package ``service``. ``version`` is the version that is invoked, and
    ``fault`` says why no call can succeed. ``program`` serves a runtime that is not Python's; its variables are part of
    ``environment``.
    """

    name: str
    function_name: str
    arn: str
    handler: str
    runtime: str
    memory: int
    timeout: int
    environment: Mapping[str, str]
    log_format: str = "Text"
    reserved_concurrency: int | None = None
    permissions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    policies: tuple[Mapping[str, Any], ...] = ()
    partition_keys: Mapping[str, str] = field(default_factory=dict)
    boundary: tuple[Mapping[str, Any], ...] | None = None
    arns: Mapping[str, str] = field(default_factory=dict)
    role_name: str = ""
    offline: bool = True
    aws_url: str | None = None
    functions_url: str | None = None
    traced: bool = False
    bodies: bool = False
    code: FunctionCode | None = None
    version: str = "$LATEST"
    fault: str = ""
    program: RuntimeProgram | None = None

    @property
    def principal(self) -> str:
        """The ARN of the function's assumed role."""
        account = self.arn.split(":")[4]
        role = self.role_name or f"{self.function_name}-role"
        return f"arn:aws:sts::{account}:assumed-role/{role}/{self.function_name}"

    def to_worker_spec(self, folder: Path, stream: str) -> dict[str, object]:
        """Return the part of a worker's spec that the gateway sends, with the environment's folder and log stream."""
        return {
            "handler": self.handler,
            "arn": self.arn,
            "environment": {**self.environment, "AWS_LAMBDA_LOG_STREAM_NAME": stream},
            "folder": str(folder),
            "permissions": self.permissions,
            "policies": self.policies,
            "partition_keys": self.partition_keys,
            "boundary": self.boundary,
            "arns": self.arns,
            "principal": self.principal,
            "offline": self.offline,
            "traced": self.traced,
            "bodies": self.bodies,
            "code": _code_spec(self.code),
            "program": _program_spec(self.program),
        }


def _code_spec(code: FunctionCode | None) -> dict[str, object] | None:
    """Return the part of a worker's spec that its ``code_folder.CodeFolder`` reads."""
    if code is None:
        return None
    return {
        "root": str(code.root),
        "layers": [str(layer) for layer in code.layers],
        "own": own_packages(code),
        "shared": list(code.packages),
    }


def _program_spec(program: RuntimeProgram | None) -> dict[str, object] | None:
    if program is None:
        return None
    return {"arguments": program.arguments, "visible": [str(path) for path in program.visible]}


def function_configs(
    api: Api,
    stage: Stage,
    resources: Resources,
    *,
    dynamodb_url: str | None,
    account_id: str,
    aws_url: str | None = None,
    functions_url: str | None = None,
    credentials: Mapping[str, str] = LOCAL_CREDENTIALS,
    traced: bool = False,
    bodies: bool = False,
    runtimes: LocalRuntimes | None = None,
) -> dict[str, FunctionConfig]:
    """Return the configurations of an API's functions by name.

    ``dynamodb_url`` is their endpoint of DynamoDB, None: AWS's own. ``functions_url`` is that of Lambda, ``aws_url``
    that of all other services. With other credentials than LOCAL_CREDENTIALS the functions may call AWS. ``traced`` is
    whether each of their requests to DynamoDB is reported, ``bodies`` whether short bodies are too. ``runtimes`` are
    those of this machine.
    """
    endpoints = ServiceEndpoints(dynamodb_url, aws_url, functions_url)
    extra = {**credentials, **endpoints.variables()}
    offline = credentials == LOCAL_CREDENTIALS
    here = runtimes or LocalRuntimes.of_environment()
    configs = (_config(function, stage, resources, account_id, extra, here) for function in api.functions.values())
    return {
        config.name: replace(
            config,
            environment=endpoints.local_queue_urls(config.environment),
            offline=offline,
            aws_url=aws_url,
            functions_url=functions_url,
            traced=traced,
            bodies=bodies,
        )
        for config in configs
    }


def _config(
    function: Function,
    stage: Stage,
    resources: Resources,
    account_id: str,
    extra: Mapping[str, str],
    runtimes: LocalRuntimes,
) -> FunctionConfig:
    name = function.physical_name or stage.function_name(function.name)
    settings = effective_settings(function, stage)
    own = _own_variables(function, stage, resources)
    arn = f"arn:aws:lambda:{stage.region}:{account_id}:function:{name}"
    full_arn = f"{arn}:{function.alias}" if function.alias else arn
    of_lambda = lambda_variables(function, stage, full_arn, settings.memory)
    program, fault = _program(function, stage, {**of_lambda, **own}, runtimes)
    of_program = program.environment if program is not None else {}
    return FunctionConfig(
        name=function.name,
        function_name=name,
        arn=full_arn,
        handler=function.handler,
        runtime=function.runtime or stage.runtime,
        memory=settings.memory,
        timeout=settings.timeout,
        environment={**of_lambda, **of_program, **own, **extra},
        log_format=function.log_format or stage.log_format,
        reserved_concurrency=settings.reserved_concurrency,
        permissions=dynamodb_permissions(function, stage.region, resources, account_id),
        policies=(policies := role_statements(function.policies, stage, resources, account_id)),
        partition_keys=partition_keys(stage.region, resources, account_id) if policies else {},
        boundary=(
            None if (limits := function.boundary) is None else role_statements(limits, stage, resources, account_id)
        ),
        arns=arns_by_name(resources),
        role_name=function.role_name,
        code=function.code,
        version=invoked_version(full_arn),
        fault=fault,
        program=program,
    )


def _program(
    function: Function, stage: Stage, variables: Mapping[str, str], runtimes: LocalRuntimes
) -> tuple[RuntimeProgram | None, str]:
    """Return the program of a function's runtime, and why no call of it can succeed."""
    if function.fault:
        return None, function.fault
    code = function.code
    try:
        program = runtimes.program(
            function.runtime or stage.runtime,
            variables,
            folder=str(code.root) if code is not None else "",
            source_maps=code is not None and code.build is not None,
        )
    except SetupError as error:
        return None, str(error)
    return with_packages(program, code, read_environment().cache_dir) if program is not None else None, ""


def _own_variables(function: Function, stage: Stage, resources: Resources) -> dict[str, str]:
    """Return the variables of the deployed function: the names of its tables, those of the stage, and its own."""
    tables = [resources.tables[logical_id] for logical_id in _table_ids(function)]
    names = {table.variable: table.name for table in tables}
    return {**names, **stage.environment, **function.environment}


def _table_ids(function: Function) -> list[str]:
    """Return the tables that a function may use, by themselves or by one of their indexes."""
    return sorted({target.partition("/")[0] for target in function.access})
