"""``parse`` and ``Template``: a template that was read once and is rendered often."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from homeport.vtl.errors import LimitExceeded
from homeport.vtl.limits import DEFAULT_LIMITS, Meter, RenderLimits
from homeport.vtl.nodes import TemplateBlock
from homeport.vtl.parser import parse_block
from homeport.vtl.state import Output, RenderState, StopRendering


class Template:
    """A template. It does not change, so that threads can share it."""

    __slots__ = ("_block",)

    def __init__(self, block: TemplateBlock) -> None:
        self._block = block

    def render(self, variables: Mapping[str, object], limits: RenderLimits = DEFAULT_LIMITS) -> str:
        """Return the text with the variables filled in. Raises TemplateError and LimitExceeded.

        The mapping stays as it is, but lists, maps and objects in it are those that the template changes.
        """
        meter = Meter(limits)
        out = Output(meter)
        try:
            with suppress(StopRendering):
                self._block.render(RenderState(variables, meter), out)
        except RecursionError:
            # The meter counts blocks and values within each other; this is for a caller that is itself far down.
            raise LimitExceeded("the template is nested too deeply") from None
        return out.text()


def parse(text: str) -> Template:
    """Read a template. Raises TemplateError with the line and column of the fault."""
    return Template(parse_block(text))
