"""The region of a deployment, which is known without a call to AWS."""

from __future__ import annotations

import os
from collections.abc import Mapping

from homeport.project.project import Project


def region_of(project: Project, environ: Mapping[str, str] = os.environ) -> str:
    """Return the region of deploy/stages.yaml, else that of the AWS variables, else the stage's default."""
    if project.documents.stage.find(("region",)) is not None:
        return project.stage.region
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or project.stage.region
