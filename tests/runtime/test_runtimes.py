"""The runtimes of this machine, and what functions are configured with for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.errors import SetupError
from homeport.runtime.program import RuntimeProgram
from homeport.runtime.runtimes import LocalRuntimes, node_runtimes
from tests.support.runtime import make_configs, make_function

NOWHERE = LocalRuntimes("", Path("/nowhere"))


def test_python_needs_no_program() -> None:
    assert NOWHERE.program("python3.13", {}) is None


@pytest.mark.parametrize("runtime", ["provided", "provided.al2", "provided.al2023"])
def test_a_custom_runtime_is_the_functions_own_bootstrap(runtime: str) -> None:
    assert NOWHERE.program(runtime, {}) == RuntimeProgram(("bootstrap",))


@pytest.mark.parametrize("runtime", ["java21", "dotnet8", "ruby3.4", ""])
def test_a_runtime_without_a_program_is_named(runtime: str) -> None:
    with pytest.raises(SetupError, match=runtime or "no runtime that is named"):
        NOWHERE.program(runtime, {})


def test_a_function_whose_runtime_can_not_be_run_has_the_reason_as_its_fault() -> None:
    config = make_configs(make_function("a", "x.y", runtime="java21"))["a"]
    assert (config.program, "java21" in config.fault) == (None, True)


def test_a_function_that_has_a_fault_already_keeps_it() -> None:
    config = make_configs(make_function("a", "x.y", runtime="java21", fault="it has no code"))["a"]
    assert config.fault == "it has no code"


def test_the_stages_runtime_holds_for_functions_without_one_of_their_own() -> None:
    configs = make_configs(
        make_function("a", "x.y"), make_function("b", "x.y", runtime="python3.12"), runtime="provided"
    )
    assert [config.program is None for config in configs.values()] == [False, True]


def test_a_custom_runtime_has_lambdas_variables_without_pythons() -> None:
    python = make_configs(make_function("a", "x.y"))["a"].environment
    custom = make_configs(make_function("a", "x.y", runtime="provided.al2023"))["a"].environment
    assert python.keys() - custom.keys() == {"AWS_EXECUTION_ENV", "LC_CTYPE", "PYTHONPATH"}
    assert {name for name in custom if custom[name] != python[name]} == {"LD_LIBRARY_PATH"}


def test_the_spec_of_a_custom_runtime_names_its_program() -> None:
    config = make_configs(make_function("a", "x.y", runtime="provided.al2023"))["a"]
    assert config.to_worker_spec(Path("/folder"), "stream")["program"] == {"arguments": ("bootstrap",), "visible": []}


def test_functions_of_node_are_listed_by_their_runtimes() -> None:
    functions = [
        make_function("a", "x.y", runtime="nodejs22.x"),
        make_function("b", "x.y"),
        make_function("c", "x.y", runtime="nodejs20.x", fault="it has no code"),
        make_function("d", "x.y", runtime="nodejs22.x"),
    ]
    assert node_runtimes(functions, "python3.13") == {"nodejs22.x": ["a", "d"]}
    assert node_runtimes(functions, "nodejs24.x") == {"nodejs22.x": ["a", "d"], "nodejs24.x": ["b"]}


@pytest.mark.stack
def test_a_node_that_was_missing_is_found_once_it_is_installed(tmp_path: Path) -> None:
    here = LocalRuntimes(str(tmp_path), tmp_path / "home")
    with pytest.raises(SetupError):
        here.node("nodejs97.x")
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\necho v97.1.0\n")
    node.chmod(0o755)
    assert here.node("nodejs97.x").path == str(node)
    node.unlink()
    assert here.node("nodejs97.x").version == "97.1.0"
