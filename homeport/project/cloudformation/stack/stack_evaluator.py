"""CloudFormation's functions in a template: what the names of its parameters and resources stand for.

A value that can't be worked out is reported, and the others are still worked out. What only AWS knows becomes a text in
AWS's form; ``StackEvaluator.unknown`` has its places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from homeport.project.cloudformation.stack.imports import Imported, ImportedValues, import_hint
from homeport.project.cloudformation.stack.intrinsics import (
    DYNAMIC_REFERENCE,
    NO_VALUE,
    Evaluator,
    UnresolvedValueError,
)
from homeport.project.cloudformation.stack.parameters import GivenParameters, StackValues
from homeport.project.cloudformation.stack.references import (
    ResourceOwner,
    attribute_names,
    attribute_of,
    placeholder_of,
    reference_of,
)
from homeport.project.names import did_you_mean, nearest
from homeport.project.source.cursor import Cursor

NESTED = "AWS::CloudFormation::Stack"
_OUTPUTS = "Outputs."


class Guess(NamedTuple):
    """The name of a parameter or an import that has a placeholder, and how a value is given to it."""

    name: str
    hint: str


class StackEvaluator(Evaluator):
    """Works out the values of a template, ``root``.

    ``prefix`` (``Storage.``) stands before the logical ids of a nested stack, and ``root_name`` is the name of the
    stack above all. ``outputs_of`` gives the outputs of a nested stack by its logical id, None if they are not known.

    About the value that is being worked out: ``unknown`` has the places that only AWS knows, ``guesses`` those in which
    a placeholder of a parameter or an import stands, and ``decided`` those where a condition hung on a parameter
    without a value, with its name. ``secret`` has the places with a value that must not be printed.
    """

    def __init__(
        self,
        root: Cursor,
        values: StackValues,
        imported: ImportedValues,
        outputs_of: Callable[[str], Mapping[str, Any] | None],
        prefix: str = "",
        root_name: str = "",
    ) -> None:
        super().__init__(values.names, root.map("Conditions"), root.map("Mappings"))
        self.unknown: set[tuple[str, ...]] = set()
        self.secret: set[tuple[str, ...]] = set()
        self.guesses: dict[tuple[str, ...], Guess] = {}
        self.decided: dict[tuple[tuple[str, ...], str], Guess] = {}
        self._root = root
        self._resources = root.map("Resources")
        self._values = values
        self._imported = imported
        self._outputs_of = outputs_of
        self._prefix = prefix
        self._root_name = root_name or values.name
        self._missing: set[str] = set()
        self._known_conditions: dict[str, tuple[bool, set[str]]] = {}
        self._facts: dict[tuple[str, str], tuple[Any, bool]] = {}

    def begin(self) -> None:
        """Forget what was noted about another value."""
        self.unknown, self.secret, self.guesses, self.decided, self._missing = set(), set(), {}, {}, set()

    def condition(self, cursor: Cursor) -> bool:
        """Return whether a condition holds; each is worked out once. Raises UnresolvedValueError."""
        known = self._known_conditions.get(cursor.value) if isinstance(cursor.value, str) else None
        if known is None:
            missing, self._missing = self._missing, set()
            try:
                known = super().condition(cursor), self._missing
            finally:
                self._missing = missing
            self._known_conditions[cursor.value] = known
        self.decided.update(((self.place, name), self._guess(name)) for name in known[1])
        self._missing |= known[1]
        return known[0]

    def reference(self, name: str, cursor: Cursor) -> Any:
        """Return the value of a parameter, or what ``Ref`` gives of a resource. Raises UnresolvedValueError."""
        if name in self._names:
            if name in self._values.secrets:
                self.secret.add(self.place)
            if name in self._values.missing:
                self._missing.add(name)
                self.guesses[self.place] = self._guess(name)
            return self._names[name]
        if self._resources.has(name):
            return self._fact(name, "", cursor)
        near = nearest(name, [*self._values.parameters, *self._resources.value])
        hint = f"did you mean {near}?" if near is not None else "add it, or refer to another one"
        raise UnresolvedValueError(cursor, f"there is no parameter and no resource {name!r}", hint)

    def attribute(self, resource: str, attribute: str, cursor: Cursor) -> Any:
        """Return what ``Fn::GetAtt`` gives of a resource. Raises UnresolvedValueError."""
        if not self._resources.has(resource):
            near = nearest(resource, self._resources.value)
            hint = f"did you mean {near}?" if near is not None else "add it, or refer to another one"
            raise UnresolvedValueError(cursor, f"there is no resource {resource!r}", hint)
        return self._fact(resource, attribute, cursor)

    def attributes(self, logical_id: str) -> dict[str, str]:
        """Return the attributes of a resource that are known here."""
        cursor = self._resources.at(logical_id)
        found: dict[str, str] = {}
        for attribute in attribute_names(cursor.text("Type")):
            try:
                found[attribute] = self._fact(logical_id, attribute, cursor)
            except UnresolvedValueError:
                continue
        return found

    def import_value(self, name: str, cursor: Cursor) -> str:
        """Return what another stack exports under a name, or a placeholder."""
        return self._note(self._imported.export(name, cursor))

    def absent_entry(self, position: str, found: list[Any], cursor: Cursor) -> Any:
        """Return the last entry of a list that stands for one that is not known. Raises UnresolvedValueError."""
        return found[-1] if found and self._is_uncertain else super().absent_entry(position, found, cursor)

    def list_of(self, value: Any, cursor: Cursor) -> list[Any]:
        """Return a list of the text that stands for a list that is not known. Raises UnresolvedValueError."""
        return [value] if self._is_uncertain else super().list_of(value, cursor)

    @property
    def _is_uncertain(self) -> bool:
        return self.place in self.unknown or self.place in self.guesses

    def finish(self, text: str, cursor: Cursor) -> str:
        """Return a text, its dynamic references replaced."""
        return self._note(self._imported.resolve(text, cursor)) if DYNAMIC_REFERENCE in text else text

    def entry(self, cursor: Cursor) -> Any:
        """Return the value of an entry; one that can't be worked out is reported and left out."""
        if self._place_of_function is not None:
            return self.value(cursor)
        depth = len(self._place)
        missing, self._missing = self._missing, set()
        try:
            return self.value(cursor)
        except UnresolvedValueError as error:
            del self._place[depth:]
            self.report(error)
            return NO_VALUE
        finally:
            self._missing |= missing

    def report(self, error: UnresolvedValueError) -> None:
        """Report that a value can't be worked out."""
        hint = error.hint
        if self._missing:
            hint = f"give {' and '.join(sorted(self._missing))} a value: {self._values.missing[min(self._missing)]}"
        error.cursor.error(error.message, hint)

    def property(self, logical_id: str, name: str) -> Any:
        """Return a property of a resource, None if it has none. Raises UnresolvedValueError."""
        cursor = self._resources.at(logical_id).at("Properties").at(name)
        found = None if cursor.value is None else self.value(cursor)
        return None if found is NO_VALUE else found

    def parameters_of(self, logical_id: str) -> GivenParameters:
        """Return what a nested stack is given as parameters. Raises UnresolvedValueError."""
        given: dict[str, Any] = {}
        missing: dict[str, str] = {}
        secrets: set[str] = set()
        for name, cursor in self._resources.at(logical_id).at("Properties").at("Parameters").items():
            with self._apart():
                value = self.value(cursor)
                if value is not NO_VALUE:
                    given[name] = value
                guesses = [*self.guesses.values(), *map(self._guess, self._missing)]
                is_secret = bool(self.secret)
            if guesses:
                missing[name] = guesses[0].hint
            if is_secret:
                secrets.add(name)
        return GivenParameters(given, missing, frozenset(secrets))

    def _guess(self, parameter: str) -> Guess:
        return Guess(parameter, self._values.missing[parameter])

    def _note(self, found: Imported) -> str:
        if found.secret:
            self.secret.add(self.place)
        if found.missing:
            self.guesses[self.place] = Guess(found.missing, import_hint(found.missing))
        return found.value

    def _fact(self, logical_id: str, attribute: str, cursor: Cursor) -> Any:
        """Return the value of Ref (the attribute ``""``) or of an attribute; each is worked out once."""
        key = logical_id, attribute
        if key not in self._facts:
            with self._inside(f"{logical_id}.{attribute}", f"the resource {logical_id!r}", cursor), self._apart():
                self._facts[key] = self._work_out(logical_id, attribute, cursor)
        value, unknown = self._facts[key]
        if unknown:
            self.unknown.add(self.place)
        return value

    def _work_out(self, logical_id: str, attribute: str, cursor: Cursor) -> tuple[Any, bool]:
        resource = self._resources.at(logical_id)
        if resource.has("Condition") and not self.condition(resource.at("Condition")):
            raise UnresolvedValueError(
                cursor, f"the resource {logical_id!r} is not part of the stack: its condition does not hold"
            )
        owner = ResourceOwner(
            type=resource.text("Type"),
            logical_id=logical_id,
            path=f"{self._prefix}{logical_id}",
            stack_name=self._values.name,
            root_name=self._root_name,
            region=self._values.region,
            property_of=lambda name: self.property(logical_id, name),
        )
        if not attribute:
            return reference_of(owner), bool(self.unknown)
        if owner.type == NESTED and attribute.startswith(_OUTPUTS):
            outputs = self._outputs_of(logical_id)
            name = attribute.removeprefix(_OUTPUTS)
            if outputs is None:
                return placeholder_of(owner, attribute), True
            if name not in outputs:
                raise UnresolvedValueError(
                    cursor, f"the nested stack {logical_id!r} has no output {name!r}", did_you_mean(name, outputs)
                )
            return outputs[name], False
        found = attribute_of(owner, attribute)
        return (placeholder_of(owner, attribute), True) if found is None else (found, bool(self.unknown))

    @contextmanager
    def _apart(self) -> Iterator[None]:
        """Work out a value of another resource, of which nothing is noted for this one."""
        noted = self.unknown, self.secret, self.guesses, self.decided, self._missing
        place = self._place, self._place_of_function
        self.begin()
        self._place, self._place_of_function = [], 0
        try:
            yield
        finally:
            self.unknown, self.secret, self.guesses, self.decided, self._missing = noted
            self._place, self._place_of_function = place
