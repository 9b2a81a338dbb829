"""The code of functions and layers: folders of the project for what Terraform would pack into archives."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from homeport.environment import state_dir
from homeport.package_cache import make_once
from homeport.project.languages import language_of
from homeport.project.source.graft import relative_file
from homeport.project.terraform.configuration.instances import ResourceInstance
from homeport.project.terraform.evaluation.values import EvaluationError, as_text
from homeport.project.terraform.translation.made import MadeResource, Translation

_OBJECTS = ("aws_s3_object", "aws_s3_bucket_object")
_SUFFIXES = {"python": (".py",), "node": (".js", ".mjs", ".cjs", ".ts", ".mts"), "": (".py", ".js", ".mjs", ".ts")}
_SKIPPED = frozenset(("node_modules", "__pycache__", "venv", "site-packages", "test", "tests", "__tests__"))
_LISTS = (("package.json", "NodeManifest", "file"), ("requirements.txt", "PythonPackages", "lines"))
"""The lists of packages, each with the metadata of a function that names one."""
_DEEPEST = 4
_MOST_FOLDERS = 2000


class ArchivedCode:
    """Finds the folders of code. ``archives`` are the instances of ``archive_file``, data sources and resources."""

    def __init__(self, translation: Translation, archives: list[ResourceInstance]) -> None:
        self._translation = translation
        self._settings = translation.settings
        self._archives = archives
        self._by_output: dict[Path, ResourceInstance] | None = None

    def set_code(self, made: MadeResource, property: str) -> Path | None:
        """Set the property with the code of a function or a layer, and return its path. Raises EvaluationError."""
        view = made.instance.view
        attribute = next((name for name in ("image_uri", "filename", "s3_key") if view.get(name) is not None), None)
        if attribute is None:
            return None
        place = view.place(attribute)
        if attribute == "image_uri":
            made.set(property, {"ImageUri": view.get("image_uri")}, place)
            return None
        written = as_text(view.get(attribute)) if attribute == "filename" else self._uploaded_file(made.instance)
        path = self._path(made, written, property) if written is not None else self._by_key(made, property)
        if path is None:
            made.set(property, {"S3Bucket": as_text(view.get("s3_bucket") or ""), "S3Key": view.get("s3_key")}, place)
            return None
        folder = (self._settings.root / place.file).parent
        made.set(property, Path(os.path.relpath(path, folder)).as_posix(), place)
        return path

    def _by_key(self, made: MadeResource, property: str) -> Path | None:
        """Return the folder of an object of S3 that is not in the configuration."""
        key = as_text(made.instance.view.get("s3_key"))
        return self._by_handler(made, self._settings.folder / key) if property == "Code" else None

    def _uploaded_file(self, instance: ResourceInstance) -> str | None:
        """Return the file that an object of S3 is made of, None if that is not in the configuration."""
        view = instance.view
        bucket, key = view.get("s3_bucket"), view.get("s3_key")
        for each in self._translation.of_type(*_OBJECTS):
            try:
                if each.attribute("key") == key and each.attribute("bucket") == bucket and each.view.has("source"):
                    return as_text(each.view.get("source"))
            except EvaluationError:
                continue
        return None

    def _path(self, made: MadeResource, written: str, property: str) -> Path:
        path = self._settings.files.path(written)
        archive = self._outputs().get(path)
        if archive is not None:
            source = self._source_of(archive) or path
            return source if source.exists() else self._by_handler(made, source) or source
        if path.exists():
            return path
        if property == "Code":
            return self._by_handler(made, path) or path
        # A script makes the archive of a layer from the folder of its name.
        return path.with_suffix("") if path.with_suffix("").is_dir() else path

    def _outputs(self) -> dict[Path, ResourceInstance]:
        if self._by_output is None:
            self._by_output = {}
            for archive in self._archives:
                try:
                    self._by_output[self._settings.files.path(archive.attribute("output_path"))] = archive
                except EvaluationError:
                    continue
        return self._by_output

    def _source_of(self, archive: ResourceInstance) -> Path | None:
        """Return the folder of which an archive is made."""
        view, files = archive.view, self._settings.files
        if view.get("source_dir") is not None:
            path = files.path(view.get("source_dir"))
            return path.parent if path.is_file() and path.suffix != ".zip" else path
        if view.get("source_file") is not None:
            return files.path(view.get("source_file")).parent
        contents = {as_text(each.get("filename")): as_text(each.get("content")) for each in view.views("source")}
        if view.get("source_content") is not None:
            contents[as_text(view.get("source_content_filename"))] = as_text(view.get("source_content"))
        return self._written_folder(archive, contents) if contents else None

    def _written_folder(self, archive: ResourceInstance, contents: dict[str, str]) -> Path:
        """Return a folder with the files whose content the configuration itself has."""
        digest = hashlib.sha256(repr(sorted(contents.items())).encode()).hexdigest()[:12]

        def fill(folder: Path) -> None:
            for name, text in contents.items():
                file = folder / os.path.normpath(f"/{name}").lstrip("/")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")

        return make_once(state_dir(self._settings.root) / "code" / f"{archive.name}-{digest}", fill)

    def _by_handler(self, made: MadeResource, path: Path) -> Path | None:
        """Return the folder whose sources an archive (or folder) has that is not there: that of the handler's file.

        A script makes such an archive. The folder that has the archive's name or the function's wins over others.
        """
        handler = made.properties.get("Handler")
        runtime = made.properties.get("Runtime")
        if not isinstance(handler, str) or "." not in handler:
            return None
        module = handler.rpartition(".")[0]
        suffixes = _SUFFIXES.get(language_of(str(runtime)) or "", _SUFFIXES[""])
        near = next((each for each in path.parents if each.is_dir()), self._settings.root)
        folders = self._folders_with([f"{module}{suffix}" for suffix in suffixes], near)
        names = (path.stem, made.instance.name, str(made.properties.get("FunctionName")))
        plain = {_letters(name) for name in names}
        named = [folder for folder in folders if plain & {_letters(part) for part in folder.parts[-2:]}]
        beside = [folder for folder in folders if folder == path.parent]
        for chosen in (named, beside, folders):
            if len(chosen) == 1:
                missing, found = (relative_file(self._settings.root, each) for each in (path, chosen[0]))
                self._translation.warn(
                    f"{missing} is not there: {made.logical_id} runs from {found}, where its handler is",
                    made.instance.view.place("filename" if made.instance.view.has("filename") else "s3_key"),
                    "archive_file would say so",
                )
                _set_packages(made, chosen[0], self._settings.root)
                return chosen[0]
        return None

    def _folders_with(self, files: list[str], near: Path) -> list[Path]:
        found: list[Path] = []
        waiting = [(each, 0) for each in dict.fromkeys((self._settings.root, near))]
        seen = 0
        while waiting and seen < _MOST_FOLDERS:
            folder, depth = waiting.pop(0)
            seen += 1
            if folder not in found and any((folder / file).is_file() for file in files):
                found.append(folder)
            if depth < _DEEPEST:
                waiting += [(each, depth + 1) for each in _subfolders(folder)]
        return found


def _set_packages(made: MadeResource, folder: Path, root: Path) -> None:
    """Let the function have the packages that the script takes from a list above the folder of its code."""
    above: list[Path] = []
    for parent in folder.parents[:_DEEPEST]:
        above.append(parent)
        if parent in (root.parent, root):
            break
    for name, metadata, form in _LISTS:
        found = next((each / name for each in above if (each / name).is_file()), None)
        if found is not None and not (folder / name).is_file():
            made.metadata[metadata] = [f"-r {found}"] if form == "lines" else str(found)


def _subfolders(folder: Path) -> list[Path]:
    try:
        entries = sorted(each for each in folder.iterdir() if each.is_dir() and not each.is_symlink())
    except OSError:
        return []
    return [each for each in entries if not each.name.startswith(".") and each.name not in _SKIPPED]


def _letters(name: Any) -> str:
    return "".join(letter for letter in str(name).lower() if letter.isalnum())
