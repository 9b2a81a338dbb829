"""The Node.js of a runtime is found, and started as Lambda starts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.errors import SetupError
from homeport.runtime.node.launch import NodeInterpreter, find_node, node_program

pytestmark = pytest.mark.stack


def install(path: Path, version: str) -> Path:
    """Make a program that says that it is a version of Node.js."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho v{version}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


MANAGED = {
    "nvm": ".nvm/versions/node/v{}/bin/node",
    "fnm": ".local/share/fnm/node-versions/v{}/installation/bin/node",
    "volta": ".volta/tools/image/node/{}/bin/node",
    "asdf": ".asdf/installs/nodejs/{}/bin/node",
    "mise": ".local/share/mise/installs/node/{}/bin/node",
    "nodenv": ".nodenv/versions/{}/bin/node",
    "n": "n/n/versions/node/{}/bin/node",
}


@pytest.mark.parametrize("place", MANAGED.values(), ids=MANAGED)
def test_a_version_managers_node_is_found(tmp_path: Path, place: str) -> None:
    install(tmp_path / place.format("22.9.0"), "22.9.0")
    wanted = install(tmp_path / place.format("22.11.1"), "22.11.1")
    install(tmp_path / place.format("24.1.0"), "24.1.0")
    assert find_node("nodejs22.x", "", tmp_path) == NodeInterpreter(str(wanted), "22.11.1")


def test_paths_node_comes_first(tmp_path: Path) -> None:
    install(tmp_path / ".nvm/versions/node/v22.11.0/bin/node", "22.11.0")
    wanted = install(tmp_path / "bin/node", "22.1.0")
    assert find_node("nodejs22.x", f"/nowhere:{tmp_path}/bin", tmp_path) == NodeInterpreter(str(wanted), "22.1.0")


@pytest.mark.parametrize("shims", [".asdf/shims", ".volta/bin", ".nodenv/shims"])
def test_a_shim_is_passed_over(tmp_path: Path, shims: str) -> None:
    install(tmp_path / shims / "node", "22.1.0")
    wanted = install(tmp_path / "usr/bin/node", "22.2.0")
    assert find_node("nodejs22.x", f"{tmp_path}/{shims}:{tmp_path}/usr/bin", tmp_path).path == str(wanted)


def test_the_nearest_version_is_taken_with_a_warning(tmp_path: Path) -> None:
    install(tmp_path / ".nvm/versions/node/v18.20.0/bin/node", "18.20.0")
    near = install(tmp_path / ".nvm/versions/node/v23.5.0/bin/node", "23.5.0")
    path = install(tmp_path / "bin/node", "20.1.0")
    warning = "Node.js 24 is not installed here: nodejs24.x runs on Node.js 23, on AWS on 24"
    assert find_node("nodejs24.x", f"{tmp_path}/bin", tmp_path) == NodeInterpreter(str(near), "23.5.0", warning)
    assert find_node("nodejs20.x", f"{tmp_path}/bin", tmp_path) == NodeInterpreter(str(path), "20.1.0")


def test_a_machine_without_node_is_told_how_to_get_it(tmp_path: Path) -> None:
    install(tmp_path / "bin/node", "16.20.0")
    broken = install(tmp_path / ".nvm/versions/node/v22.1.0/bin/node", "22.1.0")
    broken.write_text("no program", encoding="utf-8")
    with pytest.raises(SetupError) as failure:
        find_node("nodejs22.x", f"{tmp_path}/bin", tmp_path)
    assert str(failure.value) == (
        "nodejs22.x needs Node.js, and there is none from version 20 on here "
        "(install Node.js 22: nvm install 22, brew install node@22, or https://nodejs.org)"
    )


VARIABLES = {"AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x"}


def options(version: str, runtime: str = "nodejs22.x", **variables: str) -> list[str]:
    """Return the options with which a version of Node.js is started."""
    known = {**VARIABLES, "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}", **variables}
    program = node_program(NodeInterpreter("/usr/bin/node", version), None, source_maps=False, variables=known)
    path, *others, script = program.arguments
    assert (path, Path(script).is_file()) == ("/usr/bin/node", True)
    return others


def test_v8_keeps_its_compiled_code() -> None:
    assert options("24.1.0", "nodejs24.x") == []


def test_features_are_off_that_lambda_has_off() -> None:
    off = ["--no-experimental-require-module", "--no-experimental-detect-module"]
    assert options("22.12.0") == off
    assert options("20.19.0", "nodejs20.x") == [*off, "--expose-internals"]
    assert options("20.9.0", "nodejs20.x") == ["--expose-internals"]
    assert options("22.12.0", NODE_OPTIONS="--experimental-require-module") == off[1:]


def test_the_search_path_has_layers_and_the_sdk() -> None:
    node = NodeInterpreter("/usr/bin/node", "22.12.0")
    program = node_program(node, Path("/kept/sdk"), source_maps=True, variables=VARIABLES, folder="src/fn")
    assert program.environment == {
        "NODE_PATH": "/opt/nodejs/node22/node_modules:/opt/nodejs/node_modules:/kept/sdk/node_modules"
        ":/var/runtime:/var/task",
        "HOMEPORT_CODE_FOLDER": "src/fn",
    }
    assert Path("/kept/sdk") in program.visible
    assert "--enable-source-maps" in program.arguments
    own = node_program(node, None, source_maps=False, variables={**VARIABLES, "NODE_PATH": "/mine"})
    assert own.environment == {}
