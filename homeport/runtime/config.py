"""What a function runs with, built from the spec: its settings and its environment variables."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from homeport.errors import Problem, ProjectError
from homeport.spec.model import Api, Function
from homeport.spec.resources import Resources
from homeport.spec.stage import Stage

STAGES_FILE = "deploy/stages.yaml"
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_VARIABLES = 4096
# No call can reach an AWS account with them. DynamoDB Local keeps tables apart by access key: it is the one that the
# kit makes its tables with.
LOCAL_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "test"}
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
_LIBRARIES = (
    "/var/lang/lib",
    "/lib64",
    "/usr/lib64",
    "/var/runtime",
    "/var/runtime/lib",
    "/var/task",
    "/var/task/lib",
    "/opt/lib",
)
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")


@dataclass(frozen=True, slots=True)
class FunctionConfig:
    """A Lambda function as the local Lambda runs it.

    ``name`` is the kit's (``create-item``), ``function_name`` AWS's (``items-local-create-item``). ``memory`` is MB,
    ``timeout`` seconds. ``environment`` is whole but for what each environment has of its own (its log stream) and
    each invocation (its trace id). ``log_format`` is ``Text`` or ``JSON``. ``access`` is the spec's.
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
    access: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def function_configs(
    api: Api,
    stage: Stage,
    resources: Resources,
    *,
    dynamodb_url: str | None,
    account_id: str,
    credentials: Mapping[str, str] = LOCAL_CREDENTIALS,
) -> dict[str, FunctionConfig]:
    """The functions of an API by name.

    ``dynamodb_url`` is the endpoint they are to use, None: AWS's own. Raises ProjectError for variables that Lambda
    would refuse and for access to an unknown table.
    """
    problems = [*_variable_problems(stage), *_table_problems(api, resources)]
    for function in api.functions.values() if not problems else ():
        problems += _size_problems(function, _own_variables(function, stage, resources))
    if problems:
        raise ProjectError(problems)
    endpoint = {"AWS_ENDPOINT_URL_DYNAMODB": dynamodb_url} if dynamodb_url else {}
    extra = {**credentials, **endpoint}
    return {
        function.name: _config(function, stage, resources, account_id, extra) for function in api.functions.values()
    }


def deployed_name(stage: Stage, function: str) -> str:
    """The name that a function of the spec has on AWS, where several stages share an account."""
    return f"{stage.stack_name}-{function}"


def _config(
    function: Function, stage: Stage, resources: Resources, account_id: str, extra: Mapping[str, str]
) -> FunctionConfig:
    name = deployed_name(stage, function.name)
    memory = function.memory or stage.memory
    own = _own_variables(function, stage, resources)
    concurrency = function.reserved_concurrency
    return FunctionConfig(
        name=function.name,
        function_name=name,
        arn=f"arn:aws:lambda:{stage.region}:{account_id}:function:{name}",
        handler=function.handler,
        runtime=stage.runtime,
        memory=memory,
        timeout=function.timeout or stage.timeout,
        environment={**_lambda_variables(function, stage, name, memory), **own, **extra},
        log_format=stage.log_format,
        reserved_concurrency=stage.reserved_concurrency if concurrency is None else concurrency,
        access=function.access,
    )


def _own_variables(function: Function, stage: Stage, resources: Resources) -> dict[str, str]:
    """What the deployed function has in its configuration: the names of its tables, and the stage's variables."""
    tables = {logical_id: resources.tables[logical_id] for logical_id in _table_ids(function)}
    names = {table.variable: stage.table_name(logical_id) for logical_id, table in tables.items()}
    return {**names, **stage.environment}


def _lambda_variables(function: Function, stage: Stage, name: str, memory: int) -> dict[str, str]:
    """What Lambda itself sets.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    """
    variables = {
        "_HANDLER": function.handler,
        "AWS_DEFAULT_REGION": stage.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{stage.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory),
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
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
        "LD_LIBRARY_PATH": ":".join(_LIBRARIES),
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "PWD": "/var/task",
        "PYTHONPATH": "/var/runtime",
        "TZ": ":UTC",
        "_AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
    }
    if stage.log_format == "JSON":
        variables |= {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
    return variables


def _table_ids(function: Function) -> list[str]:
    """The tables that a function may touch, itself or by one of their indexes."""
    return sorted({target.partition("/")[0] for target in function.access})


def _variable_problems(stage: Stage) -> list[Problem]:
    problems = []
    for name in stage.environment:
        if name in RESERVED:
            message = f"environment variable {name} of stage {stage.key} is reserved by Lambda"
            problems.append(Problem(message, STAGES_FILE, cure="choose another name"))
        elif not _NAME.fullmatch(name):
            message = f"{name!r} in stage {stage.key} is not a name that Lambda takes for an environment variable"
            cure = "start with a letter, then letters, digits and underscores, two characters at least"
            problems.append(Problem(message, STAGES_FILE, cure=cure))
    return problems


def _table_problems(api: Api, resources: Resources) -> list[Problem]:
    return [
        Problem(
            f"function {function.name} has access to {table}, which deploy/resources.yaml does not define",
            function.source.file,
            function.source.line,
            "add the table there, or correct the name",
        )
        for function in api.functions.values()
        for table in _table_ids(function)
        if table not in resources.tables
    ]


def _size_problems(function: Function, variables: Mapping[str, str]) -> list[Problem]:
    # Lambda measures the map as JSON.
    size = len(json.dumps(variables, separators=(",", ":"), ensure_ascii=False).encode())
    if size <= MAX_VARIABLES:
        return []
    message = f"the environment variables of function {function.name} take {size} bytes; Lambda allows {MAX_VARIABLES}"
    return [Problem(message, STAGES_FILE, cure="keep large values in Parameter Store or S3")]
