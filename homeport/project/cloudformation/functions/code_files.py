"""The folders of code that a template names: its own ones, and those made of archives and of code in the template.

What is made is kept in ``code`` of the project's state folder, in a folder that is named after its content.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from homeport.environment import state_dir
from homeport.package_cache import make_once
from homeport.project.cloudformation.stack.stack import StackResource
from homeport.project.languages import language_of
from homeport.project.source.cursor import Cursor

BUILD_FOLDER = Path(".aws-sam", "build")
SKIPPED = frozenset({".aws-sam", ".git", ".homeport", "__pycache__", "node_modules", ".venv", "venv", ".tox", ".idea"})
"""Folders that are no sources: what tools make, and environments."""

# https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-using-build.html
_COMPILED = ("go1.x", "rust-cargolambda", "dotnet7", "dotnet8")
"""Build methods whose result is a program."""

_LAYER_CONTENT = ("python", "lib", "bin", "nodejs", "java", "ruby")


class CodeFiles:
    """The code of a stack's functions and layers. ``root`` is the project's folder, absolute.

    ``imports`` keeps the packages that the sources of a folder import, for the functions that share it.
    """

    def __init__(self, root: Path) -> None:
        self.project = self._root = root
        self._made = state_dir(root) / "code"
        self.imports: dict[Path, frozenset[str]] = {}

    def function(self, function: StackResource) -> Path | str:
        """Return the folder of a function's code, or the reason why there is none here."""
        code = function.properties.at("Code")
        content = code.value if isinstance(code.value, Mapping) else {"LocalPath": code.value}
        if "ImageUri" in content:
            return "it is a container image, which can't be run here yet"
        if isinstance(content.get("ZipFile"), str):
            # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html
            text, runtime = content["ZipFile"], function.properties.at("Runtime").value
            file = "index.js" if language_of(str(runtime)) == "node" else "index.py"
            return self._make(function.logical_id, text.encode(), lambda folder: _write(folder / file, text))
        found = self._local(function, code, content)
        if isinstance(found, Path) and function.metadata.get("BuildMethod") == "makefile":
            return self._last_build(function, found, code, "its Makefile")
        if isinstance(found, Path) and function.metadata.get("BuildMethod") in _COMPILED:
            return self._last_build(function, found, code, "sam build")
        return found

    def layer(self, layer: StackResource) -> Path | None:
        """Return the folder of a layer's content as it is to be found at /opt. A missing one is a warning."""
        content = layer.properties.at("Content")
        value = content.value if isinstance(content.value, Mapping) else {"LocalPath": content.value}
        found = self._local(layer, content, value)
        if isinstance(found, str):
            content.warning(f"the layer {layer.logical_id} is left out: {found}", "name a folder of this project")
            return None
        method = layer.metadata.get("BuildMethod")
        if method is not None:
            built = self._build_of(layer, found)
            if method == "makefile" and built is not None:
                return built
            if not any((found / name).is_dir() for name in _LAYER_CONTENT):
                # sam build puts the content of such a folder below python/ or nodejs/.
                # https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-layers.html
                below = "nodejs" if language_of(str(method)) == "node" else "python"
                digested = f"{below}\n{found}".encode() if below == "nodejs" else str(found).encode()
                return self._make(layer.logical_id, digested, lambda made: (made / below).symlink_to(found))
        return found

    def modules(self, function: StackResource) -> tuple[Path, ...]:
        """Return the layer of the modules in a function's metadata, with which the owner's tool completes its code."""
        modules = function.metadata.get("PythonModules")
        if not isinstance(modules, Mapping):
            return ()

        def fill(folder: Path) -> None:
            (folder / "python").mkdir()
            for name, text in modules.items():
                _write(folder / "python" / str(name), str(text))

        return (self._make(function.logical_id, json.dumps(modules, sort_keys=True).encode(), fill),)

    def write_text(self, name: str, file: str, text: str) -> Path:
        """Return a file with a text, in a folder of the project's state that is named after ``name`` and the text."""
        return self._make(name, text.encode(), lambda folder: _write(folder / file, text)) / file

    def _local(self, resource: StackResource, code: Cursor, content: Mapping[str, Any]) -> Path | str:
        """Return the folder that a local path names, relative to the template's own folder."""
        written = content.get("LocalPath")
        if not isinstance(written, str):
            bucket = content.get("S3Bucket")
            return f"its code is in the bucket {bucket} of S3" if bucket else "it has no code"
        if written.startswith(("s3://", "https://")):
            return f"its code is at {written}"
        place = code.at("LocalPath") if isinstance(code.value, Mapping) else code
        path = Path(os.path.normpath(self._root / Path(place.source.file).parent / written))
        if path.is_dir():
            return path
        if not path.is_file():
            return f"its code, {written}, is not there"
        if not zipfile.is_zipfile(path):
            return f"its code, {written}, is no folder and no zip archive"
        stamp = f"{path}\n{path.stat().st_mtime_ns}\n{path.stat().st_size}"
        return self._make(resource.logical_id, stamp.encode(), lambda folder: _unpack(path, folder))

    def _last_build(self, function: StackResource, source: Path, code: Cursor, builder: str) -> Path:
        """Return the folder of a function that has to be built first: the last build, or else its sources."""
        name, build = function.logical_id, self._build_of(function, source)
        if build is not None:
            code.warning(
                f"{name} runs from {BUILD_FOLDER / name}: it is built by {builder}", "after a change: sam build"
            )
            return build
        is_old = (self._root / BUILD_FOLDER / name).is_dir()
        state = "its sources are newer than its build" if is_old else "there is no build of it"
        code.warning(f"{name} is built by {builder}, and {state}: its sources run as they are", "run sam build")
        return source

    def _build_of(self, resource: StackResource, source: Path) -> Path | None:
        """Return what sam build made of a resource, unless a source is newer than that."""
        folder = self._root / BUILD_FOLDER / resource.logical_id
        if not folder.is_dir():
            return None
        sources = [source, self._root / resource.properties.source.file]
        return folder if _newest(folder, frozenset()) >= max(_newest(each, SKIPPED) for each in sources) else None

    def _make(self, name: str, content: bytes, fill: Callable[[Path], None]) -> Path:
        """Return the folder for some content, and fill it once. Several processes may do so at the same time."""
        return make_once(self._made / f"{name}-{hashlib.sha256(content).hexdigest()[:12]}", fill)


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def _unpack(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as content:
        content.extractall(folder)


def _newest(path: Path, skipped: frozenset[str]) -> float:
    """Return when the newest file of a folder changed, or a file itself; 0 where there is none."""
    if not path.is_dir():
        return path.stat().st_mtime if path.is_file() else 0.0
    times = [0.0]
    for folder, folders, files in os.walk(path):
        folders[:] = [name for name in folders if name not in skipped]
        times += [Path(folder, name).lstat().st_mtime for name in files]
    return max(times)
