"""A function with a code folder of its own: its imports, its files, its layers and its packages are those of Lambda."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.project.model import Function, FunctionCode
from tests.support.code_folders import code_function, running_functions, write_package
from tests.support.project import write_files
from tests.support.runtime import Deployed, alive, error_of, make_function, packages
from tests.support.waiting import wait_until

pytestmark = pytest.mark.stack

EVALUATES = """
    import json, os, pathlib, subprocess, sys
    def handler(event, context):
        try:
            return json.loads(json.dumps(eval(event, globals() | locals()), default=str))
        except Exception as error:
            return type(error).__name__ + ": " + str(error)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("code") / "project"
    wheels = tmp_path_factory.mktemp("wheels")
    greeting = [write_package(wheels, "greeting", version, f"text = '{version}'") for version in ("1.0", "2.0")]
    six = (packages() / "six.py").read_text().replace("__version__ =", "__version__ = '99.0'  #")
    another_six = write_package(wheels, "six", "99.0", six)
    brought = [
        write_package(wheels / version, "jmespath", version, f"text = '{version}'") for version in ("7.0", "8.0")
    ]
    write_files(
        root,
        {
            "plain/app.py": EVALUATES,
            "plain/helper.py": "name = 'plain'",
            "plain/page.html": "<p>",
            "other/app.py": EVALUATES,
            "other/helper.py": "name = 'other'",
            "deep/src/api/app.py": "from src.api import texts\ndef handler(event, context): return texts.name",
            "deep/src/api/texts.py": "name = 'deep'",
            "one/app.py": EVALUATES,
            "one/requirements.txt": greeting[0],
            "two/app.py": EVALUATES,
            "two/requirements.txt": greeting[1],
            "pinned/app.py": EVALUATES,
            "pinned/requirements.txt": brought[0],
            "six/app.py": EVALUATES,
            "six/requirements.txt": another_six,
            "vendored/app.py": EVALUATES,
            "vendored/jmespath/__init__.py": "text = 'vendored'",
            "vendored/requirements.txt": brought[1],
            "built_layer/requirements.txt": greeting[0],
            "layers/low/python/layered.py": "name = 'low'",
            "layers/low/python/low.py": "name = 'low'",
            "layers/low/data/low.txt": "low",
            "layers/high/python/layered.py": "name = 'high'",
            "layers/high/python/lib/python{}.{}/site-packages/sited.py".format(*sys.version_info): "name = 'sited'",
            "layers/high/data/high.txt": "high",
            "missing/app.py": "import no_such_module_at_all",
            "shared/tools.py": "",
            "wants_shared/app.py": "import tools",
        },
    )
    return root


@pytest.fixture(scope="module", params=["with namespaces", "without"])
def functions(request: pytest.FixtureRequest, project: Path) -> Iterator[dict[str, Deployed]]:
    names = ("plain", "other", "one", "two", "pinned", "six", "vendored", "missing", "wants_shared")
    layers = (project / "layers" / "low", project / "layers" / "high")
    made: list[Function] = [code_function(name, project / name) for name in names]
    made.append(code_function("layered", project / "plain", layers=layers))
    of_layer = (f"-r {project / 'built_layer' / 'requirements.txt'}",)
    made.append(code_function("with_layer_packages", project / "plain", packages=of_layer))
    made.append(code_function("with_both", project / "two", packages=of_layer))
    made.append(code_function("slashes", project / "deep", "src/api/app.handler"))
    made.append(make_function("node", "index.handler", fault="it runs on nodejs22.x"))
    made.append(make_function("again", "app.handler", code=FunctionCode(project / "plain")))
    namespaces = request.param == "with namespaces"
    with running_functions(project, *made, namespaces=namespaces) as running:
        if namespaces and running["plain"].result("os.environ.get('TMPDIR')") is not None:
            pytest.skip("this system has no mount namespaces for this user")
        yield running


def test_each_folder_has_its_own_modules_of_one_name(functions: dict[str, Deployed]) -> None:
    found = {name: functions[name].result("__import__('helper').name") for name in ("plain", "other")}
    assert found == {"plain": "plain", "other": "other"}


def test_the_code_folder_is_the_first_on_the_import_path(functions: dict[str, Deployed], project: Path) -> None:
    assert functions["plain"].result("sys.path[0]") == str(project / "plain")


def test_a_handler_with_slashes_is_found(functions: dict[str, Deployed]) -> None:
    assert functions["slashes"].result() == "deep"


@pytest.mark.parametrize(
    "reading",
    [
        "open('page.html').read()",
        "(pathlib.Path(__file__).parent / 'page.html').read_text()",
        "pathlib.Path(os.environ['LAMBDA_TASK_ROOT'], 'page.html').read_text()",
        "subprocess.check_output(['cat', 'page.html']).decode()",
    ],
)
def test_files_beside_the_code_can_be_read(functions: dict[str, Deployed], reading: str) -> None:
    assert functions["plain"].result(reading) == "<p>"


@pytest.mark.parametrize("path", ["'page.html'", "__file__", "os.environ['LAMBDA_TASK_ROOT'] + '/new.txt'"])
def test_files_beside_the_code_cannot_be_written(functions: dict[str, Deployed], path: str) -> None:
    assert functions["plain"].result(f"open({path}, 'a')").startswith("OSError: [Errno 30] Read-only file system")


def test_nothing_is_written_into_the_project(functions: dict[str, Deployed], project: Path) -> None:
    functions["plain"].result("__import__('helper').name")
    assert not list(project.rglob("__pycache__"))


def test_the_working_folder_is_the_code(functions: dict[str, Deployed]) -> None:
    assert "app.py" in functions["plain"].result("os.listdir('.')")


def test_two_functions_have_different_versions_of_a_package(functions: dict[str, Deployed]) -> None:
    found = [functions[name].result("__import__('greeting').text") for name in ("one", "two")]
    assert found == ["1.0", "2.0"]


def test_a_function_without_packages_has_the_base_ones_only(functions: dict[str, Deployed]) -> None:
    assert functions["plain"].result("__import__('greeting')").startswith("ModuleNotFoundError")
    assert functions["plain"].result("__import__('jmespath').__version__")


def test_a_package_of_the_function_wins_over_the_preloaded_one(functions: dict[str, Deployed]) -> None:
    pinned = functions["pinned"]
    assert pinned.result("__import__('jmespath').text") == "7.0"
    assert pinned.result("__import__('jmespath').__file__") != functions["plain"].result(
        "__import__('jmespath').__file__"
    )


def test_boto3_works_with_the_function_s_version_of_a_package_that_it_needs(functions: dict[str, Deployed]) -> None:
    function = functions["six"]
    assert function.result("__import__('boto3') and sys.modules['six'].__version__") == "99.0"
    assert function.result("sys.modules['dateutil.parser'] and sys.modules['six'].__file__") != functions[
        "plain"
    ].result("__import__('six').__file__")
    denied = function.result("__import__('boto3').client('s3').list_buckets()")
    assert denied.startswith("NotEmulatedError: homeport has no s3")


def test_a_function_goes_on_when_the_branch_of_its_packages_has_ended(functions: dict[str, Deployed]) -> None:
    function = functions["six"]
    branch = function.result("os.getppid()")
    assert branch != functions["plain"].result("os.getppid()")
    os.kill(branch, signal.SIGKILL)
    wait_until(lambda: not alive(branch))
    invocation = function.invoke("1 + 1")
    if invocation.error is not None:
        # The worker of that branch was killed while it ran.
        invocation = function.invoke("1 + 1")
    assert invocation.payload == b"2"


def test_a_package_in_the_code_folder_wins_over_every_other(functions: dict[str, Deployed]) -> None:
    assert functions["vendored"].result("__import__('jmespath').text") == "vendored"


def test_a_function_with_packages_of_its_own_still_has_boto3(functions: dict[str, Deployed]) -> None:
    assert functions["one"].result("__import__('boto3').client('dynamodb').meta.region_name") == "eu-west-1"


def test_layers_are_laid_over_each_other(functions: dict[str, Deployed]) -> None:
    layered = functions["layered"]
    names = [layered.result(f"__import__('{name}').name") for name in ("layered", "low", "sited")]
    assert names == ["high", "low", "sited"]
    if layered.result("os.environ.get('TMPDIR')") is None and Path("/opt").is_dir():
        read = [layered.result(f"open('/opt/data/{name}.txt').read()") for name in ("low", "high")]
        assert read == ["low", "high"]


def test_packages_of_a_layer_are_found_after_the_function_s_own(functions: dict[str, Deployed]) -> None:
    found = [functions[name].result("__import__('greeting').text") for name in ("with_layer_packages", "with_both")]
    assert found == ["1.0", "2.0"]


def test_a_missing_package_names_the_pip_file_of_the_function(functions: dict[str, Deployed]) -> None:
    invocation = functions["missing"].invoke()
    assert error_of(invocation)["errorType"] == "Runtime.ImportModuleError"
    hint = "no_such_module_at_all is not in the function's bundle: add it to missing/requirements.txt"
    assert hint in invocation.log.decode()


def test_a_module_outside_the_code_folder_is_the_project_s_own(functions: dict[str, Deployed]) -> None:
    hint = "shared/tools is not in this function's code, which is wants_shared: put it there, or into a layer"
    assert hint in functions["wants_shared"].invoke().log.decode()


def test_a_function_that_cannot_run_fails_and_its_log_says_why(functions: dict[str, Deployed]) -> None:
    invocation = functions["node"].invoke()
    assert json.loads(invocation.payload)["errorMessage"] == "it runs on nodejs22.x"
    assert invocation.error == "Unhandled"
    assert invocation.log.decode() == "homeport: node was not run: it runs on nodejs22.x\n"
