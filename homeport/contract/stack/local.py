"""A stack of the run's own with its controls."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from homeport.contract.fixtures.stack import running_stack
from homeport.contract.stack.access import StackAccess


@dataclass(frozen=True, slots=True)
class RunningStack:
    """A running stack: the base URL of its first API, those of all by name, and its controls."""

    url: str
    access: StackAccess | None = None
    urls: Mapping[str, str] = field(default_factory=dict)


@contextlib.contextmanager
def open_stack(root: Path, options: Sequence[str]) -> Iterator[RunningStack]:
    """Start a stack for a project and end it afterwards. Raises StackError."""
    with running_stack(root, options) as stack:
        yield RunningStack(stack.url, None, stack.urls)
