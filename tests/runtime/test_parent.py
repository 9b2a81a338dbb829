"""Processes end with the processes that they belong to, by kill -9 and otherwise."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from homeport.runtime.host.launch import RETIRE
from tests.support.runtime import (
    COUNTS,
    RunningParent,
    alive,
    call_gate,
    children,
    deployer,
    packages,
    pid_of,
    running_parent,
    start_ready,
)
from tests.support.waiting import eventually

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[2]
STUCK = """
    def handler(event, context):
        while True: pass
"""
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a stuck process by its lifeline")


def start_gateway(parent: RunningParent, handler: str) -> subprocess.Popen[str]:
    lifeline, _hold = os.pipe()
    command = [sys.executable, "-m", "tests.support.lambda_gateway", str(parent.setup.socket_path)]
    command += [str(parent.setup.scratch), handler, str(lifeline)]
    return subprocess.Popen(command, cwd=ROOT, pass_fds=[lifeline], stdout=subprocess.PIPE, text=True)


def stuck_worker(parent: int) -> int:
    """Return the pid of a parent's only worker, once it runs STUCK."""
    assert eventually(lambda: len(children(parent)) == 1)
    time.sleep(0.3)
    [pid] = children(parent)
    return pid


def test_kill_9_of_the_gateway_ends_its_workers_also_a_stuck_one(tmp_path: Path) -> None:
    with running_parent(tmp_path / "project") as parent:
        gateway = start_gateway(parent, parent.add_handler(STUCK))
        pid = stuck_worker(parent.process.pid)
        gateway.kill()
        gateway.communicate()
        assert eventually(lambda: not alive(pid))
        assert parent.process.poll() is None


@linux_only
def test_a_stuck_worker_ends_with_its_gateway_although_its_parent_is_gone(tmp_path: Path) -> None:
    with running_parent(tmp_path / "project") as parent:
        gateway = start_gateway(parent, parent.add_handler(STUCK))
        pid = stuck_worker(parent.process.pid)
        parent.process.kill()
        parent.process.wait()
        assert alive(pid)
        gateway.kill()
        gateway.communicate()
        assert eventually(lambda: not alive(pid))


def test_kill_9_of_the_supervisor_ends_everything_also_a_stuck_worker(tmp_path: Path) -> None:
    with running_parent(tmp_path / "project") as other:
        handler = other.add_handler(STUCK)
    home = tmp_path / "home"
    home.mkdir()
    command = [sys.executable, "-m", "tests.support.lambda_supervisor"]
    arguments = [str(tmp_path / "project"), str(packages()), str(home), handler]
    with subprocess.Popen([*command, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        pids = [int(pid) for pid in supervisor.stdout.readline().split()]
        pids.append(stuck_worker(pids[0]))
        supervisor.kill()
    assert eventually(lambda: not any(alive(pid) for pid in pids))
    assert eventually(lambda: list(home.iterdir()) == [])


def test_sigterm_ends_the_parent_its_workers_and_its_files(tmp_path: Path) -> None:
    with running_parent(tmp_path / "project") as parent:
        gateway = start_gateway(parent, parent.add_handler(STUCK))
        pid = stuck_worker(parent.process.pid)
        parent.process.terminate()
        assert parent.process.wait(60) == 0
        assert not alive(pid)
        assert list(parent.setup.home.iterdir()) == []
        answer, _ = gateway.communicate()
        assert "Runtime.ExitError" in answer


def test_a_parent_that_is_replaced_ends_with_its_last_worker(tmp_path: Path) -> None:
    with running_parent(tmp_path / "project") as parent, deployer(parent) as deploy:
        function = deploy(COUNTS)
        warm = pid_of(function.invoke())
        new = start_ready(parent.setup)
        parent.process.send_signal(RETIRE)
        assert pid_of(function.invoke()) == warm
        function.runtime.replace({function.name: function.config})
        assert pid_of(function.invoke()) in children(new.pid)
        assert parent.process.wait(60) == 0
        assert pid_of(function.invoke()) in children(new.pid)
        new.terminate()
        new.wait(60)


def test_a_request_that_runs_ends_on_the_parent_that_started_it(tmp_path: Path) -> None:
    with running_parent(tmp_path / "project") as parent, deployer(parent) as deploy:
        function = deploy(COUNTS, timeout=60)
        with call_gate() as gate, ThreadPoolExecutor(1) as threads:
            running = threads.submit(function.result, gate.event)
            gate.wait_for(1)
            new = start_ready(parent.setup)
            parent.process.send_signal(RETIRE)
            function.runtime.replace({function.name: function.config})
            assert function.result()["pid"] in children(new.pid)
            gate.open()
            assert running.result()["calls"] == 1
        assert parent.process.wait(60) == 0
        new.terminate()
        new.wait(60)


def test_a_ctrl_c_in_the_terminal_does_not_reach_the_parent(parent: RunningParent) -> None:
    assert os.getpgid(parent.process.pid) == parent.process.pid != os.getpgid(0)
    # A session of its own would be scheduled apart from the rest of the stack.
    assert os.getsid(parent.process.pid) == os.getsid(0)


def test_a_connection_that_sends_nonsense_or_nothing_harms_nobody_else(parent: RunningParent) -> None:
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.connect(str(parent.setup.socket_path))
        sock.sendall(b"\x00\x00")
    time.sleep(0.05)
    assert parent.process.poll() is None


def test_the_socket_is_in_a_private_folder(parent: RunningParent) -> None:
    assert parent.setup.home.stat().st_mode & 0o077 == 0
    os.kill(parent.process.pid, signal.SIGCHLD)
    time.sleep(0.05)
    assert parent.process.poll() is None
