"""A function may write to its /tmp alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.runtime import Deploy, Deployed, RunningParent, deployer, running_parent

pytestmark = pytest.mark.stack

CODE = """
    import os, pathlib, shutil, subprocess, tempfile
    def handler(event, context):
        return str(eval(event, globals() | locals()))
"""


@pytest.fixture(scope="module")
def plain_parent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningParent]:
    """A parent without namespaces, as on macOS."""
    with running_parent(tmp_path_factory.mktemp("plain") / "project", namespaces=False) as running:
        yield running


@pytest.fixture(params=["with namespaces", "without"])
def deploy_either(
    request: pytest.FixtureRequest, parent: RunningParent, plain_parent: RunningParent
) -> Iterator[Deploy]:
    with deployer(plain_parent if request.param == "without" else parent) as deploy:
        if request.param == "with namespaces" and deploy(CODE).result("os.environ.get('TMPDIR')") != "None":
            pytest.skip("this system has no mount namespaces for this user")
        yield deploy


@pytest.fixture
def function(deploy_either: Deploy) -> Deployed:
    return deploy_either(CODE)


@pytest.fixture
def sandboxed(deploy: Deploy) -> Deployed:
    function = deploy(CODE)
    if function.result("os.environ.get('TMPDIR')") != "None":
        pytest.skip("this system has no mount namespaces for this user")
    return function


@pytest.mark.parametrize(
    "action",
    [
        "open('data.json', 'w')",
        "open('service/handlers/__init__.py', 'a')",
        "open(__file__, 'r+')",
        "pathlib.Path(__file__).write_text('')",
        "pathlib.Path(__file__).unlink()",
        "pathlib.Path(__file__).with_name('folder').mkdir()",
        "pathlib.Path(__file__).chmod(0o600)",
        "os.rename(__file__, tempfile.gettempdir() + '/stolen')",
        "os.symlink('/etc/hosts', 'hosts')",
        "os.truncate(__file__, 0)",
        "open(os.path.expanduser('~/notes.txt'), 'w')",
        "open('/var/task/data.json', 'w')",
        "shutil.copy('/etc/hosts', os.path.dirname(__import__('boto3').__file__))",
    ],
)
def test_the_rest_of_the_file_system_is_read_only(function: Deployed, action: str) -> None:
    error = json.loads(function.invoke(action).payload)
    assert error["errorType"] == "OSError"
    assert error["errorMessage"].startswith("[Errno 30] Read-only file system: ")


@pytest.mark.parametrize(
    "action",
    [
        "pathlib.Path(tempfile.gettempdir(), 'a').write_text('')",
        "tempfile.NamedTemporaryFile().close()",
        "shutil.rmtree(tempfile.mkdtemp())",
        "[os.mkdir(name := tempfile.gettempdir() + '/d'), os.rename(name, name + 'e')]",
        "open('/dev/null', 'w').write('x')",
        "subprocess.run(['true'], check=True)",
        "open(__file__).read()",
    ],
)
def test_a_function_can_write_to_its_own_temporary_folder(function: Deployed, action: str) -> None:
    function.result(action)


def test_each_environment_has_a_temporary_folder_of_its_own(deploy_either: Deploy) -> None:
    one, other = deploy_either(CODE), deploy_either(CODE)
    one.result("pathlib.Path(tempfile.gettempdir(), 'mark').write_text('one')")
    assert one.result("os.listdir(tempfile.gettempdir()).count('mark')") == "1"
    assert other.result("os.listdir(tempfile.gettempdir()).count('mark')") == "0"


def test_tmpdir_names_the_temporary_folder_without_namespaces(plain_parent: RunningParent) -> None:
    with deployer(plain_parent) as deploy:
        function = deploy(CODE)
        assert function.result("tempfile.gettempdir()") == function.result("os.environ['TMPDIR']")


def test_namespaces_give_a_function_tmp_and_the_task_root(sandboxed: Deployed) -> None:
    assert sandboxed.result("tempfile.gettempdir()") == "/tmp"
    assert sandboxed.result("os.getcwd()") == "/var/task" == sandboxed.result("os.environ['LAMBDA_TASK_ROOT']")
    assert sandboxed.result("os.listdir('/var/task')") == "['service']"
    assert sandboxed.result("'log' in os.listdir('/var')") == "True"


def test_namespaces_keep_even_a_shell_from_changing_the_code(sandboxed: Deployed) -> None:
    sandboxed.parent.write("precious.py", "x = 1")
    for path in ("/var/task/service", str(sandboxed.parent.setup.project.resolve() / "service")):
        sandboxed.result(f"subprocess.run(['/bin/sh', '-c', 'rm -rf {path}/* /tmp/*; echo > {path}/new'])")
    left = {path.name for path in (sandboxed.parent.setup.project / "service").iterdir()}
    assert {"precious.py", "handlers", "__init__.py"} <= left
    assert "new" not in left


def test_mounts_of_a_function_are_not_visible_outside(sandboxed: Deployed) -> None:
    sandboxed.result("1")
    mounts = Path("/proc/self/mounts").read_text()
    assert str(sandboxed.parent.setup.home) not in mounts
    assert "/var/task" not in mounts


def test_generated_modules_are_found_beside_a_service_that_cannot_be_written(deploy_either: Deploy) -> None:
    function = deploy_either(CODE)
    overlay = function.parent.setup.project / ".homeport" / "generated" / "service"
    overlay.mkdir(parents=True, exist_ok=True)
    (overlay / "_made.py").write_text("value = 7")
    assert function.result("__import__('service._made')._made.value") == "7"
