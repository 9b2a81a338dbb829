"""The REST APIs of a stack as OpenAPI documents.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGateway.html
"""

from __future__ import annotations

from homeport.project.cloudformation.api_source import ApiSource
from homeport.project.cloudformation.stack import CloudFormationStack
from homeport.project.source.cursor import Diagnostics


def rest_apis(stack: CloudFormationStack, diagnostics: Diagnostics) -> list[ApiSource]:
    """Return the REST APIs of a stack in the template's order."""
    return []
