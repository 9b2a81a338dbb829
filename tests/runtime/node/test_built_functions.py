"""Functions in TypeScript, and functions with layers of npm packages, in real environments."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.environment import read_environment
from homeport.errors import SetupError
from homeport.project.esbuild import typescript_build
from homeport.project.model import Function, FunctionCode
from homeport.runtime.node.esbuild_program import kit_esbuild
from tests.support.code_folders import running_functions
from tests.support.project import write_files
from tests.support.runtime import Deployed, error_of, make_function

pytestmark = pytest.mark.stack

RUNTIME = "nodejs20.x"
APP = """\
import { word } from "./lib/word";
interface Event { fail?: boolean }
export const handler = async (event: Event) => {
  if (event.fail) throw new RangeError(word);
  return word;
};
"""
# What a layer brings is found by require and by import, and that of the highest layer first.
LAYERED = """\
import { createRequire } from "node:module";
import fs from "node:fs";
import { name } from "layered";
const require = createRequire(import.meta.url);
export const handler = async () => ({
  imported: name,
  required: require("versioned").name,
  own: require("own").name,
  file: fs.existsSync("/opt/note.txt"),
});
"""


def package(folder: str, name: str) -> dict[str, str]:
    """The files of a package in CommonJS whose ``name`` is the folder's."""
    place = f"{folder}/node_modules/{name}"
    return {
        f"{place}/package.json": '{"main": "index.js"}',
        f"{place}/index.js": f"exports.name = {folder!r};",
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("node") is None:
        pytest.skip("there is no Node.js here")
    try:
        kit_esbuild(read_environment().cache_dir, print)
    except SetupError as error:
        pytest.skip(str(error))
    root = tmp_path_factory.mktemp("built") / "project"
    return write_files(
        root,
        {
            "src/app.ts": APP,
            "src/lib/word.ts": 'export const word: string = "first";',
            "layered/index.mjs": LAYERED,
            **package("layered", "own"),
            **package("low/nodejs", "layered"),
            **package("low/nodejs", "own"),
            **package("high/nodejs", "layered"),
            **package("low/nodejs/node20", "versioned"),
            **package("high/nodejs", "versioned"),
            "high/note.txt": "",
        },
    )


def functions_of(project: Path) -> list[Function]:
    build = typescript_build(project, project / "src", "app.handler", RUNTIME)
    layers = (project / "low", project / "high")
    return [
        make_function("built", "app.handler", runtime=RUNTIME, code=FunctionCode(project / "src", build=build)),
        make_function(
            "layered", "index.handler", runtime=RUNTIME, code=FunctionCode(project / "layered", None, layers)
        ),
    ]


@pytest.fixture(scope="module", params=["with namespaces", "without"])
def functions(request: pytest.FixtureRequest, project: Path) -> Iterator[dict[str, Deployed]]:
    is_isolated = request.param == "with namespaces"
    with running_functions(project, *functions_of(project), namespaces=is_isolated) as running:
        yield running


def renew(functions: dict[str, Deployed]) -> None:
    """Have the next calls run in new environments, as after a change of a file."""
    functions["built"].runtime.replace({name: each.config for name, each in functions.items()})


def test_a_function_in_typescript_runs_and_its_traces_name_its_sources(
    functions: dict[str, Deployed], project: Path
) -> None:
    function = functions["built"]
    write_files(project, {"src/lib/word.ts": 'export const word: string = "first";'})
    renew(functions)
    assert function.result({}) == "first"
    error = error_of(function.invoke({"fail": True}))
    assert (error["errorType"], error["errorMessage"]) == ("RangeError", "first")
    assert any(f"{project}/src/app.ts:4:" in line for line in error["trace"])


def test_a_saved_source_is_built_for_the_next_environments(functions: dict[str, Deployed], project: Path) -> None:
    function = functions["built"]
    write_files(project, {"src/lib/word.ts": 'export const word: string = "second";'})
    renew(functions)
    assert function.result({}) == "second"


def test_a_source_that_can_not_be_built_fails_the_call_and_is_explained_once(
    functions: dict[str, Deployed], project: Path
) -> None:
    function = functions["built"]
    write_files(project, {"src/lib/word.ts": "export const word: string = ;\n"})
    renew(functions)
    invocation = function.invoke({})
    assert error_of(invocation) == {
        "errorType": "Runtime.UserCodeSyntaxError",
        "errorMessage": 'SyntaxError: src/lib/word.ts:1:28: Unexpected ";"',
        "trace": ['SyntaxError: src/lib/word.ts:1:28: Unexpected ";"'],
    }
    log = invocation.log.decode()
    assert log.count('✘ [ERROR] Unexpected ";"') == 1
    assert "src/lib/word.ts:1:28:" in log
    assert "Status: error\tError Type: Runtime.UserCodeSyntaxError" in log
    write_files(project, {"src/lib/word.ts": 'import "left-behind";\nexport const word = "third";'})
    renew(functions)
    log = function.invoke({}).log.decode()
    assert "homeport: if left-behind is a package of npm: npm install left-behind in src\n" in log


def test_a_saved_source_of_another_folder_is_found_by_the_next_call(
    functions: dict[str, Deployed], project: Path
) -> None:
    write_files(project, {"src/lib/word.ts": 'export { word } from "../../shared/word";'})
    write_files(project, {"shared/word.ts": 'export const word: string = "shared";'})
    renew(functions)
    assert functions["built"].result({}) == "shared"
    write_files(project, {"shared/word.ts": "export const word: string = ;"})
    assert error_of(functions["built"].invoke({}))["errorType"] == "Runtime.UserCodeSyntaxError"
    write_files(project, {"shared/word.ts": 'export const word: string = "mended";'})
    assert functions["built"].result({}) == "mended"


def test_the_packages_of_layers_are_found_as_on_lambda(functions: dict[str, Deployed]) -> None:
    isolated = functions["layered"].parent.setup.namespaces
    assert functions["layered"].result({}) == {
        "imported": "high/nodejs",
        "required": "low/nodejs/node20",
        "own": "layered",
        "file": isolated,
    }
