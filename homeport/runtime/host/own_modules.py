"""The modules of functions with code of their own, in one process: each code folder has its own, also of one name."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from homeport.runtime.function_config import FunctionConfig
from homeport.runtime.worker.code_folder import CodeFinder, CodeFolder, use


class OwnModules:
    """Has imports find the modules of one function at a time. ``sets`` are the package sets by ``set_key``."""

    def __init__(self, sets: Mapping[str, str]) -> None:
        self._sets = sets
        self._current: CodeFolder | None = None
        self._finder: CodeFinder | None = None
        self._kept: dict[CodeFolder, dict[str, ModuleType]] = {}

    def enter(self, config: FunctionConfig) -> CodeFolder | None:
        """Have imports find the modules of a function. Return its code, None for one of the package ``service``."""
        spec = config.to_worker_spec(Path(), "")
        code = CodeFolder.of(spec, self._sets)
        if code != self._current:
            self._leave()
            if code is not None:
                use(code)
                self._finder = CodeFinder(code.written_by_owner, None)
                self._finder.install()
                sys.modules.update(self._kept.pop(code, {}))
            self._current = code
        return code

    def forget(self) -> None:
        """Import all modules again, from their files as they are then."""
        self._leave()
        self._current = None
        self._kept.clear()
        importlib.invalidate_caches()

    def _leave(self) -> None:
        """Put the modules of the current function aside."""
        if self._current is None:
            return
        own = self._current.import_path()
        places = tuple(f"{folder}/" for folder in own)
        found = {name: module for name, module in sys.modules.items() if _file(module).startswith(places)}
        for name in found:
            del sys.modules[name]
        self._kept[self._current] = found
        sys.path[:] = [folder for folder in sys.path if folder not in own]
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)


def _file(module: ModuleType) -> str:
    """Return a module's file, or the folder of a package that has none."""
    file = getattr(module, "__file__", None)
    if file:
        return str(file)
    folders = list(getattr(module, "__path__", ()))
    return f"{folders[0]}/" if folders else ""
