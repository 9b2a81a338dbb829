"""The permission of API Gateway to invoke a function, which Terraform's owners write by hand.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from homeport.project.model import Source
from homeport.project.terraform.translation.made import MadeResource, Translation

_FUNCTION = re.compile(r":function:([\w-]+)")
_API_GATEWAY = "apigateway.amazonaws.com"
_INVOKING = (
    ("aws_apigatewayv2_integration", "IntegrationUri", "CredentialsArn"),
    ("aws_apigatewayv2_api", "Target", "CredentialsArn"),
    ("aws_apigatewayv2_authorizer", "AuthorizerUri", "AuthorizerCredentialsArn"),
    ("aws_api_gateway_authorizer", "AuthorizerUri", "AuthorizerCredentials"),
)
"""The types that invoke functions, with the property of the function, and that of a role that may do so instead."""


def report_missing_permissions(translation: Translation) -> None:
    """Warn of functions that an API invokes and that no ``aws_lambda_permission`` lets it invoke."""
    permitted = {_name(made.properties.get("FunctionName")) for made in _permissions(translation)}
    own = {_name(made.properties.get("FunctionName")): made for made in translation.made_of("aws_lambda_function")}
    reported = set(permitted)
    for uri, address, place in _invocations(translation):
        name = _name(uri)
        if name in own and name not in reported:
            reported.add(name)
            translation.warn(
                f"no permission lets API Gateway invoke {own[name].logical_id}: on AWS {address} answers 500",
                place,
                f'add an aws_lambda_permission with principal = "{_API_GATEWAY}"',
            )


def _permissions(translation: Translation) -> Iterator[MadeResource]:
    """Yield the permissions that API Gateway has, and those of which it is not known whose they are."""
    for made in translation.made_of("aws_lambda_permission"):
        if str(made.properties.get("Principal", _API_GATEWAY)) in (_API_GATEWAY, "*"):
            yield made


def _invocations(translation: Translation) -> Iterator[tuple[object, str, Source]]:
    """Yield what names a function that API Gateway invokes by its own right, the resource's address, and the place."""
    for type, property, role in _INVOKING:
        for made in translation.made_of(type):
            if property in made.properties and not made.properties.get(role):
                yield made.properties[property], made.instance.address, made.places[property]
    for made in translation.made_of("aws_api_gateway_method"):
        integration = made.properties.get("Integration")
        if isinstance(integration, dict) and "Uri" in integration and not integration.get("Credentials"):
            yield integration["Uri"], made.instance.address, made.places["Integration"]


def _name(function: object) -> str:
    """Return the name of a function that is written as a name, as an ARN, or as the URI of an integration."""
    text = str(function)
    found = _FUNCTION.search(text)
    return found[1] if found else text.partition(":")[0]
