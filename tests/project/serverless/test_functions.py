"""The functions of a service: their properties, roles, layers and code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from homeport.project.names import find_function
from tests.support.serverless import HEAD, read_service_project, read_service_text

pytestmark = pytest.mark.unit


def test_a_function_has_the_frameworks_names_and_defaults(tmp_path: Path) -> None:
    read = read_service_text(tmp_path, f"{HEAD}functions: {{get-one_item: {{handler: app.handler}}}}")
    assert read.properties("GetDashoneUnderscoreitemLambdaFunction") == {
        "FunctionName": "notes-dev-get-one_item",
        "Handler": "app.handler",
        "Runtime": "python3.13",
        "MemorySize": 1024,
        "Timeout": 6,
        "Role": {"Fn::GetAtt": ["IamRoleLambdaExecution", "Arn"]},
        "Code": {"LocalPath": "."},
    }


def test_the_provider_gives_what_a_function_does_not_say(tmp_path: Path) -> None:
    provider = (
        "name: aws, runtime: nodejs22.x, memorySize: 512, timeout: 10, architecture: arm64, "
        "environment: {A: shared, B: 5}, layers: [arn:x], logs: {lambda: {logFormat: JSON}}"
    )
    functions = (
        "one: {handler: a.b}, two: {handler: c.d, name: second, runtime: python3.12, memorySize: 256, timeout: 3, "
        "environment: {A: own, C: true}, reservedConcurrency: 2, layers: []}"
    )
    read = read_service_text(tmp_path, f"service: notes\nprovider: {{{provider}}}\nfunctions: {{{functions}}}")
    one, two = read.properties("OneLambdaFunction"), read.properties("TwoLambdaFunction")
    assert (one["MemorySize"], one["Timeout"], one["Architectures"], one["Layers"]) == (512, 10, ["arm64"], ["arn:x"])
    assert one["LoggingConfig"] == {"LogFormat": "JSON"}
    assert read.variables("One") == {"A": "shared", "B": "5"}
    assert (two["FunctionName"], two["Runtime"], two["MemorySize"], two["Timeout"]) == ("second", "python3.12", 256, 3)
    assert two["ReservedConcurrentExecutions"] == 2
    assert "Layers" not in two
    assert read.variables("Two") == {"A": "own", "B": "5", "C": "true"}


def test_the_shared_role_has_the_owners_statements_and_those_of_event_sources(tmp_path: Path) -> None:
    text = """
    service: notes
    provider:
      name: aws
      iamRoleStatements:
        - {Effect: Allow, Action: 's3:*', Resource: '*'}
      iamManagedPolicies: [arn:aws:iam::aws:policy/ReadOnlyAccess]
    functions:
      work:
        handler: app.handler
        events: [{sqs: 'arn:aws:sqs:us-east-1:1:jobs'}, {stream: 'arn:aws:dynamodb:us-east-1:1:table/t/stream/x'}]
    """
    role = read_service_text(tmp_path, text).properties("IamRoleLambdaExecution")
    statements = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert statements[1] == {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    assert [each["Resource"] for each in statements[2:]] == [
        ["arn:aws:sqs:us-east-1:1:jobs"],
        ["arn:aws:dynamodb:us-east-1:1:table/t/stream/x"],
    ]
    assert role["ManagedPolicyArns"] == ["arn:aws:iam::aws:policy/ReadOnlyAccess"]


def test_a_function_may_have_a_role_of_its_own(tmp_path: Path) -> None:
    text = """
    service: notes
    provider:
      name: aws
      iam: {role: {statements: [{Effect: Allow, Action: 'a:A', Resource: '*'}]}}
    plugins: [serverless-iam-roles-per-function]
    functions:
      shared: {handler: app.handler}
      own: {handler: app.handler, iamRoleStatements: [{Effect: Allow, Action: 'b:B', Resource: '*'}]}
      both:
        handler: app.handler
        iamRoleStatementsInherit: true
        iamRoleStatements: [{Effect: Allow, Action: 'c:C', Resource: '*'}]
      given: {handler: app.handler, role: MyRole}
      outside: {handler: app.handler, role: 'arn:aws:iam::1:role/x'}
    """
    read = read_service_text(tmp_path, text)

    def actions(role: str) -> list[str]:
        return [each["Action"] for each in read.properties(role)["Policies"][0]["PolicyDocument"]["Statement"][1:]]

    assert actions("IamRoleLambdaExecution") == ["a:A"]
    assert actions("OwnIamRoleLambdaExecution") == ["b:B"]
    assert actions("BothIamRoleLambdaExecution") == ["a:A", "c:C"]
    assert read.properties("GivenLambdaFunction")["Role"] == {"Fn::GetAtt": ["MyRole", "Arn"]}
    assert read.properties("OutsideLambdaFunction")["Role"] == "arn:aws:iam::1:role/x"


def test_layers_are_folders_of_the_service(tmp_path: Path) -> None:
    text = f"""{HEAD}
layers: {{shared: {{path: lib, name: l}}}}
functions: {{get: {{handler: app.handler, layers: [!Ref SharedLambdaLayer]}}}}
"""
    project, problems = read_service_project(tmp_path, text, {"lib/python/tool.py": ""})
    code = project.api.functions["GetLambdaFunction"].code
    assert code is not None
    assert (code.root, code.layers) == (tmp_path, (tmp_path / "lib",))
    assert problems == []


def test_requirements_of_other_names_and_locks_are_installed(tmp_path: Path) -> None:
    text = f"""{HEAD}
plugins: [serverless-python-requirements]
custom: {{pythonRequirements: {{fileName: packages.txt}}}}
functions: {{get: {{handler: app.handler}}}}
"""
    project, _ = read_service_project(tmp_path, text, {"packages.txt": "six\n"})
    code = project.api.functions["GetLambdaFunction"].code
    assert code is not None
    assert code.packages == (f"-r {tmp_path / 'packages.txt'}",)


@pytest.mark.parametrize(
    ("file", "content", "lines"),
    [
        (
            "Pipfile.lock",
            json.dumps({"default": {"six": {"version": "==1.16.0"}, "x": {"version": "==2", "markers": "a"}}}),
            ("six==1.16.0", "x==2; a"),
        ),
        (
            "poetry.lock",
            '[[package]]\nname = "six"\nversion = "1.16.0"\n[[package]]\nname = "t"\nversion = "1"\ngroups = ["dev"]\n',
            ("six==1.16.0",),
        ),
        (
            "uv.lock",
            '[[package]]\nname = "me"\nversion = "0"\nsource = { virtual = "." }\ndependencies = [{ name = "a" }]\n'
            '[[package]]\nname = "a"\nversion = "1"\ndependencies = [{ name = "b" }]\n'
            '[[package]]\nname = "b"\nversion = "2"\n[[package]]\nname = "dev"\nversion = "3"\n',
            ("a==1", "b==2"),
        ),
        ("Pipfile.lock", "no json", ()),
        ("uv.lock", "no toml", ()),
        ("poetry.lock", "no toml", ()),
    ],
)
def test_packages_of_a_lock_are_read(tmp_path: Path, file: str, content: str, lines: tuple[str, ...]) -> None:
    text = f"{HEAD}plugins: [serverless-python-requirements]\nfunctions: {{get: {{handler: app.handler}}}}"
    project, _ = read_service_project(tmp_path, text, {file: content})
    code = project.api.functions["GetLambdaFunction"].code
    assert code is not None
    assert code.packages == lines


def test_a_function_with_a_module_runs_in_that_folder(tmp_path: Path) -> None:
    text = f"""{HEAD}
plugins: [serverless-python-requirements]
package: {{individually: true}}
functions: {{get: {{module: one, handler: main.handler}}}}
"""
    project, problems = read_service_project(tmp_path, text, {"one/main.py": "", "one/requirements.txt": "six\n"})
    code = project.api.functions["GetLambdaFunction"].code
    assert code is not None
    assert (code.root, code.requirements) == (tmp_path / "one", tmp_path / "one" / "requirements.txt")
    assert problems == []


def test_typescript_is_built_with_the_options_of_the_bundler(tmp_path: Path) -> None:
    text = """
    service: notes
    provider: {name: aws, runtime: nodejs22.x}
    plugins: [serverless-esbuild]
    custom: {esbuild: {exclude: [sharp], define: {MODE: '"x"'}, target: node20, keepNames: true}}
    functions: {get: {handler: src/get.handler}, old: {handler: ./src/old.handler}}
    """
    files = {"src/get.ts": "export const handler = async () => 1", "src/old.js": "exports.handler = async () => 1"}
    project, problems = read_service_project(tmp_path, text, files)
    builds = [project.api.functions[f"{name}LambdaFunction"].code.build for name in ("Get", "Old")]  # type: ignore[union-attr]
    assert [build.entry_points for build in builds if build is not None] == [("src/get.ts",), ("src/old.js",)]
    assert builds[0] is not None
    assert builds[0].options[-4:] == ("--external:sharp", '--define:MODE="x"', "--target=node20", "--keep-names")
    assert problems == []


def test_typescript_without_a_bundler_is_built_and_named_once(tmp_path: Path) -> None:
    text = """
    service: notes
    provider: {name: aws, runtime: nodejs22.x}
    functions: {get: {handler: src/get.handler}, put: {handler: src/get.handler}}
    """
    _, problems = read_service_project(tmp_path, text, {"src/get.ts": "export const handler = async () => 1"})
    assert len(problems) == 1
    assert "get, put" in problems[0]
    assert read_service_project(tmp_path, f"frameworkVersion: '4'\n{dedented(text)}")[1] == []


def dedented(text: str) -> str:
    return "\n".join(line[4:] for line in text.splitlines())


def test_a_wsgi_application_has_its_handler(tmp_path: Path) -> None:
    text = f"""{HEAD}
plugins: [serverless-wsgi, serverless-python-requirements]
custom: {{wsgi: {{app: web/main.app}}}}
functions: {{api: {{handler: wsgi_handler.handler, events: [{{http: 'ANY /'}}]}}}}
"""
    project, problems = read_service_project(tmp_path, text, {"web/main.py": "app = 1"})
    code = project.api.functions["ApiLambdaFunction"].code
    assert code is not None
    assert code.packages == ("serverless-wsgi", "werkzeug")
    assert "import_module('main')" in (code.layers[0] / "python" / "wsgi_handler.py").read_text()
    assert problems == []


def test_sources_run_instead_of_an_artifact(tmp_path: Path) -> None:
    text = f"{HEAD}package: {{artifact: build/all.zip}}\nfunctions: {{get: {{handler: app.handler}}}}"
    project, problems = read_service_project(tmp_path, text)
    code = project.api.functions["GetLambdaFunction"].code
    assert code is not None
    assert code.root == tmp_path
    assert problems == ["serverless.yml:3: the sources of get run instead of its artifact build/all.zip"]


def test_version_4_has_roles_of_single_functions_without_a_plugin(tmp_path: Path) -> None:
    statement = "[{Effect: Allow, Action: 'b:B', Resource: '*'}]"
    text = f"""
    service: notes
    frameworkVersion: '%s'
    provider:
      name: aws
      iam: {{role: {{%sstatements: [{{Effect: Allow, Action: 'a:A', Resource: '*'}}]}}}}
    functions:
      one: {{handler: app.handler, iamRoleStatements: {statement}}}
      two: {{handler: app.handler, iam: {{inheritStatements: false, role: {{statements: {statement}}}}}}}
      three: {{handler: app.handler}}
    """

    def roles(version: str, mode: str = "") -> dict[str, list[str]]:
        read = read_service_text(tmp_path, text % (version, mode))
        found = {}
        for name, resource in read.resources.items():
            if resource["Type"] == "AWS::IAM::Role":
                statements = resource["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][1:]
                found[name.removesuffix("IamRoleLambdaExecution")] = [each["Action"] for each in statements]
        return found

    assert roles("3") == {"": ["a:A"], "Two": ["b:B"]}
    assert roles("4") == {"": ["a:A"], "One": ["b:B"], "Two": ["b:B"]}
    assert roles("4", "mode: perFunction, ") == {"One": ["a:A", "b:B"], "Two": ["b:B"], "Three": ["a:A"]}


def test_packages_that_nothing_deploys_are_named(tmp_path: Path) -> None:
    text = f"{HEAD}functions: {{get: {{handler: app.handler}}}}\n"
    files = {"requirements.txt": "# mine\nboto3==1.2\nrequests>=2\n"}
    _, problems = read_service_project(tmp_path, text, files)
    assert problems == [
        "serverless.yml:2: the packages of requirements.txt are installed here, and serverless deploy leaves them out"
    ]
    assert read_service_project(tmp_path, f"{text}plugins: [serverless-python-requirements]\n", files)[1] == []
    assert read_service_project(tmp_path, text, {"requirements.txt": "boto3\n"})[1] == []
    assert read_service_project(tmp_path, text, {**files, "requests/__init__.py": ""})[1] == []


def test_a_function_is_found_by_its_name_in_the_service(tmp_path: Path) -> None:
    project, _ = read_service_project(tmp_path, f"{HEAD}functions: {{get-one: {{handler: app.handler}}}}\n")
    for name in ("get-one", "notes-dev-get-one", "GetDashoneLambdaFunction"):
        assert find_function(project.api, name).name == "GetDashoneLambdaFunction"


def test_statements_may_be_files_of_one_or_of_several(tmp_path: Path) -> None:
    text = """
    service: notes
    provider: {name: aws, runtime: python3.13, iamRoleStatements: ['${file(one.yml)}', '${file(two.yml)}']}
    functions: {get: {name: !Sub 'get-${AWS::Region}', handler: app.handler}}
    """
    files = {
        "one.yml": "{Effect: Allow, Action: 'a:A', Resource: '*'}",
        "two.yml": "[{Effect: Allow, Action: 'b:B', Resource: '*'}, {Effect: Allow, Action: 'c:C', Resource: '*'}]",
    }
    project, problems = read_service_project(tmp_path, text, files)
    function = project.api.functions["GetLambdaFunction"]
    assert [each["Action"] for each in function.policies[1:]] == [["a:A"], ["b:B"], ["c:C"]]
    assert (function.physical_name, problems) == ("get-us-east-1", [])
