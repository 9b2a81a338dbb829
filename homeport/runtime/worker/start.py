"""The script that the supervisor runs as the worker parent.

It gives this folder and ``homeport/permissions`` package names of their own, so that ``homeport`` stays out of the
functions' reach. The names have as many parts as those in ``homeport``, so that relative imports hold here and there.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

ROOT = "_lambda"
PACKAGE = f"{ROOT}.runtime.worker"


def load_package(folder: Path) -> ModuleType:
    """Load this folder as the package ``_lambda.runtime.worker``, and the permissions as ``_lambda.permissions``."""
    for name in (ROOT, f"{ROOT}.runtime"):
        # A package without a file, in which nothing else is found.
        sys.modules[name] = ModuleType(name)
        sys.modules[name].__path__ = []
    _load(f"{ROOT}.permissions", folder.parent.parent / "permissions")
    return _load(PACKAGE, folder)


def _load(name: str, folder: Path) -> ModuleType:
    file, folders = folder / "__init__.py", [str(folder)]
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=folders)
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)
    return package


if __name__ == "__main__":
    load_package(Path(__file__).parent)
    importlib.import_module(f"{PACKAGE}.parent").main(**json.loads(sys.argv[1]))
