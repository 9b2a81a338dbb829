"""The functions of a stack: their settings, and the folders that their code and layers are in."""

from __future__ import annotations

import os
import textwrap
import zipfile
from pathlib import Path

import pytest

from homeport.project.cloudformation.functions.functions import read_functions
from homeport.project.cloudformation.stack.parameters import StackValues
from homeport.project.cloudformation.stack.stack import read_stack
from homeport.project.cloudformation.template.template import read_template
from homeport.project.model import Function, FunctionCode
from homeport.project.source.cursor import Diagnostics
from tests.support.project import write_files

POWERTOOLS = "arn:aws:lambda:eu-west-1:017000801446:layer:AWSLambdaPowertoolsPython"


def read(root: Path, resources: str, file: str = "template.yaml") -> tuple[dict[str, Function], list[str]]:
    """The functions of a template with these resources, and the problems as lines."""
    root.mkdir(exist_ok=True)
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text("Resources:\n" + textwrap.indent(textwrap.dedent(resources), "  "), encoding="utf-8")
    diagnostics = Diagnostics()
    document = read_template(root, file, diagnostics)
    assert document is not None
    stack = read_stack(document, StackValues("shop", "eu-west-1"), diagnostics)
    functions = read_functions(stack, root, diagnostics)
    return functions, [str(problem) for problem in diagnostics.all()]


def read_one(root: Path, properties: str, more: str = "", metadata: str = "") -> tuple[Function, list[str]]:
    """The only function of a template, ``Fn``, with ``app.py`` in ``src``."""
    if not (root / "src" / "app.py").exists():
        (root / "src").mkdir(parents=True, exist_ok=True)
        (root / "src" / "app.py").touch()
    written = textwrap.indent(textwrap.dedent(properties), "    ")
    basic = "" if "Runtime:" in written else "    Runtime: python3.13\n    Handler: app.handler\n"
    functions, problems = read(
        root,
        f"Fn:\n  Type: AWS::Lambda::Function\n{metadata}\n  Properties:\n{basic}{written}\n{textwrap.dedent(more)}",
    )
    return functions["Fn"], problems


def test_the_settings_of_a_function_are_those_of_its_properties(tmp_path: Path) -> None:
    function, problems = read_one(
        tmp_path,
        """
        Runtime: python3.12
        Handler: app.handler
        Code: {LocalPath: src}
        FunctionName: mine
        MemorySize: 512
        Timeout: "29"
        ReservedConcurrentExecutions: 2
        Architectures: [arm64]
        Environment: {Variables: {TEXT: a, NUMBER: 7, FLAG: true, NAME: !Ref "AWS::StackName"}}
        LoggingConfig: {LogFormat: JSON, ApplicationLogLevel: DEBUG}
        """,
    )
    assert problems == []
    assert (function.handler, function.runtime, function.architecture) == ("app.handler", "python3.12", "arm64")
    assert (function.memory, function.timeout, function.reserved_concurrency) == (512, 29, 2)
    assert (function.name, function.physical_name) == ("Fn", "mine")
    assert function.environment == {"TEXT": "a", "NUMBER": "7", "FLAG": "true", "NAME": "shop"}
    assert (function.log_format, function.log_level) == ("JSON", "DEBUG")
    assert function.code == FunctionCode(tmp_path / "src")


def test_a_function_without_settings_has_those_of_cloudformation(tmp_path: Path) -> None:
    function, _ = read_one(tmp_path, "Code: src")
    assert (function.memory, function.timeout, function.reserved_concurrency) == (128, 3, None)
    assert function.physical_name == "shop-Fn"
    assert function.log_format == ""


def test_the_code_is_relative_to_the_template_s_folder(tmp_path: Path) -> None:
    (tmp_path / "sub" / "src").mkdir(parents=True)
    (tmp_path / "sub" / "src" / "app.py").touch()
    fn = "Fn: {Type: AWS::Lambda::Function, Properties: {Handler: app.h, Runtime: python3.13, Code: ./src}}"
    functions, problems = read(tmp_path, fn, "sub/template.yaml")
    assert problems == []
    assert functions["Fn"].code == FunctionCode(tmp_path / "sub" / "src")


def test_requirements_beside_the_code_are_its_packages(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "requirements.txt").write_text("requests\n")
    function, _ = read_one(tmp_path, "Code: src")
    assert function.code is not None
    assert function.code.requirements == tmp_path / "src" / "requirements.txt"


def test_packages_of_another_tool_are_named_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "Pipfile").touch()
    _, problems = read_one(tmp_path, "Code: src")
    [problem] = problems
    assert "the packages of Fn are in Pipfile, which is not read" in problem
    assert "pipenv requirements > requirements.txt" in problem


def test_code_in_the_template_becomes_index_py(tmp_path: Path) -> None:
    code = "Runtime: python3.13\nHandler: index.handler\nCode: {ZipFile: 'def handler(e, c): return 1'}"
    function, problems = read_one(tmp_path, code)
    assert problems == []
    assert function.code is not None
    assert (function.code.root / "index.py").read_text() == "def handler(e, c): return 1"
    assert function.code.root.is_relative_to(tmp_path / ".homeport" / "code")
    again, _ = read_one(tmp_path, code)
    assert again.code == function.code
    changed, _ = read_one(tmp_path, code.replace("return 1", "return 2"))
    assert changed.code != function.code


def test_a_zip_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as archive:
        archive.writestr("app.py", "packed = True")
    function, problems = read_one(tmp_path, "Code: {LocalPath: ./code.zip}")
    assert problems == []
    assert function.code is not None
    assert (function.code.root / "app.py").read_text() == "packed = True"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("Code: {S3Bucket: b, S3Key: k}", "its code is in the bucket b of S3"),
        ("Code: s3://bucket/key", "its code is at s3://bucket/key"),
        ("Code: ./nowhere", "its code, ./nowhere, is not there"),
        ("Code: {ImageUri: image}\nPackageType: Image", "it is a container image"),
    ],
)
def test_code_that_is_not_here_is_named_and_the_function_has_a_fault(tmp_path: Path, code: str, reason: str) -> None:
    function, problems = read_one(tmp_path, code)
    [problem] = problems
    assert function.code is None
    assert function.fault.startswith(reason)
    assert problem.startswith("template.yaml:") and f"warning: Fn can't be run: {reason}" in problem


def test_functions_of_other_languages_are_named_first_and_together(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").touch()
    text = "{Type: AWS::Lambda::Function, Properties: {Handler: app.h, Runtime: %s, Code: %s}}"
    named = {"Lost": ("python3.13", "nowhere"), "A": ("java21", "src"), "B": ("java21", "src")}
    functions, problems = read(tmp_path, "\n".join(f"{name}: {text % each}" for name, each in named.items()))
    assert "2 functions run on java21, which is not run here: A, B (with GraalVM compile it to" in problems[0]
    assert functions["A"].fault == "it runs on java21"
    assert len(problems) == 2


NODE = "{Fn: {Type: AWS::Lambda::Function, Properties: {Handler: %s, Runtime: %s, Code: src}}}"
NODE_FILE = "export const handler = async () => ({ statusCode: 204 });\n"


@pytest.mark.parametrize("file", ["index.mjs", "index.js", "index.cjs"])
def test_a_function_in_nodejs_has_its_folder_and_no_fault(tmp_path: Path, file: str) -> None:
    write_files(tmp_path, {f"src/{file}": NODE_FILE})
    functions, problems = read(tmp_path, NODE % ("index.handler", "nodejs22.x"))
    function = functions["Fn"]
    assert (function.runtime, function.fault, problems) == ("nodejs22.x", "", [])
    assert function.code is not None
    assert function.code.root == tmp_path / "src"


def test_a_handler_in_nodejs_that_is_nowhere_or_not_exported_is_a_warning(tmp_path: Path) -> None:
    write_files(tmp_path, {"src/api/index.mjs": NODE_FILE})
    assert read(tmp_path, NODE % ("api/index.handler", "nodejs22.x"))[1] == []
    _, [missing] = read(tmp_path, NODE % ("index.handler", "nodejs22.x"))
    assert "the Handler of Fn is index.handler, but its code has no index.mjs, .js or .ts" in missing
    _, [hidden] = read(tmp_path, NODE % ("api/index.main", "nodejs22.x"))
    assert "the Handler of Fn is api/index.main, but index.mjs exports no main" in hidden


def test_a_deprecated_runtime_of_nodejs_is_a_warning_and_runs(tmp_path: Path) -> None:
    write_files(tmp_path, {"src/index.js": NODE_FILE})
    functions, [problem] = read(tmp_path, NODE % ("index.handler", "nodejs16.x"))
    assert functions["Fn"].fault == ""
    assert "1 function runs on nodejs16.x, which is deprecated: Fn (choose one of nodejs20.x" in problem


def test_packages_of_a_package_json_are_installed_unless_node_modules_has_them(tmp_path: Path) -> None:
    write_files(tmp_path, {"src/index.js": NODE_FILE, "src/package.json": '{"dependencies": {"uuid": "11.1.0"}}'})
    code = read(tmp_path, NODE % ("index.handler", "nodejs22.x"))[0]["Fn"].code
    assert code is not None
    assert code.manifests == (tmp_path / "src" / "package.json",)
    assert tmp_path / "src" / "package-lock.json" in code.requirement_files
    (tmp_path / "src" / "node_modules").mkdir()
    code = read(tmp_path, NODE % ("index.handler", "nodejs22.x"))[0]["Fn"].code
    assert code is not None
    assert code.manifests == ()
    assert tmp_path / "src" / "node_modules" / ".package-lock.json" in code.requirement_files


def test_a_custom_runtime_has_a_bootstrap_or_a_fault(tmp_path: Path) -> None:
    write_files(tmp_path, {"src/main.go": ""})
    functions, [problem] = read(tmp_path, NODE % ("bootstrap", "provided.al2023"))
    assert functions["Fn"].fault == "its code has no bootstrap, the program of provided.al2023"
    assert "Fn can't be run: its code has no bootstrap" in problem
    (tmp_path / "src" / "bootstrap").touch()
    functions, problems = read(tmp_path, NODE % ("bootstrap", "provided.al2023"))
    assert (functions["Fn"].fault, problems) == ("", [])


def test_a_handler_that_is_nowhere_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "src" / "pkg").mkdir(parents=True)
    (tmp_path / "src" / "pkg" / "mod.py").touch()
    for handler in ("pkg.mod.fn", "pkg/mod.fn"):
        assert read_one(tmp_path, f"Runtime: python3.13\nHandler: {handler}\nCode: src")[1] == []
    _, [problem] = read_one(tmp_path, "Runtime: python3.13\nHandler: other.fn\nCode: src")
    assert "the Handler of Fn is other.fn, but its code has no other.py" in problem


def test_a_makefile_s_build_is_used_while_it_is_current(tmp_path: Path) -> None:
    metadata = "  Metadata: {BuildMethod: makefile}"
    built = tmp_path / ".aws-sam" / "build" / "Fn"
    function, [problem] = read_one(tmp_path, "Code: src", metadata=metadata)
    assert function.code == FunctionCode(tmp_path / "src")
    assert "Fn is built by its Makefile, and there is no build of it: its sources run as they are" in problem
    built.mkdir(parents=True)
    (built / "app.py").touch()
    now = (tmp_path / "template.yaml").stat().st_mtime
    os.utime(built / "app.py", (now + 10, now + 10))
    function, [problem] = read_one(tmp_path, "Code: src", metadata=metadata)
    assert function.code == FunctionCode(built)
    assert "Fn runs from .aws-sam/build/Fn" in problem
    os.utime(tmp_path / "src" / "app.py", (now + 20, now + 20))
    function, _ = read_one(tmp_path, "Code: src", metadata=metadata)
    assert function.code == FunctionCode(tmp_path / "src")


def test_an_alias_that_the_api_may_invoke_is_the_function_s(tmp_path: Path) -> None:
    more = """
    Live:
      Type: AWS::Lambda::Alias
      Properties: {FunctionName: !Ref Fn, FunctionVersion: "1", Name: live}
    Permission:
      Type: AWS::Lambda::Permission
      Properties: {FunctionName: %s, Action: lambda:InvokeFunction, Principal: apigateway.amazonaws.com}
    """
    assert read_one(tmp_path, "Code: src", more % "!Ref Live")[0].alias == "live"
    assert read_one(tmp_path, "Code: src", more % "!Ref Fn")[0].alias == ""


def test_a_layer_of_the_template_is_its_folder(tmp_path: Path) -> None:
    (tmp_path / "layer" / "python").mkdir(parents=True)
    more = """
    Shared:
      Type: AWS::Lambda::LayerVersion
      Properties: {Content: {LocalPath: layer}}
    """
    function, problems = read_one(tmp_path, "Code: src\nLayers: [!Ref Shared]", more)
    assert problems == []
    assert function.code is not None
    assert function.code.layers == (tmp_path / "layer",)
    assert function.code.packages == ()


def test_a_layer_that_sam_builds_has_its_files_below_python_and_its_packages(tmp_path: Path) -> None:
    (tmp_path / "layer").mkdir()
    (tmp_path / "layer" / "shared.py").touch()
    (tmp_path / "layer" / "requirements.txt").write_text("requests\n")
    more = """
    Shared:
      Type: AWS::Lambda::LayerVersion
      Metadata: {BuildMethod: python3.13}
      Properties: {Content: {LocalPath: layer}}
    """
    function, problems = read_one(tmp_path, "Code: src\nLayers: [!Ref Shared]", more)
    assert problems == []
    assert function.code is not None
    [folder] = function.code.layers
    assert (folder / "python" / "shared.py").is_file()
    assert function.code.packages == (f"-r {folder}/python/requirements.txt",)


@pytest.mark.parametrize(
    ("layer", "package"),
    [
        (f"{POWERTOOLS}V3-python312-x86_64:7", "aws-lambda-powertools[all]==3.5.0"),
        (f"{POWERTOOLS}V3-python313-arm64:3", "aws-lambda-powertools[all]==3.2.0"),
        (f"{POWERTOOLS}V2:51", "aws-lambda-powertools[all]==2.28.1"),
        (f"{POWERTOOLS}V2-Arm64:69", "aws-lambda-powertools[all]==2.37.0"),
        ("{{resolve:ssm:/aws/service/powertools/python/x86_64/python3.13/latest}}", "aws-lambda-powertools[all]"),
        (
            "{{resolve:ssm:/aws/service/powertools/python/arm64/python3.12/3.16.0}}",
            "aws-lambda-powertools[all]==3.16.0",
        ),
    ],
)
def test_the_public_powertools_layer_becomes_its_package(tmp_path: Path, layer: str, package: str) -> None:
    function, problems = read_one(tmp_path, f'Code: src\nLayers: ["{layer}"]')
    assert problems == []
    assert function.code is not None
    assert function.code.packages == (package,)


def test_a_powertools_layer_of_an_unknown_version_is_the_newest_and_said(tmp_path: Path) -> None:
    function, [problem] = read_one(tmp_path, f"Code: src\nLayers: ['{POWERTOOLS}V3-python313-x86_64:99']")
    assert function.code is not None
    assert function.code.packages == ("aws-lambda-powertools[all]==3.*",)
    assert "functions run on the newest of version 3" in problem


def test_a_public_layer_that_is_not_here_is_named_once_with_its_functions(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").touch()
    arn = "arn:aws:lambda:eu-west-1:770693421928:layer:Klayers-p312-numpy:6"
    text = "{Type: AWS::Lambda::Function, Properties: {Handler: app.h, Runtime: python3.12, Code: src, Layers: ['%s']}}"
    _, problems = read(tmp_path, f"A: {text % arn}\nB: {text % arn}")
    [problem] = problems
    assert f"the layer {arn} is not here: A, B must do without its content" in problem


def test_settings_that_are_not_emulated_are_named_once(tmp_path: Path) -> None:
    _, problems = read_one(
        tmp_path,
        """
        Code: src
        FileSystemConfigs: [{Arn: "arn:aws:elasticfilesystem:::access-point/a", LocalMountPath: /mnt/data}]
        TracingConfig: {Mode: Active}
        EphemeralStorage: {Size: 2048}
        """,
    )
    assert [problem.partition("warning: ")[2] for problem in problems] == [
        "FileSystemConfigs is not emulated: its files are not there for Fn",
        "without an effect here, whatever their value: EphemeralStorage, TracingConfig",
    ]
