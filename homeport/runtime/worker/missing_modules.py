"""Hints for a module that a function can't import.

A name that the project has, or nearly has, is never called a package: a package of that name on an index
is another's code.
"""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from .code_folder import CodeFolder
from .module_finder import PACKAGE

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


class OwnBundle(NamedTuple):
    """The bundle of a function with code of its own: its folder and its pip file, both relative to the project.

    ``listed`` are the pip file's lines. ``handler`` is its Handler setting.
    """

    folder: str
    requirements: str
    listed: tuple[str, ...] = ()
    handler: str = ""

    @classmethod
    def of(cls, code: CodeFolder, project: Path, handler: str) -> OwnBundle:
        """Return the bundle of a function by its code folder in a project."""
        try:
            listed = code.requirements.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError):
            listed = []
        folder, file = (os.path.relpath(path, project) for path in (code.root, code.requirements))
        return cls(folder, file, tuple(listed), handler)


def missing_module_hint(error: BaseException, project: int, bundle: OwnBundle | None = None) -> str:
    """Return what to do about a module that is not in the bundle, "" for another error.

    ``project`` is a descriptor of the project's folder. ``bundle`` is None for a function of the package ``service``.
    """
    missing = next((e for e in (error, error.__cause__) if isinstance(e, ModuleNotFoundError) and e.name), None)
    if missing is None or missing.name is None:
        return ""
    hint = _service_hint(missing.name, project) if bundle is None else _bundle_hint(missing.name, project, bundle)
    return f"homeport: {hint}"


def _service_hint(name: str, project: int) -> str:
    top = name.partition(".")[0]
    own = sorted(_own_modules(project), key=lambda module: (not module.startswith(f"{PACKAGE}."), len(module), module))
    by_name = {module.rpartition(".")[2].lower(): module for module in reversed(own)}
    if top == PACKAGE and name in own:
        return f"{name} can't be loaded: is it a link out of service/, or built for another Python?"
    if top.lower() == PACKAGE:
        deployed = {module.lower(): module for module in own if module.partition(".")[0] == PACKAGE}
        near = difflib.get_close_matches(name.lower(), deployed, n=1)
        said = f"there is no module {name} in this project"
        return f"{said}: did you mean {deployed[near[0]]}?" if near else said
    if top.lower() in by_name:
        return _own_module_hint(top, by_name[top.lower()])
    return _library_hint(name, by_name, "service/requirements.txt", "deploy/stages.yaml")


def _bundle_hint(name: str, project: int, bundle: OwnBundle) -> str:
    top = name.partition(".")[0]
    inside = "" if bundle.folder == "." else f"{bundle.folder}/".replace("/", ".")
    own = sorted(_own_modules(project), key=lambda module: (not module.startswith(inside), len(module), module))
    by_name = {module.rpartition(".")[2].lower(): module for module in reversed(own)}
    found = by_name.get(top.lower())
    if found is not None:
        place, within = found.replace(".", "/"), found.removeprefix(inside)
        if not found.startswith(inside):
            return f"{place} is not in this function's code, which is {bundle.folder}: put it there, or into a layer"
        if within == top:
            return f"{name} can't be loaded from {place}: does it have that module, for this Python?"
        if within.lower() == top.lower():
            return f"there is no module {top}: did you mean {within}?"
        package, _, module = within.rpartition(".")
        return f"{top} is the project's own {place}: write from {package} import {module}"
    if re.split(r"[./]", bundle.handler)[0] == top:
        return f"the Handler is {bundle.handler}, but {bundle.folder} has no {top}.py: Handler is FILE.FUNCTION"
    package_name = _PACKAGES.get(top, top).lower().replace("_", "-")
    if any(line.lower().replace("_", "-").strip().startswith(package_name) for line in bundle.listed):
        return f"{top} is in {bundle.requirements}, but is not installed: see what was said when homeport started"
    return _library_hint(name, by_name, bundle.requirements, "the template")


def _library_hint(name: str, own: Mapping[str, str], requirements: str, settings: str) -> str:
    """Return the hint for a module that is not the project's; ``own`` are the project's modules by their last name."""
    top = name.partition(".")[0]
    if hint := _standard_library_hint(top, settings) or _installed_hint(name, top, requirements):
        return hint
    if near := _nearest(top, own):
        return f"there is no module {top}: did you mean {own[near]}?"
    package = f"{_PACKAGES[top]}, which has it," if top in _PACKAGES else "it"
    missing = f"{top} is not in the function's bundle: add {package} to {requirements}"
    standard = "" if top in _PACKAGES else _nearest(top, [each for each in sys.stdlib_module_names if each[0] != "_"])
    if not standard:
        return missing
    if sorted(standard) == sorted(top):
        return f"there is no module {top}: did you mean {standard}?"
    # httpx is near http, and is a package.
    return f"there is no module {top}: did you mean {standard}? If it is a package, add it to {requirements}"


def _nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that is nearest to one, with two letters exchanged (``tiem``) or most of them the same."""
    names = list(known)
    exchanged = [each for each in names if sorted(each) == sorted(name.lower())]
    near = exchanged or difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.8)
    return near[0] if near else ""


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


def _standard_library_hint(top: str, settings: str) -> str:
    for version, names in _REMOVED.items():
        if top in names.split():
            return f"Python {version} and later have no {top} any more: do without it, or choose an earlier runtime"
    for version, names in _ADDED.items():
        if top in names.split():
            return f"{top} came with Python {version}: choose a later runtime in {settings}"
    return f"this Python was built without {top} of its standard library" if top in sys.stdlib_module_names else ""


def _installed_hint(name: str, top: str, requirements: str) -> str:
    """Return the hint for a submodule that is missing from a package that is there."""
    package = sys.modules.get(top)
    if package is None or "." not in name:
        return ""
    if getattr(package, "__file__", None) is None:
        return f"{name} is not in the function's bundle: add the package that has it to {requirements}"
    return f"the installed {top} has no {name}: check its version in {requirements}"
