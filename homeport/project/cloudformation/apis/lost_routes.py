"""Routes of a template's functions in APIs that are not in it: what API Gateway may invoke, but nothing here does.

A function whose event names an API of another stack has a permission for it, and no more: the route is that stack's.
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-api.html
"""

from __future__ import annotations

import re

from homeport.project.cloudformation.stack.stack import CloudFormationStack
from homeport.project.source.cursor import Diagnostics

_APIS = ("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api")
_SOURCE = re.compile(
    r"arn:aws[^:]*:execute-api:[^:]*:[^:]*:(?P<api>[^/]+)/(?P<stage>[^/]*)/(?P<method>[^/]+)(?P<path>/.*)?"
)


def report_lost_routes(stack: CloudFormationStack, diagnostics: Diagnostics) -> None:
    """Warn of each function that an API outside of the template may invoke."""
    here = {resource.physical_id for resource in stack.of_type(*_APIS)}
    for permission in stack.of_type("AWS::Lambda::Permission"):
        source = _SOURCE.fullmatch(str(permission.properties.at("SourceArn").value))
        if source is None or source["api"] in {*here, "*"} or source["stage"] == "authorizers":
            continue
        named = permission.properties.text("FunctionName")
        function = stack.by_arn(named)
        name = function.logical_id if function is not None else _logical_id(stack, named)
        method = "ANY" if source["method"] == "*" else source["method"]
        route = f"{method} {source['path'] or '/'}"
        permission.properties.at("SourceArn").warning(
            f"{route} of {name} is a route of the API {source['api']}, which is not in this template",
            "it is not served here; homeport invoke calls the function, and a template with the API serves the route",
        )


def _logical_id(stack: CloudFormationStack, name: str) -> str:
    for resource in stack.of_type("AWS::Lambda::Function", "AWS::Lambda::Alias"):
        if resource.physical_id == name:
            return resource.logical_id
    return name
