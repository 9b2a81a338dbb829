"""The sources of code that only stands in a cdk.out: the folder or file of the project that was copied or bundled."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path, PurePosixPath

from homeport.project.cdk.bundles import EsbuildBundle

_SKIPPED = frozenset(
    ("node_modules", "cdk.out", "__pycache__", "site-packages", "venv", "dist", "build", "test", "tests")
)
_JS_ENDINGS = (".ts", ".mts", ".js", ".mjs", ".cjs", ".tsx")
_ESBUILD_COMMENT = re.compile(r"^// ((?!node_modules/)[\w@./ -]+\.[cm]?[jt]sx?)$", re.MULTILINE)
_ENTRY = re.compile(r"\bentry\s*:([^\n]*(?:\n[^\n:]*)?)")
_QUOTED = re.compile(r"""["'`]([^"'`\n]+)["'`]""")
# Characters after the id of a construct in which its properties are.
_NEAR = 1500
_MOST_FOLDERS = 5000
_PROVIDED = ("--external:@aws-sdk/*", "--external:@smithy/*")
# Folders above the project that may belong to one repository with it.
_ABOVE = 2


class LiveSources:
    """Finds sources in the project in ``root``."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder_of(self, asset: Path, module: str, endings: tuple[str, ...]) -> Path | None:
        """Return the folder whose files are those of an asset, in which the handler's file is; None: not found.

        ``module`` is the handler's file without its ending.
        """
        names = {each.name for each in asset.iterdir() if each.is_file()} if asset.is_dir() else set()
        found: list[tuple[int, int, int, Path]] = []
        for folder in self._folders:
            files = [folder / f"{module}{ending}" for ending in endings]
            file = next((each for each in files if each.is_file()), None)
            if file is None:
                continue
            alike = sum((folder / name).is_file() for name in names)
            copied = asset / file.relative_to(folder)
            same = int(copied.is_file() and copied.read_bytes() == file.read_bytes())
            found.append((same, alike, -len(folder.parts), folder))
        best = max(found, default=None)
        if best is None:
            return None
        if not asset.is_dir():
            # Only the name of the handler's file is known.
            return best[3] if len(found) == 1 else None
        return best[3] if best[0] or len(found) == 1 else None

    def entry_of(self, asset: Path, handler: str, construct: str) -> EsbuildBundle | None:
        """Return the call of esbuild that makes the bundle of an asset, None if its entry point is not found.

        The bundle names its sources, if it is not minified. Else the app is asked, which says ``entry: "src/a.ts"``
        after the id of the ``construct``.
        """
        bundle = next((each for each in (asset / "index.js", asset / "index.mjs") if each.is_file()), None)
        function = handler.rpartition(".")[2]
        module = ("--format=esm", "--out-extension:.js=.mjs") if bundle is not None and bundle.suffix == ".mjs" else ()
        options = ("--bundle", "--platform=node", "--target=node20", *module, *_PROVIDED)
        names = [*(self._named_sources(bundle) if bundle is not None else ()), *self._written_entries(construct)]
        for name in names:
            for base in (self._root, *list(self._root.parents)[:_ABOVE]):
                file = base / name
                if file.is_file() and _exports(file, function):
                    return EsbuildBundle(base, os.path.relpath(file, base), options)
        return None

    def _written_entries(self, construct: str) -> Iterator[str]:
        """Yield the files that the app names as the entry point of a construct, relative to the project."""
        for file in (each for folder in self._folders for each in folder.glob("*.ts")):
            try:
                text = file.read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            for found in re.finditer(rf"""["']{re.escape(construct)}["']""", text):
                entry = _ENTRY.search(text, found.end(), found.end() + _NEAR)
                words = _QUOTED.findall(entry[1]) if entry is not None else ()
                parts = [part for word in words for part in word.split("/") if part not in ("", ".", "..")]
                yield from ("/".join(parts[start:]) for start in range(len(parts)))
                if parts:
                    yield os.path.relpath(os.path.normpath(file.parent / "/".join(words)), self._root)

    def _named_sources(self, bundle: Path) -> Iterator[str]:
        """Yield the sources that a bundle names, the entry point first: esbuild writes it last."""
        with suppress(OSError, ValueError):
            sources = json.loads(bundle.with_name(f"{bundle.name}.map").read_text(encoding="utf-8"))["sources"]
            for source in reversed(sources):
                parts = [part for part in PurePosixPath(source).parts if part != ".."]
                yield from ("/".join(parts[start:]) for start in range(len(parts)))
        with suppress(OSError):
            yield from reversed(_ESBUILD_COMMENT.findall(bundle.read_text(encoding="utf-8", errors="replace")))

    @cached_property
    def _folders(self) -> list[Path]:
        found: list[Path] = []
        for folder, folders, _ in os.walk(self._root):
            folders[:] = [name for name in folders if name not in _SKIPPED and not name.startswith((".", "asset."))]
            found.append(Path(folder))
            if len(found) > _MOST_FOLDERS:
                break
        return found


def _exports(file: Path, function: str) -> bool:
    text = file.read_text(encoding="utf-8", errors="replace")
    return file.suffix in _JS_ENDINGS and "export" in text and function in text
