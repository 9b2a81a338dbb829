"""Functions that read files of the project, and those of paths.

https://developer.hashicorp.com/terraform/language/functions/file
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from homeport.project.source.graft import relative_file
from homeport.project.terraform.evaluation.values import EvaluationError, FileText, SetOf, as_text

_LARGEST = 64 * 1024 * 1024
_MOST_FILES = 20_000


class FunctionFiles:
    """The files that expressions read. ``root`` is the project, ``folder`` that in which Terraform would run.

    ``read`` collects the files, and ``folders`` those folders in which any new file counts, relative to the project.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self.folder = folder
        self.read: set[str] = set()
        self.folders: set[str] = set()

    def path(self, written: Any) -> Path:
        """Return the path that a text names, relative to the folder in which Terraform runs."""
        return Path(os.path.normpath(self.folder / Path(as_text(written)).expanduser()))

    def shown_path(self, written: Any) -> str:
        """Return a path as messages name it: relative to the project."""
        return relative_file(self.root, self.path(written))

    def content(self, written: Any) -> bytes:
        """Return the content of a file. Raises EvaluationError."""
        path = self.path(written)
        self.read.add(relative_file(self.root, path))
        try:
            if path.stat().st_size > _LARGEST:
                raise EvaluationError(f"the file {as_text(written)} is larger than {_LARGEST} bytes")
            return path.read_bytes()
        except OSError as error:
            raise EvaluationError(f"the file {as_text(written)} can't be read: {error.strerror}") from error

    def text(self, written: Any) -> str:
        """Return the text of a file. Raises EvaluationError."""
        try:
            return FileText.of(self.content(written).decode("utf-8"), self.shown_path(written))
        except UnicodeDecodeError as error:
            raise EvaluationError(f"the file {as_text(written)} is not UTF-8", hint="use filebase64") from error

    def matching(self, folder: Any, pattern: str) -> SetOf:
        """Return the files of a folder that match a pattern, relative to it."""
        base = self.path(folder)
        self.folders.add(relative_file(self.root, base))
        if not base.is_dir():
            return SetOf()
        found: list[str] = []
        for alternative in _alternatives(as_text(pattern)):
            for path in base.glob(alternative):
                if path.is_file():
                    found.append(path.relative_to(base).as_posix())
                if len(found) > _MOST_FILES:
                    raise EvaluationError(f"{pattern!r} matches more than {_MOST_FILES} files")
        return SetOf(sorted(set(found)))


def _alternatives(pattern: str) -> list[str]:
    """Return the patterns for which one with braces stands: ``*.{js,mjs}`` for two."""
    before, brace, rest = pattern.partition("{")
    inner, end, after = rest.partition("}")
    if not brace or not end:
        return [pattern]
    return [each for part in inner.split(",") for each in _alternatives(f"{before}{part}{after}")]


def _digest(name: str, *, in_base64: bool = False) -> Callable[[FunctionFiles, str], str]:
    def function(files: FunctionFiles, path: str) -> str:
        found = hashlib.new(name, files.content(path), usedforsecurity=False)
        return base64.b64encode(found.digest()).decode() if in_base64 else found.hexdigest()

    return function


def _exists(files: FunctionFiles, path: str) -> bool:
    files.read.add(files.shown_path(path))
    return files.path(path).is_file()


FILES: Mapping[str, Callable[..., Any]] = {
    "abspath": lambda files, path: str(files.path(path)),
    "basename": lambda _, path: PurePosixPath(as_text(path)).name,
    "dirname": lambda _, path: str(PurePosixPath(as_text(path)).parent),
    "file": FunctionFiles.text,
    "filebase64": lambda files, path: base64.b64encode(files.content(path)).decode(),
    "filebase64sha256": _digest("sha256", in_base64=True),
    "filebase64sha512": _digest("sha512", in_base64=True),
    "fileexists": _exists,
    "filemd5": _digest("md5"),
    "fileset": FunctionFiles.matching,
    "filesha1": _digest("sha1"),
    "filesha256": _digest("sha256"),
    "filesha512": _digest("sha512"),
    "pathexpand": lambda _, path: str(Path(as_text(path)).expanduser()),
}
