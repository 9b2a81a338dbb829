"""An API of a stack as its reader hands it on: an OpenAPI document and a stage, made of the template's resources.

Every value of the document knows the owner's line, as if the document were a file (``source/builder.py``).
"""

from __future__ import annotations

from typing import NamedTuple

from homeport.project.model import Stage
from homeport.project.source.document import Document


class ApiSource(NamedTuple):
    """An API of a stack. ``name`` is its logical id.

    ``document`` is an OpenAPI 3.0 document as API Gateway would export it, its ``x-amazon-apigateway-*`` extensions
    included. ``stage`` has what a template keeps in other resources: flavor, stage name, payload format, throttles,
    variables, access log, usage plans and API keys.
    """

    name: str
    document: Document
    stage: Stage
