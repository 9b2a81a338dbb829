"""The interface through which triggers invoke functions and read the project as it is now."""

from __future__ import annotations

from typing import Protocol

from homeport.project.triggers.trigger import Triggers
from homeport.runtime.api import Invocation


class Invoker(Protocol):
    """Invokes functions for triggers, and shows each invocation."""

    def invoke_for(self, origin: str, function: str, event: bytes, *, cause: str = "") -> Invocation:
        """Call a function with an event of ``origin`` (``sqs jobs``) and wait for its end.

        ``cause`` is the id by which what caused it is known (``lambda:REQUEST_ID``), ``""``: the event has it.
        Raises InvokeError, and KeyError for a function that is not there any more.
        """
        ...

    def triggers(self) -> Triggers:
        """Return the triggers of the project as its files are now."""
        ...

    def function_arn(self, function: str) -> str:
        """Return the ARN of a function."""
        ...

    def warn(self, line: str) -> None:
        """Show a person what does not work."""
        ...
