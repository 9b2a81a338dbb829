"""The environment variables that the kit reads, and those that it sets; docs/reference/environment.md shows them.

A test finds any other variable that the code names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Purpose = Literal["set by you", "in a function", "between processes"]


@dataclass(frozen=True, slots=True)
class EnvironmentVariable:
    """A variable: ``about`` describes it in Markdown, ``default`` says in words what holds without it."""

    name: str
    purpose: Purpose
    about: str
    default: str = ""


def _yours(name: str, about: str, default: str = "") -> EnvironmentVariable:
    return EnvironmentVariable(name, "set by you", about, default)


def _in_function(name: str, about: str) -> EnvironmentVariable:
    return EnvironmentVariable(name, "in a function", about)


def _between(name: str, about: str) -> EnvironmentVariable:
    return EnvironmentVariable(name, "between processes", about)


VARIABLES = (
    _yours(
        "HOMEPORT_STATE_DIR",
        "The folder for tables, recordings, logs and counters of a project.",
        "`.homeport` in the project",
    ),
    _yours(
        "HOMEPORT_CACHE_DIR",
        "The folder for packages of functions and of the engine, which are installed once per machine.",
        "`$XDG_CACHE_HOME/homeport`, or `~/.cache/homeport`",
    ),
    _yours(
        "HOMEPORT_RETRY_DELAYS",
        "Seconds before each retry of an asynchronous invocation; AWS has `60,120`.",
        "`1,2`",
    ),
    _yours(
        "HOMEPORT_EDITOR",
        "The editor that the inspector's links to sources open: `vscode`, `cursor`, `windsurf`, `zed`, `pycharm`, "
        "`idea`, `webstorm`, `sublime`, or an address with `{path}` and `{line}`.",
        "a page of the inspector",
    ),
    _yours("HOMEPORT_PROJECT", "The project of tests with the pytest plugin.", "pytest's root folder"),
    _yours("HOMEPORT_STAGE", "Its stage.", "`local`"),
    _yours("HOMEPORT_URL", "A running API for tests with the pytest plugin.", "a stack that the tests start"),
    _yours("HOMEPORT_DYNAMODB_URL", "The DynamoDB of the API at `HOMEPORT_URL`."),
    _yours("HOMEPORT_AWS_URL", "DynamoDB and other services for the stack that tests start: LocalStack's."),
    _yours("HOMEPORT_TOKEN", "The bearer token of `homeport test --url`."),
    _yours("HOMEPORT_API_KEY", "The API key of `homeport test --url`."),
    _yours(
        "HOMEPORT_CREDENTIAL_",
        "With a security scheme's name in capitals (`HOMEPORT_CREDENTIAL_USERS`): its credential for saved tests and "
        "contract tests.",
        "the local issuer, and the stage's API keys",
    ),
    _yours("NO_COLOR", "Any text: no colours in the terminal.", "colours where the output is a terminal"),
    _yours("XDG_CACHE_HOME", "The folder of caches, where `HOMEPORT_CACHE_DIR` is not set.", "`~/.cache`"),
    _yours("GITHUB_ACTIONS", "`true`: `homeport test` prints findings as annotations. GitHub sets it."),
    _yours("REQUESTS_CA_BUNDLE", "The certificates that contract tests trust at an `https` URL."),
    _yours("TF_WORKSPACE", "The workspace of a Terraform project.", "`default`"),
    _yours("AWS_PROFILE", "The profile for `homeport deploy` and its like, as in AWS's own tools."),
    _yours("AWS_DEFAULT_PROFILE", "The same, by its older name."),
    _yours("AWS_ACCESS_KEY_ID", "Credentials for `homeport deploy` and its like. Functions here never see yours."),
    _yours("AWS_SECRET_ACCESS_KEY", "The secret of the access key."),
    _yours("AWS_SESSION_TOKEN", "The token of temporary credentials."),
    _yours("AWS_REGION", "The region of a stage that names none.", "`us-east-1`"),
    _yours("AWS_DEFAULT_REGION", "The same, where `AWS_REGION` is not set."),
    _yours("AWS_ENDPOINT_URL", "An emulator of AWS that `homeport deploy` and its like call.", "AWS"),
    _yours("AWS_ENDPOINT_URL_", "With a service's name in capitals (`AWS_ENDPOINT_URL_S3`): that of one service."),
    _yours("AWS_CONFIG_FILE", "The configuration of AWS's tools.", "`~/.aws/config`"),
    _yours("AWS_SHARED_CREDENTIALS_FILE", "The credentials of AWS's tools.", "`~/.aws/credentials`"),
    _in_function("_HANDLER", "The handler."),
    _in_function("_X_AMZN_TRACE_ID", "The trace of the invocation."),
    _in_function("AWS_ENDPOINT_URL", "The services that run here; every SDK reads it."),
    _in_function("AWS_ENDPOINT_URL_DYNAMODB", "The DynamoDB that runs here."),
    _in_function("AWS_ENDPOINT_URL_LAMBDA", "The Lambda API that runs here."),
    _in_function("AWS_ACCESS_KEY_ID", "Dummy credentials; their id names the function for its permissions."),
    _in_function("AWS_SECRET_ACCESS_KEY", "A dummy."),
    _in_function("AWS_SESSION_TOKEN", "A dummy."),
    _in_function("AWS_REGION", "The stage's region."),
    _in_function("AWS_DEFAULT_REGION", "The same."),
    _in_function("AWS_EXECUTION_ENV", "`AWS_Lambda_python3.13`; a custom runtime has none."),
    _in_function("AWS_LAMBDA_FUNCTION_NAME", "The function's name."),
    _in_function("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "Its memory in MB."),
    _in_function("AWS_LAMBDA_FUNCTION_VERSION", "`$LATEST`, or the version of its alias."),
    _in_function("AWS_LAMBDA_INITIALIZATION_TYPE", "`on-demand`."),
    _in_function("AWS_LAMBDA_LOG_GROUP_NAME", "The log group."),
    _in_function("AWS_LAMBDA_LOG_STREAM_NAME", "The log stream of the environment."),
    _in_function("AWS_LAMBDA_LOG_FORMAT", "`JSON`, with `logFormat: JSON`."),
    _in_function("AWS_LAMBDA_LOG_LEVEL", "The level, with `logFormat: JSON`."),
    _in_function("AWS_LAMBDA_RUNTIME_API", "The address of the Runtime API, for functions that are no Python."),
    _in_function("AWS_LAMBDA_EXEC_WRAPPER", "Your wrapper script, as on AWS: it starts the runtime."),
    _in_function("AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING", "Yours, for Node.js: no warning about callbacks."),
    _in_function("AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA", "Yours, for Node.js: no `awslambda` among the globals."),
    _in_function("AWS_XRAY_CONTEXT_MISSING", "`LOG_ERROR`."),
    _in_function("AWS_XRAY_DAEMON_ADDRESS", "The address of a daemon; nothing listens there."),
    _in_function("LAMBDA_TASK_ROOT", "The folder of the code."),
    _in_function("LAMBDA_RUNTIME_DIR", "The folder of the runtime."),
    _in_function("TZ", "`:UTC`."),
    _in_function("AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED", "`true`, for functions in Node.js."),
    _between("HOMEPORT_CODE_FOLDER", "The folder of a function in Node.js, for its bootstrap."),
    _between("HOMEPORT_CDK_RECORD", "The file in which a CDK app's constructs are noted."),
    _between("HOMEPORT_CONTRACT_RUN", "The project whose contract run started the process."),
    _between("HOMEPORT_CONTRACT_RECORD", "The folder for the exchange logs of a contract run's cases."),
    _between("HOMEPORT_CONTRACT_CREDENTIALS", "The credentials of a contract run."),
    _between("HOMEPORT_CONTRACT_FLAVOR", "The kind of API that a contract run asks."),
    _between("HOMEPORT_CONTRACT_EXAMPLES", "Whether a contract run asks examples alone."),
    _between("HOMEPORT_CONTRACT_GUARD", "The file of what a contract run has made, which alone it may change."),
    _between("AWS_EC2_METADATA_DISABLED", "`true` where CDK and Chalice apps run: they ask no machine's role."),
    _between("AWS_MAX_ATTEMPTS", "`1` where Chalice apps run."),
    _between("AWS_SECURITY_TOKEN", "Taken away where CDK apps run, as all credentials are."),
)
"""The variables. One whose name ends in ``_`` stands for all that begin so."""
