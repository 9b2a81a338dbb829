"""Templates of SAM and CloudFormation as a format of projects."""

from __future__ import annotations

from pathlib import Path

from homeport.project.cloudformation.template.template import find_template, read_template
from homeport.project.formats.source_format import FormatRequest, FormatTemplate
from homeport.project.source.cursor import Diagnostics


class CloudFormationFormat:
    """A template.yaml, or the file that samconfig.toml names."""

    name = "SAM or CloudFormation"
    deploy_command = "sam deploy"

    def find(self, root: Path) -> str | None:
        """Return the template of a folder."""
        return find_template(root)

    def is_named(self, file: str) -> bool:
        """Return False: a file that no other format claims is a template."""
        return False

    def read(self, request: FormatRequest, diagnostics: Diagnostics) -> FormatTemplate | None:
        """Read the template with all that it includes."""
        document = read_template(request.root, request.file, diagnostics)
        return FormatTemplate(document, request.inputs) if document is not None else None


CLOUDFORMATION = CloudFormationFormat()
