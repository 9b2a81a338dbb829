"""The tables of deploy/resources.yaml, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from homeport.spec.model import Source


@dataclass(frozen=True, slots=True)
class Table:
    """An ``AWS::DynamoDB::Table``; ``properties`` are CloudFormation's, references and conditions resolved."""

    logical_id: str
    properties: Mapping[str, Any]
    source: Source

    @property
    def variable(self) -> str:
        """The environment variable that tells a function the table's name: ``ItemsTable`` is ``ITEMS_TABLE``."""
        letters = [f"_{c}" if c.isupper() and i else c for i, c in enumerate(self.logical_id)]
        return "".join(letters).upper()

    @property
    def indexes(self) -> tuple[str, ...]:
        """Names of its global and local secondary indexes."""
        kinds = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        return tuple(index["IndexName"] for kind in kinds for index in self.properties.get(kind, ()))


@dataclass(frozen=True)
class Resources:
    """deploy/resources.yaml; ``document`` is the whole fragment for CloudFormation.

    ``parameters`` are the values of those of its Parameters that the kit sets: ``Stage`` (the stage's key) and
    ``DeletionProtection`` (``true`` or ``false``). All others have their defaults.
    """

    tables: Mapping[str, Table] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)

    def of_type(self, *kinds: str) -> tuple[str, ...]:
        """The logical ids of the resources of some types (``AWS::SNS::Topic``)."""
        declared = self.document.get("Resources")
        resources = declared.items() if isinstance(declared, Mapping) else ()
        return tuple(name for name, it in resources if isinstance(it, Mapping) and it.get("Type") in kinds)
