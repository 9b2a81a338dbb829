"""The templates of nested stacks and applications, read from the project's files.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from homeport.project.cloudformation.stack.parameters import StackValues
from homeport.project.cloudformation.template.template import local_template, read_template
from homeport.project.cloudformation.template.transforms import apply_transforms
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document


@dataclass(frozen=True, slots=True)
class NestedTemplates:
    """Reads the nested templates of the project in ``root``."""

    root: Path
    diagnostics: Diagnostics

    def read(self, location: str, file: str) -> Document | None:
        """Return the template that ``file`` names; None if that is no local file, or if it can't be read."""
        found = local_template(self.root, Document(file, None, {}), location)
        return None if found is None else read_template(self.root, found, self.diagnostics)

    def translate(self, document: Document, values: StackValues) -> Document | None:
        """Return a template after its Transform."""
        return apply_transforms(self.root, document, values.names, values.region, self.diagnostics)
