"""The code of a function that has a folder of its own: where its modules are found, and in which order.

https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-searchpath
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from .module_finder import CachingLoader

_RUNTIME = "AWS_Lambda_"


class CodeFolder(NamedTuple):
    """The folders of a function's code.

    ``root`` stands at /var/task, with the package set ``own`` beside it, and ``layers`` at /opt, the first one lowest,
    with the set ``shared``. ``versions`` are the names (``python3.13``) of the folders in which a layer may have its
    packages. ``requirements`` is the pip file to which a missing package is to be added.
    """

    root: Path
    layers: tuple[Path, ...]
    own: Path | None
    shared: Path | None
    versions: tuple[str, ...]
    requirements: Path

    @classmethod
    def of(cls, function: Mapping[str, Any], sets: Mapping[str, str]) -> CodeFolder | None:
        """Return the code of a function by its spec, None for a function of the package ``service``.

        ``sets`` are the package sets by ``function_packages.set_key``.
        """
        code = function.get("code")
        if code is None:
            return None
        own, shared = (sets.get("\n".join(code[name])) for name in ("own", "shared"))
        running = "python{}.{}".format(*sys.version_info[:2])
        runtime = function["environment"].get("AWS_EXECUTION_ENV", "").removeprefix(_RUNTIME)
        root = Path(code["root"])
        return cls(
            root=root,
            layers=tuple(map(Path, code["layers"])),
            own=Path(own) if own else None,
            shared=Path(shared) if shared else None,
            versions=tuple(dict.fromkeys((running, runtime))),
            requirements=Path(code["own"][0].removeprefix("-r ")) if code["own"] else root / "requirements.txt",
        )

    @property
    def sets(self) -> tuple[Path, ...]:
        """The package sets."""
        return tuple(each for each in (self.own, self.shared) if each is not None)

    @property
    def written_by_owner(self) -> tuple[Path, ...]:
        """The folders that the project's owner changes: the code, and the content of layers, links followed."""
        linked = (layer / "python" for layer in self.layers)
        return (self.root, *self.layers, *(link.resolve() for link in linked if link.is_symlink()))

    def import_path(self) -> list[str]:
        """Return the folders in which Lambda looks for a module before it looks in the runtime's own."""
        return [str(folder) for folder in self._folders() if folder.is_dir()]

    def _folders(self) -> Iterator[Path]:
        yield self.root
        if self.own is not None:
            yield self.own
        above = self.layers[::-1]
        for version in self.versions:
            yield from (layer / "python" / "lib" / version / "site-packages" for layer in above)
        yield from (layer / "python" for layer in above)
        if self.shared is not None:
            yield self.shared


class CodeFinder:
    """Finds modules as Python does; the bytecode of those in ``folders`` goes to ``cache``, not into those folders."""

    def __init__(self, folders: Sequence[Path], cache: Path | None) -> None:
        self._folders = tuple(f"{folder}/" for folder in folders)
        self._cache = cache

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a module's spec, None for one that is not found: the protocol of a finder."""
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader and spec.loader.path.startswith(self._folders):
            spec.loader = CachingLoader(spec.loader.name, spec.loader.path, self._cache)
            spec.cached = None
        return spec

    def install(self) -> None:
        """Have the import system ask this finder before Python's own, but after that of built-in modules."""
        sys.meta_path.insert(sys.meta_path.index(PathFinder), self)


def use(code: CodeFolder) -> None:
    """Have imports find the modules of ``code`` before any other."""
    own = code.import_path()
    sys.path[:] = [*own, *(folder for folder in sys.path if folder not in own)]


def has_any(folders: Sequence[str | Path], modules: frozenset[str]) -> bool:
    """Return whether one of the folders has one of the modules."""
    return any(Path(f, name).is_dir() or Path(f, f"{name}.py").is_file() for f in folders for name in modules)
