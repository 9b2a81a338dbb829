"""``x-homeport: {code: …}``: functions with code of their own in a project with an openapi.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.errors import Problem
from homeport.project.check import examine_project
from homeport.project.model import FunctionCode
from tests.support.spec import HANDLER, RESOURCES, document, errors, load, operation, scheme, write_document

ORDERS = HANDLER.replace("handler", "lambda_handler")


def code_project(root: Path, *settings: dict[str, Any], resources: str | None = None, **files: str) -> Path:
    """A project with one operation for each ``x-homeport``, and the code in src/orders."""
    paths = {
        f"/orders{number}": {"get": operation(operationId=f"listOrders{number}", **{"x-homeport": each})}
        for number, each in enumerate(settings)
    }
    write_document(root, document(paths), resources=resources, handlers=())
    for name, content in {"src/orders/app.py": ORDERS, "src/orders/api/old.py": HANDLER, **files}.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
    return root


def test_a_function_may_have_code_of_its_own(tmp_path: Path) -> None:
    ours = {
        "code": "src/orders",
        "handler": "app.lambda_handler",
        "runtime": "python3.11",
        "architecture": "x86_64",
        "layers": ["layers/shared", "arn:aws:lambda:eu-west-1:017000801446:layer:AWSLambdaPowertoolsPythonV3:7"],
        "environment": {"LIMIT": 10, "DEBUG": False, "NAME": "orders"},
    }
    root = code_project(
        tmp_path, ours, **{"src/orders/requirements.txt": "requests==2.32.3\n", "layers/shared/python/shared.py": ""}
    )
    function = load(root).api.functions["list-orders0"]
    assert function.handler == "app.lambda_handler"
    assert function.code == FunctionCode(
        root=root / "src" / "orders",
        requirements=root / "src" / "orders" / "requirements.txt",
        layers=(root / "layers" / "shared",),
        packages=("aws-lambda-powertools[all]==3.5.0",),
        written_layers=("layers/shared", "arn:aws:lambda:eu-west-1:017000801446:layer:AWSLambdaPowertoolsPythonV3:7"),
    )
    assert (function.runtime, function.architecture) == ("python3.11", "x86_64")
    assert function.environment == {"LIMIT": "10", "DEBUG": "false", "NAME": "orders"}


def test_packages_of_a_layer_are_those_of_its_pip_file(tmp_path: Path) -> None:
    ours = {"code": "src/orders", "handler": "app.lambda_handler", "layers": ["layers/shared"]}
    root = code_project(tmp_path, ours, **{"layers/shared/requirements.txt": "requests==2.32.3\n"})
    code = load(root).api.functions["list-orders0"].code
    assert code is not None
    assert code.packages == (f"-r {root / 'layers' / 'shared' / 'requirements.txt'}",)


def test_operations_with_the_same_handler_of_the_same_code_share_a_function(tmp_path: Path) -> None:
    shared = {"code": "src/orders", "handler": "app.lambda_handler"}
    root = code_project(tmp_path, shared, {**shared, "handler": "api/old.handler"}, shared)
    functions = load(root).api.functions
    assert {name: it.operations for name, it in functions.items()} == {
        "list-orders0": ("listOrders0", "listOrders2"),
        "list-orders1": ("listOrders1",),
    }
    assert functions["list-orders1"].handler == "api/old.handler"
    assert not any(function.generated for function in functions.values())


def test_function_names_one_of_two_functions_of_the_same_handler(tmp_path: Path) -> None:
    shared = {"code": "src/orders", "handler": "app.lambda_handler"}
    root = code_project(tmp_path, {**shared, "function": "reader"}, shared, {**shared, "function": "writer"})
    functions = load(root).api.functions
    assert {name: it.operations for name, it in functions.items()} == {
        "reader": ("listOrders0", "listOrders1"),
        "writer": ("listOrders2",),
    }


def test_references_in_the_environment_are_worked_out(tmp_path: Path) -> None:
    written = {
        "TABLE": {"Ref": "ThingsTable"},
        "ARN": {"Fn::GetAtt": ["ThingsTable", "Arn"]},
        "QUEUE": {"Ref": "Queue"},
        "OTHER": {"Ref": "Elsewhere"},
        "WHERE": {"Fn::Sub": "${AWS::Region}/${ThingsTable}"},
    }
    ours = {"code": "src/orders", "handler": "app.lambda_handler", "environment": written}
    root = code_project(tmp_path, ours, resources=f"{RESOURCES}  Queue: {{Type: AWS::SQS::Queue}}\n")
    project = load(root)
    table = project.resources.tables["ThingsTable"].name
    function = project.api.functions["list-orders0"]
    assert function.written_environment == written
    assert function.environment == {
        "TABLE": table,
        "ARN": f"arn:aws:dynamodb:{project.stage.region}:000000000000:table/{table}",
        "QUEUE": f"https://sqs.{project.stage.region}.amazonaws.com/000000000000/{project.stage.stack_name}-Queue",
        "WHERE": f"{project.stage.region}/{table}",
    }
    [problem] = [problem for problem in examine_project(root) if "OTHER" in problem.message]
    assert (problem.severity, problem.message) == ("warning", "OTHER is not set here: only AWS knows its value")


def test_a_function_of_service_may_have_variables_of_its_own(tmp_path: Path) -> None:
    paths = {"/a": {"get": operation(**{"x-homeport": {"environment": {"LEVEL": "info"}}})}}
    root = write_document(tmp_path, document(paths))
    assert load(root).api.functions["act"].environment == {"LEVEL": "info"}


def test_an_authorizer_may_have_code_of_its_own(tmp_path: Path) -> None:
    door = scheme("request", authorizerPayloadFormatVersion="2.0", identitySource="$request.header.Authorization")
    door["x-homeport"] = {"code": "src/door", "handler": "door.check", "environment": {"KEY": "a"}}
    paths = {"/a": {"get": operation(security=[{"door": []}])}}
    root = write_document(tmp_path, document(paths, components={"securitySchemes": {"door": door}}))
    (root / "src" / "door").mkdir(parents=True)
    (root / "src" / "door" / "door.py").write_text("def check(event, context): ...\n")
    function = load(root).api.functions["door"]
    assert function.handler == "door.check"
    assert function.code == FunctionCode(root / "src" / "door")
    assert function.environment == {"KEY": "a"}


@pytest.mark.parametrize(
    ("ours", "message"),
    [
        (
            {"code": "src/order", "handler": "app.lambda_handler"},
            "the code 'src/order' is no folder of the project (did you mean src/orders?)",
        ),
        (
            {"code": "../elsewhere", "handler": "app.lambda_handler"},
            "the code '../elsewhere' is outside of the project (move it into the project)",
        ),
        ({"code": "src/orders"}, "code of its own needs a handler (add one, such as handler: app.lambda_handler)"),
        (
            {"code": "src/orders", "handler": "ap.lambda_handler"},
            "the handler src/orders/ap.py does not exist (name another in x-homeport.handler, or write it)",
        ),
        (
            {"code": "src/orders", "handler": "app.handler"},
            "src/orders/app.py has no function handler (write def handler(event, context) in it)",
        ),
        (
            {"code": "src/orders", "handler": "app"},
            "the handler 'app' names no function "
            "(write it as Lambda's Handler: MODULE.FUNCTION, such as app.lambda_handler)",
        ),
        (
            {"code": "src/orders", "handler": "app.lambda_handler", "runtime": "java21"},
            "java21 is Java, which is not run here (with GraalVM compile it to a program named bootstrap, "
            "and set the runtime provided.al2023)",
        ),
        (
            {"code": "src/orders", "handler": "index.handler", "runtime": "nodejs22.x"},
            "the handler src/orders/index.mjs does not exist (write it, with export const handler = async (event) => "
            "{ … }, or name another in x-homeport.handler)",
        ),
        (
            {"code": "src/orders", "handler": "bootstrap", "runtime": "provided.al2023"},
            "src/orders has no bootstrap, the program of a custom runtime (build it there, for Linux)",
        ),
        (
            {"code": "src/orders", "handler": "app.lambda_handler", "layers": ["layers/none"]},
            "the layer 'layers/none' is no folder of the project (check its path)",
        ),
        (
            {"code": "src/orders", "handler": "app.lambda_handler", "layers": ["arn:aws:lambda:layer"]},
            "'arn:aws:lambda:layer' is no ARN of a layer's version (write it as arn:…:layer:NAME:VERSION)",
        ),
        (
            {"code": "src/orders", "handler": "app.lambda_handler", "environment": {"AWS_REGION": "a"}},
            "Lambda sets AWS_REGION itself (choose another name)",
        ),
        (
            {"code": "src/orders", "handler": "app.lambda_handler", "environment": {"A1": {"a": "b"}}},
            "'A1' must be text, not a map",
        ),
    ],
)
def test_missing_code_is_an_error_with_its_line(tmp_path: Path, ours: dict[str, Any], message: str) -> None:
    found = errors(code_project(tmp_path, ours))
    assert [line.partition(": error: ")[2] for line in found] == [message]
    assert all(line.startswith("openapi.yaml:") for line in found)


def test_settings_of_own_code_need_the_code(tmp_path: Path) -> None:
    paths = {"/a": {"get": operation(**{"x-homeport": {"runtime": "python3.12"}})}}
    [found] = errors(write_document(tmp_path, document(paths)))
    assert found.endswith("runtime is for a function with code of its own (add code, or set it for the stage)")


def test_a_function_in_nodejs_has_layers_without_code_of_its_own(tmp_path: Path) -> None:
    paths = {"/a": {"get": operation(operationId="listNotes", **{"x-homeport": {"layers": ["layers/shared"]}})}}
    root = write_document(tmp_path, document(paths))
    for place, text in {
        "service/handlers/list_notes.mjs": "export const handler = 1;",
        "layers/shared/nodejs/x.js": "",
    }.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text)
    code = load(root).api.functions["list-notes"].code
    assert code is not None
    assert (code.layers, code.written_layers) == ((root / "layers" / "shared",), ("layers/shared",))


def test_layers_of_a_function_in_python_need_code_of_its_own(tmp_path: Path) -> None:
    paths = {"/a": {"get": operation(**{"x-homeport": {"layers": ["layers/shared"]}})}}
    [found] = errors(write_document(tmp_path, document(paths)))
    assert found.endswith("(list the packages in service/requirements.txt, or add code)")


def test_one_function_has_one_code(tmp_path: Path) -> None:
    first = {"code": "src/orders", "handler": "app.lambda_handler", "function": "orders"}
    root = code_project(tmp_path, first, {**first, "handler": "api/old.handler"})
    [found] = errors(root)
    assert "the function 'orders' has one handler, app.lambda_handler of listOrders0, and listOrders1 has" in found
    assert "write x-homeport: {handler: app.lambda_handler} here" in found


def test_check_reads_the_code_of_such_a_handler(tmp_path: Path) -> None:
    ours = {"code": "src/orders", "handler": "app.lambda_handler"}
    root = code_project(tmp_path, ours, **{"src/orders/app.py": "def lambda_handler(event): ...\n"})
    found: list[Problem] = examine_project(root)
    assert [(problem.file, problem.message) for problem in found] == [
        ("src/orders/app.py", "lambda_handler does not take the two arguments that Lambda calls it with")
    ]


def test_functions_in_nodejs_may_have_code_of_their_own_beside_python(tmp_path: Path) -> None:
    node = {"code": "src/users", "handler": "index.handler", "architecture": "x86_64"}
    files = {"src/users/index.mjs": "export const handler = async () => {};\n", "src/users/package.json": "{}"}
    root = code_project(tmp_path, {"code": "src/orders", "handler": "app.lambda_handler"}, node, **files)
    python, other = load(root).api.functions.values()
    assert (python.runtime, other.runtime, other.handler) == ("", "nodejs22.x", "index.handler")
    assert other.code is not None
    assert (other.code.root, other.code.manifests, other.architecture) == (root / "src" / "users", (), "x86_64")


def test_a_custom_runtime_may_have_code_of_its_own(tmp_path: Path) -> None:
    ours = {"code": "src/users", "handler": "bootstrap", "runtime": "provided.al2023"}
    (function,) = load(code_project(tmp_path, ours, **{"src/users/bootstrap": "#!/bin/sh\n"})).api.functions.values()
    assert (function.runtime, function.handler) == ("provided.al2023", "bootstrap")
