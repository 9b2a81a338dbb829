"""The import of the package ``service``, the only one of the project that a function may import, and hints for others.

The files keep their own paths, so tracebacks and breakpoints point at them. Their bytecode is cached by content, not by
time stamp: Python's own cache misses an edit within the same second that leaves the size as it was.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib.util
import marshal
import os
import re
import sys
from collections.abc import Iterator, Sequence
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
            spec.loader = _Loader(spec.loader.name, spec.loader.path, self._cache)
            spec.cached = None
        return spec

    def install(self) -> None:
        """Have the import system ask this finder before any other."""
        sys.meta_path.insert(0, self)


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, cache: Path | None) -> None:
        super().__init__(name, path)
        self._cache = cache

    def get_code(self, fullname: str) -> CodeType:
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


_SKIPPED_FOLDERS = frozenset(("__pycache__", "build", "dist", "node_modules", "site-packages"))
_MODULE_FILE = re.compile(r"([^\W\d]\w*)(\.[\w-]+)*\.(py|pyd|pyi|pyx|so)")
_REMOVED = {
    "3.12": "asynchat asyncore distutils imp smtpd",
    "3.13": "aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis nntplib ossaudiodev pipes sndhdr "
    "spwd sunau telnetlib uu xdrlib",
}
"""Modules that the standard library lost with a version. https://docs.python.org/3/whatsnew/"""

_ADDED = {"3.11": "tomllib", "3.14": "annotationlib compression"}
_PACKAGES = {
    "Crypto": "pycryptodome",
    "PIL": "pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
}
"""Packages on PyPI that are not named like the module that they install: another package may have the module's name."""


def missing_module_hint(error: BaseException, project: int) -> str:
    """Return what to do about a module that is not in the bundle, "" for another error.

    ``project`` is a descriptor of the project's folder. A name that the project has, or nearly has, is never called a
    package: whoever installs a package of that name runs the code of a stranger.
    """
    missing = next((e for e in (error, error.__cause__) if isinstance(e, ModuleNotFoundError) and e.name), None)
    if missing is None or missing.name is None:
        return ""
    name, top = missing.name, missing.name.partition(".")[0]
    own = sorted(_own_modules(project), key=lambda module: (not module.startswith(f"{PACKAGE}."), len(module), module))
    by_name = {module.rpartition(".")[2].lower(): module for module in reversed(own)}
    if top == PACKAGE and name in own:
        return f"homeport: {name} can't be loaded: is it a link out of service/, or built for another Python?"
    if top.lower() == PACKAGE:
        deployed = {module.lower(): module for module in own if module.partition(".")[0] == PACKAGE}
        near = difflib.get_close_matches(name.lower(), deployed, n=1)
        said = f"homeport: there is no module {name} in this project"
        return f"{said}: did you mean {deployed[near[0]]}?" if near else said
    if top.lower() in by_name:
        return f"homeport: {_own_module_hint(top, by_name[top.lower()])}"
    if hint := _standard_library_hint(top) or _installed_hint(name, top):
        return f"homeport: {hint}"
    if near := difflib.get_close_matches(top.lower(), by_name, n=1, cutoff=0.8):
        return f"homeport: there is no module {top}: did you mean {by_name[near[0]]}?"
    package = f"{_PACKAGES[top]}, which has it," if top in _PACKAGES else "it"
    return f"homeport: {top} is not in the function's bundle: add {package} to service/requirements.txt"


def _own_modules(project: int) -> Iterator[str]:
    """Yield the dotted paths of the modules and packages in the project's folder."""
    seen = set()
    for folder, folders, files, descriptor in os.fwalk(".", dir_fd=project, follow_symlinks=True):
        status = os.fstat(descriptor)
        is_other = "pyvenv.cfg" in files or (status.st_dev, status.st_ino) in seen
        seen.add((status.st_dev, status.st_ino))
        folders[:] = [] if is_other else [f for f in folders if f[0] != "." and f not in _SKIPPED_FOLDERS]
        above = "".join(f"{part}." for part in folder.split("/")[1:])
        sources = [found[1] for file in files if (found := _MODULE_FILE.fullmatch(file))]
        yield from (f"{above}{name}" for name in ([] if is_other else [*folders, *sources]))


def _own_module_hint(top: str, module: str) -> str:
    package, _, name = module.rpartition(".")
    if package.partition(".")[0] != PACKAGE:
        return f"only the package service is deployed: move {module.replace('.', '/')} into it"
    return f"{top} is the project's own {module}: write from {package} import {name}"


def _standard_library_hint(top: str) -> str:
    for version, names in _REMOVED.items():
        if top in names.split():
            return f"Python {version} and later have no {top} any more: do without it, or choose an earlier runtime"
    for version, names in _ADDED.items():
        if top in names.split():
            return f"{top} came with Python {version}: choose a later runtime in deploy/stages.yaml"
    return f"this Python was built without {top} of its standard library" if top in sys.stdlib_module_names else ""


def _installed_hint(name: str, top: str) -> str:
    """Return the hint for a submodule that is missing from a package that is there."""
    package = sys.modules.get(top)
    if package is None or "." not in name:
        return ""
    if getattr(package, "__file__", None) is None:
        return f"{name} is not in the function's bundle: add the package that has it to service/requirements.txt"
    return f"the installed {top} has no {name}: check its version in service/requirements.txt"
