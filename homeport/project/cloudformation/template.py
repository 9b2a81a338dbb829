"""The template of a project: which file it is, and its text as a Document with everything that it includes.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document, read_document
from homeport.project.source.yaml_text import long_form

if TYPE_CHECKING:
    from homeport.project.load import ProjectInputs

TEMPLATE_FILES = ("template.yaml", "template.yml", "template.json")
_OWN_FILES = ("openapi.yaml", "openapi.yml", "openapi.json")


def find_template(root: Path, inputs: ProjectInputs) -> str | None:
    """Return the template's file, relative to the project, or None if there is none."""
    if inputs.template:
        return inputs.template
    return next((file for file in TEMPLATE_FILES if (root / file).is_file()), None)


def is_template_project(root: Path, inputs: ProjectInputs) -> bool:
    """Return whether the project is a template's. An openapi.yaml wins over a template that no option names."""
    if not inputs.template and any((root / file).exists() for file in _OWN_FILES):
        return False
    return find_template(root, inputs) is not None


def read_template(root: Path, file: str, diagnostics: Diagnostics) -> Document | None:
    """Read a template and the local files that it includes; None if it can't be read.

    ``file`` is relative to ``root``. Each value knows its file and line, also one that comes from an included file.
    """
    document, problems = read_document(root, file, tags=long_form)
    diagnostics.add(*problems)
    return document


def local_template(root: Path, document: Document, location: str) -> str | None:
    """Return the file that a nested stack or application of ``document`` names, relative to the project.

    None for a location on S3 or in the application repository, and for a file that does not exist.
    """
    if "://" in location:
        return None
    folder = (root / document.file).parent
    found = (folder / location).resolve()
    return found.relative_to(root).as_posix() if found.is_file() and found.is_relative_to(root) else None
