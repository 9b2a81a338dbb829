"""A template as a project: one ``Project`` for each of its APIs, all with all of its functions.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from homeport.project.load import Project, ProjectInputs
from homeport.project.source.cursor import Diagnostics


def read_template_project(
    root: Path, stage_key: str, environ: Mapping[str, str], inputs: ProjectInputs, diagnostics: Diagnostics
) -> Project | None:
    """Read the template in ``root``; None if it can't be read.

    Its first API is the project's own, the others are in ``other_apis``.
    """
    return None
