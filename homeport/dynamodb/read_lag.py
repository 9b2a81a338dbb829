"""The lag of eventually consistent reads behind the writes, as ``--consistency`` gives it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadLag:
    """Eventually consistent reads see an item as it was before its latest write, for ``seconds`` after that; 0: never.

    Every such read is stale, or with a ``seed`` about every second one: which ones follows from the seed, the request
    and the number of times that it has come.
    """

    seconds: float = 0.0
    seed: int | None = None

    def __bool__(self) -> bool:
        return self.seconds > 0


STRONG = ReadLag()
"""Every read sees the latest state."""
