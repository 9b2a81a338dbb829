"""What a supervisor leaves on disk: that of a living one stays, that of a killed one goes."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from homeport.dev.running_instance import private_runtime_dir, remove_abandoned_dirs, running_instances

HOLDS = "from homeport.dev.running_instance import private_runtime_dir\nwith private_runtime_dir() as home: print(home, flush=True); input()"  # noqa: E501

ANNOUNCES = (
    "import sys\n"
    "from pathlib import Path\n"
    "from homeport.dev.running_instance import RunningInstance, announce\n"
    "with announce(Path(sys.argv[1]), RunningInstance(sys.argv[2], None, 'local')):\n"
    "    print('announced', flush=True)\n"
    "    input()\n"
)


def holder(folder: Path) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS],
        env={"TMPDIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_home_is_private_and_gone_at_the_end() -> None:
    with private_runtime_dir() as home:
        assert home.stat().st_mode & 0o777 == 0o700
    assert not home.exists()


def test_the_home_of_a_killed_supervisor_is_removed_and_that_of_a_living_one_is_not(tmp_path: Path) -> None:
    with holder(tmp_path)[0] as killed, holder(tmp_path)[0] as living:
        assert len(list(tmp_path.iterdir())) == 2
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        remove_abandoned_dirs(tmp_path)
        assert len(list(tmp_path.iterdir())) == 1
        living.communicate("\n")
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_is_being_made_is_not_taken_for_an_abandoned_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = fcntl.flock

    def lock_late(descriptor: int, operation: int) -> None:
        if operation == fcntl.LOCK_EX:
            remove_abandoned_dirs(tmp_path)
        lock(descriptor, operation)

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(fcntl, "flock", lock_late)
    with private_runtime_dir() as home:
        assert home.is_dir()


@pytest.mark.parametrize("name", ["homeport-other", "elsewhere"])
def test_a_folder_that_is_no_home_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    remove_abandoned_dirs(tmp_path)
    assert (tmp_path / name).is_dir()


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "homeport-x").mkdir()
    (tmp_path / "file").write_text("mine")
    (tmp_path / "homeport-x" / "lock").symlink_to(tmp_path / "file")
    remove_abandoned_dirs(tmp_path)
    assert (tmp_path / "homeport-x").is_dir()


def test_killed_instance_is_not_found_even_if_another_program_has_its_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        url = f"http://127.0.0.1:{other.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "-c", ANNOUNCES, str(tmp_path), url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if name != "HOMEPORT_STATE_DIR"},
        )
        with process:
            assert process.stdout is not None
            process.stdout.readline()
            assert [found.url for found in running_instances(tmp_path)] == [url]
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert running_instances(tmp_path) == []
    assert list((tmp_path / ".homeport" / "running").iterdir()) == []
