"""The process of the services: ``python -I -S homeport/aws/embedded SETTINGS`` (see ``engine.py``).

Only the standard library and the engine's package set are importable here. The kit is not: this folder is loaded by
its path, as a package named ``embedded``.
"""

import importlib.util
import json
import signal
import sys
from pathlib import Path

# Ctrl-C in a terminal reaches every process in it; the supervisor ends this one.
signal.signal(signal.SIGINT, signal.SIG_IGN)

if __name__ == "__main__":
    settings = json.loads(sys.argv[1])
    folder = Path(__file__).resolve().parent
    sys.path[0:1] = settings["packages"]
    spec = importlib.util.spec_from_file_location(
        "embedded", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["embedded"] = package
    spec.loader.exec_module(package)
    server = importlib.import_module("embedded.server")
    sys.exit(server.main(settings))
