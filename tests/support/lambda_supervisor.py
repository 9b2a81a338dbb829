"""A supervisor's process for tests: a worker parent and a gateway on one lifeline, which this process alone holds.

Run with a project, the package set, a home folder and a Handler setting. Prints the parent's and the gateway's pid.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from homeport.runtime.host.launch import ParentSetup
from tests.support.runtime import own_interpreter, start_ready


def main(project: str, packages: str, home: str, handler: str) -> None:
    """Start both and wait to be killed."""
    lifeline, _ = os.pipe()
    os.set_inheritable(lifeline, True)
    setup = ParentSetup(own_interpreter(), Path(packages), Path(project), Path(home))
    parent = start_ready(setup, lifeline)
    command = [sys.executable, "-m", "tests.support.lambda_gateway"]
    arguments = [str(setup.socket_path), str(setup.scratch), handler, str(lifeline)]
    gateway = subprocess.Popen([*command, *arguments], pass_fds=[lifeline])
    print(parent.pid, gateway.pid, flush=True)
    time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
