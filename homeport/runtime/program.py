"""The program that serves a function's environments by the Runtime API: Node's bootstrap, or the function's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

BOOTSTRAP = "bootstrap"


@dataclass(frozen=True, slots=True)
class RuntimeProgram:
    """The program of a runtime that is not Python's.

    ``arguments`` is its command line. A first argument ``bootstrap`` stands for the function's own, which Lambda looks
    for in /var/task and then in /opt. ``environment`` has the variables that the program needs beside Lambda's and the
    function's. ``visible`` are folders of this machine that it has to see in the environment: its interpreter, the
    kit's own bootstrap, an SDK.

    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html
    """

    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    visible: tuple[Path, ...] = ()
