"""Parameters of Systems Manager and secrets of Secrets Manager. One that is there keeps the value that it has.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.aws.setup.clients import Clients, fit
from homeport.aws.setup.errors import CannotMakeError
from homeport.aws.setup.seed import Seed
from homeport.project.model import ServiceResource


def make_parameter(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make a parameter, with the seed's value if it has one."""
    properties, name = resource.properties, resource.physical_id
    value = seed.parameter(resource.logical_id, name, str(properties.get("Value", "")))
    yield from put_parameter(clients, name, value, str(properties.get("Type", "String")))


def put_parameter(clients: Clients, name: str, value: str, kind: str) -> Iterator[str]:
    """Make a parameter that is missing."""
    ssm = clients("ssm")
    try:
        ssm.get_parameter(Name=name)
    except ssm.exceptions.ParameterNotFound:
        ssm.put_parameter(Name=name, Value=value, Type=kind)
        yield f"made parameter {name}"


def make_secret(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make a secret, with the seed's value if it has one, or else a random one where the template asks for that."""
    properties = resource.properties
    # The ARN ends in six characters of AWS's choice.
    name, _, suffix = resource.physical_id.partition(":secret:")[2].rpartition("-")
    value = seed.secret(resource.logical_id, name)
    if value is None and "GenerateSecretString" in properties:
        value = _generate(clients, properties["GenerateSecretString"])
    with clients.giving(Suffix=suffix):
        yield from put_secret(clients, name, value if value is not None else properties.get("SecretString"))
    arn = clients("secretsmanager").describe_secret(SecretId=name)["ARN"]
    if arn != resource.physical_id:
        message = f"{resource.logical_id} has another ARN at {clients.endpoint} than functions have in their variables"
        raise CannotMakeError(message, "have functions ask for it by its name")


def put_secret(clients: Clients, name: str, value: str | None) -> Iterator[str]:
    """Make a secret that is missing; None: it has no value yet."""
    secrets = clients("secretsmanager")
    try:
        secrets.describe_secret(SecretId=name)
    except secrets.exceptions.ResourceNotFoundException:
        secrets.create_secret(Name=name, **({"SecretString": value} if value is not None else {}))
        yield f"made secret {name}"


def _generate(clients: Clients, settings: Any) -> str:
    written: Mapping[str, Any] = settings if isinstance(settings, Mapping) else {}
    secrets = clients("secretsmanager")
    shape = secrets.meta.service_model.operation_model("GetRandomPassword").input_shape
    password = secrets.get_random_password(**fit(shape, written))["RandomPassword"]
    key = written.get("GenerateStringKey")
    if not key:
        return str(password)
    return json.dumps({**json.loads(written.get("SecretStringTemplate", "{}")), key: password})
