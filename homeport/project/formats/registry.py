"""The formats in the order in which a folder is asked for them, and the choice among them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from homeport.project.cdk.format import CDK
from homeport.project.chalice.format import CHALICE
from homeport.project.cloudformation.format import CLOUDFORMATION
from homeport.project.formats.source_format import SourceFormat
from homeport.project.project import ProjectInputs
from homeport.project.serverless.format import SERVERLESS
from homeport.project.terraform.format import TERRAFORM

FORMATS: tuple[SourceFormat, ...] = (CDK, CHALICE, CLOUDFORMATION, SERVERLESS, TERRAFORM)


class ProjectSource(NamedTuple):
    """The main file of a project, relative to its folder, and the format in which it is written."""

    format: SourceFormat
    file: str


def find_source(root: Path, inputs: ProjectInputs) -> ProjectSource | None:
    """Return what ``--template`` names, else the first format that the folder has; None if it has none."""
    if inputs.template:
        chosen = next((each for each in FORMATS if each.is_named(inputs.template)), CLOUDFORMATION)
        return ProjectSource(chosen, inputs.template)
    return next(iter(every_source(root)), None)


def every_source(root: Path) -> list[ProjectSource]:
    """Return the main file of each format that a folder has."""
    found = ((each, each.find(root)) for each in FORMATS)
    return [ProjectSource(each, file) for each, file in found if file is not None]
