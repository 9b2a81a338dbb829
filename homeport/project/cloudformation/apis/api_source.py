"""An API of a stack as its reader hands it on: an OpenAPI document and a stage, made of the template's resources.

Every value of the document knows the owner's line, as if the document were a file (``source/builder.py``).
"""

from __future__ import annotations

from typing import NamedTuple

from homeport.project.cloudformation.stack.stack import CloudFormationStack
from homeport.project.model import Flavor, Stage, Throttle
from homeport.project.source.document import Document

ACCOUNT_THROTTLE = Throttle(rate=10_000.0, burst=5_000)
"""The throttle of an API that sets none: that of the whole account in a region.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""


class ApiSource(NamedTuple):
    """An API of a stack. ``name`` is its logical id.

    ``document`` is an OpenAPI 3.0 document as API Gateway would export it, its ``x-amazon-apigateway-*`` extensions
    included. ``stage`` has what a template keeps in other resources: flavor, stage name, payload format, throttles,
    variables, access log, usage plans and API keys.
    """

    name: str
    document: Document
    stage: Stage


def stack_stage(
    stack: CloudFormationStack, key: str = "local", *, stage_name: str = "$default", flavor: Flavor = "http"
) -> Stage:
    """Return a stage of an API of a stack, before anything is set for it."""
    return Stage(
        key=key,
        stage_name=stage_name,
        flavor=flavor,
        payload_format="1.0" if flavor == "rest" else "2.0",
        region=stack.region,
        stack_name=stack.name,
        throttle=ACCOUNT_THROTTLE,
    )
