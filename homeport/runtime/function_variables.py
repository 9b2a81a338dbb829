"""The environment variables that Lambda itself sets for a function.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
"""

from __future__ import annotations

from collections.abc import Mapping

from homeport.project.model import Function, Stage
from homeport.runtime.logs import invoked_version
from homeport.runtime.runtimes import is_custom, is_python

_LIBRARIES = "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"


def lambda_variables(function: Function, stage: Stage, arn: str, memory: int) -> dict[str, str]:
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
