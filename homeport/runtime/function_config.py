"""The configuration that a function runs with, from the project's model: settings, variables, DynamoDB permissions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from homeport.aws.endpoints import ServiceEndpoints
from homeport.environment import read_environment
from homeport.errors import SetupError
from homeport.project.cloudformation.permissions.policies import arns_by_name, role_statements, table_arn
from homeport.project.model import Api, Function, FunctionCode, Resources, Stage, effective_settings
from homeport.runtime.function_packages import own_packages
from homeport.runtime.logs import invoked_version
from homeport.runtime.node.packages import with_packages
from homeport.runtime.program import RuntimeProgram
from homeport.runtime.runtimes import LocalRuntimes, is_custom, is_python

# Credentials with which no call can reach an AWS account. DynamoDB Local separates tables by access key: the kit makes
# its tables with this one.
LOCAL_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "test"}
_LIBRARIES = "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"


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
    lambda_variables = _lambda_variables(function, stage, full_arn, settings.memory)
    program, fault = _program(function, stage, {**lambda_variables, **own}, runtimes)
    of_program = program.environment if program is not None else {}
    return FunctionConfig(
        name=function.name,
        function_name=name,
        arn=full_arn,
        handler=function.handler,
        runtime=function.runtime or stage.runtime,
        memory=settings.memory,
        timeout=settings.timeout,
        environment={**lambda_variables, **of_program, **own, **extra},
        log_format=function.log_format or stage.log_format,
        reserved_concurrency=settings.reserved_concurrency,
        permissions=dynamodb_permissions(function, stage.region, resources, account_id),
        policies=(policies := role_statements(function.policies, stage, resources, account_id)),
        partition_keys=_partition_keys(stage.region, resources, account_id) if policies else {},
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


def _lambda_variables(function: Function, stage: Stage, arn: str, memory: int) -> dict[str, str]:
    """Return the variables that Lambda itself sets.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    """
    name, runtime = arn.split(":")[6], function.runtime or stage.runtime
    variables = {
        "_HANDLER": function.handler,
        "AWS_DEFAULT_REGION": stage.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory),
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": invoked_version(arn),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_LAMBDA_RUNTIME_API": "169.254.100.1:9001",
        "AWS_REGION": stage.region,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1:2000",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": "/var/task",
        "LANG": "en_US.UTF-8",
        "LC_CTYPE": "C.UTF-8",
        "LD_LIBRARY_PATH": _LIBRARIES,
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "PWD": "/var/task",
        "PYTHONPATH": "/var/runtime",
        "TZ": ":UTC",
        "_AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
    }
    if not is_python(runtime):
        variables = _without_python(variables, runtime)
    if (function.log_format or stage.log_format) == "JSON":
        variables |= {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": function.log_level or "INFO"}
    return variables


def _without_python(variables: Mapping[str, str], runtime: str) -> dict[str, str]:
    """Return the variables of a runtime that is not Python's.

    The folders of Lambda's own system are left out of LD_LIBRARY_PATH: here they would hide libraries that an
    interpreter has brought with it (conda, Nix). Functions that bring their own runtime have no AWS_EXECUTION_ENV.
    """
    left_out = {"LC_CTYPE", "PYTHONPATH", *(["AWS_EXECUTION_ENV"] if is_custom(runtime) else [])}
    kept = {name: value for name, value in variables.items() if name not in left_out}
    return {**kept, "LD_LIBRARY_PATH": "/var/task:/var/task/lib:/opt/lib"}


def _table_ids(function: Function) -> list[str]:
    """Return the tables that a function may use, by themselves or by one of their indexes."""
    return sorted({target.partition("/")[0] for target in function.access})


def dynamodb_permissions(
    function: Function, region: str, resources: Resources, account_id: str
) -> dict[str, tuple[str, ...]]:
    """Return the actions (``PutItem``) of ``access`` by the ARN of a table or index."""
    return {_target_arn(target, region, resources, account_id): actions for target, actions in function.access.items()}


def _target_arn(target: str, region: str, resources: Resources, account_id: str) -> str:
    table, _, index = target.partition("/")
    arn = table_arn(resources.tables[table], region, account_id)
    return f"{arn}/index/{index}" if index else arn


def _partition_keys(region: str, resources: Resources, account_id: str) -> dict[str, str]:
    """Return the partition key's attribute by the ARN of each table and index."""
    keys = {}
    for table in resources.tables.values():
        arn, properties = table_arn(table, region, account_id), table.properties
        kinds = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        indexes = {f"{arn}/index/{index['IndexName']}": index for kind in kinds for index in properties.get(kind, ())}
        for place, holder in {arn: properties, **indexes}.items():
            hashes = [key["AttributeName"] for key in holder.get("KeySchema", ()) if key["KeyType"] == "HASH"]
            if len(hashes) == 1:
                keys[place] = hashes[0]
    return keys
