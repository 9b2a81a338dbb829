"""The DynamoDB tables of a stack.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
"""

from __future__ import annotations

from homeport.project.cloudformation.stack import CloudFormationStack
from homeport.project.cloudformation.table_rules import TABLE_TYPE, coerce
from homeport.project.model import Resources, Table


def read_tables(stack: CloudFormationStack) -> Resources:
    """Return the tables of a stack with their names."""
    tables = {
        found.logical_id: Table(
            found.logical_id, found.physical_id, coerce("", dict(found.properties.value)), found.properties.source
        )
        for found in stack.of_type(TABLE_TYPE)
    }
    return Resources(tables, names=stack.names)
