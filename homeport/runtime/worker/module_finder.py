"""The import of the package ``service``, the only one of the project that its functions may import.

The files keep their own paths, so tracebacks and breakpoints point at them. Their bytecode is cached by content, not by
time stamp: Python's own cache misses an edit within the same second that leaves the size as it was.
"""

from __future__ import annotations

import hashlib
import importlib.util
import marshal
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

PACKAGE = "service"
# Generated modules are here where the project's own folder can't be written (homeport.project.validators.generate).
OVERLAY = Path(".homeport", "generated", PACKAGE)


class ServiceFinder:
    """Finds ``service`` and its submodules below ``project``; ``cache`` keeps their bytecode (None: it is not kept)."""

    def __init__(self, project: Path, cache: Path | None) -> None:
        self._project = str(project)
        overlay = project / OVERLAY
        self._generated = [str(overlay)] if overlay.is_dir() else []
        self._cache = cache

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a module's spec, None for a module outside of ``service``: the protocol of a finder."""
        if name.partition(".")[0] != PACKAGE:
            return None
        spec = PathFinder.find_spec(name, [self._project] if path is None else path, target)
        if name == PACKAGE and spec is not None:
            spec.submodule_search_locations = [*self._generated, *(spec.submodule_search_locations or ())]
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = CachingLoader(spec.loader.name, spec.loader.path, self._cache)
            spec.cached = None
        return spec

    def install(self) -> None:
        """Have the import system ask this finder before any other."""
        sys.meta_path.insert(0, self)


class CachingLoader(SourceFileLoader):
    """Loads a module; ``cache`` keeps its bytecode by content (None: it is not kept)."""

    def __init__(self, name: str, path: str, cache: Path | None) -> None:
        super().__init__(name, path)
        self._cache = cache

    def get_code(self, fullname: str) -> CodeType:
        """Return the module's code."""
        path = self.get_filename(fullname)
        source = self.get_data(path)
        if self._cache is None:
            return self.source_to_code(source, path)
        # Bytecode holds the path, and its format depends on the interpreter's version.
        key = hashlib.blake2b(source + path.encode() + importlib.util.MAGIC_NUMBER, digest_size=16).hexdigest()
        file = self._cache / key
        try:
            code: CodeType = marshal.loads(file.read_bytes())
        except FileNotFoundError:
            code = self.source_to_code(source, path)
            _write_whole(file, marshal.dumps(code))
        return code


def _write_whole(file: Path, data: bytes) -> None:
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.write_bytes(data)
    draft.rename(file)
