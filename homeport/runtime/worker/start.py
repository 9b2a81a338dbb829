"""The script that the supervisor runs as the worker parent.

It gives this folder a package name of its own, so that ``homeport`` stays out of the functions' reach.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

PACKAGE = "_lambda_worker"


def load_package(folder: Path) -> ModuleType:
    """Load this folder as the package ``_lambda_worker``."""
    spec = importlib.util.spec_from_file_location(
        PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)
    return package


if __name__ == "__main__":
    load_package(Path(__file__).parent)
    importlib.import_module(f"{PACKAGE}.parent").main(json.loads(sys.argv[1]))
