"""Apps of Chalice as a format of projects."""

from __future__ import annotations

from pathlib import Path

from homeport.project.chalice.file_names import APP_FILE, CONFIG_FILE
from homeport.project.formats.source_format import FormatRequest, FormatTemplate
from homeport.project.source.cursor import Diagnostics


class ChaliceFormat:
    """An app.py with a .chalice/config.json."""

    name = "Chalice"
    deploy_command = "chalice deploy"

    def find(self, root: Path) -> str | None:
        """Return app.py of a folder that has Chalice's configuration."""
        return APP_FILE if (root / CONFIG_FILE).is_file() and (root / APP_FILE).is_file() else None

    def is_named(self, file: str) -> bool:
        """Return whether a file is an app.py, or Chalice's configuration."""
        return file in (APP_FILE, CONFIG_FILE)

    def read(self, request: FormatRequest, diagnostics: Diagnostics) -> FormatTemplate | None:
        """Read what the app registers."""
        from homeport.project.chalice.reader import read_app

        return read_app(request, diagnostics)


CHALICE = ChaliceFormat()
