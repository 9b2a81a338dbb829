"""Keys of KMS and their aliases.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html
"""

from __future__ import annotations

from collections.abc import Iterator

from homeport.aws.setup.clients import Clients
from homeport.aws.setup.seed import Seed
from homeport.project.model import ServiceResource


def make_key(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make a key with the id that ``Ref`` gives."""
    kms, properties = clients("kms"), resource.properties
    try:
        kms.describe_key(KeyId=resource.physical_id)
    except kms.exceptions.NotFoundException:
        wanted = {name: properties[name] for name in ("Description", "KeySpec", "KeyUsage") if name in properties}
        # LocalStack takes an id from a tag: https://docs.localstack.cloud/aws/services/kms/
        tags = [] if clients.embedded else [{"TagKey": "_custom_id_", "TagValue": resource.physical_id}]
        with clients.giving(KeyId=resource.physical_id):
            kms.create_key(**wanted, Tags=tags)
        yield f"made key {resource.logical_id}"


def make_alias(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make an alias, or have it name another key."""
    kms, name = clients("kms"), resource.physical_id
    key = str(resource.properties.get("TargetKeyId", "")).rpartition("/")[2]
    there = {each["AliasName"]: each.get("TargetKeyId") for each in kms.list_aliases()["Aliases"]}
    if name not in there:
        kms.create_alias(AliasName=name, TargetKeyId=key)
        yield f"made alias {name}"
    elif there[name] != key:
        kms.update_alias(AliasName=name, TargetKeyId=key)
        yield f"changed alias {name}"
