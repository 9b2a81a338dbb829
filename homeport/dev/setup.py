"""``homeport setup``: makes the package sets beforehand, so that the first start needs no network."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from homeport.dynamodb.engine import engine_packages
from homeport.environment import read_environment
from homeport.packages import Say
from homeport.runtime.interpreter import find_interpreter
from homeport.runtime.launch import function_packages


def setup(project: Path, runtime: str, engine: bool, say: Say) -> None:
    """Make the functions' set for a runtime (``python3.13``), and the embedded engine's if ``engine``.

    Raises SetupError.
    """
    cache = read_environment().cache_dir
    interpreter = find_interpreter(runtime, os.environ.get("PATH", ""), Path.home())
    if interpreter.warning:
        print(f"warning: {interpreter.warning}", file=sys.stderr)
    say(f"functions: {function_packages(cache, project, interpreter, say)}")
    if engine:
        say(f"engine: {engine_packages(cache, say)}")
