"""The resources that are made of a configuration: ``MadeResource``, and all of them, ``Translation``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from homeport.errors import Problem
from homeport.project.model import Source
from homeport.project.terraform.catalog.kinds import ResourceKind
from homeport.project.terraform.configuration.instances import ResourceInstance
from homeport.project.terraform.configuration.settings import TerraformSettings
from homeport.project.terraform.evaluation.values import EvaluationError, GuessedValue


@dataclass(slots=True)
class MadeResource:
    """A resource of the template. ``places`` has the owner's place of each property, ``metadata`` its Metadata."""

    logical_id: str
    kind: ResourceKind
    instance: ResourceInstance
    properties: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Source] = field(default_factory=dict)
    metadata: dict[str, object] = field(default_factory=dict)

    def set(self, name: str, value: Any, place: Source) -> None:
        """Set a property."""
        self.properties[name] = value
        self.places[name] = place

    def add(self, name: str, entry: Any, place: Source) -> None:
        """Add an entry to a property that is a list."""
        self.properties.setdefault(name, []).append(entry)
        self.places.setdefault(name, place)


class Translation:
    """The resources by their addresses, those of Terraform and those that were made of them."""

    def __init__(self, settings: TerraformSettings) -> None:
        self.settings = settings
        self.made: dict[str, MadeResource] = {}
        self._by_type: dict[str, list[ResourceInstance]] = {}

    def add(self, instances: Iterable[ResourceInstance]) -> None:
        """Add instances of Terraform."""
        for instance in instances:
            self._by_type.setdefault(instance.type, []).append(instance)

    def of_type(self, *types: str) -> Iterator[ResourceInstance]:
        """Yield the instances of some types."""
        for type in types:
            yield from self._by_type.get(type, ())

    def types(self) -> dict[str, list[ResourceInstance]]:
        """Return the instances by their types."""
        return self._by_type

    def made_of(self, *types: str) -> Iterator[MadeResource]:
        """Yield what was made of the instances of some types."""
        for instance in self.of_type(*types):
            if instance.address in self.made:
                yield self.made[instance.address]

    def find(self, type: str, attribute: str, value: Any) -> MadeResource | None:
        """Return the resource of a type that has a value as an attribute."""
        for made in self.made_of(type):
            try:
                if value is not None and made.instance.attribute(attribute) == value:
                    return made
            except EvaluationError:
                continue
        return None

    @contextmanager
    def reporting(self, subject: str, instance: ResourceInstance, *, protects: bool = False) -> Iterator[None]:
        """Report what can't be worked out in here: an error where it decides who may call, else a warning."""
        try:
            yield
        except (TypeError, ValueError, AttributeError, KeyError):
            message = f"{subject} of {instance.address} has not the form that AWS takes"
            severity: Any = "error" if protects else "warning"
            source = instance.source
            self.settings.diagnostics.add(Problem(message, source.file, source.line, "", severity))
        except EvaluationError as error:
            place = Source(error.file, error.line) if error.file else instance.source
            left = (
                f"{subject} of {instance.address} can't be worked out"
                if protects
                else f"so {subject} of {instance.address} is left out"
            )
            message = f"{error.message}: {left}" if protects else f"{error.message}, {left}"
            severity = "error" if protects else "warning"
            self.settings.diagnostics.add(Problem(message, place.file, place.line, error.hint, severity))

    def report_guesses(self, guesses: Iterable[GuessedValue], address: str, place: Source) -> None:
        """Report placeholders that decide how an API is protected: that must not be guessed."""
        for guess in sorted(set(guesses)):
            message = f"{guess.name!r} has no value, and it decides how {address} is protected"
            self.settings.diagnostics.add(Problem(message, place.file, place.line, guess.hint))

    def warn(self, message: str, place: Source, hint: str = "") -> None:
        """Report that something works, but not as it reads."""
        self.settings.diagnostics.add(Problem(message, place.file, place.line, hint, "warning"))
