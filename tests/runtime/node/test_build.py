"""Code that esbuild builds: rebuilt when a source changes, its errors as lines of the sources, its traces too."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from homeport.environment import read_environment
from homeport.errors import SetupError
from homeport.project.esbuild import typescript_build
from homeport.project.model import EsbuildOptions
from homeport.runtime.node.build import BuildError, built_code
from homeport.runtime.node.esbuild_program import kit_esbuild, own_esbuild
from tests.support.project import write_files

pytestmark = pytest.mark.stack

APP = """\
import { raise } from "./lib/raise";
interface Item { id: string }
export const handler = async (event: Item) => event.id ?? raise("no id");
"""
RAISE = """\

export function raise(message: string): never {
  throw new TypeError(message);
}
"""


@pytest.fixture(scope="module")
def esbuild() -> Path:
    try:
        return kit_esbuild(read_environment().cache_dir, print)
    except SetupError as error:
        pytest.skip(str(error))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_files(tmp_path, {"src/app.ts": APP, "src/lib/raise.ts": RAISE})
    return tmp_path


def options_of(root: Path, handler: str = "app.handler") -> EsbuildOptions:
    """The build of a handler in ``src``."""
    build = typescript_build(root, root / "src", handler, "nodejs20.x")
    assert build is not None
    return build


def build(root: Path, esbuild: Path, node_path: str = "") -> Path:
    """Build the handler in ``src``; return the folder of what was made."""
    return built_code(root / "src", options_of(root), esbuild, node_path).folder


def run_node(made: Path, event: object, file: str = "app.js") -> subprocess.CompletedProcess[str]:
    """Call the handler in a folder with Node."""
    node = shutil.which("node")
    assert node is not None
    script = f"import(process.argv[1]).then(m => m.handler({json.dumps(event)})).then(r => console.log(r))"
    command = [node, "--enable-source-maps", "-e", script, str(made / file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_build_runs_and_its_traces_name_the_sources(root: Path, esbuild: Path) -> None:
    made = build(root, esbuild)
    assert run_node(made, {"id": "7"}).stdout == "7\n"
    trace = run_node(made, {}).stderr
    assert f"{root}/src/lib/raise.ts:3:9" in trace
    assert f"{root}/src/app.ts:3" in trace


def test_a_build_is_made_again_only_after_a_change(root: Path, esbuild: Path) -> None:
    first = build(root, esbuild)
    stamp = (first / "app.js").stat().st_mtime_ns
    assert build(root, esbuild) == first
    assert (first / "app.js").stat().st_mtime_ns == stamp
    write_files(root, {"src/lib/raise.ts": RAISE.replace("TypeError", "RangeError")})
    second = build(root, esbuild)
    assert second != first
    assert "RangeError" in run_node(second, {}).stderr
    # A running environment has the first one still.
    assert "TypeError" in run_node(first, {}).stderr


def test_a_new_tsconfig_is_a_change(root: Path, esbuild: Path) -> None:
    write_files(root, {"src/lib/names.ts": "export const name = 'aliased'"})
    write_files(root, {"src/app.ts": 'import { name } from "@lib/names";\nexport const handler = async () => name;'})
    with pytest.raises(BuildError, match="Could not resolve"):
        build(root, esbuild)
    write_files(root, {"tsconfig.json": '{"compilerOptions": {"baseUrl": ".", "paths": {"@lib/*": ["src/lib/*"]}}}'})
    assert run_node(build(root, esbuild), {}).stdout == "aliased\n"
    write_files(root, {"src/tsconfig.json": '{"compilerOptions": {"paths": {"@lib/*": ["./other/*"]}}}'})
    write_files(root, {"src/other/names.ts": "export const name = 'nearer'"})
    assert run_node(build(root, esbuild), {}).stdout == "nearer\n"


def test_syntax_errors_are_told_by_file_and_line(root: Path, esbuild: Path) -> None:
    write_files(root, {"src/lib/raise.ts": "export function raise(message: string {\n"})
    with pytest.raises(BuildError) as caught:
        build(root, esbuild)
    assert caught.value.errors == ('src/lib/raise.ts:1:38: Expected ")" but found "{"',)
    assert json.loads(caught.value.payload) == {
        "errorType": "Runtime.UserCodeSyntaxError",
        "errorMessage": 'SyntaxError: src/lib/raise.ts:1:38: Expected ")" but found "{"',
        "trace": ['SyntaxError: src/lib/raise.ts:1:38: Expected ")" but found "{"'],
    }
    assert "src/lib/raise.ts:1:38:\n" in caught.value.text
    write_files(root, {"src/lib/raise.ts": RAISE})
    assert run_node(build(root, esbuild), {"id": "8"}).stdout == "8\n"


def test_missing_packages_are_named(root: Path, esbuild: Path) -> None:
    more = 'import a from "@acme/one/deep";\nimport b from "two";\nimport c from "./three";\nconsole.log(a, b, c);\n'
    write_files(root, {"src/app.ts": more + APP})
    with pytest.raises(BuildError) as caught:
        build(root, esbuild)
    assert caught.value.error_type == "Runtime.ImportModuleError"
    assert caught.value.packages == ("@acme/one", "two")
    assert caught.value.errors[0] == 'src/app.ts:1:14: Could not resolve "@acme/one/deep"'


def test_packages_are_bundled_but_for_those_of_the_runtime(root: Path, esbuild: Path) -> None:
    write_files(
        root,
        {
            "src/node_modules/old/package.json": '{"name": "old", "main": "index.js"}',
            "src/node_modules/old/index.js": "const path = require('node:path'); exports.join = path.join;",
            "elsewhere/two/package.json": '{"name": "two", "main": "index.js"}',
            "elsewhere/two/index.js": "exports.two = 2;",
            "src/app.mts": "import { join } from 'old';\nimport { two } from 'two';\n"
            "import { S3Client } from '@aws-sdk/client-s3';\n"
            "export const lazy = () => S3Client;\nexport const handler = async () => join('a', String(two));",
        },
    )
    (root / "src" / "app.ts").unlink()
    made = build(root, esbuild, node_path=str(root / "elsewhere"))
    text = (made / "app.mjs").read_text()
    assert 'from "@aws-sdk/client-s3"' in text
    write_files(made, {"node_modules/@aws-sdk/client-s3/package.json": '{"main": "index.js"}'})
    write_files(made, {"node_modules/@aws-sdk/client-s3/index.js": "exports.S3Client = 1;"})
    assert run_node(made, {}, "app.mjs").stdout == "a/2\n"


def test_few_results_are_kept(root: Path, esbuild: Path) -> None:
    for number in range(7):
        write_files(root, {"src/app.ts": f"export const handler = async () => {number};"})
        made = build(root, esbuild)
        assert run_node(made, {}).stdout == f"{number}\n" if number in (0, 6) else True
    assert len([each for each in made.parent.iterdir() if each.is_dir()]) == 4


def test_the_projects_own_esbuild_wins(root: Path, esbuild: Path) -> None:
    assert own_esbuild(root / "src") is None
    program = root / "node_modules" / ".bin" / "esbuild"
    program.parent.mkdir(parents=True)
    program.symlink_to(esbuild)
    assert own_esbuild(root / "src") == program
    assert run_node(build(root, program), {"id": "9"}).stdout == "9\n"


def test_a_source_map_that_would_fill_the_functions_memory_is_left_out(root: Path, esbuild: Path) -> None:
    write_files(root, {"src/lib/text.ts": "".join(f"export const a{i} = [{i}];\n" for i in range(150_000))})
    write_files(root, {"src/app.ts": f'export * from "./lib/text";\n{APP}'})
    made = build(root, esbuild)
    assert [each.name for each in sorted(made.iterdir())] == ["app.js", "package.json"]
    assert run_node(made, {"id": "7"}).stdout == "7\n"


VERSION_2 = {
    "node_modules/aws-sdk/package.json": '{"name": "aws-sdk", "main": "index.js"}',
    "node_modules/aws-sdk/index.js": "exports.config = require('./global').config;",
    "node_modules/aws-sdk/global.js": "exports.config = { region: 'its own' };",
    "src/app.ts": 'import * as AWS from "aws-sdk";\nexport const handler = async () => AWS.config.region;',
}


def test_version_2_of_the_sdk_is_not_part_of_a_build(root: Path, esbuild: Path) -> None:
    write_files(root, VERSION_2)
    built = built_code(root / "src", options_of(root), esbuild)
    assert run_node(built.folder, {}).stdout == "its own\n"
    assert "its own" not in (built.folder / "app.js").read_text(encoding="utf-8")
    assert built.visible == (root / "node_modules",)


def test_version_2_of_the_sdk_is_part_of_an_es_module(root: Path, esbuild: Path) -> None:
    write_files(root, {**VERSION_2, "src/package.json": '{"type": "module"}'})
    built = built_code(root / "src", options_of(root), esbuild)
    assert run_node(built.folder, {}, "app.mjs").stdout == "its own\n"
    assert built.visible == ()


def test_sources_outside_of_the_codes_folder_are_followed(root: Path, esbuild: Path) -> None:
    write_files(root, {"shared/name.ts": "export const name = 'one'", "node_modules/pack/index.js": "exports.a = 1"})
    write_files(
        root,
        {
            "src/app.ts": 'import { a } from "pack";\nimport { name } from "../shared/name";\n'
            "export const b = [a, name];"
        },
    )
    made = built_code(root / "src", options_of(root), esbuild)
    assert [Path(file).name for file in made.outside] == ["name.ts"]
    assert not made.is_outdated()
    write_files(root, {"shared/name.ts": "export const name = 'another'"})
    assert made.is_outdated()
