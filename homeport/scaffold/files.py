"""Write files of a project together or not at all."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from homeport.errors import HomeportError


@contextlib.contextmanager
def write_together(root: Path, texts: Mapping[Path, str]) -> Iterator[None]:
    """Write the files, by their paths below ``root``. If the block fails, restore everything as it was before."""
    before = {path: (root / path).read_bytes() if (root / path).exists() else None for path in texts}
    made: list[Path] = []
    try:
        for path, text in texts.items():
            made += _make_folders((root / path).parent)
            _write(root / path, text)
        yield
    except BaseException:
        for path, content in before.items():
            _restore(root / path, content)
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


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
    elif file.read_bytes() != content:
        file.write_bytes(content)
