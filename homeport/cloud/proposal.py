"""What a stack is to become, and what CloudFormation says to it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeport.cloud.states import Start


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change set that could be executed; ``changes`` as DescribeChangeSet has them."""

    id: str
    changes: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a stack is to become. ``url`` is where the template is, for one that is too large for the call itself.

    ``parameters`` maps to values, None: as before. ``start`` says whether there is a stack.
    """

    body: str
    url: str
    parameters: Mapping[str, str | None]
    start: Start
    name: str
    description: str
