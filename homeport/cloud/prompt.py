"""The terminal and the clock of a command: its output, its questions, its pauses."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from homeport.cloud.errors import DeclinedError
from homeport.terminal import Palette, palette_of


@dataclass(frozen=True, slots=True)
class Prompt:
    """The terminal of a command. ``ask`` is None without a person to answer. ``sleep`` takes seconds."""

    say: Callable[[str], None]
    ask: Callable[[str], str] | None
    palette: Palette = field(default_factory=Palette)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep

    def confirm(self, question: str, option: str) -> None:
        """Ask a question. Raises DeclinedError unless the answer is yes. ``option`` consents beforehand."""
        if self.ask is None:
            raise DeclinedError("nobody is there to ask", f"say {option}")
        if self.ask(f"{question} [y/N] ").strip().lower() not in ("y", "yes"):
            raise DeclinedError("nothing was changed")

    def confirm_by_name(self, question: str, name: str, option: str) -> None:
        """Ask a question. Raises DeclinedError unless the person types ``name``."""
        if self.ask is None:
            raise DeclinedError(f"nobody is there to ask: {question}", f"say {option}")
        if self.ask(f"{question} Type {name} to go on: ").strip() != name:
            raise DeclinedError("nothing was changed")


def terminal_prompt() -> Prompt:
    """Return the prompt of standard input and output."""
    return Prompt(
        say=lambda line: print(line, flush=True),
        ask=_ask if sys.stdin.isatty() else None,
        palette=palette_of(sys.stdout),
    )


def _ask(question: str) -> str:
    try:
        return input(question)
    except EOFError:
        return ""
