"""The code of functions in Node.js: the file of a handler, its export, and the packages beside it.

https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from homeport.project.languages import NODE_SUFFIXES

MANIFEST = "package.json"
LOCKS = ("package-lock.json", "npm-shrinkwrap.json")
_MODULES = "node_modules"
# What npm, Yarn and pnpm write into node_modules as an installation ends.
_MARKS = (".package-lock.json", ".yarn-integrity", ".yarn-state.yml", ".modules.yaml")
_FOLDERS = r"(?:[\w@. -]+/)*"
_SETTING = re.compile(rf"(?P<module>{_FOLDERS}[^./][^./]*)\.(?P<function>[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)")
_EVERYTHING = re.compile(r"\bexport\s*\*|\bmodule\.exports\s*=\s*(?!\{)")


class NodeHandler(NamedTuple):
    """A handler of Node.js: ``function`` (``handler``, ``api.get``) of the module ``module`` (``src/index``)."""

    module: str
    function: str

    @property
    def setting(self) -> str:
        """Lambda's Handler setting."""
        return f"{self.module}.{self.function}"


def parse_node_handler(setting: str) -> NodeHandler | None:
    """Return the handler of a setting as Lambda reads it: the module's name ends at the first dot of its last part.

    https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/blob/main/src/UserFunction.js
    """
    plain = re.sub(r"^(\./)+", "", setting)
    found = _SETTING.fullmatch(plain)
    return NodeHandler(found["module"], found["function"]) if found is not None else None


def node_file(folder: Path, module: str) -> Path | None:
    """Return the file of a module, without its ending, below a folder; None if there is none."""
    place = folder / module
    files = (place.with_name(f"{place.name}{suffix}") for suffix in NODE_SUFFIXES)
    return next((file for file in files if file.is_file()), None)


def module_folders(folder: Path) -> Iterator[Path]:
    """Yield the folders, which may not exist, where Node looks for the packages of code in a folder, nearest first."""
    return (each / _MODULES for each in (folder, *folder.parents))


def lacks_export(content: str, function: str) -> bool:
    """Return whether a module exports no such function, as far as its text tells without running it."""
    first = re.escape(function.partition(".")[0])
    if _EVERYTHING.search(content):
        return False
    # The name may be exported in many ways, but not without standing there.
    return re.search(rf"(?<![\w$]){first}(?![\w$])", content) is None or not re.search(r"\bexports?\b", content)


def manifests(folder: Path, layers: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return each package.json of a function's code and layers that names packages which are not installed beside it.

    ``sam build`` would install those of the code's own folder.
    """
    places = [folder]
    for layer in layers:
        places += [layer / "nodejs", layer]
    found = (place / MANIFEST for place in places if not (place / _MODULES).is_dir())
    return tuple(dict.fromkeys(file for file in found if dependencies(file)))


def package_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a function's folder whose changes are changes of its packages; they need not be there."""
    yield from (folder / name for name in (MANIFEST, *LOCKS, _MODULES))
    yield from (folder / _MODULES / name for name in _MARKS)


def dependencies(manifest: Path) -> dict[str, str]:
    """Return the packages that a package.json names for the running program, by name."""
    written = read_manifest(manifest)
    found: dict[str, str] = {}
    for key in ("dependencies", "optionalDependencies"):
        part = written.get(key)
        found |= {str(name): str(version) for name, version in part.items()} if isinstance(part, dict) else {}
    return found


def read_manifest(manifest: Path) -> dict[str, Any]:
    """Return the content of a package.json, empty if it can't be read."""
    try:
        written = json.loads(manifest.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}
    return written if isinstance(written, dict) else {}


def is_node_file(name: str) -> bool:
    """Return whether a file has an ending of Node's."""
    return PurePosixPath(name).suffix in NODE_SUFFIXES and not name.endswith(".d.ts")
