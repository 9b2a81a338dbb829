"""The program of an emulated service's process: ``python -I -S run_embedded.py FOLDER SETTINGS``.

Only the standard library and the package sets of the settings are importable here, but for the modules that they name
as ``without``. The kit is not: ``FOLDER`` is loaded by its path, as a package named ``embedded``.
"""

import gc
import importlib.util
import json
import signal
import sys
from pathlib import Path

# Ctrl-C in a terminal reaches every process in it; the supervisor ends this one.
signal.signal(signal.SIGINT, signal.SIG_IGN)

if __name__ == "__main__":
    folder, settings = Path(sys.argv[1]), json.loads(sys.argv[2])
    sys.path[0:0] = settings["packages"]
    # https://docs.python.org/3/reference/import.html#the-module-cache
    sys.modules.update(dict.fromkeys(settings["without"]))
    spec = importlib.util.spec_from_file_location(
        "embedded", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["embedded"] = package
    spec.loader.exec_module(package)
    # What is imported stays: to look through it for garbage again and again would take a tenth of the time.
    gc.disable()
    server = importlib.import_module("embedded.server")
    gc.freeze()
    gc.enable()
    sys.exit(server.main(settings))
