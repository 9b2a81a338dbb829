"""The tables and other resources of a project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from homeport.project.model.source import Source


@dataclass(frozen=True, slots=True)
class TableSeed:
    """A file with a list of items, relative to the project, for an empty table of a name.

    The items are plain JSON, or those of DynamoDB's API (``{"S": "text"}``).
    """

    table: str
    file: str
    in_dynamodb_json: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """An ``AWS::DynamoDB::Table``; ``properties`` are CloudFormation's, references and conditions resolved.

    ``name`` is the table's on DynamoDB: its ``TableName``, or one that begins with the stack's.
    """

    logical_id: str
    name: str
    properties: Mapping[str, Any]
    source: Source

    @property
    def variable(self) -> str:
        """The environment variable of functions that holds the table's name: ``ITEMS_TABLE`` for ``ItemsTable``."""
        letters = [f"_{c}" if c.isupper() and i else c for i, c in enumerate(self.logical_id)]
        return "".join(letters).upper()

    @property
    def indexes(self) -> tuple[str, ...]:
        """The names of the global and local secondary indexes."""
        kinds = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        return tuple(index["IndexName"] for kind in kinds for index in self.properties.get(kind, ()))


@dataclass(frozen=True, slots=True)
class ExistingTable:
    """A table that a stage's stack uses and does not make: it belongs to another stack, or to none.

    ``name`` is the table's on DynamoDB, ``arn`` its ARN; ``export`` names an export of another stack that is the ARN.
    Those that are not known are ``""``: a table that was given by its name has no ARN, an imported one neither of them.
    """

    name: str = ""
    arn: str = ""
    export: str = ""


@dataclass(frozen=True, slots=True)
class ServiceResource:
    """A resource that is no table, its CloudFormation functions worked out.

    ``type`` is CloudFormation's (``AWS::SQS::Queue``). ``physical_id`` is the value of ``Ref``: the name of a bucket,
    the URL of a queue. ``attributes`` are the values of ``Fn::GetAtt`` (``Arn``).
    """

    logical_id: str
    type: str
    physical_id: str
    properties: Mapping[str, Any]
    attributes: Mapping[str, str]
    source: Source


@dataclass(frozen=True)
class Resources:
    """The resources of deploy/resources.yaml; ``document`` is the whole fragment for CloudFormation.

    ``parameters`` are the values of those of its Parameters that the kit sets: ``Stage`` (the stage's key) and
    ``DeletionProtection`` (``true`` or ``false``). All others have their defaults.
    ``names`` has the values of all parameters, and of pseudo parameters such as ``AWS::Region``. ``others`` are the
    resources that are no tables, by their logical ids.
    """

    tables: Mapping[str, Table] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Any] = field(default_factory=dict)
    others: Mapping[str, ServiceResource] = field(default_factory=dict)

    def of_type(self, *kinds: str) -> tuple[str, ...]:
        """Return the logical ids of the resources of some types (``AWS::SNS::Topic``)."""
        declared = self.document.get("Resources")
        resources = declared.items() if isinstance(declared, Mapping) else ()
        return tuple(name for name, it in resources if isinstance(it, Mapping) and it.get("Type") in kinds)
