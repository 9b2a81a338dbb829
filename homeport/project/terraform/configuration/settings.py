"""The matters that all modules of a configuration share: files, notes, lines, names and the region."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from homeport.project.cloudformation.stack.references import ResourceOwner
from homeport.project.source.cursor import Diagnostics
from homeport.project.terraform.configuration.state import StateValues
from homeport.project.terraform.evaluation.functions.files import FunctionFiles
from homeport.project.terraform.evaluation.values import GuessNotes
from homeport.project.terraform.lines import ValueLines

DEFAULT_REGION = "us-east-1"


@dataclass
class TerraformSettings:
    """The settings of a reading. ``folder`` is that of the root module, absolute; ``stack_name`` names what is made.

    ``region_of_provider`` works out the region of the provider ``aws``, ``""`` where it says none.
    """

    root: Path
    folder: Path
    stack_name: str
    workspace: str
    region_of_shell: str
    state: StateValues
    diagnostics: Diagnostics
    notes: GuessNotes = field(default_factory=GuessNotes)
    lines: ValueLines = field(default_factory=ValueLines)
    region_of_provider: Callable[[], str] = field(default=lambda: "")
    logical_ids: dict[str, str] = field(default_factory=dict)

    @cached_property
    def files(self) -> FunctionFiles:
        """The files that expressions read."""
        return FunctionFiles(self.root, self.folder)

    @cached_property
    def region(self) -> str:
        """The region in which everything is."""
        # An expression of the provider's region that needs the region itself finds the shell's.
        self.__dict__["region"] = self.region_of_shell or DEFAULT_REGION
        return self.region_of_provider() or self.region_of_shell or DEFAULT_REGION

    def logical_id(self, address: str, wanted: str) -> str:
        """Return the logical id of a resource by its address: ``wanted``, with a number where another one has it."""
        if address not in self.logical_ids:
            taken = set(self.logical_ids.values())
            numbered = (wanted if number == 1 else f"{wanted}{number}" for number in range(1, len(taken) + 2))
            self.logical_ids[address] = next(each for each in numbered if each not in taken)
        return self.logical_ids[address]

    def owner(self, type: str, logical_id: str, property_of: Callable[[str], object]) -> ResourceOwner:
        """Return a resource as CloudFormation's values of ``Ref`` and ``Fn::GetAtt`` are worked out for it."""
        return ResourceOwner(
            type=type,
            logical_id=logical_id,
            path=logical_id,
            stack_name=self.stack_name,
            root_name=self.stack_name,
            region=self.region,
            property_of=property_of,
        )

    def digest(self, address: str) -> bytes:
        """Return bytes for what a provider makes at random, the same at every start."""
        return sha256(f"{self.stack_name}/{address}".encode()).digest()
