"""The bodies of APIs that are in local files: BodyS3Location with a path, and references from a body to other files.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-restapi.html
"""

from __future__ import annotations

from pathlib import Path

from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document


def with_api_bodies(root: Path, document: Document, diagnostics: Diagnostics) -> Document:
    """Return the template in which each API has its whole document as ``Body``."""
    return document
