"""``Session``: what a check works with. The means to send, to make resources, and to reach into the stack."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from homeport.contract.checks.client import NO_BODY, Answer, Client
from homeport.contract.rest.resource import ApiModel, Resource
from homeport.contract.rest.values import Values
from homeport.contract.stack.access import StackAccess
from homeport.project.model import Operation
from homeport.project.project import Project


@dataclass(frozen=True, slots=True)
class Made:
    """A resource that the run made. ``path`` has the values of its path parameters, ``sent`` is the body of the write.

    ``answer`` is the answer of that write, ``before`` the answers of the writes that made it possible.
    """

    path: Mapping[str, Any]
    sent: Any
    answer: Answer
    before: tuple[Answer, ...] = ()

    @property
    def representation(self) -> Any:
        """The resource as the write's answer shows it; None where it shows none."""
        return self.answer.json

    @property
    def id(self) -> Any:
        """The value of the last path parameter."""
        return list(self.path.values())[-1] if self.path else None


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

    @property
    def access(self) -> StackAccess:
        """The stack, for a check that needs it."""
        assert self.stack is not None, "the check does not say that it needs the stack"
        return self.stack

    def note_untested(self, reason: str) -> None:
        """Note that the check could not set itself up, and why: the report lists it."""
        self.untested_reasons.append(reason)

    def make(self, resource: Resource, client: Client | None = None, **changes: Any) -> Made | None:
        """Make a resource with a valid body and ``changes`` to it; None where the API refuses.

        It is made by POST to the collection, or else by PUT.
        """
        sender = client or self.client
        if resource.create is not None:
            body = self.body(resource.create, resource, **changes)
            answer = sender.send(resource.create, body=NO_BODY if body is None else body)
            if answer.status in (200, 201) and isinstance(answer.json, dict):
                path = {resource.id_parameter: answer.json.get(resource.id_property)}
                return Made(path, body, answer)
        elif resource.replace is not None:
            path = {resource.id_parameter: self.values.new_id(resource)}
            body = self.body(resource.replace, resource, **changes)
            answer = sender.send(resource.replace, path, body=NO_BODY if body is None else body)
            if answer.ok:
                return Made(path, body, answer)
        self.note_untested(f"no {resource.name} can be made")
        return None

    def body(self, operation: Operation, resource: Resource, **changes: Any) -> Any:
        """Return a valid body for an operation with ``changes`` to its properties, None: it has no JSON body."""
        value = self.values.body(operation, resource)
        return {**value, **changes} if isinstance(value, dict) else value

    def read(self, resource: Resource, path: Mapping[str, Any], **headers: str) -> Answer | None:
        """Return the answer of a read of one resource, None where the API has no such operation.

        The names of ``headers`` have ``_`` in place of ``-``.
        """
        if resource.read is None:
            return None
        return self.client.send(
            resource.read, path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )
