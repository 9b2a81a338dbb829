"""Rights on tables that a function's ``access`` gives, and the keys that conditions of policies look at, by ARN."""

from __future__ import annotations

from homeport.project.cloudformation.permissions.policies import table_arn
from homeport.project.model import Function, Resources


def dynamodb_permissions(
    function: Function, region: str, resources: Resources, account_id: str
) -> dict[str, tuple[str, ...]]:
    """Return the actions (``PutItem``) of ``access`` by the ARN of a table or index."""
    return {_target_arn(target, region, resources, account_id): actions for target, actions in function.access.items()}


def _target_arn(target: str, region: str, resources: Resources, account_id: str) -> str:
    table, _, index = target.partition("/")
    arn = table_arn(resources.tables[table], region, account_id)
    return f"{arn}/index/{index}" if index else arn


def partition_keys(region: str, resources: Resources, account_id: str) -> dict[str, str]:
    """Return the partition key's attribute by the ARN of each table and index."""
    keys = {}
    for table in resources.tables.values():
        arn, properties = table_arn(table, region, account_id), table.properties
        kinds = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        indexes = {f"{arn}/index/{index['IndexName']}": index for kind in kinds for index in properties.get(kind, ())}
        for place, holder in {arn: properties, **indexes}.items():
            hashes = [key["AttributeName"] for key in holder.get("KeySchema", ()) if key["KeyType"] == "HASH"]
            if len(hashes) == 1:
                keys[place] = hashes[0]
    return keys
