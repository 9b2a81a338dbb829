"""Changes of a project's files that are made together or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path


@contextlib.contextmanager
def changed(root: Path, texts: Mapping[Path, str]) -> Iterator[None]:
    """Write the files, by their places below ``root``; if the block fails, all is as it was before."""
    before = {place: (root / place).read_bytes() if (root / place).exists() else None for place in texts}
    made: list[Path] = []
    try:
        for place, text in texts.items():
            made += _make_folders((root / place).parent)
            _write(root / place, text)
        yield
    except BaseException:
        for place, content in before.items():
            _restore(root / place, content)
        for folder in reversed(made):
            _remove_empty(folder)
        raise


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


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
