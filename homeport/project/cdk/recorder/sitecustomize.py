"""A module that Python loads before a CDK app, for one run of it: at the end, the files that were opened are listed.

The folder of the lists is the variable HOMEPORT_CDK_RECORD. Python imports this module by its name, from PYTHONPATH.
https://docs.python.org/3/library/site.html#module-sitecustomize
"""

from __future__ import annotations

import atexit
import json
import os
import sys
from pathlib import Path
from typing import Any

_opened: set[str] = set()


def _note(event: str, arguments: Any) -> None:
    if event == "open" and isinstance(arguments[0], str) and arguments[1] in ("r", "rb", None):
        _opened.add(arguments[0])


def _write(folder: str, start: Path) -> None:
    modules = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    files = {file for file in modules if isinstance(file, str)} | _opened
    try:
        text = json.dumps(sorted(str(start / file) for file in files))
        Path(folder, f"files-{os.getpid()}.json").write_text(text)
    except OSError:
        # The folder is gone: nobody waits for the list any more.
        return


if os.environ.get("HOMEPORT_CDK_RECORD"):
    sys.addaudithook(_note)
    atexit.register(_write, os.environ["HOMEPORT_CDK_RECORD"], Path.cwd())
