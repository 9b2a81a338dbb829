"""The supervisor with real processes: starts, restarts, gives up, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from homeport.dev.supervisor import describe_exit
from tests.support.waiting import LAST_RESORT, SlownessMeter, eventually

ROOT = Path(__file__).parents[2]

# The supervisor takes over the signals of its process, so each test gives it one of its own.
SCRIPT = """
import os, subprocess, sys
from homeport.dev.supervisor import Child, Started
from homeport.dev.supervisor import Supervisor

# Several processes print: a line is one write.
def tell(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

def child(name, code, **kind):
    def start(lifeline):
        status, write = os.pipe()
        command = [sys.executable, "-c", code, str(lifeline), str(write)]
        process = subprocess.Popen(command, pass_fds=(lifeline, write), start_new_session=True)
        os.close(write)
        return Started(process, status)
    return Child(name, start, **kind)

READY = "import os, sys, threading, time; say = lambda: os.write(int(sys.argv[2]), b'ready\\\\n');"
SLEEP = READY + "os.write(1, f'pid {name} {{os.getpid()}}\\\\n'.encode()); say(); os.read(int(sys.argv[1]), 1)"

def main(*children):
    try:
        Supervisor(children, lambda line: tell("said", line)).run(lambda: tell("READY"))
    except Exception as error:
        tell("failed", error)
        sys.exit(2)
"""


def start(body: str) -> subprocess.Popen[str]:
    code = SCRIPT + textwrap.dedent(body)
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT)


def lines_until(process: subprocess.Popen[str], wanted: str) -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if wanted in line:
            return lines
    raise AssertionError(f"{wanted!r} was never printed, only {lines}")


def pid_of(lines: list[str], name: str) -> int:
    return int([line.split()[2] for line in lines if line.startswith(f"pid {name} ")][-1])


def is_gone(pid: int) -> bool:
    def has_ended() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return False

    return eventually(has_ended)


def finish(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=LAST_RESORT)
    return output


TWO = """
main(child("a", SLEEP.format(name="a")), child("b", SLEEP.format(name="b")))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_every_child_and_exits_cleanly(number: signal.Signals) -> None:
    process = start(TWO)
    lines = lines_until(process, "READY")
    process.send_signal(number)
    finish(process)
    assert process.returncode == 0
    assert is_gone(pid_of(lines, "a"))
    assert is_gone(pid_of(lines, "b"))


def test_a_killed_child_is_back_within_two_seconds_of_a_quiet_machine() -> None:
    process = start(TWO)
    lines = lines_until(process, "READY")
    killed = pid_of(lines, "b")
    os.kill(killed, signal.SIGKILL)
    before = time.monotonic()
    with SlownessMeter() as meter:
        again = lines_until(process, "pid b")
        seconds = time.monotonic() - before
    assert "said b ended (signal SIGKILL); starting it again" in again
    assert pid_of(again, "b") != killed
    assert seconds < 2 * meter.worst
    process.terminate()
    finish(process)


def test_states_of_the_children_are_published_as_they_change() -> None:
    process = start("""
    def published(states):
        shown = " ".join(f"{state.name}={state.state}/{state.restarts}/{state.last_exit}" for state in states)
        tell("states", shown)

    once = child("once", READY + "say()", oneshot=True)
    supervisor = Supervisor([once, child("a", SLEEP.format(name="a"))], lambda line: None, publish=published)
    supervisor.run(lambda: tell("READY"))
    """)
    lines_until(process, "states once=starting/0/ a=starting/0/")
    lines = lines_until(process, "states once=done/0/ a=running/0/")
    os.kill(pid_of(lines, "a"), signal.SIGKILL)
    lines_until(process, "a=starting/1/signal SIGKILL")
    lines_until(process, "a=running/1/signal SIGKILL")
    process.terminate()
    finish(process)


def test_when_the_supervisor_is_killed_the_children_end() -> None:
    process = start(TWO)
    lines = lines_until(process, "READY")
    process.kill()
    finish(process)
    assert is_gone(pid_of(lines, "a"))
    assert is_gone(pid_of(lines, "b"))


def test_a_child_that_ends_before_it_is_ready_is_a_clear_failure_and_ends_the_others() -> None:
    process = start('main(child("a", SLEEP.format(name="a")), child("b", "import sys; sys.exit(3)"))')
    output = finish(process)
    assert "failed b did not start: exit status 3" in output
    assert process.returncode == 2


def test_a_child_that_keeps_dying_is_given_up() -> None:
    process = start('main(child("a", READY + "say(); time.sleep(0.05); sys.exit(7)"))')
    output = finish(process)
    assert "failed a ended 5 times within 20 s: exit status 7" in output
    assert process.returncode == 2


def test_a_follower_does_its_work_again_after_the_child_it_follows_came_back() -> None:
    process = start(
        """
        once = READY + "os.write(1, b'worked\\\\n'); say()"
        main(child("a", SLEEP.format(name="a")), child("prepare", once, oneshot=True, follows="a"))
        """
    )
    lines = lines_until(process, "READY")
    assert "worked" in lines
    os.kill(pid_of(lines, "a"), signal.SIGKILL)
    lines_until(process, "worked")
    process.terminate()
    finish(process)
    assert process.returncode == 0


def test_follower_that_fails_when_it_runs_again_leaves_the_others_running() -> None:
    process = start(
        """
        import tempfile
        done = tempfile.mktemp()
        once = READY + f"os.path.exists({done!r}) and sys.exit(3); open({done!r}, 'w'); say()"
        main(child("a", SLEEP.format(name="a")), child("prepare", once, oneshot=True, follows="a"))
        """
    )
    lines = lines_until(process, "READY")
    os.kill(pid_of(lines, "a"), signal.SIGKILL)
    again = lines_until(process, "said prepare")
    assert again[-1] == "said prepare failed (exit status 3); what it did before stays"
    # The two processes print in any order.
    if not any(line.startswith("pid a ") for line in again):
        again += lines_until(process, "pid a ")
    os.kill(pid_of(again, "a"), 0)
    process.terminate()
    finish(process)
    assert process.returncode == 0


def test_a_child_that_ignores_the_request_to_end_is_killed() -> None:
    process = start(
        """
        deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + SLEEP.format(name="a")
        main(child("a", deaf.replace("os.read(int(sys.argv[1]), 1)", "time.sleep(60)")))
        """
    )
    lines = lines_until(process, "READY")
    process.terminate()
    finish(process)
    assert is_gone(pid_of(lines, "a"))


def test_exits_are_described_as_people_know_them() -> None:
    assert describe_exit(3) == "exit status 3"
    assert describe_exit(-9) == "signal SIGKILL"
    assert describe_exit(-200) == "signal 200"


RENEW = """
import threading, time
from homeport.dev.supervisor import Renewal
from tests.support.waiting import LAST_RESORT, eventually
import signal

def starts(code):
    return child("worker", code).start

STAYS = (
    READY + "import signal; signal.signal(signal.SIGUSR1, lambda *_: (time.sleep(0.5), os._exit(0)));"
    "os.write(1, f'pid {name} {os.getpid()}\\\\n'.encode()); say(); os.read(int(sys.argv[1]), 1)"
)

def run(second):
    first = child("worker", STAYS.replace("{name}", "old"))
    supervisor = Supervisor([first], lambda line: tell("said", line))
    renewal = Renewal("worker", starts(second), signal.SIGUSR1, lambda: tell("renewed"))
    def later():
        time.sleep(0.2)
        supervisor.renew(renewal)
    supervisor.run(threading.Thread(target=later).start)
"""


def test_a_child_goes_on_as_another_process_and_the_old_one_ends_when_it_is_done() -> None:
    process = start(RENEW + "run(STAYS.replace('{name}', 'new'))")
    lines = lines_until(process, "renewed")
    old, new = pid_of(lines, "old"), pid_of(lines, "new")
    os.kill(old, 0)
    assert is_gone(old)
    os.kill(new, 0)
    process.send_signal(signal.SIGTERM)
    assert "said" not in finish(process)
    assert is_gone(new)


def test_another_process_that_does_not_start_leaves_the_old_one() -> None:
    process = start(RENEW + "run('raise SystemExit(3)')")
    lines = lines_until(process, "said")
    assert lines[-1] == "said worker did not start anew (exit status 3); it stays as it was"
    os.kill(pid_of(lines, "old"), 0)
    process.send_signal(signal.SIGTERM)
    assert "renewed" not in finish(process)


def test_a_child_aside_starts_when_the_others_are_ready_and_nobody_waits_for_it() -> None:
    process = start("""
        never = "import os, sys; os.write(1, b'pid aside 1\\\\n'); os.read(int(sys.argv[1]), 1)"
        main(child("aside", never, optional=True), child("a", SLEEP.format(name="a")))
    """)
    lines = lines_until(process, "pid aside")
    process.send_signal(signal.SIGTERM)
    finish(process)
    assert process.returncode == 0
    assert [line.split()[0] for line in lines] == ["pid", "READY", "pid"]


def test_a_child_with_a_listener_starts_with_the_first_connection() -> None:
    process = start("""
        import socket, threading, time
        listener = socket.create_server(("127.0.0.1", 0))

        def connect():
            tell("CONNECT")
            socket.create_connection(listener.getsockname())

        threading.Timer(0.3, connect).start()
        served = SLEEP.format(name="served")
        main(child("served", served, optional=True, listener=listener.fileno()), child("a", SLEEP.format(name="a")))
    """)
    lines = lines_until(process, "pid served")
    process.send_signal(signal.SIGTERM)
    finish(process)
    assert process.returncode == 0
    assert lines.index("CONNECT") < len(lines) - 1


def test_a_child_aside_that_can_not_be_kept_alive_is_given_up_and_the_rest_goes_on() -> None:
    process = start("""
        main(child("aside", "raise SystemExit(3)", optional=True), child("a", SLEEP.format(name="a")))
    """)
    lines = lines_until(process, "goes on without it")
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    finish(process)
    assert process.returncode == 0
    assert lines[-1] == "said aside ended 5 times within 20 s: exit status 3; the rest goes on without it"
