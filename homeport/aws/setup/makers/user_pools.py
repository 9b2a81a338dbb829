"""User pools of Cognito, their app clients, groups, resource servers and domains.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpool.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from homeport.aws.setup.clients import Clients
from homeport.aws.setup.seed import Seed
from homeport.project.model import ServiceResource

_NAME = "cognito-idp"


def make_pool(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make a pool with the id that ``Ref`` gives, or change its settings."""
    cognito, pool = clients(_NAME), resource.physical_id
    name = str(resource.properties.get("UserPoolName") or resource.logical_id)
    try:
        cognito.describe_user_pool(UserPoolId=pool)
    except cognito.exceptions.ResourceNotFoundException:
        wanted = clients.request(_NAME, "CreateUserPool", {**resource.properties, "PoolName": name})
        if not clients.embedded:
            # LocalStack takes an id from a tag: https://docs.localstack.cloud/aws/services/cognito/
            wanted["UserPoolTags"] = {**wanted.get("UserPoolTags", {}), "_custom_id_": pool}
        with clients.giving(UserPoolId=pool):
            cognito.create_user_pool(**wanted)
        yield f"made user pool {name}"
        return
    wanted = clients.request(_NAME, "UpdateUserPool", {**resource.properties, "UserPoolId": pool})
    cognito.update_user_pool(**wanted)


def make_client(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make an app client with the id that ``Ref`` gives, or change its settings."""
    cognito, pool = clients(_NAME), str(resource.properties.get("UserPoolId", ""))
    name = str(resource.properties.get("ClientName") or resource.logical_id)
    ids = {"ClientId": resource.physical_id, "ClientSecret": resource.attributes.get("ClientSecret", "")}
    try:
        cognito.describe_user_pool_client(UserPoolId=pool, ClientId=resource.physical_id)
    except cognito.exceptions.ResourceNotFoundException:
        wanted = clients.request(_NAME, "CreateUserPoolClient", {**resource.properties, "ClientName": name})
        with clients.giving(**ids):
            cognito.create_user_pool_client(**wanted)
        yield f"made app client {name}"
        return
    given = {**resource.properties, "ClientName": name, "ClientId": resource.physical_id}
    cognito.update_user_pool_client(**clients.request(_NAME, "UpdateUserPoolClient", given))


def make_group(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make a group."""
    cognito = clients(_NAME)
    wanted = clients.request(_NAME, "CreateGroup", {**resource.properties, "GroupName": resource.physical_id})
    try:
        cognito.create_group(**wanted)
        yield f"made user group {resource.physical_id}"
    except cognito.exceptions.GroupExistsException:
        return


def make_resource_server(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make a resource server, or change its scopes."""
    cognito, properties = clients(_NAME), resource.properties
    wanted = clients.request(_NAME, "CreateResourceServer", {"Name": resource.physical_id, **properties})
    key: dict[str, Any] = {"UserPoolId": wanted.get("UserPoolId"), "Identifier": wanted.get("Identifier")}
    try:
        cognito.describe_resource_server(**key)
    except cognito.exceptions.ResourceNotFoundException:
        cognito.create_resource_server(**wanted)
        yield f"made resource server {key['Identifier']}"
        return
    cognito.update_resource_server(**wanted)


def make_domain(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make the prefix of a domain."""
    cognito, name = clients(_NAME), resource.physical_id
    if not cognito.describe_user_pool_domain(Domain=name).get("DomainDescription"):
        cognito.create_user_pool_domain(Domain=name, UserPoolId=str(resource.properties.get("UserPoolId", "")))
        yield f"made domain {name}"
