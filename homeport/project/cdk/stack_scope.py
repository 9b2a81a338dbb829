"""The names of a stack in the merged template: what its resources, conditions and parameters are called there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from homeport.project.cdk.assembly import SynthesizedStack
from homeport.project.source.document import Document

NESTED = "AWS::CloudFormation::Stack"
CONDITION_OF_METADATA = "CDKMetadataAvailable"
_METADATA = "AWS::CDK::Metadata"


@dataclass(frozen=True, slots=True)
class BoundParameter:
    """A parameter of a nested stack, with the value that the stack above gives to it, in that stack's names."""

    value: Any
    scope: StackScope


@dataclass
class StackScope:
    """A stack or nested stack. ``ids``, ``conditions`` and ``mappings`` have the new names by those of its template.

    ``parameters`` has a new name, or what a nested stack is given. ``nested`` are the stacks in it by logical id.
    ``name`` is the stack's name on AWS.
    """

    stack: SynthesizedStack
    document: Document
    name: str
    ids: dict[str, str] = field(default_factory=dict)
    conditions: dict[str, str] = field(default_factory=dict)
    mappings: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str | BoundParameter] = field(default_factory=dict)
    nested: dict[str, StackScope] = field(default_factory=dict)

    def section(self, name: str) -> dict[str, Any]:
        """Return a section of the template, empty if it has none."""
        found = self.document.value.get(name)
        return found if isinstance(found, dict) else {}

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """The resources that become part of the merged template."""
        return {
            name: each
            for name, each in self.section("Resources").items()
            if isinstance(each, dict) and each.get("Type") != _METADATA and name not in self.nested
        }

    def every(self) -> list[StackScope]:
        """Return this stack and all that are nested in it."""
        return [self, *(each for inner in self.nested.values() for each in inner.every())]


@dataclass
class GivenNames:
    """The names that are given in the merged template."""

    taken: set[str] = field(default_factory=set)

    def give(self, name: str, scope: StackScope) -> str:
        """Return a name that nothing has yet: the written one, or with the stack's id before it."""
        prefix = "".join(letter for letter in scope.stack.id if letter.isalnum())
        found, number = name, 1
        while found in self.taken:
            number += 1
            found = f"{prefix}{name}" if number == 2 else f"{prefix}{number}{name}"
        self.taken.add(found)
        return found
