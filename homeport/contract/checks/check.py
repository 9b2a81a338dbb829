"""``Check``: a promise with the code that holds an API to it. ``Breach``: how an API broke it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from homeport.contract.finding import Severity
from homeport.contract.http_exchange import HttpExchange
from homeport.project.model import Operation, Source

if TYPE_CHECKING:
    from homeport.contract.checks.session import Session
    from homeport.contract.rest.resource import Resource

Kind = Literal[
    "round-trip",
    "methods",
    "collections",
    "preconditions",
    "concurrency",
    "under-faults",
    "errors",
    "wire",
    "storage",
    "sequences",
]
Need = Literal["stack", "tables", "log", "two-users"]
"""``stack``: faults, held calls and environments; ``tables``: stored items; ``log``: events, logs and calls."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A promise that an operation broke. ``exchanges`` are the requests that show it, the last one last.

    ``happened`` says in one sentence what was seen, with the values. ``subject`` is the part at fault (``/name``).
    ``source`` is a place in the document, None: the operation's. Only an ``error`` fails a run.
    """

    operation: Operation
    happened: str
    exchanges: Sequence[HttpExchange] = ()
    subject: str = ""
    source: Source | None = None
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Check:
    """A promise. ``run`` is called for each resource and yields what broke it.

    ``name`` switches it off (``put-replaces-all``), ``promise`` says in a sentence what holds, ``origin`` where this
    comes from. ``needs`` are what a run must have beside the API's URL. ``every_operation`` has ``run`` called once
    more, with the operations that belong to no resource as the actions of one without a name.
    """

    name: str
    kind: Kind
    promise: str
    origin: str
    run: Callable[[Session, Resource], Iterable[Breach]]
    needs: frozenset[Need] = frozenset()
    every_operation: bool = False
