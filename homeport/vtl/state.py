"""The state of one rendering: variables, output, and the signals that end a loop or the template."""

from __future__ import annotations

from collections.abc import Mapping

from homeport.vtl.limits import Meter


class Output:
    """Collects the text of a template or of a block."""

    __slots__ = ("_length", "_meter", "_parts")

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._parts: list[str] = []
        self._length = 0

    def write(self, text: str) -> None:
        """Append a text. Raises LimitExceeded."""
        self._length += len(text)
        self._meter.charge(1 + len(text) // 32)
        if self._length > self._meter.limits.characters:
            self._meter.charge_text(self._length)
        self._parts.append(text)

    def text(self) -> str:
        """Return what was written."""
        return "".join(self._parts)


class RenderState:
    """The variables of a rendering and its meter."""

    __slots__ = ("meter", "variables")

    def __init__(self, variables: Mapping[str, object], meter: Meter) -> None:
        self.variables = dict(variables)
        self.meter = meter


class StopRendering(Exception):
    """``#stop``: the output ends here."""


class BreakLoop(StopRendering):
    """``#break``: the loop ends here, or the template where there is none."""
