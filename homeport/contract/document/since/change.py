"""``DocumentChange``: a difference between two documents, and what it means for clients. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from homeport.contract.document.places import DocumentMap, SpecPath
from homeport.project.model import Source

Effect = Literal["breaking", "risky", "compatible"]
"""``risky``: a client that follows the document works on, but many do not."""


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """A difference. ``says`` is a clause whose subject is a part of the API (``the property 'name' is gone``).

    ``before`` and ``now`` are the places in both documents, or of what is around them where one has it no more.
    ``subject`` tells it from other changes of the operation.
    """

    effect: Effect
    operation: str
    says: str
    before: Source
    now: Source
    subject: str


@dataclass(frozen=True)
class Versions:
    """Both documents."""

    before: DocumentMap
    now: DocumentMap

    def change(
        self, effect: Effect, operation: str, says: str, before: SpecPath, now: SpecPath, *, subject: str = ""
    ) -> DocumentChange:
        """Return a change between two places."""
        places = self.before.document.source(before), self.now.document.source(now)
        return DocumentChange(effect, operation, says, *places, subject or f"{'/'.join(now)}: {says}")
