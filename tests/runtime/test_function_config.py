from __future__ import annotations

from homeport.project.model import Api, Resources
from homeport.runtime.function_config import FunctionConfig, function_configs
from tests.support.runtime import make_configs, make_function, make_stage

LAMBDAS_OWN = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "AWS_LAMBDA_FUNCTION_NAME": "items-local-get-item",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/items-local-get-item",
    "AWS_LAMBDA_RUNTIME_API": "169.254.100.1:9001",
    "AWS_REGION": "eu-west-1",
    "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
    "AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1:2000",
    "LAMBDA_RUNTIME_DIR": "/var/runtime",
    "LAMBDA_TASK_ROOT": "/var/task",
    "LANG": "en_US.UTF-8",
    "LC_CTYPE": "C.UTF-8",
    "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
    "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    "PWD": "/var/task",
    "PYTHONPATH": "/var/runtime",
    "TZ": ":UTC",
    "_AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1",
    "_AWS_XRAY_DAEMON_PORT": "2000",
    "_HANDLER": "service.handlers.get_item.handler",
}
ITEMS = "arn:aws:dynamodb:eu-west-1:000000000000:table/items-local-ItemsTable"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "test"}


def test_a_function_with_a_table_an_index_and_variables_of_the_stage() -> None:
    access = {"ItemsTable": ("GetItem",), "ItemsTable/byStatus": ("Query",)}
    function = make_function("get-item", "service.handlers.get_item.handler", memory=512, access=access)
    own = {"GREETING": "hello", "ITEMS_TABLE": "items-local-ItemsTable"}
    assert make_configs(function, environment={"GREETING": "hello"}) == {
        "get-item": FunctionConfig(
            name="get-item",
            function_name="items-local-get-item",
            arn="arn:aws:lambda:eu-west-1:000000000000:function:items-local-get-item",
            handler="service.handlers.get_item.handler",
            runtime="python3.13",
            memory=512,
            timeout=10,
            environment={
                **LAMBDAS_OWN,
                **own,
                **CREDENTIALS,
                "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:8000",
            },
            permissions={ITEMS: ("GetItem",), f"{ITEMS}/index/byStatus": ("Query",)},
            offline=True,
        )
    }


def test_a_functions_own_settings_override_those_of_the_stage() -> None:
    functions = (make_function("a", "x.y"), make_function("b", "x.y", memory=1024, timeout=3, reserved_concurrency=0))
    configs = make_configs(*functions, memory=128, timeout=5, reserved_concurrency=7)
    shown = {name: (c.memory, c.timeout, c.reserved_concurrency) for name, c in configs.items()}
    assert shown == {"a": (128, 5, 7), "b": (1024, 3, 0)}


def test_a_function_without_access_gets_no_tables_name() -> None:
    assert "ITEMS_TABLE" not in make_configs(make_function("a", "x.y"))["a"].environment


def test_a_log_in_json_is_announced_in_the_environment() -> None:
    config = make_configs(make_function("a", "x.y"), log_format="JSON")["a"]
    assert config.log_format == "JSON"
    assert (config.environment["AWS_LAMBDA_LOG_FORMAT"], config.environment["AWS_LAMBDA_LOG_LEVEL"]) == ("JSON", "INFO")


def test_the_stage_may_set_what_lambda_does_not_reserve() -> None:
    assert make_configs(make_function("a", "x.y"), environment={"TZ": "Europe/Paris"})["a"].environment["TZ"] == (
        "Europe/Paris"
    )


def test_the_deployed_name_has_the_stack_in_front() -> None:
    assert make_stage().function_name("get-item") == "items-local-get-item"


def test_with_credentials_of_aws_a_function_may_call_it_and_no_endpoint_is_set() -> None:
    function = make_function("a", "x.y")
    api = Api("items", "1", (), {"a": function})
    credentials = {"AWS_ACCESS_KEY_ID": "ASIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    [config] = function_configs(
        api, make_stage(), Resources(), dynamodb_url=None, account_id="123456789012", credentials=credentials
    ).values()
    assert config.offline is False
    assert config.environment.keys() & {*CREDENTIALS, "AWS_ENDPOINT_URL_DYNAMODB"} == credentials.keys()
    assert config.principal == "arn:aws:sts::123456789012:assumed-role/items-local-a-role/items-local-a"


def test_a_function_of_a_template_has_its_own_name_runtime_variables_and_alias() -> None:
    function = make_function(
        "Fn",
        "app.handler",
        physical_name="mine",
        runtime="python3.12",
        environment={"WORD": "own"},
        alias="live",
        log_format="JSON",
        log_level="DEBUG",
    )
    config = make_configs(function)["Fn"]
    assert config.arn == "arn:aws:lambda:eu-west-1:000000000000:function:mine:live"
    assert (config.function_name, config.runtime, config.version, config.log_format) == (
        "mine",
        "python3.12",
        "1",
        "JSON",
    )
    wanted = {
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.12",
        "AWS_LAMBDA_FUNCTION_NAME": "mine",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/mine",
        "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
        "WORD": "own",
    }
    assert {name: config.environment[name] for name in wanted} == wanted
