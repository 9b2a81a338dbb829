"""Templates of SAM and CloudFormation for tests: files in a folder, read and translated in this process.

AWS's translator is loaded here, once for all tests that import this module: no test starts a process for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import tests.support.sam_translator  # noqa: F401
from homeport.errors import Problem
from homeport.project.cloudformation.template.template import read_template
from homeport.project.cloudformation.template.transforms import apply_transforms
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document

SAM = "Transform: AWS::Serverless-2016-10-31\n"
REGION = "eu-west-1"


class PlainTemplate(NamedTuple):
    """A template after its transforms, and the problems of the reading."""

    document: Document
    problems: tuple[Problem, ...]

    def value(self, *path: str) -> Any:
        """Return the value at a path."""
        found = self.document.find(path)
        assert found is not None, f"there is nothing at {path}"
        return found[0]

    def place(self, *path: str) -> str:
        """Return the file and line of a value, as ``template.yaml:3``."""
        source = self.document.source(path)
        return f"{source.file}:{source.line}"

    def text(self) -> list[str]:
        """Return the problems as text."""
        return [str(problem) for problem in self.problems]


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def read_plain(
    folder: Path, files: str | Mapping[str, str], parameters: Mapping[str, Any] | None = None
) -> PlainTemplate:
    """Write a template (or files, with ``template.yaml`` among them), and read it with every transform applied."""
    document, problems = try_plain(folder, files, parameters)
    assert document is not None, problems
    return PlainTemplate(document, problems)


def try_plain(
    folder: Path, files: str | Mapping[str, str], parameters: Mapping[str, Any] | None = None
) -> tuple[Document | None, tuple[Problem, ...]]:
    """Read as ``read_plain`` does, a template that AWS would refuse too."""
    write_files(folder, {"template.yaml": files} if isinstance(files, str) else files)
    diagnostics = Diagnostics()
    document = read_template(folder, "template.yaml", diagnostics)
    if document is not None:
        document = apply_transforms(folder, document, parameters or {}, REGION, diagnostics)
    return document, diagnostics.all()
