"""Files of a project: changes that are written together or not at all, and the helper modules of ``service/``.

The helpers stand between API Gateway's events and a project's handlers. ``helpers/`` holds the source of each, and
``homeport init``, ``add`` and ``adopt`` write them into a project. There are two kinds:

- Generated helpers (``GENERATED``) are the same in every project. Their first line holds a checksum of the rest, and
  ``homeport generate`` replaces an outdated one. An edited one is reported and kept, and a module without that line
  belongs to the project.
- Starting points (``STARTERS``) are the project's own code from the beginning: its errors, and the wrapper of handlers.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Literal

from homeport import __version__
from homeport.errors import HomeportError, Problem


@contextlib.contextmanager
def write_together(root: Path, texts: Mapping[Path, str], removed: Collection[Path] = ()) -> Iterator[None]:
    """Write the files, by their paths below ``root``, and delete those in ``removed``. If the block fails, restore
    everything as it was before.
    """
    before = {path: (root / path).read_bytes() if (root / path).exists() else None for path in (*texts, *removed)}
    made: list[Path] = []
    try:
        for path, text in texts.items():
            made += _make_folders((root / path).parent)
            _write(root / path, text)
        for path in removed:
            (root / path).unlink()
        yield
    except BaseException:
        for path, content in before.items():
            _restore(root / path, content)
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


_NOT_COPIED = shutil.ignore_patterns(".aws-sam", ".git", ".homeport", ".venv", "__pycache__", "node_modules", "venv")


@contextlib.contextmanager
def copied_folders(folders: Mapping[Path, str], root: Path) -> Iterator[tuple[Path, ...]]:
    """Copy folders to their places below ``root``, and remove the copies if the block fails. A folder that is there
    already stays as it is. Yield the places of the copies, relative to ``root``.
    """
    copied: list[Path] = []
    made: list[Path] = []
    try:
        for source, name in folders.items():
            target = root / name
            if not target.exists():
                made += _make_folders(target.parent)
                # A project that is made inside of the folder is no part of it.
                shutil.copytree(source, target, ignore=lambda place, names: _not_copied(place, names, root))
                copied.append(target)
        yield tuple(target.relative_to(root) for target in copied)
    except BaseException:
        for target in copied:
            shutil.rmtree(target, ignore_errors=True)
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _not_copied(place: str, names: list[str], root: Path) -> set[str]:
    return _NOT_COPIED(place, names) | {name for name in names if Path(place, name) == root}


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a folder to fill beside ``path``. It moves there when the block ends well, and is removed otherwise.

    Raises HomeportError if ``path`` exists already or the folder can't be made.
    """
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise HomeportError(f"{path} exists and is no folder", "choose another name")
    if path.is_dir() and any(path.iterdir()):
        raise HomeportError(f"{path} exists and is not empty", "choose another name, or empty it")
    try:
        draft = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    except OSError as error:
        raise HomeportError(f"{path.parent} can't be written: {error.strerror}", "choose another folder") from None
    try:
        draft.chmod(0o755)
        yield draft
        try:
            draft.replace(path)
        except OSError as error:
            raise HomeportError(f"{path} can't be made: {error.strerror}", "choose another name") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _make_folders(folder: Path) -> list[Path]:
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _write(file: Path, text: str) -> None:
    draft = file.with_name(f"._{file.name}")
    try:
        draft.write_text(text, encoding="utf-8", newline="")
        if file.exists():
            draft.chmod(file.stat().st_mode)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def _restore(file: Path, content: bytes | None) -> None:
    if content is None:
        file.unlink(missing_ok=True)
    elif not file.exists() or file.read_bytes() != content:
        file.write_bytes(content)


GENERATED = ("exact_json", "proxy", "retries", "validation")
STARTERS = ("errors", "operation")
SERVICE, SEPARATE = "service", "service.contract"
"""The packages that helpers can be in: the second one where the project has other modules of their names."""
ONE_MODULE = Path("service", "api.py")
"""The helpers as one module, which belongs to the project."""

KEEP_HINT = "remove its first line to keep it as your own, or replace it: homeport generate --force"
_SOURCES = Path(__file__).parent / "helpers"
_NEEDED_BY_HANDLERS = ("errors", "exact_json", "operation", "proxy", "validation")
# A module with this text offers what generated handlers import from it.
_OFFERS = {
    "errors": "class ServiceError(",
    "operation": "def operation(",
    "proxy": "class Response",
    "validation": "class Call",
}
_FIRST_LINE = re.compile(r"# Generated by homeport \S+ \(sha256 (?P<checksum>[0-9a-f]{16})\)")


@dataclass(frozen=True, slots=True)
class GeneratedHelper:
    """A generated helper of a project. ``path`` is relative to the project, ``text`` is what the kit would write."""

    path: Path
    state: Literal["current", "outdated", "edited"]
    text: str


def helper_text(name: str, package: str = SERVICE) -> str:
    """Return the text of a helper for a package, with the first line that marks a generated one."""
    source = (_SOURCES / f"{name}.py.template").read_text(encoding="utf-8")
    text = Template(source).substitute(package=package)
    if name in STARTERS:
        return text
    mark = f"Generated by homeport {__version__.partition('+')[0]} (sha256 {_checksum(text)})."
    return f"# {mark} Do not edit: homeport generate renews it.\n{text}"


@dataclass(frozen=True, slots=True)
class HandlerImports:
    """The place that handlers import ``operation``, ``Call``, ``Response`` and ``ServiceError`` from.

    It is one module with all of them (``service.api``, of projects that began with ``crud`` or ``blank``), or a package
    with a module for each. The error of one module takes its status: ``ServiceError(404, "no such note")``.
    """

    package: str = SERVICE
    module: str = ""


def handler_imports(root: Path) -> tuple[HandlerImports, Mapping[Path, str]]:
    """Return what new handlers import from, and the files that it lacks by their paths in the project."""
    if all(text in _read(root / ONE_MODULE) for text in _OFFERS.values()):
        return HandlerImports(SERVICE, ".".join(ONE_MODULE.with_suffix("").parts)), {}
    package, texts = lacking_helpers(root)
    return HandlerImports(package), texts


def lacking_helpers(root: Path) -> tuple[str, Mapping[Path, str]]:
    """Return the package with the helpers of handlers, and the files that it lacks by their paths in the project."""
    for package in (SERVICE, SEPARATE):
        if all(text in _read(root / _folder(package) / f"{name}.py") for name, text in _OFFERS.items()):
            return package, {}
    is_taken = any((root / SERVICE / f"{name}.py").exists() for name in _NEEDED_BY_HANDLERS)
    package = SEPARATE if is_taken else SERVICE
    folders = (Path(SERVICE), Path(SERVICE, "handlers"), _folder(package))
    packages = {folder / "__init__.py": "" for folder in folders if not (root / folder / "__init__.py").exists()}
    return package, {
        **packages,
        **{_folder(package) / f"{name}.py": helper_text(name, package) for name in _NEEDED_BY_HANDLERS},
    }


def examine_helpers(root: Path) -> Iterator[GeneratedHelper]:
    """Yield the generated helpers of a project. A linked ``service/`` is another project's."""
    for package in () if (root / SERVICE).is_symlink() else (SERVICE, SEPARATE):
        for name in GENERATED:
            path = _folder(package) / f"{name}.py"
            first_line, _, rest = _read(root / path).partition("\n")
            if (marked := _FIRST_LINE.match(first_line)) is None:
                continue
            text = helper_text(name, package)
            if marked["checksum"] != _checksum(rest):
                yield GeneratedHelper(path, "edited", text)
            else:
                yield GeneratedHelper(path, "current" if rest == text.partition("\n")[2] else "outdated", text)


def renew_helpers(root: Path, *, force: bool = False) -> list[str]:
    """Write the outdated helpers of a project, with ``force`` the edited ones too, and return a line for each.

    Raises HomeportError for a file that can't be written.
    """
    lines = []
    for helper in examine_helpers(root):
        if helper.state == "outdated" or (force and helper.state == "edited"):
            try:
                (root / helper.path).write_text(helper.text, encoding="utf-8", newline="\n")
            except OSError as error:
                raise HomeportError(f"{helper.path} can't be written: {error.strerror}") from error
            lines.append(f"renewed {helper.path}")
        elif helper.state == "edited":
            lines.append(f"kept {helper.path}, which was edited ({KEEP_HINT})")
    return lines


def helper_problems(root: Path) -> Iterator[Problem]:
    """Yield a warning for each generated helper that is outdated or edited."""
    hints = {"outdated": "homeport generate", "edited": KEEP_HINT}
    texts = {
        "outdated": "this generated module is from another version of homeport",
        "edited": "this generated module was edited, so homeport generate does not renew it",
    }
    for helper in examine_helpers(root):
        if helper.state != "current":
            yield Problem(texts[helper.state], helper.path.as_posix(), 1, hints[helper.state], "warning")


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _folder(package: str) -> Path:
    return Path(*package.split("."))


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
