"""The Serverless Framework as a format of projects."""

from __future__ import annotations

import re
from pathlib import Path

from homeport.project.formats.source_format import FormatRequest, FormatTemplate
from homeport.project.source.cursor import Diagnostics

SERVERLESS_FILES = (
    *("serverless.yml", "serverless.yaml", "serverless.json", "serverless.ts", "serverless.js"),
    *("serverless-compose.yml", "serverless-compose.yaml"),
)
_NAME = re.compile(r"serverless[\w.-]*\.(ya?ml|json|[cm]?[jt]s)")


class ServerlessFormat:
    """A serverless.yml of the Serverless Framework, version 3 or 4, for AWS."""

    name = "Serverless Framework"
    deploy_command = "serverless deploy"

    def find(self, root: Path) -> str | None:
        """Return the serverless.yml of a folder, or the file in another language that stands for it."""
        return next((name for name in SERVERLESS_FILES if (root / name).is_file()), None)

    def is_named(self, file: str) -> bool:
        """Return whether a file has a name of the framework's, such as ``serverless.prod.yml``."""
        return _NAME.fullmatch(Path(file).name) is not None

    def read(self, request: FormatRequest, diagnostics: Diagnostics) -> FormatTemplate | None:
        """Read the configuration with all files that it names."""
        from homeport.project.serverless.reader import read_service

        return read_service(request, diagnostics)


SERVERLESS = ServerlessFormat()
