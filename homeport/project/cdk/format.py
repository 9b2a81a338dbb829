"""Apps of the AWS CDK as a format of projects."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from homeport.project.cdk.file_names import APP_FILE, MANIFEST, OUTPUT
from homeport.project.formats.source_format import FormatRequest, FormatTemplate
from homeport.project.source.cursor import Diagnostics


class CdkFormat:
    """A cdk.json, or a cdk.out that was synthesized before."""

    name = "AWS CDK"
    deploy_command = "cdk deploy"

    def find(self, root: Path) -> str | None:
        """Return cdk.json, or the manifest of cdk.out."""
        return next((file for file in (APP_FILE, f"{OUTPUT}/{MANIFEST}") if (root / file).is_file()), None)

    def is_named(self, file: str) -> bool:
        """Return whether a file is cdk.json, a manifest or a template that an app made (``Api.template.json``)."""
        name = PurePosixPath(file).name
        return name in (APP_FILE, MANIFEST) or name.endswith(".template.json")

    def read(self, request: FormatRequest, diagnostics: Diagnostics) -> FormatTemplate | None:
        """Read what the app synthesizes."""
        from homeport.project.cdk.reader import read_app

        return read_app(request, diagnostics)


CDK = CdkFormat()
