"""``Finding``: the one form of everything that a part of a contract run finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from homeport.contract.http_exchange import HttpExchange
from homeport.project.model import Source

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""The severities, the worst first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A promise of the API that did not hold.

    ``check`` is the name of the check (``put-replaces-all``), by which it is switched off; ``kind`` the group that it
    belongs to (``methods``, ``schemathesis``, ``document``, ``permissions``, ``case``). ``operation`` is a label,
    ``PUT /items/{itemId}``, ``""`` for the whole API. ``promise`` says in a sentence what holds, ``origin`` where this
    comes from (``RFC 9110, section 9.3.4``), ``happened`` what was seen instead. ``exchanges`` are the requests that
    show it, in order; the last one failed. ``source`` is the place in the document. ``subject`` is the part of the
    operation that is at fault (``/name``): findings of a check that agree in operation and subject are one.
    Only an ``error`` fails a run.
    """

    check: str
    kind: str
    operation: str
    promise: str
    origin: str
    happened: str
    exchanges: tuple[HttpExchange, ...] = ()
    source: Source | None = None
    subject: str = ""
    severity: Severity = "error"

    @property
    def rank(self) -> int:
        """The place of its severity among ``SEVERITIES``, by which findings are sorted."""
        return SEVERITIES.index(self.severity)

    @property
    def identity(self) -> tuple[str, str, str]:
        """The values by which two runs, or two parts of a run, find the same thing."""
        return self.check, self.operation, self.subject
