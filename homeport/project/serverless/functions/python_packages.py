"""The packages of functions in Python, which serverless-python-requirements puts into what is deployed.

https://github.com/serverless/serverless-python-requirements
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from homeport.project.esbuild import is_file
from homeport.project.serverless.service import ServerlessService, text_of

PYTHON_PLUGINS = (
    *("serverless-python-requirements", "serverless-python-individually", "serverless-package-python-functions"),
    *("serverless-python-individual-requirements", "serverless-plugin-python-requirements"),
)
_DEFAULT = "requirements.txt"
_PROVIDED = ("boto3", "botocore", "s3transfer", "jmespath", "python_dateutil", "urllib3", "six")


def extra_packages(service: ServerlessService, code: Path) -> list[str]:
    """Return lines for pip that name the packages of a function's folder which stand in no requirements.txt of its own.

    They are in a file of another name or place, or in the lock of Pipenv or Poetry.
    """
    settings = service.custom.at("pythonRequirements")
    name = text_of(settings.at("fileName")) or _DEFAULT
    if name != _DEFAULT:
        found = next((place for place in (code / name, service.folder / name) if is_file(place)), None)
        return [f"-r {found}"] if found is not None else []
    if not service.has_plugin(*PYTHON_PLUGINS) or is_file(code / _DEFAULT):
        return []
    if settings.at("usePipenv").value is not False and is_file(code / "Pipfile.lock"):
        return list(_of_pipenv(code / "Pipfile.lock"))
    if settings.at("usePoetry").value is not False and is_file(code / "poetry.lock"):
        return list(_of_poetry(code / "poetry.lock"))
    if is_file(code / "uv.lock"):
        return list(_of_uv(code / "uv.lock"))
    return []


def report_unpackaged(service: ServerlessService, folders: Iterable[Path]) -> None:
    """Warn of a requirements.txt that nothing packages for AWS: its packages are installed here nevertheless."""
    if service.has_plugin(*PYTHON_PLUGINS) or service.has_plugin("serverless-wsgi") or service.top.has("layers"):
        return
    listed = [folder / _DEFAULT for folder in folders if _lists_packages(folder / _DEFAULT)]
    if listed:
        service.provider.warning(
            f"the packages of {_DEFAULT} are installed here, and serverless deploy leaves them out",
            "add serverless-python-requirements to plugins",
        )


def _lists_packages(file: Path) -> bool:
    """Return whether a file lists a package that is not in its folder, and that Lambda does not have."""
    try:
        lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError:
        return False
    names = [match[0].lower().replace("-", "_") for line in lines if (match := re.match(r"[A-Za-z][\w.-]*", line))]
    there = {entry.name.lower() for entry in file.parent.iterdir()}
    return any(name not in _PROVIDED and not {name, f"{name}.py"} & there for name in names)


def _of_pipenv(file: Path) -> Iterator[str]:
    try:
        packages = json.loads(file.read_text(encoding="utf-8")).get("default", {})
    except (OSError, ValueError, AttributeError):
        return
    for name, entry in packages.items() if isinstance(packages, dict) else ():
        version = entry.get("version") if isinstance(entry, dict) else None
        if isinstance(version, str):
            extras = entry.get("extras")
            markers = entry.get("markers")
            shown = f"[{','.join(extras)}]" if isinstance(extras, list) else ""
            yield f"{name}{shown}{version}{f'; {markers}' if isinstance(markers, str) else ''}"


def _of_poetry(file: Path) -> Iterator[str]:
    try:
        packages: Any = tomllib.loads(file.read_text(encoding="utf-8")).get("package", [])
    except (OSError, ValueError):
        return
    for entry in packages if isinstance(packages, list) else ():
        is_dev = entry.get("category") == "dev" or "main" not in entry.get("groups", ["main"])
        if not is_dev and isinstance(entry.get("name"), str) and isinstance(entry.get("version"), str):
            yield f"{entry['name']}=={entry['version']}"


def _of_uv(file: Path) -> Iterator[str]:
    """Yield the packages that the project itself depends on, directly or not."""
    try:
        packages: Any = tomllib.loads(file.read_text(encoding="utf-8")).get("package", [])
    except (OSError, ValueError):
        return
    known = {str(each.get("name")): each for each in packages if isinstance(each, dict)}
    waiting = [name for name, each in known.items() if {"virtual", "editable"} & set(each.get("source", ()))]
    seen = set(waiting)
    while waiting:
        for dependency in known.get(waiting.pop(), {}).get("dependencies", ()):
            name = str(dependency.get("name"))
            if name in known and name not in seen:
                seen.add(name)
                waiting.append(name)
                yield f"{name}=={known[name].get('version')}"
