"""``Session``: what a check works with. The means to send, to make resources, and to reach into the stack."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from homeport.contract.checks.client import Answer, Client
from homeport.contract.checks.made_resource import Made
from homeport.contract.checks.setup import Maker, describe_refusals, find_fixed, making_operation, plenty_of
from homeport.contract.rest.names import is_key_name
from homeport.contract.rest.resource import ApiModel, Resource
from homeport.contract.rest.shapes import needs_if_match
from homeport.contract.rest.values import Values
from homeport.contract.stack.access import StackAccess
from homeport.project.model import Operation, Schema
from homeport.project.project import Project

__all__ = ["Made", "Session"]


@dataclass
class Session:
    """A check's run on a resource.

    ``other`` is a second user, None: the API knows no users. ``stack`` is None at a URL. ``round``
    counts the rounds of a run with time to spare: each has other random values. ``shared`` is kept for the checks that
    come later in the run: resources that they read and never change, under keys of their own.
    """

    project: Project
    model: ApiModel
    client: Client
    random: random.Random
    values: Values
    other: Client | None = None
    stack: StackAccess | None = None
    round: int = 0
    shared: dict[str, Any] = field(default_factory=dict)
    untested_reasons: list[str] = field(default_factory=list)
    _makers: dict[int, Maker] = field(default_factory=dict)

    @property
    def access(self) -> StackAccess:
        """The stack, for a check that needs it."""
        assert self.stack is not None, "the check does not say that it needs the stack"
        return self.stack

    def note_untested(self, reason: str) -> None:
        """Note that the check could not set itself up, and why: the report lists it."""
        self.untested_reasons.append(reason)

    def make(self, resource: Resource, client: Client | None = None, **changes: Any) -> Made | None:
        """Make a resource with a valid body and ``changes`` to it; None where the API refuses, which is noted.

        None, too, where no operation makes such a resource: then there is nothing to test.
        It is made by POST to the collection, or else by PUT; its parents are made first, and what else it needs.
        """
        maker = self._maker(client)
        made = maker.make(resource, changes)
        if made is None and making_operation(resource) is not None:
            is_possible = bool(changes) and maker.has_made(resource)
            what = "with some valid values" if is_possible else ""
            words: dict[str, str] = self.shared.setdefault("session/refusals", {})
            # The words of the first time stand for all: those of later ones may have other values in them.
            said = words.setdefault(
                f"{resource.name} {what}", describe_refusals(maker.refusals, advise=not is_possible)
            )
            self.note_untested(" ".join(f"no {resource.name} can be made {what}".split()) + said)
        return made

    def try_once(self, resource: Resource, **changes: Any) -> Made | Answer | None:
        """Make a resource with exactly these ``changes`` to its body, or return the answer that refused it.

        None where no request could be sent: what it needs is not there.
        """
        return self._maker(None).try_once(resource, changes)

    def unique_names(self, resource: Resource) -> frozenset[str]:
        """Return the properties of which no two resources have the same value, as far as creates have shown."""
        return frozenset(self._maker(None).memory.unique.get(resource.name, ()))

    def make_alike(self, resource: Resource, like: Made | None) -> Made | None:
        """Make a resource with the values of another one, so that what is done to both leads to the same.

        It has any valid values where the API takes these values once alone.
        """
        alike = None if like is None else self._maker(None).repeat(resource, like.sent)
        return alike or self.make(resource)

    def make_rich(self, resource: Resource) -> Made | None:
        """Make a resource with large numbers, of which actions may take: a balance, a stock; else with any."""
        numbers = plenty_of(resource, self.values)
        if not numbers or (not self._maker(None).has_made(resource) and self.make(resource) is None):
            return self.make(resource)
        made = self.try_once(resource, **numbers)
        return made if isinstance(made, Made) else self.make(resource)

    def parents_of(self, resource: Resource) -> dict[str, Any] | None:
        """Return the path parameters above a resource, those of one that is there; None where there is no such one."""
        return self._maker(None).parents.path(resource, 0)

    def existing(self, resource: Resource, client: Client | None = None) -> Made | None:
        """Return a resource that a list shows, for checks that only read; None where there is none."""
        return self._maker(client).existing(resource)

    def fixed_values(self, resource: Resource, choices: Mapping[str, Sequence[Any]]) -> frozenset[str]:
        """Return the properties of which the API refuses valid values, ``choices``, found out once in a run."""
        known: dict[str, frozenset[str]] = self.shared.setdefault("session/fixed values", {})
        if resource.name not in known:
            known[resource.name] = frozenset()
            known[resource.name] = find_fixed(self._maker(None), resource, choices)
        return known[resource.name]

    def make_or_find(self, resource: Resource, client: Client | None = None) -> Made | None:
        """Make a resource, or else return one that is there, for checks that only read."""
        return self._maker(client).make(resource, {}) or self.existing(resource, client)

    def _maker(self, client: Client | None) -> Maker:
        sender = client or self.client
        return self._makers.setdefault(id(sender), Maker(self, sender))

    def tells_apart(self, operation: Operation) -> bool:
        """Return whether an operation knows the two users by credentials of their own."""
        return self.other is not None and self.client.credentials_of(operation) != self.other.credentials_of(operation)

    def headers(self, operation: Operation) -> dict[str, str]:
        """Return the headers without which an operation does not answer, a new key among them where one is wanted."""
        found: dict[str, str] = {}
        for one in operation.parameters:
            name = one.name.lower()
            if one.place == "header" and (one.required or (name == "if-match" and needs_if_match(operation))):
                known = {"if-match": "*", "accept": "application/json", "content-type": ""}
                found[one.name] = known.get(name) or self._new_key(operation, one.name, one.schema)
        return {name: value for name, value in found.items() if value}

    def _new_key(self, operation: Operation, name: str, schema: Schema) -> str:
        if is_key_name(name):
            key = self.values.new_key()
            if self.values.is_valid(key, schema):
                return key
            return str(self.values.valid(schema))
        return str(self.values.parameter(operation, name))

    def query(self, operation: Operation) -> dict[str, Any]:
        """Return the query parameters without which an operation does not answer."""
        required = [one.name for one in operation.parameters if one.place == "query" and one.required]
        return {name: self.values.parameter(operation, name) for name in required}

    def body(self, operation: Operation, resource: Resource, **changes: Any) -> Any:
        """Return a valid body for an operation with ``changes`` to its properties, None: it has no JSON body.

        Where the resource could only be made with ids of others that are there, the body has such as well.
        """
        value = self.values.body(operation, resource)
        if isinstance(value, dict):
            value = {**value, **changes}
        return self.fit(operation, resource, value, *changes)

    def fit(self, operation: Operation, resource: Resource, body: Any, *keep: str) -> Any:
        """Return a body as the API takes it, as far as creates have shown: ids and dates that it knows, pairs in order.

        The properties that ``keep`` names stay as they are.
        """
        return self._maker(None).fit(operation, resource, body, keep)

    def with_known_references(self, resource: Resource, body: Any) -> Any:
        """Return a body with other ids of resources that are there, where none could be made without."""
        return self._maker(None).with_known_references(resource, body)

    def with_references(self, operation: Operation, body: Any) -> Any:
        """Return a body of an operation of no resource, with ids of resources that are made for it."""
        return self._maker(None).with_references(operation, body)

    def with_own_texts(self, operation: Operation, resource: Resource, body: Any) -> Any:
        """Return a body of a write whose texts no other resource has, where no two may have the same."""
        return self._maker(None).with_own_texts(operation, resource, body)

    def new_reference(self, resource: Resource, name: str) -> Any:
        """Return the id of a new resource that a property refers to (``labelIds``), None where it refers to none."""
        return self._maker(None).references.new_id(name, resource)

    def referent(self, resource: Resource, name: str) -> Resource | None:
        """Return the resource to which a property refers by its name, None where it refers to none."""
        return self._maker(None).references.owner(name, resource)

    def with_version(
        self, resource: Resource, operation: Operation, path: Mapping[str, Any], body: Any, version: Any = None
    ) -> Any:
        """Return the body of a write with ``version``, or else that of a read, where the write checks it.

        A body without a valid version is meant so.
        """
        given = body.get(resource.version) if isinstance(body, dict) and resource.checks_version(operation) else None
        if given is None or not self.values.is_valid(given, resource.fields[resource.version].schema):
            return body
        if version is None:
            read = self.read(resource, path)
            shown = None if read is None else read.json
            version = shown.get(resource.version) if isinstance(shown, dict) else None
        return body if version is None else {**body, resource.version: version}

    def read(self, resource: Resource, path: Mapping[str, Any], **headers: str) -> Answer | None:
        """Return the answer of a read of one resource, None where the API has no such operation.

        The names of ``headers`` have ``_`` in place of ``-``.
        """
        if resource.read is None:
            return None
        return self.client.send(
            resource.read, path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )
