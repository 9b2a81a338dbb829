"""The functions of a stack that esbuild builds, and what is told of their builds."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.project.cloudformation.functions.esbuild import typescript_builder
from homeport.project.cloudformation.functions.functions import read_functions
from homeport.project.cloudformation.stack.parameters import StackValues
from homeport.project.cloudformation.stack.stack import read_stack
from homeport.project.cloudformation.template.template import read_template
from homeport.project.model import Function
from homeport.project.source.cursor import Diagnostics
from tests.support.project import write_files

TEMPLATE = """\
Resources:
  Fn:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: nodejs22.x
      Handler: {handler}
      Code: src
    Metadata: {metadata}
"""
HANDLER = "export const handler = async () => ({ statusCode: 204 });\n"


def read(root: Path, handler: str, metadata: str = "{}") -> tuple[Function, list[str]]:
    """The function of a template, and the problems as lines."""
    write_files(root, {"template.yaml": TEMPLATE.format(handler=handler, metadata=metadata)})
    diagnostics = Diagnostics()
    document = read_template(root, "template.yaml", diagnostics)
    assert document is not None
    stack = read_stack(document, StackValues("shop", "eu-west-1"), diagnostics)
    return read_functions(stack, root, diagnostics)["Fn"], [str(each) for each in diagnostics.all()]


def test_sams_build_decides_on_the_entry_point_and_the_handler(tmp_path: Path) -> None:
    write_files(tmp_path, {"src/api/get.ts": HANDLER})
    function, problems = read(tmp_path, "api/get.handler", "{BuildMethod: esbuild, BuildProperties: {Minify: false}}")
    assert problems == []
    assert function.handler == "get.handler"
    assert function.code is not None
    assert function.code.build is not None
    assert (function.code.root, function.code.build.shown) == (tmp_path / "src", "src")
    assert function.code.build.entry_points == ("api/get.ts",)
    assert function.code.build.folder == tmp_path / ".homeport" / "build"


def test_a_build_without_its_entry_point_is_a_fault(tmp_path: Path) -> None:
    write_files(tmp_path, {"src/index.mjs": HANDLER})
    metadata = "{BuildMethod: esbuild, BuildProperties: {EntryPoints: [app.ts], Mangle: true}}"
    function, problems = read(tmp_path, "app.handler", metadata)
    assert function.fault == "its entry point app.ts does not exist"
    assert [problem.partition(" (")[0] for problem in problems] == [
        "template.yaml:2: warning: sam build does not pass Mangle of Fn on to esbuild",
        "template.yaml:6: warning: Fn can't be built: its entry point app.ts does not exist",
    ]


def test_typescript_without_a_build_runs_here_and_is_told(tmp_path: Path) -> None:
    write_files(tmp_path, {"src/api/get.ts": HANDLER})
    function, problems = read(tmp_path, "api/get.handler")
    assert problems == [
        "template.yaml:6: warning: Fn is TypeScript, which sam build leaves as it is: here it is built by esbuild "
        "(add Metadata with BuildMethod: esbuild)"
    ]
    assert function.handler == "api/get.handler"
    assert function.code is not None
    assert function.code.build is not None
    assert "--outbase=." in function.code.build.options


@pytest.mark.parametrize(
    ("file", "tool"),
    [
        ("template.yaml", "sam build"),
        ("infra/main.tf", "Terraform"),
        ("serverless.yml", "the Serverless Framework"),
        ("lib/shop-stack.ts", "the CDK"),
        ("cdk.out/Shop.template.json", "the CDK"),
    ],
)
def test_hint_for_typescript_fits_the_format_of_the_project(file: str, tool: str) -> None:
    assert typescript_builder(file)[0] == tool
