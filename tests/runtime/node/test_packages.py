"""npm packages of functions, installed into the kit's cache: their folder, their identity, and who finds them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from homeport.project.model import Function, Source
from homeport.project.node_code import manifests
from homeport.project.openapi.node_handlers import node_code
from homeport.runtime.node.packages import install_node_packages, node_package_folder, with_packages
from homeport.runtime.program import RuntimeProgram
from tests.support.project import write_files

# They look for this machine's Node.js.
pytestmark = pytest.mark.stack

GREETING = {
    "greeting/package.json": '{"name": "greeting", "version": "1.0.0", "main": "index.js"}',
    "greeting/index.js": "module.exports = 'hello';\n",
}
MANIFEST = {"name": "app", "scripts": {"prepare": "exit 1"}, "dependencies": {"greeting": "file:../greeting"}}


def project(root: Path, manifest: object = MANIFEST) -> Function:
    """A function in the folder src, whose package is in a folder beside it."""
    write_files(root, {**GREETING, "src/index.js": "", "src/package.json": json.dumps(manifest)})
    return Function("hello", "index.handler", Source("template.yaml", 1), code=node_code(root / "src"))


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed here")
def test_packages_of_a_function_are_installed_once_and_found_by_its_program(tmp_path: Path) -> None:
    function, lines = project(tmp_path), list[str]()
    assert function.code is not None
    for _ in range(2):
        (folder,) = install_node_packages(
            tmp_path / "cache", tmp_path, [function], lines.append, shutil.which("npm")
        ).values()
    assert lines == ["installing the packages of src/package.json (once)"]
    # Scripts of the project itself are not run, and nothing is written into it.
    assert sorted(path.name for path in (tmp_path / "src").iterdir()) == ["index.js", "package.json"]
    program = with_packages(RuntimeProgram(("node",), {"NODE_PATH": "/sdk"}), function.code, tmp_path / "cache")
    assert program.environment["NODE_PATH"] == f"{folder}/node_modules:/sdk"
    assert program.visible == (folder,)
    printed = subprocess.run(
        ["node", "-p", "require('greeting')"],
        env={"PATH": os.environ["PATH"], "NODE_PATH": program.environment["NODE_PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout == "hello\n"


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed here")
def test_packages_that_do_not_exist_are_named_with_their_functions(tmp_path: Path) -> None:
    lines: list[str] = []
    function = project(tmp_path, {"dependencies": {"greeting": "file:../nowhere"}})
    assert install_node_packages(tmp_path / "cache", tmp_path, [function], lines.append, shutil.which("npm")) == {}
    assert "warning: hello can't import the packages of src/package.json: npm could not install" in lines[-1]


def test_without_npm_a_line_says_how_to_get_it(tmp_path: Path) -> None:
    lines: list[str] = []
    found = install_node_packages(tmp_path / "cache", tmp_path, [project(tmp_path)], lines.append, None)
    assert found == {}
    assert lines == [
        "warning: hello can't import the packages of src/package.json: npm is needed for what "
        "src/package.json names, and is not installed here "
        "(install Node.js, which brings npm: https://nodejs.org)"
    ]


def test_another_lock_is_another_folder_and_another_script_is_not(tmp_path: Path) -> None:
    manifest = tmp_path / "package.json"
    manifest.write_text('{"dependencies": {"uuid": "^11.0.0"}}')
    first = node_package_folder(tmp_path, manifest)
    manifest.write_text('{"scripts": {"test": "jest"}, "dependencies": {"uuid": "^11.0.0"}}')
    assert node_package_folder(tmp_path, manifest) == first
    (tmp_path / "package-lock.json").write_text("{}")
    assert node_package_folder(tmp_path, manifest) != first


def test_a_layer_of_nodejs_may_have_packages_of_its_own(tmp_path: Path) -> None:
    dependencies = '{"dependencies": {"uuid": "^11.0.0"}}'
    write_files(tmp_path, {"src/index.js": "", "layer/nodejs/package.json": dependencies})
    assert manifests(tmp_path / "src", (tmp_path / "layer",)) == (tmp_path / "layer" / "nodejs" / "package.json",)
    (tmp_path / "layer" / "nodejs" / "node_modules").mkdir()
    assert manifests(tmp_path / "src", (tmp_path / "layer",)) == ()
