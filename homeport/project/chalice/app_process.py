"""The process in which an app is read: a Python with Chalice, that of the app's own environment or one with packages.

Where the project has no environment with Chalice in it, its packages are installed into the kit's cache, once, as those
of functions are.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from homeport.environment import hide_state, read_environment, state_dir
from homeport.errors import SetupError
from homeport.file_stamp import FileStamp, file_stamp
from homeport.package_cache import list_package_set
from homeport.project.chalice.file_names import APP_FILE, CONFIG_FILE
from homeport.project.formats.no_aws import NO_AWS, region_of

READER = Path(__file__).with_name("app_reader.py")

_LONGEST = 120.0
_REQUIREMENTS = "requirements.txt"
_CHALICE = re.compile(r"^\s*chalice\b(?!-)", re.MULTILINE | re.IGNORECASE)
# An app that asks AWS while it is imported gets an error at once.
_OWN_VARIABLES = {**NO_AWS, "AWS_MAX_ATTEMPTS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def read_in_process(root: Path, stage: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what ``app_reader.py`` finds in the project in ``root``, or a map with its ``error`` and ``place``.

    A result is kept until a file that went into it changes.
    """
    state = state_dir(root) / "chalice"
    record = state / f"{re.sub(r'[^A-Za-z0-9_-]', '_', stage)}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(record.read_text(encoding="utf-8"))
        if known["stamps"] == _stamps(root, known["result"].get("files", ())):
            return dict(known["result"])
    stamps = _stamps(root, ())
    result = _read(root, stage, environ)
    if stamps == _stamps(root, ()):
        state.mkdir(parents=True, exist_ok=True)
        hide_state(root)
        content = {"stamps": _stamps(root, result.get("files", ())), "result": result}
        draft = record.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(content), encoding="utf-8")
        draft.replace(record)
    return result


def _stamps(root: Path, files: Any) -> dict[str, FileStamp]:
    return {name: file_stamp(root / name) for name in (APP_FILE, CONFIG_FILE, _REQUIREMENTS, *files)}


def _read(root: Path, stage: str, environ: Mapping[str, str]) -> dict[str, Any]:
    try:
        python, packages, fault = _python(root)
    except SetupError as error:
        return {"error": str(error), "place": ["", 0]}
    found = _run(root, stage, environ, python, packages)
    if "error" in found and fault is not None:
        found["error"] = f"{found['error']} ({fault})"
    return found


def _run(root: Path, stage: str, environ: Mapping[str, str], python: str, packages: list[Path]) -> dict[str, Any]:
    variables = {name: value for name, value in environ.items() if not name.startswith("AWS_")}
    region = region_of(environ)
    path = os.pathsep.join(map(str, packages))
    variables |= {**_OWN_VARIABLES, "AWS_DEFAULT_REGION": region, "AWS_REGION": region, "PYTHONPATH": path}
    with tempfile.TemporaryDirectory(prefix="homeport-chalice-") as folder:
        result = Path(folder, "result.json")
        try:
            done = subprocess.run(
                [python, str(READER), str(root), stage, str(result)],
                cwd=root,
                env=variables,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_LONGEST,
                check=False,
            )
            return dict(json.loads(result.read_text(encoding="utf-8")))
        except subprocess.TimeoutExpired:
            return {"error": f"its import took more than {_LONGEST:.0f} seconds", "place": ["", 0]}
        except (OSError, ValueError):
            last = done.stderr.strip().splitlines()[-1:] or [f"it ended with the status {done.returncode}"]
            return {"error": last[0], "place": ["", 0]}


def _python(root: Path) -> tuple[str, list[Path], SetupError | None]:
    """Return an interpreter, the folders of Chalice and of the app's packages, and the error of missing packages.

    Raises SetupError where Chalice can't be had.
    """
    for name in (".venv", "venv", "env", ".env"):
        program = root / name / "bin" / "python"
        if program.exists() and any((root / name).glob("lib/python*/site-packages/chalice/__init__.py")):
            return str(program), [], None
    requirements = root / _REQUIREMENTS
    folders: list[Path] = []
    text = requirements.read_text(encoding="utf-8-sig", errors="replace") if requirements.is_file() else ""
    fault: SetupError | None = None
    if text.strip():
        try:
            folders.append(_package_set(f"-r {requirements}", _REQUIREMENTS))
        except SetupError as error:
            fault = error
    if not _CHALICE.search(text) or fault is not None:
        try:
            folders.append(_package_set("chalice", "Chalice"))
        except SetupError as error:
            raise fault or error from error
    return sys.executable, folders, fault


def _package_set(line: str, shown: str) -> Path:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return list_package_set(
        read_environment().cache_dir, "function", [line], shown=shown, python=sys.executable, version=version, say=_say
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr)
