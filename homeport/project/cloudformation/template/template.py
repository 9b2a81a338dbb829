"""The template of a project: which file it is, and its text as a Document with everything that it includes.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

from __future__ import annotations

from pathlib import Path

from homeport.errors import Problem
from homeport.project.cloudformation.stack.samconfig import read_samconfig
from homeport.project.cloudformation.template.includes import include_files
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document
from homeport.project.source.graft import relative_file
from homeport.project.source.template_text import read_template_text

TEMPLATE_FILES = ("template.yaml", "template.yml", "template.json")


def find_template(root: Path) -> str | None:
    """Return the template's file, relative to the project, or None if there is none.

    It is the file that samconfig.toml names, or one of ``TEMPLATE_FILES`` that has resources.
    """
    for file in (read_samconfig(root, "default", Diagnostics()).template, *TEMPLATE_FILES):
        if file and _has_resources(root / file):
            return file
    return None


def _has_resources(file: Path) -> bool:
    try:
        text = file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return False
    return "Resources" in text or "AWS::Include" in text


def read_template(root: Path, file: str, diagnostics: Diagnostics) -> Document | None:
    """Read a template and the local files that it includes; None if it can't be read.

    ``file`` is relative to ``root``. Each value knows its file and line, also one that comes from an included file.
    """
    document, problems = read_template_text(root, file)
    diagnostics.add(*problems)
    if document is None:
        return None
    if not isinstance(document.value, dict):
        diagnostics.add(Problem("holds no map, so it is no template", file, 1, "write Resources, or check --template"))
        return None
    return include_files(root, document, diagnostics)


def local_template(root: Path, document: Document, location: str) -> str | None:
    """Return the file that a nested stack or application of ``document`` names, relative to the project.

    A folder stands for the template in it. None for a location on S3 or in the application repository, and for a file
    that does not exist.
    """
    if "://" in location:
        return None
    named = (root / document.file).parent / location
    found = (each for each in (named, *(named / file for file in TEMPLATE_FILES)) if each.is_file())
    return next((relative_file(root, each) for each in found), None)
