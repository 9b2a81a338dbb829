"""What a function may write: its /tmp, and nothing else."""

from __future__ import annotations

import json

import pytest

from tests.support.runtime import Deploy, Deployed

CODE = """
    import os, pathlib, shutil, subprocess, tempfile
    def handler(event, context):
        eval(event, globals() | locals())
        return "written"
"""


@pytest.fixture
def function(deploy: Deploy) -> Deployed:
    return deploy(CODE)


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
def test_its_own_temporary_folder_can_be_written_to(function: Deployed, action: str) -> None:
    assert function.result(action) == "written"


def test_other_folders_below_tmp_can_be_written_to(function: Deployed) -> None:
    folder = function.parent.setup.home
    assert function.result(f"pathlib.Path({str(folder)!r}, 'shared').write_text('')") == "written"
